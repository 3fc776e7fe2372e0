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
    def user_id(self) -> str | None:
        """The account; None for a guest."""
        return None if self.guest is not None else self.id

    @property
    def checked_in_at(self) -> datetime | None:
        """When they checked in."""
        checked_in = self.guest or self.record
        return None if checked_in is None else cast("datetime | None", checked_in.checked_in_at)


def visitors(workshop_id: str, after: str | None = None, *, page_size: int | None = None) -> Iterator[Visitor]:
    """Everybody after a position, read as they are needed: a query for each list, and as many more as it is long.

    page_size: how many items a query reads; None: 1 MB of them.
    """
    table.connect()
    if after is None or after.startswith(_OF_ACCOUNTS):
        yield from _accounts(workshop_id, after, page_size)
        after = None
    for item in _after(guest_key(workshop_id, ""), after, page_size):
        # Whoever was claimed by an account is told as that.
        if isinstance(item, Guest) and item.merged_into is None:
            yield Visitor(item.id, guest=item)


def _accounts(workshop_id: str, after: str | None, page_size: int | None) -> Iterator[Visitor]:
    """A walk along the rows and the records, which are in the same order."""
    rows = (item for item in _after(attendee_key(workshop_id, ""), after, page_size) if isinstance(item, Attendee))
    records = (
        item for item in _after(attendance_key(workshop_id, ""), after, page_size) if isinstance(item, Attendance)
    )
    row, record = next(rows, None), next(records, None)
    while row is not None or record is not None:
        user_id = min(item.user_id for item in (row, record) if item is not None)
        mine = row if row is not None and row.user_id == user_id else None
        told = record if record is not None and record.user_id == user_id else None
        if told is not None or (mine is not None and mine.status in EXPECTED):
            yield Visitor(user_id, mine, told)
        row = row if mine is None else next(rows, None)
        record = record if told is None else next(records, None)


def _after(start: Key, after: str | None, page_size: int | None) -> Iterator[Item]:
    pk, first = start
    condition = Item.sk.between(f"{first}{after}\x01" if after else first, f"{first}~")
    yield from Item.query(pk, condition, page_size=page_size, attributes_to_get=_IN_BRIEF)
