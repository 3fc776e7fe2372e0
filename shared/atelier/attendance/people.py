"""Everybody of whom a workshop's attendance tells: people with an RSVP, who were in the room, who checked in; guests.

They come in one order, accounts by their ids and then guests by theirs, each once. A position is an id, so a walk can
go on after anybody.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from atelier import table
from atelier.attendance.items import Attendance, attendance_key
from atelier.checkins.items import Guest, guest_key
from atelier.rsvps.items import SEATED, Attendee, attendee_key
from atelier.table import Item, Key

EXPECTED = (*SEATED, "removed")
"""Whose row alone puts them into the list. Somebody who only waited is there if they came all the same."""

_OF_ACCOUNTS = "usr_"

_IN_BRIEF = ["pk", "sk", "kind", "status", "is_co_host", "intervals", "checked_in_at", "guest_name", "merged_into"]
"""What tells of somebody's coming; the rest of a row is for other uses, and reading it takes most of the time."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody with an account, or a guest without one, and what is known of their coming.

    id: of the account or of the guest, which is also the position in the list.
    """

    id: str
    row: Attendee | None = None
    record: Attendance | None = None
    guest: Guest | None = None

    @property
    def is_listed(self) -> bool:
        """Whether they are in the list. Who only waited is not, nor a guest who is told of as an account by now."""
        if self.guest is not None:
            return self.guest.merged_into is None
        return self.record is not None or (self.row is not None and self.row.status in EXPECTED)

    @property
    def user_id(self) -> str | None:
        """The account; None for a guest."""
        return None if self.guest is not None else self.id

    @property
    def checked_in_at(self) -> datetime | None:
        """When they checked in."""
        checked_in = self.guest or self.record
        return None if checked_in is None else cast("datetime | None", checked_in.checked_in_at)


def visitors(
    workshop_id: str, after: str | None = None, *, page_size: int | None = None, later: int | None = None
) -> Iterator[Visitor]:
    """Everybody after a position, listed or not, read as they are needed: a query for each list, and as many more as it
    is long.

    page_size: how many items a query reads; None: 1 MB of them. later: how many all but the first read, if not as many.
    """
    table.connect()
    if after is None or after.startswith(_OF_ACCOUNTS):
        yield from _accounts(workshop_id, after, page_size, later)
        after = None
    for item in _after(guest_key(workshop_id, ""), after, page_size, later):
        if isinstance(item, Guest):
            yield Visitor(item.id, guest=item)


def _accounts(workshop_id: str, after: str | None, page_size: int | None, later: int | None) -> Iterator[Visitor]:
    """A walk along the rows and the records, which are in the same order."""
    read = _after(attendee_key(workshop_id, ""), after, page_size, later)
    rows = (item for item in read if isinstance(item, Attendee))
    read_beside = _after(attendance_key(workshop_id, ""), after, page_size, later)
    records = (item for item in read_beside if isinstance(item, Attendance))
    row, record = next(rows, None), next(records, None)
    while row is not None or record is not None:
        user_id = min(item.user_id for item in (row, record) if item is not None)
        mine = row if row is not None and row.user_id == user_id else None
        told = record if record is not None and record.user_id == user_id else None
        yield Visitor(user_id, mine, told)
        row = row if mine is None else next(rows, None)
        record = record if told is None else next(records, None)


def _after(start: Key, after: str | None, page_size: int | None, later: int | None) -> Iterator[Item]:
    pk, first = start
    condition = Item.sk.between(f"{first}{after}\x01" if after else first, f"{first}~")
    found = Item.query(pk, condition, page_size=page_size, attributes_to_get=_IN_BRIEF)
    for item in found:
        if later is not None:
            found.page_iter.page_size = later
        yield item
