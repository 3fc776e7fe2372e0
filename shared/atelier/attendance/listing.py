"""Who was there: everybody with an RSVP and everybody who was in the room, whether or not they have the other."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from atelier import clock, table
from atelier.accounts import shapes as account_shapes
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.attendance.items import Attendance, attendance_key
from atelier.attendance.record import Frame, frame_of, presence_of
from atelier.attendance.schemas import AttendanceInterval, AttendanceItem, AttendanceQuery
from atelier.errors import AccountSuspendedError, NotAllowedError
from atelier.paging import Page, Scope
from atelier.rsvps.items import SEATED, Attendee, Invite, attendee_key, invite_key
from atelier.table import Item, Key
from atelier.workshops import visibility
from atelier.workshops.items import Workshop, workshop_key
from atelier.workshops.standing import standing_of

if TYPE_CHECKING:
    from atelier.rsvps.schemas import AttendeeStatus

EXPECTED = (*SEATED, "removed")
"""Whose row alone puts them into the list. Somebody who only waited is there if they were in the room all the same."""

RSVPS = (*EXPECTED, "waitlisted")

type Person = tuple[str, Attendee | None, Attendance | None]


def page_of(
    workshop_id: str, caller: Caller, query: AttendanceQuery, *, at: clock.Clock = clock.now
) -> Page[AttendanceItem]:
    """A page of the attendance, ordered by the people's ids: one BatchGet, two queries, and their profiles.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError for all but the host, co-hosts and admins,
    BadCursorError.
    """
    workshop = _led(workshop_id, caller)
    scope = Scope(caller.id, f"attendance/{workshop_id}")
    after = scope.position(query.cursor, 1)
    people = _people(workshop_id, after[0] if after else None, query.limit + 1)
    page, more = people[: query.limit], len(people) > query.limit
    profiles = table.read_many((profile_key(user_id) for user_id, _, _ in page), consistent=False)
    frame = frame_of(workshop, at())
    items = [
        _item(row, record, cast("Profile | None", profiles.get(profile_key(user_id))), frame, workshop, query.threshold)
        for user_id, row, record in page
    ]
    return Page(items, scope.cursor(page[-1][0]) if more else None)


def _led(workshop_id: str, caller: Caller) -> Workshop:
    """The workshop, for those who lead it, in one round trip."""
    mine, me, invited = attendee_key(workshop_id, caller.id), profile_key(caller.id), invite_key(workshop_id, caller.id)
    found = table.read_many([workshop_key(workshop_id), mine, me, invited])
    row = cast("Attendee | None", found.get(mine))
    workshop = visibility.require_visible(
        cast("Workshop | None", found.get(workshop_key(workshop_id))),
        row,
        caller,
        cast("Invite | None", found.get(invited)),
    )
    if visibility.is_suspended(cast("Profile | None", found.get(me))):
        raise AccountSuspendedError
    if not standing_of(workshop, row, caller).leads:
        raise NotAllowedError("Only the host and co-hosts see who was there.")
    return workshop


def _people(workshop_id: str, after: str | None, wanted: int) -> list[Person]:
    """So many people after one, by a walk along both lists, which are in the same order."""
    rows = _after(attendee_key(workshop_id, ""), after, wanted)
    records = _after(attendance_key(workshop_id, ""), after, wanted)
    row, record = next(rows, None), next(records, None)
    people: list[Person] = []
    while len(people) < wanted and (row is not None or record is not None):
        user_id = min(item.user_id for item in (row, record) if isinstance(item, Attendee | Attendance))
        mine = cast("Attendee", row) if row is not None and row.user_id == user_id else None
        told = cast("Attendance", record) if record is not None and record.user_id == user_id else None
        if told is not None or (mine is not None and mine.status in EXPECTED):
            people.append((user_id, mine, told))
        row = row if mine is None else next(rows, None)
        record = record if told is None else next(records, None)
    return people


def _after(start: Key, after: str | None, wanted: int) -> Iterator[Attendee | Attendance]:
    """The items of a list after a person, read as they are needed."""
    pk, first = start
    condition = Item.sk.between(f"{first}{after}\x01" if after else first, f"{first}~")
    for item in Item.query(pk, condition, page_size=max(wanted, 25)):
        if isinstance(item, Attendee | Attendance):
            yield item


def _item(
    row: Attendee | None,
    record: Attendance | None,
    profile: Profile | None,
    frame: Frame,
    workshop: Workshop,
    threshold: float,
) -> AttendanceItem:
    presence = presence_of(record, frame)
    is_rsvp = row is not None and row.status in RSVPS
    return AttendanceItem(
        user=account_shapes.user_card(profile) if profile is not None else None,
        guest_name=None,
        rsvp_status=cast("AttendeeStatus", row.status) if row is not None and is_rsvp else None,
        checked_in_at=None,
        intervals=[
            AttendanceInterval(joined_at=_instant(joined), left_at=None if left is None else _instant(left))
            for joined, left in presence.intervals
        ],
        total_seconds=presence.total_seconds,
        share=presence.share,
        # Nobody checks in yet.
        present=workshop.format != "in_person" and presence.share >= threshold,
    )


def _instant(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
