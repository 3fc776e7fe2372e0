"""The rules of recurrence_table.toml in ten zones, whatever the machine goes by and whenever they are asked for."""

import calendar
import time as machine
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from atelier import clock
from atelier.series import recurrence, rules
from atelier.series.wallclock import ClockNote, occurrence

ZONES = (
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Pacific/Auckland",
    "Asia/Tokyo",
    "America/Santiago",
    "Asia/Tehran",
)
NOTES: dict[str, ClockNote | None] = {"": None, ">": "moved_forward", "=": "repeated_hour"}

type Told = tuple[datetime, ClockNote | None]


@dataclass(frozen=True, slots=True)
class Row:
    """A rule of the table."""

    name: str
    rrule: str
    start_date: date
    time_of_day: time
    instants: dict[str, list[Told]]

    @property
    def ends(self) -> bool:
        """Whether the table has all there are."""
        return "COUNT" in self.rrule or "UNTIL" in self.rrule


def _told(text: str) -> Told:
    instant, _, note = text.partition("Z")
    return clock.from_text(f"{instant}:00Z"), NOTES[note]


def _rows() -> Iterator[Row]:
    with (Path(__file__).parent / "recurrence_table.toml").open("rb") as file:
        for row in tomllib.load(file)["rules"]:
            instants = {zone: [_told(text) for text in line.split()] for zone, line in row["instants"].items()}
            yield Row(row["name"], row["rrule"], row["start_date"], time.fromisoformat(row["time_of_day"]), instants)


ROWS = list(_rows())
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name.replace(" ", "_"))


def _dates(row: Row, zone: str, first: date, last: date | None = None) -> Iterator[date]:
    return recurrence.dates(
        rules.parse(row.rrule),
        row.start_date,
        row.time_of_day,
        ZoneInfo(zone),
        first=first,
        last=last or recurrence.furthest_date(row.start_date),
    )


def _happens(row: Row, zone: str, days: Iterator[date]) -> Iterator[Told]:
    found = (occurrence(day, row.time_of_day, ZoneInfo(zone)) for day in days)
    return ((one.scheduled_at, one.note) for one in found)


def _from_the_start(row: Row, zone: str) -> list[Told]:
    """As many as the table has; one more where it has all, which there should not be."""
    return list(islice(_happens(row, zone, _dates(row, zone, row.start_date)), len(row.instants[zone]) + row.ends))


def test_the_table_holds_forty_rules_or_more_in_ten_zones() -> None:
    assert len({row.rrule for row in ROWS}) >= 40
    assert all(tuple(row.instants) == ZONES for row in ROWS)
    assert {note for row in ROWS for told in row.instants.values() for _, note in told} == set(NOTES.values())


@each_row
@pytest.mark.parametrize("own_zone", ["UTC", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Kathmandu"])
def test_a_rule_happens_when_the_table_says(row: Row, own_zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as changed:
        changed.setenv("TZ", own_zone)
        machine.tzset()
        found = {zone: _from_the_start(row, zone) for zone in ZONES}
    machine.tzset()
    assert found == row.instants


@each_row
@pytest.mark.parametrize("later_by", [1, 20, 200])
def test_a_rule_is_the_same_when_it_is_asked_for_later(row: Row, later_by: int) -> None:
    """A window of 90 days that opens on day 1, 20 or 200 shows what the table has in those days, and nothing else."""
    opens = row.start_date + timedelta(days=later_by - 1)
    closes = opens + timedelta(days=90)
    for zone in ZONES:
        everything = list(islice(_dates(row, zone, row.start_date), len(row.instants[zone])))
        known_to = date.max if row.ends else everything[-1]
        expected = [
            told
            for day, told in zip(everything, row.instants[zone], strict=True)
            if opens <= day <= min(closes, known_to)
        ]
        found = _dates(row, zone, opens, min(closes, known_to))
        assert list(_happens(row, zone, found)) == expected


def test_the_machine_really_goes_by_another_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the first test: what depends on the machine's zone does come out otherwise."""
    noons = set()
    for own_zone in ("UTC", "America/Los_Angeles", "Pacific/Kiritimati"):
        with monkeypatch.context() as changed:
            changed.setenv("TZ", own_zone)
            machine.tzset()
            noons.add(datetime(2027, 3, 1, 12).timestamp())  # noqa: DTZ001 - naive on purpose
    machine.tzset()
    assert len(noons) == 3


def test_the_week_of_the_machine_does_not_matter() -> None:
    row = next(row for row in ROWS if row.rrule.endswith("BYDAY=TU,SU;WKST=MO"))
    try:
        calendar.setfirstweekday(calendar.SUNDAY)
        assert _from_the_start(row, "Asia/Tokyo") == row.instants["Asia/Tokyo"]
    finally:
        calendar.setfirstweekday(calendar.MONDAY)
