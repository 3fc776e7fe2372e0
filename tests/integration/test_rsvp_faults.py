"""A process that dies at any write, a table that fails in any way: nothing is lost, nothing happens twice."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest

from atelier.rsvps import requests
from atelier.rsvps.items import SeatBlock, block_key
from tests.calling import Reply, World, call, id_of
from tests.counting import counted
from tests.faults import Killed, answers_lost, dead_table, failing_with, killed_after, killed_before
from tests.seats import (
    Seats,
    forget_what_was_dry,
    look,
    open_workshop,
    remove,
    resize,
    rsvp,
    settle,
    withdraw,
    wrong_at_any_time,
    wrong_at_rest,
)
from tests.streaming import Stream

type Act = Callable[[str], Reply]


@dataclass(frozen=True)
class Case:
    """Something people do: who was there before, what is done, how many writes it takes, and who has what then."""

    before: tuple[str, ...]
    act: Act
    writes: int
    seated: tuple[str, ...]
    waiting: tuple[str, ...] = ()
    capacity: int | None = 1
    then: Callable[[str], object] = lambda _: None

    def prepare(self, world: World) -> str:
        """A workshop in the state before."""
        forget_what_was_dry()
        assert call("accounts", "DELETE", f"/me/bans/{id_of(ANA)}", user="host").status == 204
        workshop_id = open_workshop(world, *self.before, max_capacity=self.capacity)
        self.then(workshop_id)
        forget_what_was_dry()
        return workshop_id

    def check(self, seats: Seats) -> None:
        """Holds what there is against what there should be."""
        assert sorted(row.user_id for row in seats.seated) == sorted(map(id_of, self.seated))
        assert seats.queue == [id_of(user) for user in self.waiting]


def park_a_seat(workshop_id: str) -> None:
    """As if somebody had died between giving a seat up and handing it on."""
    row = requests.read_row(workshop_id, id_of("ana"))
    assert row is not None
    requests.leave_seat(row, 0)


def fill_two_blocks(workshop_id: str) -> None:
    """A block that was cut to nothing, and one with a single seat, which is taken."""
    assert resize(workshop_id, 1).status == 200
    assert rsvp(workshop_id, BEN).json["status"] == "rsvp"


ANA, BEN, CLEO, DAN = "ana", "ben", "cleo", "dan"
CASES = {
    "a seat": Case((), rsvp, 2, (ANA,)),
    "a seat of an unlimited workshop": Case((), rsvp, 1, (ANA,), capacity=None),
    "a place on the waitlist": Case((BEN,), rsvp, 2, (BEN,), (ANA,)),
    "a place on the waitlist of several blocks": Case((), rsvp, 3, (BEN,), (ANA,), capacity=49, then=fill_two_blocks),
    "a seat that was parked": Case((ANA,), lambda w: rsvp(w, BEN), 3, (BEN,), then=park_a_seat),
    "giving up a seat": Case((ANA,), withdraw, 2, ()),
    "giving up a seat while others wait": Case((ANA, BEN, CLEO), withdraw, 2, (BEN,), (CLEO,)),
    "giving up a seat of an unlimited workshop": Case((ANA, BEN), withdraw, 1, (BEN,), capacity=None),
    "giving up a place on the waitlist": Case((BEN, ANA, CLEO), withdraw, 1, (BEN,), (CLEO,)),
    "a removal": Case((ANA, BEN), lambda w: remove(w, ANA), 2, (BEN,)),
    "a removal from the waitlist": Case((BEN, ANA), lambda w: remove(w, ANA), 1, (BEN,)),
    "a removal with a ban": Case((ANA, BEN, CLEO), lambda w: remove(w, ANA, ban=True), 3, (BEN,), (CLEO,)),
    "a raise": Case((ANA, BEN, CLEO, DAN), lambda w: resize(w, 3), 3, (ANA, BEN, CLEO), (DAN,)),
    "a raise that nobody waits for": Case((ANA,), lambda w: resize(w, 60), 3, (ANA,)),
    "a cut": Case((ANA,), lambda w: resize(w, 1), 1, (ANA,), capacity=60),
    "a lifted limit": Case((ANA, BEN, CLEO), lambda w: resize(w, None), 3, (ANA, BEN, CLEO)),
}
KILLS = [
    pytest.param(name, write, id=f"{name}, killed after write {write}")
    for name, case in CASES.items()
    for write in range(1, case.writes + 1)
]
"""Dying before a write leaves what dying after the one before it leaves; before the first, nothing."""


def _meet(world: World) -> None:
    world.meet(ANA, BEN, CLEO, DAN, "host")


@pytest.mark.parametrize("name", CASES)
def test_these_are_all_the_writes_there_are(world: World, name: str) -> None:
    """So a write that is added without a case below is noticed."""
    _meet(world)
    case = CASES[name]
    workshop_id = case.prepare(world)
    with counted() as use:
        assert case.act(workshop_id).status < 300
    assert len(use.writes) == case.writes, use.operations


@pytest.mark.parametrize(("name", "write"), KILLS)
def test_a_death_at_any_write_is_healed_by_the_stream_and_by_asking_again(
    world: World, stream: Stream, name: str, write: int
) -> None:
    _meet(world)
    case = CASES[name]
    for stream_first in (True, False):
        workshop_id = case.prepare(world)
        with pytest.raises(Killed), killed_after(write):
            case.act(workshop_id)
        forget_what_was_dry()
        assert wrong_at_any_time(look(workshop_id)) == []
        if stream_first:
            settle(workshop_id, stream)
        again = case.act(workshop_id)
        assert again.status < 300, again.text
        assert wrong_at_any_time(look(workshop_id)) == []
        case.check(settle(workshop_id, stream))


@pytest.mark.parametrize("kill", [killed_before, killed_after])
@pytest.mark.parametrize("name", ["a seat", "giving up a seat while others wait", "a raise"])
def test_the_stream_may_die_at_any_write_too(
    world: World, stream: Stream, name: str, kill: Callable[[int], AbstractContextManager[Any]]
) -> None:
    """The request dies after its first write, then the stream at each of its own, and the same records come again."""
    _meet(world)
    case = CASES[name]
    stream.run()
    workshop_id = case.prepare(world)
    with pytest.raises(Killed), killed_after(1):
        case.act(workshop_id)
    deaths = 0
    for write in range(1, 30):
        try:
            with kill(write):
                stream.run()
            break
        except Killed:
            deaths += 1
            assert wrong_at_any_time(look(workshop_id)) == []
    assert deaths >= 1
    case.check(settle(workshop_id, stream))


FAULTS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "throttled once": lambda: failing_with("ThrottlingException"),
    "throttled in the middle": lambda: failing_with("ProvisionedThroughputExceededException", 2, first=3),
    "a conflict with a transaction": lambda: failing_with("TransactionConflictException", 3),
    "a cancelled transaction": lambda: failing_with("TransactionCanceledException", 3),
    "a throttled transaction": lambda: failing_with(
        "TransactionCanceledException", 2, reasons=("None", "ThrottlingError")
    ),
    "an error inside": lambda: failing_with("InternalServerError", 2, first=2),
    "the first answer lost": lambda: answers_lost(1),
    "the second answer lost": lambda: answers_lost(2),
    "each answer of a transaction lost twice": lambda: answers_lost(1, 2, on={"TransactWriteItems"}),
    "answers to reads lost": lambda: answers_lost(1, 2, on={"BatchGetItem", "Query"}),
}
DONE_ANYWAY = (
    "a seat",
    "a place on the waitlist",
    "giving up a seat while others wait",
    "a removal with a ban",
    "a raise",
)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", DONE_ANYWAY)
def test_what_passes_is_ridden_out_and_done_once(world: World, stream: Stream, name: str, fault: str) -> None:
    _meet(world)
    case = CASES[name]
    workshop_id = case.prepare(world)
    with FAULTS[fault]():
        started = time.monotonic()
        reply = case.act(workshop_id)
        assert time.monotonic() - started < 5
    assert reply.status < 300, reply.text
    case.check(settle(workshop_id, stream))


@pytest.mark.parametrize("name", ["a seat", "a place on the waitlist", "giving up a seat while others wait"])
@pytest.mark.parametrize("on", ["UpdateItem", "PutItem", "TransactWriteItems"])
def test_what_does_not_pass_is_a_503_in_time_and_done_once_when_asked_again(
    world: World, stream: Stream, name: str, on: str
) -> None:
    _meet(world)
    case = CASES[name]
    workshop_id = case.prepare(world)
    with failing_with("ThrottlingException", float("inf"), on={on}) as fault:
        started = time.monotonic()
        reply = case.act(workshop_id)
        assert time.monotonic() - started < 5
    if fault.struck:
        assert (reply.status, reply.code, reply.headers["retry-after"]) == (503, "table_unavailable", "2")
    else:
        assert reply.status < 300
    assert wrong_at_any_time(look(workshop_id)) == []
    forget_what_was_dry()
    assert case.act(workshop_id).status < 300
    case.check(settle(workshop_id, stream))


@pytest.mark.parametrize("mode", ["refused", "black-holed", "500"])
def test_a_dead_table_is_a_503_within_five_seconds_and_all_is_well_when_it_is_back(
    world: World, stream: Stream, mode: Any
) -> None:
    case = CASES["a seat"]
    _meet(world)
    workshop_id = case.prepare(world)
    with dead_table(mode):
        started = time.monotonic()
        reply = case.act(workshop_id)
        assert time.monotonic() - started < 5
    assert (reply.status, reply.code) == (503, "table_unavailable")
    assert case.act(workshop_id).status == 201
    case.check(settle(workshop_id, stream))


def test_a_repeated_request_after_a_lost_answer_is_told_the_same(world: World) -> None:
    _meet(world)
    workshop_id = open_workshop(world, max_capacity=1)
    with pytest.raises(Killed), killed_after(2):
        rsvp(workshop_id)
    reply = rsvp(workshop_id)
    assert (reply.status, reply.json["status"]) == (200, "rsvp")
    assert rsvp(workshop_id).text == reply.text


def test_a_seat_without_a_row_can_be_withdrawn(world: World, stream: Stream) -> None:
    """The person asked, the process died, they give up: the seat must not stay theirs for ever."""
    _meet(world)
    workshop_id = open_workshop(world, max_capacity=1)
    with pytest.raises(Killed), killed_after(1):
        rsvp(workshop_id)
    assert withdraw(workshop_id).status == 204
    assert rsvp(workshop_id, BEN).json["status"] == "rsvp"
    seats = settle(workshop_id, stream)
    assert [row.user_id for row in seats.seated] == [id_of(BEN)]


def test_the_stream_may_deliver_everything_twice(world: World, dynamodb: str, stream: Stream) -> None:
    _meet(world)
    case = CASES["giving up a seat while others wait"]
    workshop_id = case.prepare(world)
    again = Stream(dynamodb, world.table_name)
    assert case.act(workshop_id).status == 204
    case.check(settle(workshop_id, stream))
    again.run()
    case.check(settle(workshop_id, stream))


def test_the_checks_of_these_tests_see_a_seat_without_a_row(world: World) -> None:
    """What finds nothing must be able to find something."""
    workshop_id = open_workshop(world, "ana", max_capacity=2)
    SeatBlock(*block_key(workshop_id, 0)).update([SeatBlock.seats_left.set(5)])
    assert wrong_at_any_time(look(workshop_id)) != []
    row = requests.read_row(workshop_id, id_of("ana"))
    assert row is not None
    row.delete()
    assert call("workshops", "GET", f"/workshops/{workshop_id}").status == 200
    assert any("rows say" in problem for problem in wrong_at_rest(look(workshop_id)))
