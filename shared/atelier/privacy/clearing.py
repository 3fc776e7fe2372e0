"""What follows an erasure: everything of the person's own goes; what tells of others, or of how many came, stays.

It may die anywhere and come again: what was cleared is not found any more, and the mark goes last.
"""

from typing import cast

from atelier import clock, edits, table
from atelier.accounts import unbanning
from atelier.accounts.items import Ban
from atelier.attendance.items import Attendance
from atelier.calendars.items import Feed
from atelier.guided.items import Member
from atelier.invites import grounds
from atelier.invites.items import address_invite_key
from atelier.notifications.items import Preferences
from atelier.privacy import leaving
from atelier.privacy.items import Erasure, erasure_key
from atelier.rooms.items import ChatMessage, Note, Spoke
from atelier.rsvps import seats
from atelier.rsvps.items import Attendee, Invite, person_key
from atelier.series.items import Follower
from atelier.table import Item
from atelier.workshops import writing
from atelier.workshops.items import OPEN, Workshop, host_key, workshop_key

SYSTEM = "system"
MOST_PASSES = 5


class UnsettledError(RuntimeError):
    """There was something to clear each time; it has to be tried again."""


def clear(user_id: str, *, at: clock.Clock = clock.now) -> int:
    """Clears everything of an erased person away; how many things.

    An index may show late what was written just before, so it looks again until it finds nothing. Raises
    OutOfTimeError when there is no time for more, UnsettledError: run again, it does the rest.
    """
    table.connect()
    cleared = 0
    for _ in range(MOST_PASSES):
        found = _clear_once(user_id, at)
        cleared += found
        if not found:
            Erasure(*erasure_key(user_id)).delete()
            return cleared
    raise UnsettledError(f"something came back {MOST_PASSES} times")


def _clear_once(user_id: str, at: clock.Clock) -> int:
    hosted = [row for row in Item.by_host.query(host_key(user_id)) if isinstance(row, Workshop)]
    listed = list(Item.by_person.query(person_key(user_id)))
    own = list(Item.query(f"USER#{user_id}", consistent_read=True))
    workshops = {row.id for row in hosted} | {one for row in (*listed, *own) if (one := _workshop_of(row))}
    # Messages first: what leads to them goes afterwards.
    return (
        sum(_take_back_messages(workshop_id, user_id) for workshop_id in sorted(workshops))
        + sum(_cancel(row, at) for row in hosted if row.status in OPEN)
        + sum(_leave(row, user_id, at) for row in listed)
        + sum(_forget(item, user_id) for item in own)
        + sum(_delete(item) for item in Item.query(f"INBOX#{user_id}", consistent_read=True))
    )


def _workshop_of(item: Item) -> str | None:
    """The workshop that a row, an attendance, a note or a mark is of: where the person may have said something."""
    match item:
        case Attendee():
            return item.workshop_id
        case Attendance():
            return item.pk.removeprefix("ATTENDANCE#")
        case Spoke():
            return item.workshop_id
        case Note():
            return item.sk.removeprefix("NOTE#")
        case _:
            return None


def _leave(listed: Item, user_id: str, at: clock.Clock) -> int:
    match listed:
        case Attendee():
            return _withdraw(listed)
        case Invite():
            return _revoke(listed)
        case Follower():
            return _delete(listed)
        case Member():
            return leaving.leave(listed.pk.removeprefix("GUIDED#"), user_id, at=at)
        case _:
            return 0


def _delete(item: Item) -> int:
    item.delete()
    return 1


def _cancel(row: Workshop, at: clock.Clock) -> int:
    """Cancels a workshop that was made while the erasure was decided."""
    workshop = cast("Workshop | None", table.read_one(row.key))
    if workshop is None or workshop.is_over:
        return 0
    after = writing.changed(workshop, {"status": "cancelled"}, by=SYSTEM, at=at)
    try:
        writing.move(workshop, after, actor_id=SYSTEM, at=at)
    except edits.CollisionError:
        return 1
    return 1


def _withdraw(listed: Attendee) -> int:
    """Gives a place up that is still of use to others; of what is over, the attendance stays."""
    found = table.read_many([workshop_key(listed.workshop_id), listed.key])
    workshop, row = found.get(workshop_key(listed.workshop_id)), found.get(listed.key)
    if not isinstance(workshop, Workshop) or not isinstance(row, Attendee) or workshop.is_over:
        return 0
    return int(seats.give_up(workshop, row.user_id, row) is not None)


def _revoke(listed: Invite) -> int:
    """Deletes an invitation, and the person's address where it was to that."""
    invite = table.read_one(listed.key)
    for invite_id in sorted(grounds.of_addresses(invite)) if isinstance(invite, Invite) else ():
        Item(*address_invite_key(listed.workshop_id, invite_id)).delete()
    listed.delete()
    return 1


def _forget(item: Item, user_id: str) -> int:
    match item:
        case Note() | Spoke() | Feed() | Preferences():
            item.delete()
        case Ban():
            unbanning.lift(user_id, item.user_id)
        case _:
            return 0
    return 1


def _take_back_messages(workshop_id: str, user_id: str) -> int:
    said = [
        message
        for message in Item.query(f"CHAT#{workshop_id}", filter_condition=ChatMessage.user_id == user_id)
        if isinstance(message, ChatMessage)
    ]
    for message in said:
        message.delete()
    return len(said)
