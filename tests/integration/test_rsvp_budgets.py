"""What each operation on seats may ask of the table: round trips, writes, capacity units.

Writes cost what DynamoDB's own answers say. For reads of many keys the emulator says nothing: there each key costs one
unit, since every item here is under 4 KB and read strongly consistent.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from atelier import table
from tests.calling import Reply, World
from tests.counting import Use, counted
from tests.seats import (
    attendees,
    change,
    forget_what_was_dry,
    open_workshop,
    remove,
    resize,
    rsvp,
    withdraw,
)

READ, WRITE_ITEM, PUT, TRANSACT, QUERY = "BatchGetItem", "UpdateItem", "PutItem", "TransactWriteItems", "Query"
INDEXED = 3
"""What a row costs to put: the item of under 1 KB, and its entry in the index of what a person attends."""


@dataclass(slots=True)
class Keys:
    """How many keys were read in batches."""

    read: int = 0

    def note(self, params: dict[str, Any], **_: Any) -> None:
        """Notes a batch (on "provide-client-params")."""
        self.read += sum(len(asked["Keys"]) for asked in params["RequestItems"].values())


@contextmanager
def measured() -> Iterator[tuple[Use, Keys]]:
    """Counts requests, units and keys."""
    keys = Keys()
    events = table.connect().connection.client.meta.events
    events.register("provide-client-params.dynamodb.BatchGetItem", keys.note)
    try:
        with counted() as use:
            yield use, keys
    finally:
        events.unregister("provide-client-params.dynamodb.BatchGetItem", keys.note)


@pytest.fixture(autouse=True)
def people(world: World) -> None:
    """Everybody has been seen before: a first sight costs a write, once in a lifetime."""
    world.meet("ana", "ben", "cleo", "host")
    forget_what_was_dry()


def two_blocks(world: World, *seated: str) -> str:
    """A workshop with a block that was cut to nothing and one with a single seat."""
    workshop_id = open_workshop(world, max_capacity=49)
    assert resize(workshop_id, 1).status == 200
    forget_what_was_dry()
    for user in seated:
        rsvp(workshop_id, user)
    return workshop_id


class TestRsvp:
    def test_a_seat_is_three_round_trips_and_two_writes(self, world: World) -> None:
        workshop_id = open_workshop(world, max_capacity=10)
        with measured() as (use, keys):
            assert rsvp(workshop_id).status == 201
        assert use.operations == [READ, WRITE_ITEM, PUT]
        assert (keys.read, use.write_units) == (4, 1 + INDEXED - 1)

    def test_a_dry_block_on_the_way_is_one_more(self, world: World) -> None:
        workshop_id = two_blocks(world)
        tried = []
        guests = [f"guest-{n}" for n in range(6)]
        world.meet(*guests)
        for user in guests:
            with measured() as (use, _):
                assert rsvp(workshop_id, user).json["status"] == "rsvp"
            assert use.operations in ([READ, WRITE_ITEM, PUT], [READ, WRITE_ITEM, WRITE_ITEM, PUT])
            tried.append(len(use.operations))
            withdraw(workshop_id, user)
            forget_what_was_dry()
        assert set(tried) == {3, 4}

    def test_a_seat_of_an_unlimited_workshop_is_one_write(self, world: World) -> None:
        workshop_id = open_workshop(world)
        with measured() as (use, keys):
            rsvp(workshop_id)
        assert use.operations == [READ, PUT]
        assert keys.read == 4

    def test_a_place_on_the_waitlist_is_four_round_trips_and_the_dry_tries(self, world: World) -> None:
        workshop_id = two_blocks(world, "ben")
        forget_what_was_dry()
        with measured() as (use, keys):
            assert rsvp(workshop_id).json["status"] == "waitlisted"
        assert use.operations == [READ, WRITE_ITEM, WRITE_ITEM, TRANSACT, READ, QUERY]
        assert keys.read == 4 + 3

    def test_with_a_warm_memory_a_place_on_the_waitlist_is_four_round_trips(self, world: World) -> None:
        workshop_id = two_blocks(world, "ben", "cleo")
        with measured() as (use, keys):
            assert rsvp(workshop_id).json["status"] == "waitlisted"
        assert use.operations == [READ, TRANSACT, READ, QUERY]
        assert keys.read == 6 + 3
        assert use.write_units <= 6

    def test_a_place_behind_many_others_costs_no_more_round_trips(self, world: World) -> None:
        workshop_id = open_workshop(world, *(f"guest-{n}" for n in range(120)), max_capacity=1)
        with measured() as (use, _):
            assert rsvp(workshop_id).json["position"] is None
        assert use.operations == [READ, TRANSACT, READ, QUERY]
        assert use.units[QUERY] <= 5

    def test_a_refusal_with_a_warm_memory_is_one_read(self, world: World) -> None:
        workshop_id = open_workshop(world, "ben", max_capacity=1, waitlist_enabled=False)
        assert rsvp(workshop_id, "cleo").status == 409
        with measured() as (use, keys):
            assert rsvp(workshop_id).code == "workshop_full"
        assert use.operations == [READ]
        assert keys.read == 5

    def test_a_refusal_without_a_memory_is_one_try_more_per_block(self, world: World) -> None:
        workshop_id = open_workshop(world, "ben", max_capacity=1, waitlist_enabled=False)
        forget_what_was_dry()
        with measured() as (use, _):
            assert rsvp(workshop_id).code == "workshop_full"
        assert use.operations == [READ, WRITE_ITEM]

    def test_a_refusal_by_many_dry_blocks_looks_before_it_tries(self, world: World) -> None:
        workshop_id = open_workshop(world, max_capacity=48 * 20)
        assert resize(workshop_id, 1).status == 200
        rsvp(workshop_id, "ben")
        forget_what_was_dry()
        with measured() as (use, keys):
            assert rsvp(workshop_id).json["status"] == "waitlisted"
        assert use.operations == [READ, WRITE_ITEM, WRITE_ITEM, READ, TRANSACT, READ, QUERY]
        assert keys.read == 4 + 18 + 21

    @pytest.mark.parametrize(("user", "operations"), [("ana", [READ]), ("ben", [READ, QUERY])])
    def test_asking_again_is_one_read_and_a_count_for_those_who_wait(
        self, world: World, user: str, operations: list[str]
    ) -> None:
        workshop_id = open_workshop(world, "ana", "ben", max_capacity=1)
        with measured() as (use, _):
            assert rsvp(workshop_id, user).status == 200
        assert use.operations == operations
        assert use.write_units == 0


class TestLeaving:
    def test_nobody_waits(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana", max_capacity=5)
        with measured() as (use, keys):
            assert withdraw(workshop_id).status == 204
        assert use.operations == [READ, TRANSACT, QUERY, WRITE_ITEM]
        assert keys.read == 4
        assert use.write_units <= 8

    def test_somebody_waits(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana", "ben", max_capacity=1)
        with measured() as (use, keys):
            withdraw(workshop_id)
        assert use.operations == [READ, TRANSACT, QUERY, TRANSACT, READ]
        assert keys.read == 4 + 1
        assert use.write_units <= 16

    def test_those_who_wait_leave_by_one_transaction(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana", "ben", max_capacity=1)
        with measured() as (use, _):
            withdraw(workshop_id, "ben")
        assert use.operations == [READ, TRANSACT]
        assert use.write_units <= 6

    def test_those_who_have_nothing_cost_a_look_at_the_blocks(self, world: World) -> None:
        workshop_id = open_workshop(world, "ben", max_capacity=10)
        with measured() as (use, _):
            withdraw(workshop_id)
        assert use.operations == [READ, READ]
        assert use.write_units == 0

    def test_a_removal_costs_what_a_withdrawal_costs_and_a_look_at_the_person(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana", max_capacity=5)
        with measured() as (use, keys):
            assert remove(workshop_id, "ana").status == 204
        assert use.operations == [READ, READ, TRANSACT, QUERY, WRITE_ITEM]
        assert keys.read == 6
        assert use.write_units <= 10

    def test_a_ban_is_one_transaction_more(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana", max_capacity=5)
        with measured() as (use, _):
            assert remove(workshop_id, "ana", ban=True).status == 204
        assert use.operations == [READ, READ, TRANSACT, QUERY, WRITE_ITEM, TRANSACT]


class TestPeople:
    def test_a_change_of_rights_is_two_reads_and_a_transaction(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana")
        with measured() as (use, keys):
            assert change(workshop_id, "ana", can_speak=True).status == 200
        assert use.operations == [READ, READ, TRANSACT]
        assert keys.read == 6
        assert use.write_units <= 6

    @pytest.mark.parametrize(("user", "count"), [("ana", 3), ("host", 4)])
    def test_a_page_of_25_is_two_reads_and_a_query_and_one_more_for_places(
        self, world: World, user: str, count: int
    ) -> None:
        workshop_id = open_workshop(world, "ana", *(f"guest-{n}" for n in range(29)), max_capacity=26)
        query: dict[str, Any] = {"status": "waitlisted"} if user == "host" else {}
        with measured() as (use, _):
            reply = attendees(workshop_id, user, **query)
        assert reply.status == 200
        assert use.operations.count(READ) == 2
        assert len(use.operations) <= count + 1
        assert use.writes == []


def test_units_of_every_operation_are_recorded(world: World, record_property: Any) -> None:
    """For the table in docs/data-model.md: what each costs in the plainest case."""
    workshop_id = open_workshop(world, max_capacity=1)
    costs: dict[str, tuple[float, ...]] = {}
    acts: dict[str, Callable[[], Reply]] = {
        "seat": lambda: rsvp(workshop_id, "ana"),
        "place on the waitlist": lambda: rsvp(workshop_id, "ben"),
        "seat again": lambda: rsvp(workshop_id, "ana"),
        "place again": lambda: rsvp(workshop_id, "ben"),
        "promotion": lambda: withdraw(workshop_id, "ana"),
        "withdrawal": lambda: withdraw(workshop_id, "ben"),
    }
    for name, act in acts.items():
        with measured() as (use, keys):
            assert act().status < 300
        costs[name] = (use.round_trips, keys.read + use.read_units, use.write_units)
        record_property(name, costs[name])
    assert costs == {
        "seat": (3, 4, 3),
        "place on the waitlist": (5, 7, 5),
        "seat again": (1, 5, 0),
        "place again": (2, 6, 0),
        "promotion": (5, 6, 12),
        "withdrawal": (4, 5, 6),
    }
