"""Capacity up and down: raised for the waitlist first, cut by free seats only, lifted for everybody."""

import pytest

from tests.calling import World, call, id_of
from tests.seats import forget_what_was_dry, look, open_workshop, resize, rsvp, settle, status_of, withdraw
from tests.streaming import Stream
from tests.workshops import stored


def guests(count: int, name: str = "guest") -> list[str]:
    """So many people."""
    return [f"{name}-{number}" for number in range(count)]


class TestUp:
    def test_the_first_ones_waiting_move_up_at_once(self, world: World, stream: Stream) -> None:
        workshop_id = open_workshop(world, "ana", "ben", "cleo", "dan", max_capacity=1)
        assert resize(workshop_id, 3).status == 200
        assert [status_of(workshop_id, user) for user in ("ben", "cleo", "dan")] == ["rsvp", "rsvp", "waitlisted"]
        seats = settle(workshop_id, stream)
        assert (len(seats.held), seats.workshop.max_capacity) == (3, 3)

    def test_what_the_waitlist_does_not_need_is_for_whoever_comes(self, world: World, stream: Stream) -> None:
        workshop_id = open_workshop(world, "ana", "ben", max_capacity=1)
        resize(workshop_id, 4)
        assert [rsvp(workshop_id, user).json["status"] for user in ("cleo", "dan", "eve")] == [
            "rsvp",
            "rsvp",
            "waitlisted",
        ]
        settle(workshop_id, stream)

    def test_new_blocks_are_sold_to_the_last_seat(self, world: World, stream: Stream) -> None:
        workshop_id = open_workshop(world, *guests(50), max_capacity=47)
        assert resize(workshop_id, 100).status == 200
        assert look(workshop_id).queue == []
        assert [rsvp(workshop_id, user).json["status"] for user in guests(51, "late")] == ["rsvp"] * 50 + ["waitlisted"]
        seats = settle(workshop_id, stream)
        assert (len(seats.held), seats.free, len(seats.blocks)) == (100, 0, 3)

    def test_a_workshop_that_nobody_asked_for_yet_can_be_raised(self, world: World, stream: Stream) -> None:
        workshop_id = open_workshop(world, max_capacity=60)
        assert resize(workshop_id, 200).status == 200
        assert settle(workshop_id, stream).free == 200

    def test_without_a_waitlist_the_new_seats_are_there_for_a_process_that_remembers_none(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana", max_capacity=1, waitlist_enabled=False)
        assert rsvp(workshop_id, "ben").code == "workshop_full"
        assert resize(workshop_id, 2).status == 200
        assert rsvp(workshop_id, "ben").json["status"] == "rsvp"

    def test_the_largest_workshop_can_be_made_and_raised(self, world: World, stream: Stream) -> None:
        workshop_id = open_workshop(world, "ana", max_capacity=4000)
        assert resize(workshop_id, 20_000).status == 200
        assert rsvp(workshop_id, "ben").json["status"] == "rsvp"
        seats = settle(workshop_id, stream)
        assert seats.free == 19_998
        assert (seats.workshop.max_capacity, seats.workshop.block_count) == (20_000, 417)


class TestDown:
    def test_free_seats_are_taken_away(self, world: World, stream: Stream) -> None:
        workshop_id = open_workshop(world, "ana", "ben", max_capacity=100)
        assert resize(workshop_id, 2).status == 200
        assert rsvp(workshop_id, "cleo").json["status"] == "waitlisted"
        assert settle(workshop_id, stream).free == 0

    def test_not_below_the_seats_that_are_taken(self, world: World, stream: Stream) -> None:
        workshop_id = open_workshop(world, "ana", "ben", "cleo", max_capacity=100)
        before = stored(workshop_id).serialize()
        for capacity in (1, 2):
            reply = resize(workshop_id, capacity)
            assert (reply.status, reply.code) == (409, "capacity_below_taken")
        assert stored(workshop_id).serialize() == before
        assert settle(workshop_id, stream).free == 97

    def test_a_seat_given_up_can_be_cut_away(self, world: World, stream: Stream) -> None:
        workshop_id = open_workshop(world, "ana", "ben", max_capacity=2)
        withdraw(workshop_id, "ben")
        assert resize(workshop_id, 1).status == 200
        assert settle(workshop_id, stream).free == 0

    def test_down_and_up_and_down_again_keeps_count(self, world: World, stream: Stream) -> None:
        workshop_id = open_workshop(world, *guests(10), max_capacity=60)
        for capacity in (20, 130, 10, 11, 97, 10):
            assert resize(workshop_id, capacity).status == 200
            seats = settle(workshop_id, stream)
            assert (seats.free, seats.workshop.max_capacity) == (capacity - 10, capacity)

    def test_a_process_that_knew_the_old_capacity_sells_no_seat_that_is_gone(
        self, world: World, stream: Stream
    ) -> None:
        workshop_id = open_workshop(world, "ana", max_capacity=60)
        resize(workshop_id, 1)
        forget_what_was_dry()
        assert {rsvp(workshop_id, user).json["status"] for user in guests(12)} == {"waitlisted"}
        settle(workshop_id, stream)


class TestWithoutLimit:
    def test_lifting_the_limit_lets_everybody_in(self, world: World, stream: Stream) -> None:
        workshop_id = open_workshop(world, "ana", *guests(5), max_capacity=1)
        reply = resize(workshop_id, None)
        assert (reply.status, reply.json["max_capacity"], reply.json["seats_left"]) == (200, None, None)
        seats = settle(workshop_id, stream)
        assert (len(seats.seated), seats.queue) == (6, [])
        assert rsvp(workshop_id, "late").json["status"] == "rsvp"

    def test_more_people_than_one_request_can_let_in_are_let_in_by_the_stream(
        self, world: World, stream: Stream, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("atelier.rsvps.seats.MOST_MOVES", 2)
        workshop_id = open_workshop(world, "ana", *guests(9), max_capacity=1)
        assert resize(workshop_id, None).status == 200
        assert len(look(workshop_id).queue) == 7
        assert settle(workshop_id, stream).queue == []

    def test_a_limit_cannot_be_put_back(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana")
        reply = resize(workshop_id, 10)
        assert (reply.status, reply.code) == (409, "capacity_mode_fixed")

    def test_people_with_and_without_a_counted_seat_can_leave_and_come_back(self, world: World, stream: Stream) -> None:
        workshop_id = open_workshop(world, "ana", "ben", max_capacity=1)
        resize(workshop_id, None)
        for user in ("ana", "ben"):
            assert withdraw(workshop_id, user).status == 204
        assert settle(workshop_id, stream).workshop.attendee_count == 0
        assert {rsvp(workshop_id, user).json["status"] for user in ("ana", "ben")} == {"rsvp"}
        assert settle(workshop_id, stream).workshop.attendee_count == 2


def test_the_waitlist_moves_up_only_as_far_as_there_are_seats(world: World, stream: Stream) -> None:
    workshop_id = open_workshop(world, "ana", *guests(30), max_capacity=1)
    resize(workshop_id, 11)
    seats = settle(workshop_id, stream)
    assert seats.queue == [id_of(user) for user in guests(30)[10:]]
    detail = call("workshops", "GET", f"/workshops/{workshop_id}").json
    assert (detail["attendee_count"], detail["waitlist_count"], detail["seats_left"]) == (11, 20, 0)
