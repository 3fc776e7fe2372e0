"""What people ask of seats, as programs whose every request to the table is a step of its own.

A program is deterministic and talks to the table through `atelier.rsvps.requests` alone. It is run from its start with
the answers it got so far; the first request it has no answer for is its next step.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from atelier.edits import CollisionError
from atelier.errors import CapacityBelowTakenError, RemovedError, WorkshopFullError
from atelier.rsvps import capacity, repair, requests, seats
from atelier.rsvps.dry import DryBlocks
from atelier.rsvps.items import waiting_as

from . import seat_steps
from .seat_steps import WORKSHOP, Block, Entry, Meta, Row, Table

NOW = datetime(2027, 3, 1, tzinfo=UTC)


class NextStepError(BaseException):
    """Unwinds a program that needs an answer it does not have yet."""

    def __init__(self, name: str, arguments: tuple[Any, ...]) -> None:
        super().__init__(name)
        self.step = (name, arguments)


class Asked:
    """`atelier.rsvps.requests` for one run of a program: known answers first, then the next step."""

    Taking, Seating, Leaving = requests.Taking, requests.Seating, requests.Leaving

    def __init__(self, answers: tuple[Any, ...]) -> None:
        self._answers = list(answers)
        self.joined = False

    def _ask(self, name: str, *arguments: Any) -> Any:
        if self._answers:
            return self._answers.pop(0)
        raise NextStepError(name, arguments)

    def visit(self, user_id: str) -> Any:
        return self._ask("visit", user_id)

    def read_row(self, _: str, user_id: str) -> Any:
        return self._ask("read_row", WORKSHOP, user_id)

    def read_blocks(self, _: str, numbers: Any) -> Any:
        return dict(self._ask("read_blocks", WORKSHOP, tuple(numbers)))

    def read_workshop_and_blocks(self, _: str, numbers: Any) -> Any:
        meta, blocks = self._ask("read_workshop_and_blocks", WORKSHOP, tuple(numbers))
        return meta, dict(blocks)

    def first_waiting(self, _: str) -> Any:
        return self._ask("first_waiting", WORKSHOP)

    def take_seat(self, _: str, number: int, share: int, user_id: str) -> Any:
        return self._ask("take_seat", WORKSHOP, number, share, user_id)

    def put_row(self, row: Any) -> Any:
        return self._ask("put_row", _row(row))

    def join(self, row: Any, entry: Any) -> Any:
        self.joined = True
        return self._ask("join", _row(row), _entry(entry))

    def seat_waiting(self, _: str, number: int | None, entry: Any, source: str = "freed") -> Any:
        return self._ask("seat_waiting", WORKSHOP, number, _entry(entry), source)

    def seat_held(self, _: str, number: int, entry: Any) -> Any:
        return self._ask("seat_held", WORKSHOP, number, _entry(entry))

    def drop_orphan(self, _: str, entry: Any) -> Any:
        return self._ask("drop_orphan", WORKSHOP, _entry(entry))

    def open_freed(self, _: str, number: int) -> Any:
        return self._ask("open_freed", WORKSHOP, number)

    def leave_seat(self, row: Any, number: int, *, removed_at: datetime | None = None, also: Any = None) -> Any:
        del also
        return self._ask("leave_removed" if removed_at else "leave_seat", _row(row), number)

    def leave_uncounted(self, row: Any, *, removed_at: datetime | None = None, also: Any = None) -> Any:
        del removed_at, also
        return self._ask("leave_uncounted", _row(row))

    def leave_waitlist(self, row: Any, *, removed_at: datetime | None = None, also: Any = None) -> Any:
        del removed_at, also
        return self._ask("leave_waitlist", _row(row))

    def return_seat(self, _: str, number: int, user_id: str) -> Any:
        return self._ask("return_seat", WORKSHOP, number, user_id)

    def adopt(self, row: Any, number: int) -> Any:
        return self._ask("adopt", _row(row), number)

    def drop_ghost(self, row: Any, number: int) -> Any:
        return self._ask("drop_ghost", _row(row), number)

    def resize(self, _: str, changes: Any, new: int | None, block_count: int, also: Any) -> Any:
        written: list[dict[str, Any]] = []
        also(written)
        return self._ask("resize", WORKSHOP, tuple(changes), written[0]["was"], new, block_count)


def _row(row: Any) -> Row:
    return Row(row.user_id, row.status, None if row.block is None else int(row.block), row.waiting_as)


def _entry(entry: Any) -> Entry:
    return Entry(entry.sk, entry.user_id)


def _leave_removed(t: Table, row: Row, number: int) -> seat_steps.Step:
    return seat_steps.leave_seat(t, row, number, removed=True)


STEPS: dict[str, Callable[..., seat_steps.Step]] = {
    "leave_removed": _leave_removed,
    **{
        name: getattr(seat_steps, name) for name in dir(Asked) if not name.startswith("_") and hasattr(seat_steps, name)
    },
}


@dataclass(frozen=True)
class Person:
    """A program: somebody's request, from reading the table to its answer."""

    name: str
    run: Callable[[Any], Any]
    user: str = ""


