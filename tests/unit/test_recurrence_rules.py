"""Which rules are taken, and why the others are not."""

import zoneinfo
from datetime import UTC, date, datetime, time
from importlib import metadata
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil import rrule

from atelier.series import recurrence, rules
from atelier.series.rules import BadRuleError, Day, Rule
from atelier.series.wallclock import occurrence, offset_text

BERLIN = ZoneInfo("Europe/Berlin")
EVENING = time(18, 30)

REFUSED = {
    "": "parts such as FREQ=WEEKLY",
    "RRULE:": "parts such as FREQ=WEEKLY",
    "FREQ=WEEKLY;": "parts such as FREQ=WEEKLY",
    "every Monday": "parts such as FREQ=WEEKLY",
    "FREQ=": "parts such as FREQ=WEEKLY",
    "BYDAY=MO": "FREQ is missing",
    "FREQ=FORTNIGHTLY": "must be DAILY, WEEKLY, MONTHLY or YEARLY",
    "FREQ=HOURLY": "too often",
    "FREQ=MINUTELY;INTERVAL=1440": "too often",
    "FREQ=SECONDLY": "too often",
    "FREQ=DAILY;BYHOUR=9": "BYHOUR is not for a series",
    "FREQ=DAILY;BYMINUTE=30": "BYMINUTE is not for a series",
    "FREQ=DAILY;BYSECOND=0": "BYSECOND is not for a series",
    "FREQ=DAILY;COUNT=0": "COUNT must be a number from 1",
    "FREQ=DAILY;COUNT=-1": "COUNT must be a number from 1",
    "FREQ=DAILY;COUNT=1e3": "COUNT must be a number from 1",
    "FREQ=DAILY;COUNT=\u0663": "COUNT must be a number from 1",
    "FREQ=DAILY;INTERVAL=0": "INTERVAL must be a number from 1",
    "FREQ=DAILY;INTERVAL=10000": "INTERVAL must be a number from 1",
    "FREQ=DAILY;COUNT=3;UNTIL=20270330": "COUNT and UNTIL must not both",
    "FREQ=DAILY;COUNT=3;COUNT=4": "COUNT stands in it twice",
    "FREQ=DAILY;FREQ=DAILY": "FREQ stands in it twice",
    "FREQ=DAILY;UNTIL=20270230": "UNTIL must be a date or a time that exists",
    "FREQ=DAILY;UNTIL=2027-03-30": "UNTIL must be a date or a time that exists",
    "FREQ=DAILY;UNTIL=20270330T1630Z": "UNTIL must be a date or a time that exists",
    "FREQ=DAILY;UNTIL=20270330T250000Z": "UNTIL must be a date or a time that exists",
    "FREQ=DAILY;DTSTART=20270330": "DTSTART must not stand in it",
    "DTSTART:20270330T163000Z\nRRULE:FREQ=DAILY": "DTSTART must not stand in it",
    "DTSTART;TZID=Europe/Berlin:20270330T163000\nRRULE:FREQ=DAILY": "DTSTART must not stand in it",
    "FREQ=DAILY\nFREQ=WEEKLY": "one line",
    "FREQ=DAILY;BYEASTER=1": "a part that RFC 5545 does not know",
    "FREQ=DAILY;X-NAME=1": "a part that RFC 5545 does not know",
    "FREQ=MONTHLY;RSCALE=HEBREW": "a part that RFC 5545 does not know",
    "FREQ = DAILY": "a part that RFC 5545 does not know",
    "FREQ=WEEKLY;BYDAY=MONDAY": "BYDAY must be days such as MO",
    "FREQ=WEEKLY;BYDAY=MO,": "BYDAY must be days such as MO",
    "FREQ=WEEKLY;BYDAY=1MO": "BYDAY takes numbers",
    "FREQ=DAILY;BYDAY=-1SU": "BYDAY takes numbers",
    "FREQ=YEARLY;BYWEEKNO=20;BYDAY=1MO": "BYDAY takes no numbers",
    "FREQ=MONTHLY;BYDAY=0MO": "BYDAY counts from 1",
    "FREQ=MONTHLY;BYDAY=6MO": "BYDAY counts to 5 within a month",
    "FREQ=YEARLY;BYMONTH=3;BYDAY=-6MO": "BYDAY counts to 5 within a month",
    "FREQ=YEARLY;BYDAY=54MO": "BYDAY counts to 53 within a year",
    "FREQ=YEARLY;BYMONTH=13": "BYMONTH must be numbers from 1 to 12",
    "FREQ=YEARLY;BYMONTH=-1": "BYMONTH must be numbers from 1 to 12",
    "FREQ=MONTHLY;BYMONTHDAY=0": "BYMONTHDAY must be numbers from 1 to 31",
    "FREQ=MONTHLY;BYMONTHDAY=32": "BYMONTHDAY must be numbers from 1 to 31",
    "FREQ=MONTHLY;BYMONTHDAY=1,,2": "BYMONTHDAY must be numbers from 1 to 31",
    "FREQ=WEEKLY;BYMONTHDAY=13": "BYMONTHDAY must not stand beside FREQ=WEEKLY",
    "FREQ=YEARLY;BYYEARDAY=367": "BYYEARDAY must be numbers from 1 to 366",
    "FREQ=MONTHLY;BYYEARDAY=100": "are for FREQ=YEARLY only",
    "FREQ=WEEKLY;BYWEEKNO=20": "are for FREQ=YEARLY only",
    "FREQ=YEARLY;BYWEEKNO=54": "BYWEEKNO must be numbers from 1 to 53",
    "FREQ=MONTHLY;BYSETPOS=1": "BYSETPOS chooses among the days of another BY part",
    "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0": "BYSETPOS must be numbers from 1 to 366",
    "FREQ=WEEKLY;WKST=1": "WKST must be one of",
    "FREQ=DAILY;" + "BYMONTH=1" + ",1" * 250: "at most 500 characters",
}

