"""A person's record as it reads at an instant: how long they were there, and which share of the workshop."""

from dataclasses import dataclass
from datetime import datetime

from atelier import clock
from atelier.attendance import intervals
from atelier.attendance.intervals import Interval
from atelier.attendance.items import Attendance
from atelier.workshops.items import Workshop


@dataclass(frozen=True, slots=True)
class Presence:
    """When a person was in. share: of the workshop's actual duration, 0 to 1."""

    intervals: tuple[Interval, ...]
    total_seconds: int
    share: float


@dataclass(frozen=True, slots=True)
class Frame:
    """The actual start and end of a workshop in seconds since 1970; no start: it has not begun; its end may be now."""

    started: int | None
    ended: int


def frame_of(workshop: Workshop, now: datetime) -> Frame:
    """The time that people can have been there. One that was cancelled while it was live ended by that."""
    started, ended = _second(workshop.actual_started_at), _second(workshop.actual_ended_at)
    if ended is None:
        ended = int((workshop.updated_at if workshop.status == "cancelled" else clock.whole_seconds(now)).timestamp())
    return Frame(started, ended)


def presence_of(record: Attendance | None, frame: Frame) -> Presence:
    """What a record says. An interval that is open, for its leave was lost, counts up to the workshop's end."""
    spans = tuple((joined, left) for joined, left in (record.intervals or () if record is not None else ()))
    total = intervals.total_seconds(spans, frame.ended)
    return Presence(spans, total, intervals.share(spans, frame.started, frame.ended))


def _second(instant: datetime | None) -> int | None:
    return None if instant is None else int(instant.timestamp())
