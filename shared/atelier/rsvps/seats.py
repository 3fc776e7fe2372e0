"""Seats: take, give up, wait, move up. No seat is ever sold twice, lost, or given to a passer-by while somebody waits.

A taker needs one plain update (no transaction on the hot path). A seat that is given up is parked as `freed`, which
takers cannot see, until the waitlist was asked: somebody waits and moves up in one transaction, or nobody does and
the seat is opened. Whoever joins the waitlist looks at the blocks again afterwards, so that a seat freed in between
is not left over. The steps were checked over all their interleavings (tests/property/test_seat_interleavings.py);
docs/decisions/0003-seats.md has the argument.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from atelier import clock
from atelier.errors import RemovedError, RequestInProgressError, WorkshopFullError
from atelier.ids import member
from atelier.rsvps import requests
from atelier.rsvps.dry import DryBlocks, dry_blocks
from atelier.rsvps.items import (
    Attendee,
    SeatBlock,
    WaitlistEntry,
    attendee_key,
    person_key,
    person_sort,
    planned_share,
    waiting_as,
    waitlist_pk,
)
from atelier.rsvps.requests import Also, Leaving, Seating, Taking
from atelier.workshops.items import Workshop, starts

LOOK_AFTER_TRIES = 2
MOST_MOVES = 500
MOST_TRIES = 20


def place(
    workshop: Workshop,
    row: Attendee,
    *,
    at: datetime,
    known: dict[int, SeatBlock] | None = None,
    memory: DryBlocks = dry_blocks,
    randbits: Callable[[int], int] = secrets.randbits,
) -> Attendee:
    """Gives a person a seat, else a place on the waitlist; gives back their row as it stands then.

    row: what to put, seated; known: blocks that were read just now.
    Raises WorkshopFullError where no seat is left and nobody may wait, RemovedError when the person was removed
    meanwhile.
    """
    if workshop.capacity is None:
        return _unless_removed(requests.put_row(row) or row)
    seated = take(workshop, row, known=known or {}, memory=memory)
    if seated is not None:
        return _unless_removed(seated)
    if not workshop.waitlist_enabled:
        raise WorkshopFullError
    return _unless_removed(join(workshop, row, at=at, randbits=randbits))


def take(
    workshop: Workshop, row: Attendee, *, known: dict[int, SeatBlock] | None = None, memory: DryBlocks = dry_blocks
) -> Attendee | None:
    """Takes a free seat and puts the row that names its block; None when every block is dry.

    Gives back the person's row: theirs from before when a twin of this request was faster.
    """
    for number in _blocks_to_try(workshop, row.user_id, known or {}, memory):
        taking = requests.take_seat(workshop.id, number, share(workshop, number), row.user_id)
        if taking is Taking.DRY:
            memory.mark(workshop.id, number)
            continue
        row.block = number
        return _settle_row(workshop, row, number)
    return None


def join(
    workshop: Workshop, row: Attendee, *, at: datetime, randbits: Callable[[int], int] = secrets.randbits
) -> Attendee:
    """Puts a person on the waitlist, then looks again: a seat may have been freed before the entry stood there."""
    row.status, row.block = "waitlisted", None
    row.waiting_as = waiting_as(at, randbits(40), row.user_id)
    entry = WaitlistEntry(waitlist_pk(workshop.id), row.waiting_as, user_id=row.user_id)
    for _ in range(MOST_TRIES):
        if requests.join(row, entry):
            return (requests.read_row(workshop.id, row.user_id) or row) if settle(workshop, entry) else row
        existing = requests.read_row(workshop.id, row.user_id)
        if existing is not None:
            return existing
    raise RequestInProgressError


def settle(workshop: Workshop, joined: WaitlistEntry | None = None) -> bool:
    """Looks at all blocks and moves people up wherever a seat is free; whether there was any.

    joined: who has just joined the waitlist. A seat that a twin of their request has taken meanwhile ends the waiting.
    """
    current, blocks = requests.read_workshop_and_blocks(workshop.id, range(int(workshop.block_count)))
    if current is None:
        return False
    if current.capacity is None:
        return promote_everyone(workshop.id) > 0
    added = range(int(workshop.block_count), int(current.block_count))
    if added:
        blocks |= requests.read_blocks(workshop.id, added)
    held = holder_of(blocks, joined.user_id) if joined else None
    has_seat = joined is not None and held is not None and requests.seat_held(workshop.id, held, joined)
    free = [number for number, block in blocks.items() if block.freed > 0 or block.seats_left > 0]
    for number in free:
        promote(workshop.id, number)
    return has_seat or bool(free)


def promote(workshop_id: str, number: int, *, memory: DryBlocks = dry_blocks) -> int:
    """Gives the free seats of a block to the people who wait, first come first served; opens what is left. How many
    moved up.
    """
    moved = 0
    source = "freed"
    stuck: str | None = None
    for _ in range(MOST_MOVES):
        entry = requests.first_waiting(workshop_id)
        if entry is None:
            requests.open_freed(workshop_id, number)
            memory.forget(workshop_id)
            return moved
        seating = requests.seat_waiting(workshop_id, number, entry, source)
        moved += seating is Seating.SEATED
        if seating is Seating.NOT_WAITING:
            if stuck == entry.sk:
                requests.drop_orphan(workshop_id, entry)
            stuck = entry.sk
        block = requests.read_blocks(workshop_id, [number]).get(number)
        if block is None:
            return moved
        if seating is Seating.NO_SEAT and member(entry.user_id) in (block.holders or ()):
            moved += requests.seat_held(workshop_id, number, entry)
        if block.freed <= 0 and block.seats_left <= 0:
            return moved
        source = "freed" if block.freed > 0 else "seats_left"
    return moved


def promote_everyone(workshop_id: str) -> int:
    """Seats everybody who waits, in a workshop that has become unlimited; how many moved up."""
    moved = 0
    stuck: str | None = None
    for _ in range(MOST_MOVES):
        entry = requests.first_waiting(workshop_id)
        if entry is None:
            break
        if requests.seat_waiting(workshop_id, None, entry) is Seating.SEATED:
            moved += 1
        elif stuck == entry.sk:
            requests.drop_orphan(workshop_id, entry)
        stuck = entry.sk
    return moved


def give_up(
    workshop: Workshop,
    user_id: str,
    row: Attendee | None,
    *,
    removed_at: datetime | None = None,
    also: Also | None = None,
) -> Attendee | None:
    """Takes a person's place away, or marks it removed, and hands a seat on; the row that was given up, None when
    there was none.

    row: as read just now. removed_at: when they are removed; without it they go by themselves. also: what else belongs
    to the same change.
    """
    for _ in range(MOST_TRIES):
        if row is None:
            row = _adopt_held(workshop, user_id)
            if row is None:
                return None
        if not row.is_seated and row.status != "waitlisted":
            return None
        if _leaves(row, removed_at, also):
            if row.is_seated and row.block is not None:
                promote(workshop.id, int(row.block))
            return row
        row = requests.read_row(workshop.id, user_id)
    raise RequestInProgressError


def _leaves(row: Attendee, removed_at: datetime | None, also: Also | None) -> bool:
    if row.status == "waitlisted":
        return requests.leave_waitlist(row, removed_at=removed_at, also=also)
    if row.block is None:
        return requests.leave_uncounted(row, removed_at=removed_at, also=also)
    leaving = requests.leave_seat(row, int(row.block), removed_at=removed_at, also=also)
    if leaving is Leaving.NO_SUCH_HOLDER:
        requests.drop_ghost(row, int(row.block))
    return leaving is Leaving.LEFT


def _adopt_held(workshop: Workshop, user_id: str) -> Attendee | None:
    """The row of somebody without one: a request that died after its first write left a seat held, which must not be
    forgotten.
    """
    held = holder_of(requests.read_blocks(workshop.id, range(int(workshop.block_count))), user_id)
    if held is None:
        return None
    row = new_row(workshop, user_id, at=workshop.updated_at)
    row.block = held
    return row if requests.adopt(row, held) else requests.read_row(workshop.id, user_id)


def holder_of(blocks: dict[int, SeatBlock], user_id: str) -> int | None:
    """The first of these blocks in which the person holds a seat."""
    me = member(user_id)
    return next((number for number, block in sorted(blocks.items()) if me in (block.holders or ())), None)


def new_row(workshop: Workshop, user_id: str, *, at: datetime) -> Attendee:
    """The row of a person who gets a seat, before its block is known."""
    at = clock.whole_seconds(at)
    return Attendee(
        *attendee_key(workshop.id, user_id),
        status="rsvp",
        rsvp_at=at,
        created_at=at,
        updated_at=at,
        host_id=workshop.host_id,
        category_id=workshop.category_id,
        scheduled_at=workshop.scheduled_at,
        planned_as=workshop.version,
        person_key=person_key(user_id),
        person_sort=person_sort(starts(workshop.scheduled_at, workshop.id)),
    )


def _settle_row(workshop: Workshop, row: Attendee, number: int) -> Attendee:
    """Puts the row for a seat just taken, or brings the seat into line with the row that a twin of this request put."""
    for _ in range(MOST_TRIES):
        existing = requests.put_row(row)
        if existing is None:
            return row
        if existing.is_seated and existing.block == number:
            return existing
        if existing.status == "waitlisted":
            entry = WaitlistEntry(waitlist_pk(workshop.id), existing.waiting_as, user_id=row.user_id)
            if requests.seat_held(workshop.id, number, entry):
                return row
        elif requests.return_seat(workshop.id, number, row.user_id):
            promote(workshop.id, number)
            return existing
        if holder_of(requests.read_blocks(workshop.id, [number]), row.user_id) is None:
            return existing
    raise RequestInProgressError


def _blocks_to_try(workshop: Workshop, user_id: str, known: dict[int, SeatBlock], memory: DryBlocks) -> Iterator[int]:
    """The person's home block, then the others; past the first dry ones only those that a look shows to have seats."""
    count = int(workshop.block_count)
    held = holder_of(known, user_id)
    if held is not None:
        yield held
        return
    home = int.from_bytes(hashlib.sha256(user_id.encode()).digest()[:4]) % count
    order = [(home + step) % count for step in range(count)]
    candidates = [
        number
        for number in order
        if (known[number].seats_left > 0 if number in known else not memory.is_dry(workshop.id, number))
    ]
    yield from candidates[:LOOK_AFTER_TRIES]
    rest = candidates[LOOK_AFTER_TRIES:]
    for start in range(0, len(rest), 100):
        some = rest[start : start + 100]
        yield from _with_seats(workshop.id, some, memory) if len(some) > LOOK_AFTER_TRIES else some


def _with_seats(workshop_id: str, numbers: Iterable[int], memory: DryBlocks) -> Iterator[int]:
    blocks = requests.read_blocks(workshop_id, numbers)
    for number in numbers:
        if number not in blocks or blocks[number].seats_left > 0:
            yield number
        else:
            memory.mark(workshop_id, number)


def share(workshop: Workshop, number: int) -> int:
    """The seats of a block of the workshop before anybody made it."""
    return planned_share(int(workshop.planned_capacity or 0), number)


def _unless_removed(row: Attendee) -> Attendee:
    if row.status == "removed":
        raise RemovedError
    return row