class _Workshop:
    """The workshop a request read at its start; a plain stand-in that `new_row` and the seat functions accept."""

    def __init__(self, meta: Meta, *, waitlist_enabled: bool = True) -> None:
        self.id, self.waitlist_enabled = WORKSHOP, waitlist_enabled
        self.capacity, self.planned_capacity, self.block_count = meta
        self.max_capacity = self.capacity
        self.host_id, self.category_id, self.scheduled_at, self.updated_at = "usr_host", None, NOW, NOW
        self.version = 1


def rsvp(user: str, key: int, *, remembers_dry: bool = False) -> Person:
    """RSVP; with `remembers_dry` the process believes, rightly or not, that every block is dry."""

    def run(asked: Asked) -> Any:
        user_id = f"usr_{user}"
        meta, row = asked.visit(user_id)
        if row is not None:
            return f"was {row.status} already"
        workshop: Any = _Workshop(meta)
        memory = DryBlocks(clock=lambda: 0.0)
        if remembers_dry:
            for number in range(meta.block_count):
                memory.mark(WORKSHOP, number)
        row = seats.new_row(workshop, user_id, at=NOW)
        try:
            status = seats.place(workshop, row, at=NOW, memory=memory, randbits=lambda _: key).status
        except (RemovedError, WorkshopFullError) as error:
            return type(error).__name__
        return f"{status} by moving up" if asked.joined else status

    return Person(f"rsvp {user}{' (remembers dry)' if remembers_dry else ''}", run, f"usr_{user}")


def leave(user: str, *, removed: bool = False) -> Person:
    """A cancellation, or a removal by the host."""

    def run(asked: Asked) -> Any:
        user_id = f"usr_{user}"
        meta, row = asked.visit(user_id)
        if removed and row is None:
            return "not found"
        workshop: Any = _Workshop(meta)
        return seats.give_up(workshop, user_id, row, removed_at=NOW if removed else None) is not None

    return Person(f"{'remove' if removed else 'cancel'} {user}", run)


def _tell(transaction: Any, **told: Any) -> None:
    transaction.append(told)


def resize(new: int | None) -> Person:
    """A change of the capacity."""

    def run(asked: Asked) -> Any:
        for _ in range(3):
            meta, _ = asked.visit("usr_host")
            if meta.max_capacity == new:
                return "done"
            workshop: Any = _Workshop(meta)
            try:
                capacity.change(workshop, new, _tell)
            except CollisionError:
                continue
            except CapacityBelowTakenError:
                return "below taken"
            return "done"
        return "gave up"

    return Person(f"resize to {new}", run)


def heal(record: tuple[Any, ...]) -> Callable[[Asked], Any]:
    """What `projections` does about one changed item."""

    def run(asked: Asked) -> Any:
        meta, _ = asked.visit("usr_host")
        workshop: Any = _Workshop(meta)
        match record:
            case ("block", number, user_id):
                if user_id is not None:
                    repair.heal_holder(workshop, number, user_id, at=NOW)
                repair.hand_on(workshop, asked.read_blocks(WORKSHOP, [number]))
            case ("row", user_id):
                row = asked.read_row(WORKSHOP, user_id)
                if row is not None:
                    repair.heal_row(row)
            case _:
                seats.settle(workshop)

    return run


@contextmanager
def programs_ask(asked: Asked) -> Iterator[None]:
    with (
        patch.object(seats, "requests", asked),
        patch.object(repair, "requests", asked),
        patch.object(capacity, "requests", asked),
    ):
        yield


def full(*blocks: str, waiting: str = "") -> Table:
    """A workshop: one block per word, its letters the holders, its dots free seats; and who waits, in order."""
    made = tuple(Block(word.count("."), 0, frozenset(word) - {"."}) for word in blocks)
    rows = [
        Row(f"usr_{letter}", "rsvp", number, None)
        for number, word in enumerate(blocks)
        for letter in word
        if letter != "."
    ]
    entries = [Entry(waiting_as(NOW, place, f"usr_{letter}"), f"usr_{letter}") for place, letter in enumerate(waiting)]
    rows += [Row(entry.user_id, "waitlisted", None, entry.sk) for entry in entries]
    total = sum(len(word) for word in blocks)
    return Table(
        Meta(total, total, len(blocks)), made, tuple(sorted(rows, key=lambda row: row.user_id)), tuple(entries)
    )


def untouched(capacity: int) -> Table:
    """A workshop whose one block nobody made yet."""
    return Table(Meta(capacity, capacity, 1), (None,), (), ())
