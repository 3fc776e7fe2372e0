"""What seats ask of the table: each function is exactly one request, and so one atomic step.

`seats` and `repair` are written in these steps alone. That is what lets a test run the real algorithm over every
order in which the steps of several people can meet.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import Enum, auto
from functools import wraps
from typing import Concatenate, cast

from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from atelier import table
from atelier.ids import member
from atelier.rsvps.items import (
    SEATED,
    Attendee,
    SeatBlock,
    WaitlistEntry,
    attendee_key,
    block_key,
    waitlist_pk,
)
from atelier.workshops.items import Workshop, workshop_key

type Also = Callable[[TransactWrite], None]
"""What else belongs to the same change, such as an audit entry."""


class Taking(Enum):
    """How an attempt to take a seat of a block ended."""

    TAKEN = auto()
    MINE = auto()
    DRY = auto()


class Seating(Enum):
    """How an attempt to seat the first person waiting ended."""

    SEATED = auto()
    NO_SEAT = auto()
    NOT_WAITING = auto()


class Leaving(Enum):
    """How an attempt to give up a place ended."""

    LEFT = auto()
    NO_SUCH_ROW = auto()
    NO_SUCH_HOLDER = auto()


def _all_or_nothing[**P](write: Callable[Concatenate[TransactWrite, P], None]) -> Callable[P, bool]:
    """Makes one transaction of what a function writes; the call gives False when one of its conditions does not
    hold.
    """

    @wraps(write)
    def carry_out(*args: P.args, **kwargs: P.kwargs) -> bool:
        try:
            with table.transaction() as t:
                write(t, *args, **kwargs)
        except TransactWriteError as error:
            if table.failed_conditions(error):
                return False
            raise
        return True

    return carry_out


def read_workshop_and_blocks(workshop_id: str, numbers: Iterable[int]) -> tuple[Workshop | None, dict[int, SeatBlock]]:
    """The workshop and those of its blocks that exist, strongly consistent; one request per 99 blocks."""
    wanted = {block_key(workshop_id, number): number for number in numbers}
    key = workshop_key(workshop_id)
    found = table.read_many([key, *wanted])
    blocks = {number: cast("SeatBlock", found[at]) for at, number in wanted.items() if at in found}
    return cast("Workshop | None", found.get(key)), blocks


def read_blocks(workshop_id: str, numbers: Iterable[int]) -> dict[int, SeatBlock]:
    """Those of the blocks that exist, strongly consistent; one request per 100."""
    wanted = {block_key(workshop_id, number): number for number in numbers}
    found = table.read_many(wanted)
    return {number: cast("SeatBlock", found[at]) for at, number in wanted.items() if at in found}


def read_row(workshop_id: str, user_id: str) -> Attendee | None:
    """A person's row, strongly consistent."""
    return cast("Attendee | None", table.read_one(attendee_key(workshop_id, user_id)))


def first_waiting(workshop_id: str) -> WaitlistEntry | None:
    """The first entry of the waitlist, strongly consistent."""
    table.connect()
    entries = table.Item.query(waitlist_pk(workshop_id), consistent_read=True, limit=1)
    return cast("WaitlistEntry | None", next(iter(entries), None))


def take_seat(workshop_id: str, number: int, share: int, user_id: str) -> Taking:
    """Takes a seat of one block by one plain update; the first taker makes the block with its share of seats."""
    me = member(user_id)
    has_seat = (SeatBlock.seats_left > 0) & ~SeatBlock.holders.contains(me)
    seen = table.update_or_see(
        SeatBlock,
        block_key(workshop_id, number),
        [
            SeatBlock.kind.set(SeatBlock),
            SeatBlock.seats_left.set((SeatBlock.seats_left | share) - 1),
            SeatBlock.holders.add([me]),
        ],
        (SeatBlock.seats_left.does_not_exist() | has_seat) if share > 0 else has_seat,
    )
    if seen is None:
        return Taking.TAKEN
    return Taking.MINE if me in (cast("SeatBlock", seen).holders or ()) else Taking.DRY


def put_row(row: Attendee) -> Attendee | None:
    """Puts a person's row unless there is one; gives back the one that is there."""
    return cast("Attendee | None", table.put_if_absent(row))


@_all_or_nothing
def join(t: TransactWrite, row: Attendee, entry: WaitlistEntry) -> None:
    """Puts a person's row and their waitlist entry; False when there is a row already."""
    t.save(row, condition=Attendee.pk.does_not_exist())
    t.save(entry, condition=WaitlistEntry.pk.does_not_exist())


