"""The moments of a workshop at which something has to happen by itself, and the next one that has not."""

from datetime import datetime, timedelta
from typing import cast

from atelier import clock, due
from atelier.workshops.items import Workshop

REMINDER_OFFSETS = (5, 10, 15, 30, 60, 120, 1440, 2880, 10080)
"""How many minutes before the start people may be reminded."""

USUAL_OFFSETS = frozenset({15, 60})
"""When people are reminded who have not said otherwise."""

NO_SHOW_AFTER = timedelta(minutes=15)
USUAL_DURATION_MINUTES = 60


def offsets(workshop: Workshop) -> set[int]:
    """The minutes before the start at which anybody wants to be reminded."""
    stored = cast("set[float] | None", workshop.reminder_offsets)
    return {int(offset) for offset in stored} if stored else set(USUAL_OFFSETS)


def ends_at(workshop: Workshop) -> datetime:
    """When a workshop is over by plan; 60 minutes count where no duration is given."""
    minutes = int(workshop.duration_minutes or USUAL_DURATION_MINUTES)
    return workshop.scheduled_at + timedelta(minutes=minutes)


def reminders(workshop: Workshop) -> set[datetime]:
    """Every moment at which people are reminded of the workshop as it is now, past ones too; none once it has begun."""
    if workshop.status not in ("scheduled", "lobby"):
        return set()
    return {workshop.scheduled_at - timedelta(minutes=offset) for offset in offsets(workshop)}


def turn(workshop: Workshop) -> datetime | None:
    """When a workshop comes to another state by itself, if it ever does.

    One that has a room and has not begun 15 minutes after its time is a no-show. One that takes place in person begins
    and ends by itself.
    """
    if workshop.format == "in_person":
        return {"scheduled": workshop.scheduled_at, "live": ends_at(workshop)}.get(workshop.status)
    return workshop.scheduled_at + NO_SHOW_AFTER if workshop.status == "scheduled" else None


def next_moment(workshop: Workshop, after: datetime) -> datetime | None:
    """The first moment of which it is not known that it was dealt with, given that reminders were up to `after`.

    Its state tells whether a workshop has turned: what has not stays due, however late it is.
    """
    found = {moment for moment in reminders(workshop) if moment > after}
    found |= {moment for moment in (turn(workshop),) if moment is not None}
    return min(found, default=None)


def place(workshop: Workshop, before: Workshop | None, *, now: datetime) -> None:
    """Sets when the workshop is looked at next, as part of the write that changes it.

    Reminders that were due and are not done stay due, unless the start itself is another one: then what counts is what
    is ahead.
    """
    after = now
    pending = cast("datetime | None", before.due_at) if before is not None else None
    if before is not None and pending is not None and before.scheduled_at == workshop.scheduled_at:
        after = min(now, pending - timedelta(seconds=1))
    set_due(workshop, next_moment(workshop, after))


def set_due(workshop: Workshop, moment: datetime | None) -> None:
    """Sets the next moment, and the place in the index that follows from it."""
    workshop.due_at = clock.whole_seconds(moment) if moment is not None else None
    workshop.due_key = due.shard_of(workshop.id) if moment is not None else None
    workshop.due_sort = due.sort_of(moment, workshop.id) if moment is not None else None