NEVER = (
    "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=31",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=31",
    "FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=8",
    "FREQ=YEARLY;BYYEARDAY=1;BYMONTH=2",
    "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31",
    "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
    "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2",
    "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=2",
    "FREQ=YEARLY;INTERVAL=9999;BYMONTH=1;BYMONTHDAY=1",
    "FREQ=DAILY;UNTIL=20270629",
    "FREQ=DAILY;UNTIL=20270630T162959Z",
    "FREQ=DAILY;BYMONTH=8;UNTIL=20270731T163000",
)
"""Counted from the 30th of June 2027, a Wednesday, at half past six in Berlin."""

START = date(2027, 6, 30)


@pytest.fixture
def years_walked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The years that dateutil has looked at."""
    walked: list[int] = []
    look = rrule._iterinfo.rebuild  # noqa: SLF001 - it has no public way to count

    def look_and_count(self: Any, year: int, month: int) -> None:
        walked.append(year)
        look(self, year, month)

    monkeypatch.setattr(rrule._iterinfo, "rebuild", look_and_count)  # noqa: SLF001
    return walked


def _first(text: str, many: int, start: date = START) -> list[date]:
    days = recurrence.dates(
        rules.parse(text), start, EVENING, BERLIN, first=start, last=recurrence.furthest_date(start)
    )
    return list(islice(days, many))


@pytest.mark.parametrize("text", REFUSED)
def test_a_rule_is_refused_with_its_reason(text: str) -> None:
    with pytest.raises(BadRuleError, match=REFUSED[text]):
        rules.parse(text)


@pytest.mark.parametrize("text", NEVER)
def test_a_rule_that_never_happens_is_refused_after_a_bounded_search(text: str, years_walked: list[int]) -> None:
    with pytest.raises(BadRuleError, match="never happens"):
        recurrence.first_date(rules.parse(text), START, EVENING, BERLIN)
    assert len(years_walked) <= recurrence.CALENDAR_CYCLE_YEARS + 3


def test_dateutil_alone_would_walk_to_the_end_of_time(years_walked: list[int]) -> None:
    """The control of the test above."""
    assert not list(rrule.rrule(rrule.YEARLY, date(2027, 6, 30), bymonth=2, bymonthday=30))
    assert len(years_walked) > 7900


def test_a_window_costs_the_years_up_to_its_end(years_walked: list[int]) -> None:
    rule = rules.parse("FREQ=DAILY;INTERVAL=3")
    assert list(recurrence.dates(rule, START, EVENING, BERLIN, first=date(2037, 6, 20), last=date(2037, 6, 30)))
    assert len(years_walked) <= 12


def test_a_rule_that_happens_once_in_ten_thousand_years_happens_once() -> None:
    assert _first("FREQ=YEARLY;INTERVAL=9999", 2) == [START]


def test_a_rule_may_first_happen_many_years_later() -> None:
    leap_monday = rules.parse("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO")
    assert recurrence.first_date(leap_monday, date(2072, 3, 1), EVENING, BERLIN) == date(2112, 2, 29)


def test_a_rule_is_read_in_any_case_and_order_with_its_name_or_without() -> None:
    plain = rules.parse("FREQ=MONTHLY;BYDAY=+2TU,-1FR;UNTIL=20280101T000000Z")
    assert plain == rules.parse(" rrule:until=20280101t000000z;byday=2tu,-1fr;freq=monthly ")
    assert plain == Rule("MONTHLY", until=datetime(2028, 1, 1, tzinfo=UTC), by_day=(Day(1, 2), Day(4, -1)))
    assert rules.canonical(" rrule:freq=daily ") == "FREQ=DAILY"


def test_what_a_rule_leaves_out_is_taken_from_its_start() -> None:
    """RFC 5545, 3.3.10: so BYWEEKNO alone is one day of the week, and not all seven of them."""
    assert _first("FREQ=WEEKLY", 2) == [START, date(2027, 7, 7)]
    assert _first("FREQ=YEARLY;BYMONTH=7,8", 2) == [date(2027, 7, 30), date(2027, 8, 30)]
    assert _first("FREQ=YEARLY;BYWEEKNO=27,30", 3) == [date(2027, 7, 7), date(2027, 7, 28), date(2028, 7, 5)]


def test_plain_and_numbered_days_stand_side_by_side() -> None:
    days = _first("FREQ=YEARLY;BYDAY=MO,1TU", 54, date(2027, 1, 1))
    assert days[:3] == [date(2027, 1, 4), date(2027, 1, 5), date(2027, 1, 11)]
    assert len([day for day in days if day.year == 2027]) == 53
    assert sum(day.weekday() == 1 for day in days if day.year == 2027) == 1


def test_positions_count_in_the_whole_of_the_first_week_year_or_month() -> None:
    assert _first("FREQ=WEEKLY;BYDAY=MO,WE;BYSETPOS=2", 2) == [START, date(2027, 7, 7)]
    assert _first("FREQ=MONTHLY;BYDAY=WE;BYSETPOS=-1,1", 3) == [START, date(2027, 7, 7), date(2027, 7, 28)]
    assert _first("FREQ=WEEKLY;BYDAY=WE,SA;BYSETPOS=1", 1, date(2028, 1, 1)) == [date(2028, 1, 5)]


def test_zones_are_those_of_the_layer_whatever_the_machine_has() -> None:
    assert zoneinfo.TZPATH == ()
    assert metadata.version("tzdata") >= "2026.6", "which knows what Morocco does from September 2026 on"


@pytest.mark.parametrize(
    ("zone", "day", "at", "shown", "offset", "note"),
    [
        ("America/New_York", "2027-03-14", "02:30", "2027-03-14T03:30:00", "-04:00", "moved_forward"),
        ("America/New_York", "2027-03-14", "03:00", "2027-03-14T03:00:00", "-04:00", None),
        ("America/New_York", "2027-11-07", "01:30", "2027-11-07T01:30:00", "-04:00", "repeated_hour"),
        ("America/New_York", "2027-11-07", "02:00", "2027-11-07T02:00:00", "-05:00", None),
        ("Europe/Berlin", "2027-03-28", "02:00", "2027-03-28T03:00:00", "+02:00", "moved_forward"),
        ("Australia/Lord_Howe", "2027-10-03", "02:15", "2027-10-03T02:45:00", "+11:00", "moved_forward"),
        ("Australia/Lord_Howe", "2027-04-04", "01:45", "2027-04-04T01:45:00", "+11:00", "repeated_hour"),
        ("Africa/Casablanca", "2025-02-23", "02:30", "2025-02-23T02:30:00", "+01:00", "repeated_hour"),
        ("Africa/Casablanca", "2025-04-06", "02:30", "2025-04-06T03:30:00", "+01:00", "moved_forward"),
        ("Africa/Casablanca", "2026-09-20", "02:30", "2026-09-20T02:30:00", "+00:00", None),
        ("America/Santiago", "2027-09-05", "00:00", "2027-09-05T01:00:00", "-03:00", "moved_forward"),
        ("America/Santiago", "2027-04-03", "23:30", "2027-04-03T23:30:00", "-03:00", "repeated_hour"),
        ("Asia/Tehran", "2021-03-22", "00:30", "2021-03-22T01:30:00", "+04:30", "moved_forward"),
        ("Asia/Kathmandu", "2027-03-28", "02:30", "2027-03-28T02:30:00", "+05:45", None),
        ("Pacific/Apia", "2011-12-30", "18:00", "2011-12-31T18:00:00", "+14:00", "moved_forward"),
        ("Pacific/Apia", "2011-12-29", "18:00", "2011-12-29T18:00:00", "-10:00", None),
    ],
)
def test_a_time_on_the_wall_is_one_instant(
    zone: str, day: str, at: str, shown: str, offset: str, note: str | None
) -> None:
    found = occurrence(date.fromisoformat(day), time.fromisoformat(at), ZoneInfo(zone))
    assert (found.local.isoformat(), offset_text(found.utc_offset), found.note) == (shown, offset, note)
    assert found.scheduled_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == datetime.fromisoformat(shown)
