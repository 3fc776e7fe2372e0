"""The days on which clocks change, in ten zones: reminders are due at their instants, and letters tell both clocks.

What the clocks show is written down here from the zones' own rules, not computed.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from atelier.mail import letters
from atelier.mail.letters import Reader, Subject
from atelier.workshops import moments
from atelier.workshops.items import Workshop, workshop_key


class Day(NamedTuple):
    """A start on a day of a zone, and what its clock shows then and an hour before.

    starts: UTC. shown, hour_before: as a letter tells them, without the date.
    """

    zone: str
    starts: str
    shown: str
    hour_before: str


DAYS = (
    # Spring: the hour from 2 to 3 is left out. Autumn: the hour from 1 to 2 comes twice.
    Day("America/New_York", "2027-03-14T07:30:00", "03:30 EDT (UTC-04:00)", "01:30 EST (UTC-05:00)"),
    Day("America/New_York", "2027-11-07T06:30:00", "01:30 EST (UTC-05:00)", "01:30 EDT (UTC-04:00)"),
    Day("Europe/Berlin", "2027-03-28T01:15:00", "03:15 CEST (UTC+02:00)", "01:15 CET (UTC+01:00)"),
    Day("Europe/Berlin", "2027-10-31T01:15:00", "02:15 CET (UTC+01:00)", "02:15 CEST (UTC+02:00)"),
    # By half an hour: 2:00 becomes 2:30 in October, and 2:00 becomes 1:30 in April.
    Day("Australia/Lord_Howe", "2027-10-02T15:45:00", "02:45 (UTC+11:00)", "01:15 (UTC+10:30)"),
    Day("Australia/Lord_Howe", "2027-04-03T15:15:00", "01:45 (UTC+10:30)", "01:15 (UTC+11:00)"),
    # No changes, but an offset of quarters of an hour.
    Day("Asia/Kathmandu", "2027-03-28T01:15:00", "07:00 (UTC+05:45)", "06:00 (UTC+05:45)"),
    # Since 2021 without summer time, on the far side of the date line from where it was before 2011.
    Day("Pacific/Apia", "2027-09-25T14:30:00", "03:30 (UTC+13:00)", "02:30 (UTC+13:00)"),
    Day("Pacific/Apia", "2011-12-30T10:30:00", "00:30 (UTC+14:00)", "23:30 (UTC-10:00)"),
    # An hour back for Ramadan, and forth again after it.
    Day("Africa/Casablanca", "2025-02-23T02:30:00", "02:30 (UTC+00:00)", "02:30 (UTC+01:00)"),
    Day("Africa/Casablanca", "2025-04-06T02:30:00", "03:30 (UTC+01:00)", "01:30 (UTC+00:00)"),
    Day("Pacific/Auckland", "2027-09-25T14:30:00", "03:30 NZDT (UTC+13:00)", "01:30 NZST (UTC+12:00)"),
    Day("Pacific/Auckland", "2027-04-03T14:30:00", "02:30 NZST (UTC+12:00)", "02:30 NZDT (UTC+13:00)"),
    Day("Asia/Tokyo", "2027-03-28T01:15:00", "10:15 JST (UTC+09:00)", "09:15 JST (UTC+09:00)"),
    # At midnight: the first hour of the day is left out, or the last of the day before comes twice.
    Day("America/Santiago", "2027-09-05T04:30:00", "01:30 (UTC-03:00)", "23:30 (UTC-04:00)"),
    Day("America/Santiago", "2027-04-04T03:30:00", "23:30 (UTC-04:00)", "23:30 (UTC-03:00)"),
    # Without summer time since 2022.
    Day("Asia/Tehran", "2027-03-21T20:45:00", "00:15 (UTC+03:30)", "23:15 (UTC+03:30)"),
    Day("Asia/Tehran", "2022-03-21T20:45:00", "01:15 (UTC+04:30)", "23:15 (UTC+03:30)"),
)

NAMES = [f"{day.zone.rpartition('/')[2]} {day.starts[:10]}" for day in DAYS]
OTHERS = ("UTC", "Asia/Tokyo", "America/New_York")


def starts(day: Day) -> datetime:
    return datetime.fromisoformat(day.starts).replace(tzinfo=UTC)


def letter_to(zone: str, day: Day, at: datetime, language: str = "en") -> letters.Letter:
    """The letter about a workshop that its host planned in the zone of the day, to somebody in another one."""
    subject = Subject("Raku firing", "Hanna", at, day.zone, None, is_online=True)
    return letters.about("workshop_reminder", Reader("Ana", language, zone), subject, lead_minutes=60)


def told(letter: letters.Letter, what: str) -> str:
    """What a line of a letter tells, without the date."""
    [line] = [line for line in letter.text.splitlines() if line.startswith(f"{what}: ")]
    return line.rpartition(", ")[2]


def test_there_are_ten_zones() -> None:
    assert len({day.zone for day in DAYS}) == 10


@pytest.mark.parametrize("day", DAYS, ids=NAMES)
def test_a_reminder_is_due_so_many_minutes_before_the_start_whatever_the_clocks_do(day: Day) -> None:
    workshop = Workshop(
        *workshop_key("wks_1"),
        scheduled_at=starts(day),
        timezone=day.zone,
        format="online",
        status="scheduled",
        reminder_offsets={60, 1440},
    )
    assert moments.reminders(workshop) == {starts(day) - timedelta(hours=1), starts(day) - timedelta(hours=24)}
    assert moments.turn(workshop) == starts(day) + timedelta(minutes=15)


@pytest.mark.parametrize("day", DAYS, ids=NAMES)
def test_a_letter_shows_what_the_readers_own_clock_shows(day: Day) -> None:
    assert told(letter_to(day.zone, day, starts(day)), "When") == day.shown
    assert told(letter_to(day.zone, day, starts(day) - timedelta(hours=1)), "When") == day.hour_before


@pytest.mark.parametrize("day", DAYS, ids=NAMES)
@pytest.mark.parametrize("other", OTHERS)
def test_somebody_elsewhere_is_told_the_hosts_clock_as_well(day: Day, other: str) -> None:
    letter = letter_to(other, day, starts(day))
    if other == day.zone:
        assert "Where the host is" not in letter.text
        return
    assert told(letter, "Where the host is") == day.shown
    assert day.shown in letter.html.replace("&#43;", "+")
    assert told(letter, "When") != day.shown


def test_clocks_that_show_the_same_are_told_once_and_only_while_they_do() -> None:
    """Paris and Berlin change at the same instant; New York changes two weeks earlier, and lies 5 hours behind then."""
    at = datetime(2027, 3, 28, 12, tzinfo=UTC)
    subject = Subject("Raku firing", "Hanna", at, "Europe/Paris", None, is_online=True)
    assert (
        "Where the host is" not in letters.about("workshop_cancelled", Reader("A", "en", "Europe/Berlin"), subject).text
    )
    between = datetime(2027, 3, 20, 12, tzinfo=UTC)
    subject = Subject("Raku firing", "Hanna", between, "America/New_York", None, is_online=True)
    letter = letters.about("workshop_cancelled", Reader("A", "en", "Europe/Berlin"), subject)
    assert told(letter, "When") == "13:00 CET (UTC+01:00)"
    assert told(letter, "Where the host is") == "08:00 EDT (UTC-04:00)"


def test_the_date_is_the_one_of_each_place() -> None:
    at = datetime(2027, 3, 27, 23, 30, tzinfo=UTC)
    subject = Subject("Raku firing", "Hanna", at, "America/Santiago", None, is_online=True)
    letter = letters.about("workshop_cancelled", Reader("Ana", "de-AT", "Asia/Tokyo"), subject)
    assert "Sonntag, 28. März 2027, 08:30 JST (UTC+09:00)" in letter.text
    assert "Samstag, 27. März 2027, 20:30 (UTC-03:00)" in letter.text
