"""From the clock on a wall to an instant, on the days too on which the clock is changed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Literal
from zoneinfo import ZoneInfo

type ClockNote = Literal["moved_forward", "repeated_hour"]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """When something of a local date happens. `local` is what the clocks there really show; `note`: what is odd."""

    scheduled_at: datetime
    local: datetime
    utc_offset: timedelta
    note: ClockNote | None = None


def occurrence(day: date, time_of_day: time, zone: ZoneInfo) -> Occurrence:
    """The instant at which the clocks of a zone show a time on a day.

    A time that is skipped moves forward by what is skipped, and one that comes twice is the first of the two: with
    `fold=0`, PEP 495 reads both by the offset from before the change. The day may be another one afterwards, where a
    whole day is skipped (Apia, 2011-12-30).
    """
    wall = datetime.combine(day, time_of_day)
    before = wall.replace(tzinfo=zone, fold=0)
    scheduled_at = before.astimezone(UTC)
    shown = scheduled_at.astimezone(zone)
    return Occurrence(scheduled_at, shown.replace(tzinfo=None, fold=0), shown.utcoffset() or timedelta(), _note(before))


def _note(wall: datetime) -> ClockNote | None:
    """PEP 495: `fold` makes the offset larger in a gap, smaller where a time comes twice, and nothing elsewhere."""
    earlier, later = (wall.replace(fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    if earlier == later:
        return None
    return "moved_forward" if later > earlier else "repeated_hour"


def offset_text(offset: timedelta) -> str:
    """`+05:45`, or `-03:00`; with seconds where the zone had them."""
    return datetime(2000, 1, 1, tzinfo=timezone(offset)).isoformat()[19:]
