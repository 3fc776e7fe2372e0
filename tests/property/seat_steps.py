"""The table as the seat algorithm sees it, in memory and immutable: what each function of `atelier.rsvps.requests`
does to it.

Every step also tells which changes `projections` has to look at: a seat taken or freed, a row that names a seat, a
new person waiting, a new capacity. The others (a row gone, a seat opened) call for nothing.
"""

from typing import Any, NamedTuple

from atelier.rsvps.items import SEATED, planned_share
from atelier.rsvps.requests import Leaving, Seating, Taking

WORKSHOP = "wks_00000000000000000000000000"


class Block(NamedTuple):
    """A seat block."""

    seats_left: int
    freed: int
    holders: frozenset[str]


class Row(NamedTuple):
    """A person's row."""

    user_id: str
    status: str
    block: int | None
    waiting_as: str | None

    @property
    def is_seated(self) -> bool:
        return self.status in SEATED

    @property
    def workshop_id(self) -> str:
        return WORKSHOP

    @property
    def is_co_host(self) -> bool:
        return False


class Entry(NamedTuple):
    """A waitlist entry."""

    sk: str
    user_id: str


class Meta(NamedTuple):
    """The workshop as far as seats go."""

    max_capacity: int | None
    planned_capacity: int
    block_count: int

    @property
    def id(self) -> str:
        return WORKSHOP

    @property
    def capacity(self) -> int | None:
        return self.max_capacity


class Table(NamedTuple):
    """Everything."""

    meta: Meta
    blocks: tuple[Block | None, ...]
    rows: tuple[Row, ...]
    waiting: tuple[Entry, ...]

    def row(self, user_id: str) -> Row | None:
        return next((row for row in self.rows if row.user_id == user_id), None)

    def with_row(self, user_id: str, row: Row | None) -> "Table":
        kept = tuple(each for each in self.rows if each.user_id != user_id)
        return self._replace(rows=tuple(sorted((*kept, row), key=lambda each: each.user_id)) if row else kept)

    def with_block(self, number: int, block: Block) -> "Table":
        blocks = list(self.blocks) + [None] * (number + 1 - len(self.blocks))
        blocks[number] = block
        return self._replace(blocks=tuple(blocks))

    def block(self, number: int) -> Block | None:
        return self.blocks[number] if number < len(self.blocks) else None

    def waiting_of(self, user_id: str) -> frozenset[Entry]:
        return frozenset(entry for entry in self.waiting if entry.user_id == user_id)

    def without(self, entry: Entry) -> "Table":
        return self._replace(waiting=tuple(each for each in self.waiting if each != entry))


type Records = frozenset[tuple[Any, ...]]
type Step = tuple[Table, Any, Records]

NOTHING: Records = frozenset()


def _me(user_id: str) -> str:
    return user_id.removeprefix("usr_")


def read_row(t: Table, _: str, user_id: str) -> Step:
    return t, t.row(user_id), NOTHING


def visit(t: Table, user_id: str) -> Step:
    """The BatchGet a request begins with. Its items are read at slightly different times, which no step here could
    tell apart.
    """
    return t, (t.meta, t.row(user_id)), NOTHING


def read_blocks(t: Table, _: str, numbers: tuple[int, ...]) -> Step:
    found = tuple((n, t.block(n)) for n in numbers if t.block(n) is not None)
    return t, found, NOTHING


def read_workshop_and_blocks(t: Table, w: str, numbers: tuple[int, ...]) -> Step:
    return t, (t.meta, read_blocks(t, w, numbers)[1]), NOTHING


def first_waiting(t: Table, _: str) -> Step:
    return t, (min(t.waiting) if t.waiting else None), NOTHING


def take_seat(t: Table, _: str, number: int, share: int, user_id: str) -> Step:
    block = t.block(number) or Block(share, 0, frozenset())
    if _me(user_id) in block.holders:
        return t, Taking.MINE, NOTHING
    if block.seats_left <= 0:
        return t, Taking.DRY, NOTHING
    after = Block(block.seats_left - 1, block.freed, block.holders | {_me(user_id)})
    return t.with_block(number, after), Taking.TAKEN, frozenset({("block", number, user_id)})


def put_row(t: Table, row: Row) -> Step:
    existing = t.row(row.user_id)
    if existing is not None:
        return t, existing, NOTHING
    return t.with_row(row.user_id, row), None, frozenset({("row", row.user_id)})


def join(t: Table, row: Row, entry: Entry) -> Step:
    if t.row(row.user_id) is not None:
        return t, False, NOTHING
    after = t.with_row(row.user_id, row)._replace(waiting=(*t.waiting, entry))
    return after, True, frozenset({("waiting",)})


def _waits(t: Table, entry: Entry) -> bool:
    row = t.row(entry.user_id)
    return entry in t.waiting and row is not None and row.status == "waitlisted" and row.waiting_as == entry.sk


