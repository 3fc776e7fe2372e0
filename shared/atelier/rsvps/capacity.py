"""Capacity up and down: seats are added for the waitlist first, and only free seats are taken away.

A change of up to 90 blocks (4,320 seats) is one transaction over the workshop and its blocks. A larger one is
several, each of which leaves capacity and blocks in agreement; a crash between them leaves a capacity in between, and
the repeated request finishes it.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

from pynamodb.exceptions import PynamoDBException
from pynamodb.transactions import TransactWrite

from atelier import observability
from atelier.edits import CollisionError
from atelier.errors import CapacityBelowTakenError, CapacityModeFixedError
from atelier.retries import OutOfTimeError
from atelier.rsvps import requests, seats
from atelier.rsvps.items import SEATS_PER_BLOCK, SeatBlock, blocks_for
from atelier.workshops.items import Workshop

BLOCKS_PER_TRANSACTION = 90
BLOCKS_SETTLED_AT_ONCE = 20

type Step = list[tuple[int, int]]
"""Blocks, and by how many seats each changes."""


class WriteWorkshop(Protocol):
    """Adds the workshop's own part to a transaction, on condition that it is as it was read and its capacity is `was`.

    Only the last transaction of a change carries the edit's other fields and raises the version.
    """

    def __call__(
        self, transaction: TransactWrite, *, was: int | None, max_capacity: int | None, block_count: int, last: bool
    ) -> None: ...


def change(workshop: Workshop, new: int | None, write: WriteWorkshop) -> None:
    """Sets the capacity to `new` (None = unlimited) and moves people up from the waitlist.

    Raises CapacityModeFixedError for unlimited -> number, CapacityBelowTakenError when more seats are taken,
    CollisionError when the workshop or a block changed meanwhile.
    """
    old = workshop.capacity
    if new is None:
        count = int(workshop.block_count)

        def also(t: TransactWrite) -> None:
            write(t, was=old, max_capacity=None, block_count=count, last=True)

        if not requests.resize(workshop.id, [], None, count, also):
            raise CollisionError
        _best_effort(partial(seats.promote_everyone, workshop.id))
    elif old is None:
        raise CapacityModeFixedError
    elif new > old:
        _raise(workshop, old, new, write)
    else:
        _cut(workshop, old, new, write)


def require_seats(workshop: Workshop, new: int, blocks: dict[int, SeatBlock]) -> None:
    """Raises CapacityBelowTakenError when more seats are taken than that. blocks: those that were made."""
    old = int(workshop.max_capacity or 0)
    if new < old:
        _where_to_cut(workshop, blocks, old - new)


def _raise(workshop: Workshop, old: int, new: int, write: WriteWorkshop) -> None:
    blocks = requests.read_blocks(workshop.id, range(int(workshop.block_count)))
    plan = list(_where_to_add(workshop, blocks, new - old))
    count = int(workshop.block_count)
    now = old
    for start in range(0, len(plan), BLOCKS_PER_TRANSACTION):
        step = plan[start : start + BLOCKS_PER_TRANSACTION]
        was, now = now, now + sum(added for _, added in step)
        count = max(count, step[-1][0] + 1)

        _apply(workshop, step, was, now, count, write, last=now == new)
    for number, _ in plan[:BLOCKS_SETTLED_AT_ONCE]:
        _best_effort(partial(seats.promote, workshop.id, number))


def _cut(workshop: Workshop, old: int, new: int, write: WriteWorkshop) -> None:
    count = int(workshop.block_count)
    blocks = requests.read_blocks(workshop.id, range(count))
    for number, block in blocks.items():
        if block.freed > 0:
            seats.promote(workshop.id, number)
    if any(block.freed > 0 for block in blocks.values()):
        blocks = requests.read_blocks(workshop.id, range(count))
    plan = _where_to_cut(workshop, blocks, old - new)
    now = old
    for start in range(0, len(plan), BLOCKS_PER_TRANSACTION):
        step = plan[start : start + BLOCKS_PER_TRANSACTION]
        was, now = now, now - sum(cut for _, cut in step)

        _apply(workshop, [(number, -cut) for number, cut in step], was, now, count, write, last=now == new)


def _apply(workshop: Workshop, step: Step, was: int, now: int, count: int, write: WriteWorkshop, *, last: bool) -> None:
    changes = [(number, seats.share(workshop, number), change) for number, change in step]

    def also(t: TransactWrite) -> None:
        write(t, was=was, max_capacity=now, block_count=count, last=last)

    if not requests.resize(workshop.id, changes, now, count, also):
        raise CollisionError


def _where_to_add(workshop: Workshop, blocks: dict[int, SeatBlock], seats_added: int) -> Iterator[tuple[int, int]]:
    """Fills blocks that hold fewer than 48 seats first, so that a workshop has no more blocks than it needs."""
    number = 0
    count = max(int(workshop.block_count), blocks_for(int(workshop.planned_capacity or 0)))
    while seats_added > 0:
        room = SEATS_PER_BLOCK - _size(workshop, blocks, number) if number < count else SEATS_PER_BLOCK
        added = min(room, seats_added)
        if added > 0:
            yield number, added
            seats_added -= added
        number += 1


def _where_to_cut(workshop: Workshop, blocks: dict[int, SeatBlock], seats_cut: int) -> Step:
    """Takes from the blocks with most free seats, so that as few as possible change."""
    free = {
        number: int(blocks[number].seats_left) if number in blocks else seats.share(workshop, number)
        for number in range(int(workshop.block_count))
    }
    if sum(free.values()) < seats_cut:
        taken = int(workshop.max_capacity or 0) - sum(free.values())
        raise CapacityBelowTakenError(f"{taken} seats are taken.")
    plan: Step = []
    for number in sorted(free, key=lambda n: (-free[n], n)):
        cut = min(free[number], seats_cut)
        if cut > 0:
            plan.append((number, cut))
            seats_cut -= cut
    return plan


def _size(workshop: Workshop, blocks: dict[int, SeatBlock], number: int) -> int:
    block = blocks.get(number)
    if block is None:
        return seats.share(workshop, number)
    return int(block.seats_left) + int(block.freed) + len(block.holders or ())


def _best_effort(move: Callable[[], object]) -> None:
    """The change itself is done; who is not moved up here is moved up by `projections`, which sees the same seats."""
    try:
        move()
    except (PynamoDBException, OutOfTimeError) as error:
        reason = getattr(error, "cause_response_code", None) or type(error).__name__
        observability.logger.warning("promotion_left_to_the_stream", reason=reason)
