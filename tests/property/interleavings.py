"""A small model checker: runs the real seat functions over every order in which their single steps can meet.

A person's request is a deterministic program that talks to the table through `atelier.rsvps.requests` alone. It is
run from its start with the answers it got so far; the first request it has no answer for is its next step. So a state
is the table plus everybody's answers, states can be compared, and each is visited once. Any one person may die before
any of their steps. Whatever changes an item also leaves a record for `projections`, whose own steps are interleaved
like everybody else's.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any, NamedTuple
from unittest.mock import patch

from atelier.edits import CollisionError
from atelier.errors import CapacityBelowTakenError, RemovedError, WorkshopFullError
from atelier.rsvps import capacity, repair, requests, seats
from atelier.rsvps.dry import DryBlocks
from atelier.rsvps.items import waiting_as

from . import seat_steps
from .seat_steps import WORKSHOP, Block, Entry, Meta, Row, Table

NOW = datetime(2027, 3, 1, tzinfo=UTC)
MOST_STATES = 400_000


class _NextStepError(BaseException):
    """Unwinds a program that needs an answer it does not have yet."""

    def __init__(self, name: str, arguments: tuple[Any, ...]) -> None:
        super().__init__(name)
        self.step = (name, arguments)


class _Asked:
    """`atelier.rsvps.requests` for one run of a program: known answers first, then the next step."""

    Taking, Seating, Leaving = requests.Taking, requests.Seating, requests.Leaving

    def __init__(self, answers: tuple[Any, ...]) -> None:
        self._answers = list(answers)
        self.joined = False

    def _ask(self, name: str, *arguments: Any) -> Any:
        if self._answers:
            return self._answers.pop(0)
        raise _NextStepError(name, arguments)

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

    def leave_seat(self, row: Any, number: int, *, removed: bool = False, also: Any = None) -> Any:
        del also
        return self._ask("leave_removed" if removed else "leave_seat", _row(row), number)

    def leave_uncounted(self, row: Any, *, removed: bool = False, also: Any = None) -> Any:
        del removed, also
        return self._ask("leave_uncounted", _row(row))

    def leave_waitlist(self, row: Any, *, removed: bool = False, also: Any = None) -> Any:
        del removed, also
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
        name: getattr(seat_steps, name)
        for name in dir(_Asked)
        if not name.startswith("_") and hasattr(seat_steps, name)
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


def rsvp(user: str, key: int, *, remembers_dry: bool = False) -> Person:
    """RSVP; with `remembers_dry` the process believes, rightly or not, that every block is dry."""

    def run(asked: _Asked) -> Any:
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

    def run(asked: _Asked) -> Any:
        user_id = f"usr_{user}"
        meta, row = asked.visit(user_id)
        if removed and row is None:
            return "not found"
        workshop: Any = _Workshop(meta)
        return seats.give_up(workshop, user_id, row, removed=removed) is not None

    return Person(f"{'remove' if removed else 'cancel'} {user}", run)


def _tell(transaction: Any, **told: Any) -> None:
    transaction.append(told)


def resize(new: int | None) -> Person:
    """A change of the capacity."""

    def run(asked: _Asked) -> Any:
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


def _heal(record: tuple[Any, ...]) -> Callable[[_Asked], Any]:
    """What `projections` does about one changed item."""

    def run(asked: _Asked) -> Any:
        meta, _ = asked.visit("usr_host")
        workshop: Any = _Workshop(meta)
        match record:
            case ("block", number, user_id):
                if user_id is not None:
                    repair.heal_holder(workshop, number, user_id, at=NOW)
                repair.hand_on(workshop, [number])
            case ("row", user_id):
                row = asked.read_row(WORKSHOP, user_id)
                if row is not None:
                    repair.heal_row(row)
            case _:
                seats.settle(workshop)

    return run


class State(NamedTuple):
    """Where everybody and everything is."""

    table: Table
    answers: tuple[tuple[Any, ...] | None, ...]
    records: frozenset[tuple[Any, ...]]
    healing: tuple[tuple[Any, ...], tuple[Any, ...]] | None
    deaths: int
    told: frozenset[Entry]
    late: tuple[frozenset[Entry], ...]


@dataclass
class Verdict:
    """What a search found: how many states, and for each kind of bad state the first way into it."""

    states: int
    bad: dict[str, str]


@contextmanager
def _programs_ask(asked: _Asked) -> Iterator[None]:
    with (
        patch.object(seats, "requests", asked),
        patch.object(repair, "requests", asked),
        patch.object(capacity, "requests", asked),
    ):
        yield


class Stream(Enum):
    """How `projections` is mixed with everybody else: the finer, the more states."""

    STEP_BY_STEP = auto()
    AT_ONCE = auto()
    LATE = auto()


def explore(table: Table, people: list[Person], *, deaths: int = 0, stream: Stream = Stream.STEP_BY_STEP) -> Verdict:
    """Visits every reachable state; `deaths` people may die on the way.

    stream: `projections` deals with a changed item at any time in single steps, at any time in one go, or when all
    others are done. Raises AssertionError when there are too many states to be exhaustive.
    """
    known: dict[tuple[Any, ...], Any] = {}

    def next_step(who: Any, run: Callable[[_Asked], Any], answers: tuple[Any, ...]) -> Any:
        key = (who, answers)
        if key not in known:
            asked = _Asked(answers)
            try:
                with _programs_ask(asked):
                    known[key] = ("done", run(asked))
            except _NextStepError as pending:
                known[key] = pending.step
        return known[key]

    start = State(
        table,
        tuple(() for _ in people),
        frozenset(),
        None,
        deaths,
        frozenset(table.waiting),
        tuple(frozenset() for _ in people),
    )
    parents: dict[State, tuple[State, str] | None] = {start: None}
    waiting = [start]
    bad: dict[str, str] = {}
    while waiting:
        state = waiting.pop()
        problems = _always(state)
        followers: list[tuple[str, State]] = []
        for index, person in enumerate(people):
            answers = state.answers[index]
            if answers is None:
                continue
            name, arguments = next_step(index, person.run, answers)
            if name == "done":
                problems += _overtaking(state, index, arguments)
                ended = _ended(state, index)
                if str(arguments).startswith("waitlisted"):
                    ended = ended._replace(told=ended.told | state.table.waiting_of(person.user))
                followers.append((f"{person.name} ends", ended))
                continue
            if state.deaths:
                died = _ended(state, index)._replace(deaths=state.deaths - 1)
                followers.append((f"{person.name} dies before {name}", died))
            followers.append((f"{person.name}: {name}", _stepped(state, index, name, arguments)))
        followers += _healings(state, next_step, stream)
        if not followers:
            problems += _finally(state.table)
        for problem in problems:
            bad.setdefault(problem, _way(parents, state))
        for told, follower in followers:
            if follower not in parents:
                parents[follower] = (state, told)
                waiting.append(follower)
        if len(parents) > MOST_STATES:
            raise AssertionError("too many states to visit them all")
    return Verdict(len(parents), bad)


def _ended(state: State, index: int) -> State:
    answers = list(state.answers)
    answers[index] = None
    return state._replace(answers=tuple(answers))


def _stepped(state: State, index: int, name: str, arguments: tuple[Any, ...]) -> State:
    table, answer, records = STEPS[name](state.table, *arguments)
    answers = list(state.answers)
    late = list(state.late)
    if not answers[index]:
        late[index] = state.told
    answers[index] = (*(answers[index] or ()), answer)
    return state._replace(table=table, answers=tuple(answers), records=state.records | records, late=tuple(late))


def _healings(state: State, next_step: Callable[..., Any], stream: Stream) -> list[tuple[str, State]]:
    """The steps of `projections`, which looks at one changed item at a time, in any order."""
    if stream is Stream.LATE and any(answers is not None for answers in state.answers):
        return []
    if state.healing is None:
        begun = [
            (f"stream shows {record}", state._replace(healing=(record, ()), records=state.records - {record}))
            for record in state.records
        ]
        return (
            [(told, _healed(after, next_step)) for told, after in begun] if stream is not Stream.STEP_BY_STEP else begun
        )
    after = _healing_step(state, next_step)
    return [("projections goes on", after)]


def _healing_step(state: State, next_step: Callable[..., Any]) -> State:
    assert state.healing is not None
    record, answers = state.healing
    name, arguments = next_step(record, _heal(record), answers)
    if name == "done":
        return state._replace(healing=None)
    table, answer, records = STEPS[name](state.table, *arguments)
    return state._replace(table=table, healing=(record, (*answers, answer)), records=state.records | records)


def _healed(state: State, next_step: Callable[..., Any]) -> State:
    while state.healing is not None:
        state = _healing_step(state, next_step)
    return state


def _way(parents: dict[State, tuple[State, str] | None], state: State) -> str:
    told: list[str] = []
    step = parents[state]
    while step is not None:
        told.append(step[1])
        step = parents[step[0]]
    return " > ".join(reversed(told))


def _always(state: State) -> list[str]:
    """What holds at every instant."""
    table = state.table
    found = []
    if table.meta.max_capacity is not None and seat_steps.seats_in_total(table) != table.meta.max_capacity:
        found.append("seats appeared or vanished")
    if any(block and (block.seats_left < 0 or block.freed < 0) for block in table.blocks):
        found.append("a negative number of seats")
    return found


def _overtaking(state: State, index: int, outcome: Any) -> list[str]:
    """Nobody takes an open seat while somebody still waits who had been told so before the request began."""
    if outcome != "rsvp" or state.table.meta.max_capacity is None:
        return []
    waits = state.late[index] & frozenset(state.table.waiting)
    return ["a passer-by overtook somebody who waited"] if waits else []


def _finally(table: Table) -> list[str]:
    """What holds once everybody is done and the stream is read."""
    found = []
    holders = [holder for block in table.blocks if block for holder in block.holders]
    if len(set(holders)) != len(holders):
        found.append("somebody holds two seats")
    for row in table.rows:
        held = [
            n for n, block in enumerate(table.blocks) if block and row.user_id.removeprefix("usr_") in block.holders
        ]
        if row.is_seated and held != ([] if row.block is None else [row.block]):
            found.append("a row names a seat its person does not hold")
        if not row.is_seated and held:
            found.append("a seat is held by somebody whose row says otherwise")
        if row.status == "waitlisted" and Entry(row.waiting_as or "", row.user_id) not in table.waiting:
            found.append("somebody waits without a place on the waitlist")
    with_rows = {row.user_id.removeprefix("usr_") for row in table.rows}
    if set(holders) - with_rows:
        found.append("a seat is held by somebody without a row")
    if any((mine := table.row(entry.user_id)) is None or mine.waiting_as != entry.sk for entry in table.waiting):
        found.append("a place on the waitlist without a row")
    if table.meta.max_capacity is None and table.waiting:
        found.append("somebody waits where seats are unlimited")
    if table.waiting and any(block and (block.seats_left or block.freed) for block in table.blocks):
        found.append("a seat is free while somebody waits")
    if any(block and block.freed for block in table.blocks):
        found.append("a freed seat was not handed on")
    return found


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
