"""How rooms end: a workshop that everybody has left is ended, and a room that is settled leaves the list."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from atelier import clock, edits, table
from atelier.edits import CollisionError
from atelier.rooms.items import Room
from atelier.upkeep.presence import Found
from atelier.workshops import writing
from atelier.workshops.items import Workshop, workshop_key

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action

SYSTEM = "system"
"""Who did it, in the audit log, when nobody asked for it."""

DESERTED_AFTER = timedelta(minutes=30)

TOKENS_LIVE = timedelta(hours=1)
"""For so long after the end somebody can still come in with a token from before, and must not stay in our books."""

GIVEN_UP_AFTER = timedelta(hours=26)
"""No token lives so long, not even a recorder's."""

FORGOTTEN_AFTER = timedelta(days=1)


def is_deserted(workshop: Workshop, found: Found, now: datetime) -> bool:
    """Whether a live workshop's room has been empty for so long that it should be over.

    A hybrid one may take place without anybody in its room; it is over when those who were there have left.
    """
    started = cast("datetime | None", workshop.actual_started_at)
    if workshop.status != "live" or started is None or not found.is_empty:
        return False
    if workshop.format == "hybrid" and found.told_at is None:
        return False
    # What counts is since when we know it: the notice of a leave may have been lost, and an answer never comes early.
    return now - max(started, found.told_at or started) >= DESERTED_AFTER


def end(workshop: Workshop, found: Found, *, at: clock.Clock = clock.now) -> Workshop | None:
    """Ends a deserted workshop as of when its last visitor left; None when somebody has changed it meanwhile."""
    started: datetime = workshop.actual_started_at
    ended_at = started if found.empty_since is None else max(started, found.empty_since)
    after = writing.changed(workshop, {"status": "ended", "actual_ended_at": ended_at}, by=SYSTEM, at=at)
    try:
        writing.move(workshop, after, actor_id=SYSTEM, at=at)
    except CollisionError:
        return None
    return after


def is_settled(workshop: Workshop, room: Room, now: datetime, *, is_quiet: bool) -> bool:
    """Whether nothing about a room will change any more. is_quiet: nobody is in, and every recording is at hand.

    Nobody can enter a lobby that was left open for a day without the host, who then puts the room back into the list.
    """
    if workshop.is_over:
        over_for = now - workshop.updated_at
        return over_for >= GIVEN_UP_AFTER or (is_quiet and over_for >= TOKENS_LIVE)
    return workshop.status != "live" and is_quiet and now - room.created_at >= FORGOTTEN_AFTER


def note(room: Room, workshop: Workshop | None, compared_at: datetime, *, is_settled: bool) -> None:
    """Writes down that a room was compared, and takes it off the list when it is settled.

    Nothing is written when a later comparison was faster, or when a settled workshop has come to another status.
    """
    actions: list[Action] = [Room.updated_at.set(compared_at)]
    earlier = Room.updated_at <= compared_at
    if not is_settled:
        table.update_or_see(Room, room.key, actions, earlier)
        return
    try:
        with edits.transaction() as t:
            if workshop is not None:
                t.condition_check(Workshop, *workshop_key(workshop.id), condition=Workshop.status == workshop.status)
            t.update(Room(*room.key), [*actions, Room.feed_key.remove(), Room.starts.remove()], condition=earlier)
    except CollisionError:
        return