def seat_waiting(t: Table, _: str, number: int | None, entry: Entry, source: str = "freed") -> Step:
    if number is not None:
        block = t.block(number)
        assert block is not None
        if getattr(block, source) <= 0 or _me(entry.user_id) in block.holders:
            return t, Seating.NO_SEAT, NOTHING
        after = block._replace(**{source: getattr(block, source) - 1}, holders=block.holders | {_me(entry.user_id)})
    if not _waits(t, entry):
        return t, Seating.NOT_WAITING, NOTHING
    records = {("row", entry.user_id)}
    done = t.without(entry).with_row(entry.user_id, Row(entry.user_id, "rsvp", number, None))
    if number is not None:
        done = done.with_block(number, after)
        records.add(("block", number, entry.user_id))  # type: ignore[arg-type]
    return done, Seating.SEATED, frozenset(records)


def seat_held(t: Table, _: str, number: int, entry: Entry) -> Step:
    block = t.block(number)
    if block is None or _me(entry.user_id) not in block.holders or not _waits(t, entry):
        return t, False, NOTHING
    done = t.without(entry).with_row(entry.user_id, Row(entry.user_id, "rsvp", number, None))
    return done, True, frozenset({("row", entry.user_id)})


def drop_orphan(t: Table, _: str, entry: Entry) -> Step:
    row = t.row(entry.user_id)
    if entry not in t.waiting or (row is not None and row.waiting_as == entry.sk):
        return t, False, NOTHING
    return t.without(entry), True, NOTHING


def open_freed(t: Table, _: str, number: int) -> Step:
    block = t.block(number)
    if block is None or block.freed <= 0:
        return t, None, NOTHING
    opened = Block(block.seats_left + block.freed, 0, block.holders)
    return t.with_block(number, opened), None, NOTHING


def _gone(t: Table, user_id: str, removed: bool) -> Table:
    return t.with_row(user_id, Row(user_id, "removed", None, None) if removed else None)


def leave_seat(t: Table, row: Row, number: int, *, removed: bool = False) -> Step:
    block, current = t.block(number), t.row(row.user_id)
    if block is None or _me(row.user_id) not in block.holders:
        return t, Leaving.NO_SUCH_HOLDER, NOTHING
    if current is None or not current.is_seated or current.block != number:
        return t, Leaving.NO_SUCH_ROW, NOTHING
    freed = Block(block.seats_left, block.freed + 1, block.holders - {_me(row.user_id)})
    done = _gone(t.with_block(number, freed), row.user_id, removed)
    return done, Leaving.LEFT, frozenset({("block", number, None)})


def leave_uncounted(t: Table, row: Row, *, removed: bool = False) -> Step:
    current = t.row(row.user_id)
    if current is None or not current.is_seated or current.block is not None:
        return t, False, NOTHING
    return _gone(t, row.user_id, removed), True, NOTHING


def leave_waitlist(t: Table, row: Row, *, removed: bool = False) -> Step:
    entry = Entry(row.waiting_as or "", row.user_id)
    if not _waits(t, entry):
        return t, False, NOTHING
    return _gone(t.without(entry), row.user_id, removed), True, NOTHING


def return_seat(t: Table, _: str, number: int, user_id: str) -> Step:
    block, row = t.block(number), t.row(user_id)
    elsewhere = row is not None and (row.status == "removed" or (row.is_seated and row.block != number))
    if block is None or _me(user_id) not in block.holders or not elsewhere:
        return t, False, NOTHING
    freed = Block(block.seats_left, block.freed + 1, block.holders - {_me(user_id)})
    return t.with_block(number, freed), True, frozenset({("block", number, None)})


def adopt(t: Table, row: Row, number: int) -> Step:
    block = t.block(number)
    if block is None or _me(row.user_id) not in block.holders or t.row(row.user_id) is not None:
        return t, False, NOTHING
    return t.with_row(row.user_id, row), True, frozenset({("row", row.user_id)})


def drop_ghost(t: Table, row: Row, number: int) -> Step:
    block, current = t.block(number), t.row(row.user_id)
    holds = block is not None and _me(row.user_id) in block.holders
    if holds or current is None or not current.is_seated or current.block != number:
        return t, False, NOTHING
    return t.with_row(row.user_id, None), True, NOTHING


def resize(
    t: Table, _: str, changes: tuple[tuple[int, int, int], ...], was: int | None, capacity: int | None, block_count: int
) -> Step:
    if t.meta.max_capacity != was:
        return t, False, NOTHING
    done = t
    for number, share, change in changes:
        block = t.block(number) or Block(share, 0, frozenset())
        if change > 0:
            done = done.with_block(number, block._replace(freed=block.freed + change))
        elif block.seats_left < -change:
            return t, False, NOTHING
        else:
            done = done.with_block(number, block._replace(seats_left=block.seats_left + change))
    done = done._replace(meta=t.meta._replace(max_capacity=capacity, block_count=block_count))
    return done, True, frozenset({("block", number, None) for number, _, _ in changes} | {("workshop",)})


def seats_in_total(t: Table) -> int:
    """Free, freed and held seats; a block that nobody made yet counts with its planned share."""
    total = 0
    for number in range(t.meta.block_count):
        block = t.block(number)
        if block is None:
            total += planned_share(t.meta.planned_capacity, number)
        else:
            total += block.seats_left + block.freed + len(block.holders)
    return total
