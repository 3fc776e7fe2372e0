"""Random lives of a workshop on the emulated table: whatever people do, the table is what a simple model says.

The model is a set, a list and a number. What it leaves out is everything that is hard: blocks, processes that remember,
twins, and deaths in the middle, which must not show.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import hypothesis
from hypothesis import note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests import seats
from tests.calling import World, call, id_of
from tests.faults import Killed, killed_after, killed_before
from tests.sizes import size
from tests.streaming import Stream
from tests.workshops import ask

PEOPLE = ("ana", "ben", "cleo", "dan", "eve", "finn")
CAPACITIES = (1, 2, 3, 4, 49, 50)
"""The larger ones make a second block, and a cut leaves blocks without a seat."""
MOST_REMOVED = 2

people = st.sampled_from(PEOPLE)
capacities = st.sampled_from(CAPACITIES)
kills = st.sampled_from([killed_after, killed_before])


@dataclass
class Model:
    """A workshop as everybody imagines it."""

    capacity: int | None
    has_waitlist: bool
    seated: set[str] = field(default_factory=set)
    waiting: list[str] = field(default_factory=list)
    removed: set[str] = field(default_factory=set)

    def rsvp(self, user: str) -> int:
        """Asks for a seat; the status of the answer."""
        if user in self.removed:
            return 403
        if user in self.seated or user in self.waiting:
            return 200
        if self.capacity is None or len(self.seated) < self.capacity:
            self.seated.add(user)
            return 201
        if self.has_waitlist:
            self.waiting.append(user)
            return 201
        return 409

    def withdraw(self, user: str) -> int:
        """Gives a place up."""
        self._leave(user)
        return 204

    def remove(self, user: str) -> int:
        """Removes somebody for good."""
        if user not in self.seated | self.removed | set(self.waiting):
            return 404
        self._leave(user)
        self.removed.add(user)
        return 204

    def resize(self, capacity: int | None) -> int:
        """Changes the number of seats."""
        if capacity is not None and (self.capacity is None or capacity < len(self.seated)):
            return 409
        self.capacity = capacity
        self._move_up()
        return 200

    def _leave(self, user: str) -> None:
        self.seated.discard(user)
        self.waiting = [other for other in self.waiting if other != user]
        self._move_up()

    def _move_up(self) -> None:
        while self.waiting and (self.capacity is None or len(self.seated) < self.capacity):
            self.seated.add(self.waiting.pop(0))


type Kill = Callable[[int], AbstractContextManager[Any]]

ACTS: dict[str, Callable[[str, Any], int]] = {
    "rsvp": lambda workshop_id, user: seats.rsvp(workshop_id, user).status,
    "withdraw": lambda workshop_id, user: seats.withdraw(workshop_id, user).status,
    "remove": lambda workshop_id, user: seats.remove(workshop_id, user).status,
    "resize": lambda workshop_id, capacity: seats.resize(workshop_id, capacity).status,
}


class Life(RuleBasedStateMachine):
    """One workshop, from its making on."""

    def __init__(self, world: World, stream: Stream) -> None:
        super().__init__()
        self.world, self.stream = world, stream

    @initialize(capacity=st.sampled_from([*CAPACITIES, None]), has_waitlist=st.sampled_from([True, True, False]))
    def make(self, capacity: int | None, has_waitlist: bool) -> None:
        self.model = Model(capacity, has_waitlist)
        self.workshop_id = seats.open_workshop(self.world, max_capacity=capacity, waitlist_enabled=has_waitlist)

    def _does(self, act: str, what: Any) -> None:
        assert ACTS[act](self.workshop_id, what) == getattr(self.model, act)(what)

    @rule(user=people)
    def asks(self, user: str) -> None:
        self._does("rsvp", user)

    @rule(user=people)
    def gives_up(self, user: str) -> None:
        self._does("withdraw", user)

    @precondition(lambda self: len(self.model.removed) < MOST_REMOVED)
    @rule(user=people)
    def is_removed(self, user: str) -> None:
        self._does("remove", user)

    @rule(capacity=capacities)
    def resizes(self, capacity: int) -> None:
        self._does("resize", capacity)

    @precondition(lambda self: self.model.waiting)
    @rule(happens=st.integers(0, 3))
    def lifts_the_limit(self, happens: int) -> None:
        """Seldom: there is no way back, and no seat to count any more."""
        if happens == 0:
            self._does("resize", None)

    @rule(user=people, act=st.sampled_from(["rsvp", "withdraw"]))
    def twins(self, user: str, act: str) -> None:
        expected = {getattr(self.model, act)(user) for _ in range(2)}
        with ThreadPoolExecutor(2) as pool:
            replies = list(pool.map(lambda _: ACTS[act](self.workshop_id, user), range(2)))
        assert set(replies) <= expected

    @rule(user=people, kill=kills, write=st.integers(1, 2), asks_again=st.booleans())
    def dies_asking(self, user: str, kill: Kill, write: int, asks_again: bool) -> None:
        self._dies("rsvp", user, kill(write), asks_again)

    @rule(user=people, kill=kills, write=st.integers(1, 2), asks_again=st.booleans())
    def dies_giving_up(self, user: str, kill: Kill, write: int, asks_again: bool) -> None:
        self._dies("withdraw", user, kill(write), asks_again)

    @precondition(lambda self: len(self.model.removed) < MOST_REMOVED)
    @rule(user=people, kill=kills, write=st.integers(1, 2), asks_again=st.booleans())
    def dies_removing(self, user: str, kill: Kill, write: int, asks_again: bool) -> None:
        self._dies("remove", user, kill(write), asks_again)

    @rule(capacity=capacities, kill=kills, write=st.integers(1, 3), asks_again=st.booleans())
    def dies_resizing(self, capacity: int, kill: Kill, write: int, asks_again: bool) -> None:
        self._dies("resize", capacity, kill(write), asks_again)

    def _dies(self, act: str, what: Any, death: AbstractContextManager[Any], asks_again: bool) -> None:
        """After a death and the stream, all of it was done or none; after a repetition, all of it."""
        done = deepcopy(self.model)
        getattr(done, act)(what)
        try:
            with death:
                ACTS[act](self.workshop_id, what)
            self.model = done
        except Killed:
            assert seats.wrong_at_any_time(seats.look(self.workshop_id)) == []
            seats.forget_what_was_dry()
            if asks_again:
                assert ACTS[act](self.workshop_id, what) < 500
            self.stream.run()
            if asks_again or self._table() != self._shown(self.model):
                self.model = done

    @rule()
    def process_is_replaced(self) -> None:
        seats.forget_what_was_dry()

    @rule()
    def stream_runs(self) -> None:
        seats.settle(self.workshop_id, self.stream)

    def _table(self) -> tuple[int | None, set[str], list[str], set[str]]:
        found = seats.look(self.workshop_id)
        removed = {row.user_id for row in found.rows if row.status == "removed"}
        return found.workshop.capacity, {row.user_id for row in found.seated}, found.queue, removed

    @staticmethod
    def _shown(model: Model) -> tuple[int | None, set[str], list[str], set[str]]:
        seated, removed = set(map(id_of, model.seated)), set(map(id_of, model.removed))
        return model.capacity, seated, list(map(id_of, model.waiting)), removed

    @invariant()
    def table_is_what_the_model_says(self) -> None:
        if not hasattr(self, "model"):
            return
        assert self._table() == self._shown(self.model)
        wrong = seats.wrong_at_rest(seats.look(self.workshop_id))
        assert [problem for problem in wrong if not problem.startswith("the counts")] == []

    def teardown(self) -> None:
        if hasattr(self, "model"):
            found = seats.settle(self.workshop_id, self.stream)
            detail = ask("GET", f"/{self.workshop_id}").json
            capacity = self.model.capacity
            assert detail["attendee_count"] == len(self.model.seated)
            assert detail["seats_left"] == (None if capacity is None else capacity - len(found.seated))


def test_whatever_people_do_the_table_is_what_the_model_says(world: World, dynamodb: str, seed: int) -> None:
    world.meet(*PEOPLE, "host")
    assert call("accounts", "GET", "/me", user="host").status == 200
    stream = Stream(dynamodb, world.table_name)

    @hypothesis.seed(seed)
    class Seeded(Life):
        def __init__(self) -> None:
            super().__init__(world, stream)
            note(f"ATELIER_SEED={seed}")

    usual = settings(max_examples=size(12, settings().max_examples))
    run_state_machine_as_test(Seeded, settings=usual)
