"""Who is in a room now: the latest state of each device, as Agora's notices and the comparisons with Agora tell it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

from atelier import clock, table
from atelier.accounts import profiles, shapes
from atelier.accounts.caller import Caller
from atelier.accounts.items import profile_key
from atelier.attendance.items import Attendance, attendance_key
from atelier.paging import Page, Scope
from atelier.rooms import entering, schemas
from atelier.rooms.items import Participant, participant_key
from atelier.table import Item, Key
from atelier.text import Paged
from atelier.workshops.walking import Walk

_PREFIX = "UID#"


def page_of(workshop_id: str, caller: Caller, query: Paged, *, at: clock.Clock = clock.now) -> Page[schemas.Inside]:
    """A page of the devices that are in the room now, in the order of their numbers as texts.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError for those who do not lead the workshop, NoRoomError,
    BadCursorError.
    """
    entering.led(workshop_id, caller)
    scope = Scope(caller.id, f"room/{workshop_id}")
    position = scope.position(query.cursor, 1)
    walk = _walk(workshop_id, at())
    steps = walk.after(position[0] if position else None, query.limit + 1)
    page = cast("list[Participant]", steps.rows[: query.limit])
    people = {state.user_id for state in page}
    keys = [key for who in sorted(people) for key in (profile_key(who), attendance_key(workshop_id, who))]
    found = table.read_many(keys, consistent=False)
    if len(steps.rows) > query.limit:
        reached: str | None = walk.position(page[-1])
    else:
        reached = None if steps.is_end else steps.reached
    return Page([_shape(state, workshop_id, found) for state in page], scope.cursor(reached) if reached else None)


def _walk(workshop_id: str, now: datetime) -> Walk:
    pk, _ = participant_key(workshop_id, 0)
    is_there = (Participant.is_in == True) & (Participant.expires_at > int(now.timestamp()))  # noqa: E712 - a condition
    return Walk(Item, "sk", pk, prefix=_PREFIX, keep=is_there)


def _shape(state: Participant, workshop_id: str, found: Mapping[Key, Item]) -> schemas.Inside:
    is_publisher = cast("bool | None", state.is_publisher)
    role: schemas.RoomRole | None = None
    if is_publisher is not None:
        role = "publisher" if is_publisher else "subscriber"
    return schemas.Inside(
        user=shapes.user_card(profiles.known(state.user_id, found)),
        device=cast("schemas.Device", state.device),
        uid=state.uid,
        role=role,
        joined_at=_joined_at(state, found.get(attendance_key(workshop_id, state.user_id))),
    )


def _joined_at(state: Participant, attendance: Item | None) -> datetime:
    """Since when the person is there. The state alone tells when their device was last heard of: it may have joined
    long before, and been given another role.
    """
    since = clock.whole_seconds(state.since)
    if not isinstance(attendance, Attendance) or not attendance.intervals:
        return since
    joined, left = attendance.intervals[-1]
    return since if left is not None else min(since, datetime.fromtimestamp(joined, UTC))
