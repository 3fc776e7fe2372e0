"""Writing a change of a workshop: what differs, on condition that nobody else changed it."""

from collections.abc import Collection
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.transactions import TransactWrite

from atelier import audit, clock, edits, table
from atelier.rooms.items import Room, new_room
from atelier.workshops import moments
from atelier.workshops.items import Workshop, place_in_lists

IN_CALENDARS = ("scheduled_at", "duration_minutes", "location", "format", "title", "status")
"""What a calendar shows of a workshop: RFC 5545, 3.8.7.4 asks for another SEQUENCE when these change."""


def with_values(workshop: Workshop, **values: Any) -> Workshop:
    """A copy of the workshop with other values."""
    copy = Workshop.from_raw_data(workshop.serialize())
    for name, value in values.items():
        setattr(copy, name, value)
    return copy


def changed(
    workshop: Workshop, changes: dict[str, Any], *, by: str, at: clock.Clock, through: str | None = None
) -> Workshop:
    """The workshop as it is after somebody's edit: with these values, in the lists where it then belongs, one version
    on.

    through: the edit of its series that this is part of.
    """
    version = int(workshop.version) + 1
    now = clock.whole_seconds(at())
    after = with_values(workshop, **changes, version=version, updated_at=now, last_change="edit", edited_by=by)
    after.edited_through = through
    if any(getattr(after, name) != getattr(workshop, name) for name in IN_CALENDARS):
        after.sequence = int(workshop.sequence) + 1
    place_in_lists(after)
    moments.place(after, workshop, now=at())
    return after


def update(
    transaction: TransactWrite,
    before: Workshop,
    after: Workshop,
    *,
    always: Collection[str] = (),
    also: Condition | None = None,
) -> None:
    """Adds the difference to a transaction, which fails unless version, status and what is due are still what was read.

    Counts are not edits: they differ in nothing here, and so are not written over.
    `always` names attributes to write though they do not differ, `also` is a further condition. `last_change` is always
    written: counts may have been since the read, and the stream must see this as the edit it is.
    """
    condition = (Workshop.version == before.version) & (Workshop.status == before.status) & is_due_as_in(before)
    if also is not None:
        condition &= also
    names = table.differing(before, after) | {*always, "last_change"}
    transaction.update(before, table.setting(after, names), condition=condition)


def is_due_as_in(read: Workshop) -> Condition:
    """That nobody has claimed, done or added due work since the workshop was read: neither is an edit, but both say
    when it is looked at next, as each edit does.
    """
    same: Condition = _same(Workshop.due_sort, read.due_sort) & _same(Workshop.reminder_offsets, read.reminder_offsets)
    return same


def _same(attribute: Any, value: Any) -> Condition:
    same: Condition = attribute.does_not_exist() if value is None else attribute == value
    return same


def move(before: Workshop, after: Workshop, *, actor_id: str, at: clock.Clock) -> None:
    """Brings a workshop from one status to another, with its audit entry, and its room where one opens.

    Raises CollisionError when the workshop is no longer what was read.
    """
    with edits.transaction() as transaction:
        update(transaction, before, after)
        if after.format != "in_person":
            _open_room(transaction, before, after)
        audit.write(
            transaction,
            object_id=before.id,
            actor_id=actor_id,
            action=f"workshop_{after.status}",
            change={"from": before.status, "to": after.status},
            at=at,
        )


def _open_room(transaction: TransactWrite, before: Workshop, after: Workshop) -> None:
    room = new_room(after.channel, after.id, after.scheduled_at, at=after.updated_at)
    if before.status == "scheduled" and after.status in ("lobby", "live"):
        transaction.save(room)
    elif before.status == "lobby" and after.status == "live":
        # A lobby that was forgotten for a day is no longer in the list of open rooms.
        transaction.update(Room(*room.key), [Room.feed_key.set(room.feed_key), Room.starts.set(room.starts)])
