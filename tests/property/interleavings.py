"""A small model checker: runs the real seat functions over every order in which their single steps can meet.

A state is the table plus the answers everybody got so far: states can be compared, and each is visited once. Any one
person may die before any of their steps. Whatever changes an item also leaves a record for `projections`, whose own
steps are interleaved like everybody else's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NamedTuple

from . import seat_steps
from .seat_programs import STEPS, Asked, NextStepError, Person, heal, programs_ask
from .seat_steps import Entry, Table

MOST_STATES = 400_000


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

    def next_step(who: Any, run: Callable[[Asked], Any], answers: tuple[Any, ...]) -> Any:
        key = (who, answers)
        if key not in known:
            asked = Asked(answers)
            try:
                with programs_ask(asked):
                    known[key] = ("done", run(asked))
            except NextStepError as pending:
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
    name, arguments = next_step(record, heal(record), answers)
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