def seat_waiting(workshop_id: str, number: int | None, entry: WaitlistEntry, source: str = "freed") -> Seating:
    """Seats the person of a waitlist entry: block, entry and row, all or none.

    number: the block, or None where seats are not counted. source: the block's `freed` or `seats_left`, whichever
    gives the seat.
    """
    row = _row(workshop_id, entry.user_id)
    me = member(entry.user_id)
    try:
        with table.transaction() as t:
            t.delete(entry, condition=WaitlistEntry.pk.exists())
            becomes: list[Action] = [Attendee.status.set("rsvp"), Attendee.waiting_as.remove()]
            if number is not None:
                becomes.append(Attendee.block.set(number))
                seats = getattr(SeatBlock, source)
                t.update(
                    _block(workshop_id, number),
                    [seats.set(seats - 1), SeatBlock.holders.add([me])],
                    condition=(seats > 0) & ~SeatBlock.holders.contains(me),
                )
            t.update(row, becomes, condition=_waits_as(entry))
    except TransactWriteError as error:
        return Seating.NO_SEAT if number is not None and 0 in _refused_updates(t, error) else Seating.NOT_WAITING
    return Seating.SEATED


@_all_or_nothing
def seat_held(t: TransactWrite, workshop_id: str, number: int, entry: WaitlistEntry) -> None:
    """Ends the waiting of a person who already holds a seat of the block: entry and row."""
    holds = SeatBlock.holders.contains(member(entry.user_id))
    t.condition_check(SeatBlock, *block_key(workshop_id, number), condition=holds)
    t.delete(entry, condition=WaitlistEntry.pk.exists())
    t.update(
        _row(workshop_id, entry.user_id),
        [Attendee.status.set("rsvp"), Attendee.waiting_as.remove(), Attendee.block.set(number)],
        condition=_waits_as(entry),
    )


@_all_or_nothing
def drop_orphan(t: TransactWrite, workshop_id: str, entry: WaitlistEntry) -> None:
    """Deletes a waitlist entry that no row stands behind."""
    nobody = Attendee.pk.does_not_exist() | ~_waits_as(entry)
    t.condition_check(Attendee, *attendee_key(workshop_id, entry.user_id), condition=nobody)
    t.delete(entry, condition=WaitlistEntry.pk.exists())


def open_freed(workshop_id: str, number: int) -> None:
    """Gives a block's freed seats to whoever comes; nothing when there are none."""
    table.update_or_see(
        SeatBlock,
        block_key(workshop_id, number),
        [SeatBlock.seats_left.set(SeatBlock.seats_left + SeatBlock.freed), SeatBlock.freed.set(0)],
        SeatBlock.freed > 0,
    )


def leave_seat(row: Attendee, number: int, *, removed_at: datetime | None = None, also: Also | None = None) -> Leaving:
    """Gives a person's seat back as `freed`, and takes their row away, or marks it removed at an instant: both or
    neither.
    """
    me = member(row.user_id)
    holds = Attendee.status.is_in(*SEATED) & (Attendee.block == number)
    try:
        with table.transaction() as t:
            if removed_at is None:
                t.delete(_bare(row), condition=holds)
            t.update(
                _block(row.workshop_id, number),
                [SeatBlock.holders.delete([me]), SeatBlock.freed.add(1)],
                condition=SeatBlock.holders.contains(me),
            )
            if removed_at is not None:
                t.update(_bare(row), _becomes_removed(removed_at), condition=holds)
            if also:
                also(t)
    except TransactWriteError as error:
        return Leaving.NO_SUCH_HOLDER if 0 in _refused_updates(t, error) else Leaving.NO_SUCH_ROW
    return Leaving.LEFT


@_all_or_nothing
def leave_uncounted(
    t: TransactWrite, row: Attendee, *, removed_at: datetime | None = None, also: Also | None = None
) -> None:
    """Takes away, or marks removed, the row of a person whose seat stands in no block."""
    holds = Attendee.status.is_in(*SEATED) & Attendee.block.does_not_exist()
    _give_up(t, row, holds, removed_at, also)


@_all_or_nothing
def leave_waitlist(
    t: TransactWrite, row: Attendee, *, removed_at: datetime | None = None, also: Also | None = None
) -> None:
    """Takes a person off the waitlist: entry and row."""
    waits = (Attendee.status == "waitlisted") & (Attendee.waiting_as == row.waiting_as)
    t.delete(WaitlistEntry(waitlist_pk(row.workshop_id), row.waiting_as), condition=WaitlistEntry.pk.exists())
    _give_up(t, row, waits, removed_at, also)


