"""Whether an announcement still holds, for a workshop and for a person, when it reaches them.

Between an announcement and its delivery a workshop may be cancelled or moved and a person may leave. What is told is
what is true at the delivery: a later announcement tells the rest.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import cast

from atelier import clock
from atelier.notifications.announcements import Announcement
from atelier.rsvps.items import Attendee, Invite
from atelier.workshops.items import Workshop
from atelier.workshops.visibility import has_place

_STATUS = {
    "workshop_reminder": ("scheduled", "lobby"),
    "workshop_cancelled": ("cancelled",),
    "workshop_updated": ("scheduled", "lobby"),
    "workshop_started": ("live",),
    "workshop_invite": ("scheduled", "lobby", "live"),
    "waitlist_promoted": ("scheduled", "lobby", "live"),
    "rsvp_confirmed": ("scheduled", "lobby"),
}
"""The states of a workshop in which each type is still worth telling; the others always are."""


def holds(announcement: Announcement, workshop: Workshop, now: datetime) -> bool:
    """Whether the workshop is still as the announcement says. No reminder comes after the start, or for another one."""
    wanted = _STATUS.get(announcement.type)
    if wanted is not None and workshop.status not in wanted:
        return False
    if announcement.type in ("workshop_reminder", "workshop_updated"):
        if announcement.data.get("scheduled_at") != clock.to_text(workshop.scheduled_at):
            return False
        return announcement.type != "workshop_reminder" or now < workshop.scheduled_at
    return True


def moves(announcement: Announcement, workshop: Workshop) -> bool:
    """Whether its people stand at another time in their lists; after a later move the announcement of that one does."""
    is_latest = announcement.data.get("scheduled_at") == clock.to_text(workshop.scheduled_at)
    return "moved_from" in announcement.data and is_latest


def formerly(announcement: Announcement, workshop: Workshop, row: Attendee | None) -> datetime | None:
    """When a workshop that was moved was planned for before, as far as a person knows by their list: of several moves
    one after the other they may have heard of the last alone.
    """
    told = cast("str | None", announcement.data.get("moved_from"))
    if told is None:
        return None
    if row is not None and row.scheduled_at != workshop.scheduled_at:
        listed: datetime = row.scheduled_at
        return listed
    return clock.from_text(told)


def concerns(
    announcement: Announcement, user_id: str, row: Attendee | None, host_id: str, invite: Invite | None = None
) -> bool:
    """Whether a person is still one of those whom it is for, by their row and their invitation as they are now."""
    if user_id == announcement.but:
        return False
    if announcement.type == "workshop_invite":
        return row is None and invite is not None and invite.stands
    if announcement.type == "attendee_removed":
        return row is not None and row.status == "removed"
    if user_id == host_id:
        return announcement.audience == "named"
    if row is None or not has_place(row):
        return False
    return announcement.audience == "everybody" or row.is_seated


def due_offset(
    announcement: Announcement, workshop: Workshop, row: Attendee, wanted: Iterable[int], now: datetime
) -> int | None:
    """Of the reminders that are due, the one a person gets: the nearest to the start that they want.

    After an outage of what sends or what receives several are due at once, and one is enough: a reminder that became
    due since the announcement stands for it, whichever message tells it first. Who came after one was due has not
    missed it.
    """
    announced = {int(offset) for offset in cast("list[int]", announcement.data["offsets"])}
    furthest = max(announced)
    heard_of_it = [
        offset
        for offset in wanted
        if offset in announced or (offset < furthest and due_at(workshop, offset) <= now)
        if row.rsvp_at <= due_at(workshop, offset)
    ]
    return min(heard_of_it, default=None)


def due_at(workshop: Workshop, offset: int) -> datetime:
    """When a reminder so many minutes before the start is due."""
    moment: datetime = workshop.scheduled_at - timedelta(minutes=offset)
    return moment