@_all_or_nothing
def return_seat(t: TransactWrite, workshop_id: str, number: int, user_id: str) -> None:
    """Gives back, as `freed`, a seat whose holder's row names another place."""
    me = member(user_id)
    elsewhere = Attendee.status.is_in(*SEATED) & (Attendee.block.does_not_exist() | (Attendee.block != number))
    t.condition_check(
        Attendee, *attendee_key(workshop_id, user_id), condition=(Attendee.status == "removed") | elsewhere
    )
    t.update(
        _block(workshop_id, number),
        [SeatBlock.holders.delete([me]), SeatBlock.freed.add(1)],
        condition=SeatBlock.holders.contains(me),
    )


@_all_or_nothing
def adopt(t: TransactWrite, row: Attendee, number: int) -> None:
    """Puts the missing row of somebody who holds a seat of the block."""
    holds = SeatBlock.holders.contains(member(row.user_id))
    t.condition_check(SeatBlock, *block_key(row.workshop_id, number), condition=holds)
    t.save(row, condition=Attendee.pk.does_not_exist())


@_all_or_nothing
def drop_ghost(t: TransactWrite, row: Attendee, number: int) -> None:
    """Deletes a row that names a block its person holds no seat of."""
    holds_none = SeatBlock.holders.does_not_exist() | ~SeatBlock.holders.contains(member(row.user_id))
    t.condition_check(SeatBlock, *block_key(row.workshop_id, number), condition=holds_none)
    t.delete(_bare(row), condition=Attendee.status.is_in(*SEATED) & (Attendee.block == number))


@_all_or_nothing
def resize(
    t: TransactWrite,
    workshop_id: str,
    changes: list[tuple[int, int, int]],
    capacity: int | None,
    block_count: int,
    also: Also,
) -> None:
    """Changes seats of blocks together with the workshop that `also` writes.

    changes: block, its planned share, and how many seats it gains (as `freed`, for the waitlist first) or loses (free
    ones only). capacity, block_count: what `also` gives the workshop. False when seats are no longer free or the
    workshop changed.
    """
    del capacity, block_count
    for number, share, change in changes:
        left = SeatBlock.seats_left | share
        if change > 0:
            grown = [SeatBlock.seats_left.set(left), SeatBlock.freed.set((SeatBlock.freed | 0) + change)]
            t.update(_block(workshop_id, number), [SeatBlock.kind.set(SeatBlock), *grown])
        else:
            enough = SeatBlock.seats_left >= -change
            t.update(
                _block(workshop_id, number),
                [SeatBlock.kind.set(SeatBlock), SeatBlock.seats_left.set(left - -change)],
                condition=(SeatBlock.seats_left.does_not_exist() | enough) if share >= -change else enough,
            )
    also(t)


def _refused_updates(t: TransactWrite, error: TransactWriteError) -> set[int]:
    """Which updates of the transaction were refused; DynamoDB counts checks, deletes and puts before them.

    Any error but a refused condition is raised again.
    """
    failed = table.failed_conditions(error)
    if not failed:
        raise error
    before = len(t._condition_check_items) + len(t._delete_items) + len(t._put_items)  # noqa: SLF001 - not public
    return {position - before for position in failed}


def _give_up(
    t: TransactWrite, row: Attendee, condition: Condition, removed_at: datetime | None, also: Also | None
) -> None:
    if removed_at is not None:
        t.update(_bare(row), _becomes_removed(removed_at), condition=condition)
    else:
        t.delete(_bare(row), condition=condition)
    if also:
        also(t)


def _becomes_removed(at: datetime) -> list[Action]:
    return [
        Attendee.status.set("removed"),
        Attendee.updated_at.set(at),
        Attendee.is_co_host.set(False),
        Attendee.can_speak.set(False),
        Attendee.block.remove(),
        Attendee.waiting_as.remove(),
    ]


def _waits_as(entry: WaitlistEntry) -> Condition:
    waits: Condition = (Attendee.status == "waitlisted") & (Attendee.waiting_as == entry.sk)
    return waits


def _row(workshop_id: str, user_id: str) -> Attendee:
    return Attendee(*attendee_key(workshop_id, user_id))


def _bare(row: Attendee) -> Attendee:
    return Attendee(row.pk, row.sk)


def _block(workshop_id: str, number: int) -> SeatBlock:
    return SeatBlock(*block_key(workshop_id, number))
