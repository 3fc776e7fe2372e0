"""The waitlist: places, and who moves up when."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from atelier import clock
from atelier.rsvps import requests, seats
from tests.calling import World, id_of
from tests.seats import (
    attendees,
    look,
    open_workshop,
    remove,
    row_of,
    rsvp,
    settle,
    status_of,
    withdraw,
    wrong_at_any_time,
)
from tests.sizes import size
from tests.streaming import Stream
from tests.workshops import stored

ROUNDS = size(6, 20)


def everybody_waiting(workshop_id: str, people: list[str]) -> list[str]:
    """Those of the people who wait, first come first."""
    by_id = {id_of(user): user for user in people}
    return [by_id[user_id] for user_id in look(workshop_id).queue]


def test_a_place_is_told_exactly_up_to_100_and_then_not_at_all(world: World) -> None:
    guests = [f"guest-{n}" for n in range(103)]
    workshop_id = open_workshop(world, "ana", max_capacity=1)
    told = [rsvp(workshop_id, user).json["position"] for user in guests]
    assert told == [*range(1, 101), None, None, None]
    listed = {
        item["user"]["id"]: item["position"]
        for cursor in _pages(workshop_id)
        for item in cursor
        if item["status"] == "waitlisted"
    }
    assert listed == dict(zip(map(id_of, guests), told, strict=True))
    withdraw(workshop_id, guests[0])
    assert [rsvp(workshop_id, guests[n]).json["position"] for n in (1, 99, 100, 101)] == [1, 99, 100, None]


def _pages(workshop_id: str) -> list[list[dict[str, Any]]]:
    pages: list[list[dict[str, Any]]] = []
    query: dict[str, Any] = {"limit": 100}
    while True:
        page = attendees(workshop_id, **query).json
        pages.append(page["items"])
        if page["next_cursor"] is None:
            return pages
        query["cursor"] = page["next_cursor"]


def test_whoever_gives_a_seat_up_lets_the_first_one_waiting_in_at_once(world: World, stream: Stream) -> None:
    workshop_id = open_workshop(world, "ana", "ben", "cleo", max_capacity=1)
    assert withdraw(workshop_id).status == 204
    assert [status_of(workshop_id, user) for user in ("ana", "ben", "cleo")] == [None, "rsvp", "waitlisted"]
    assert rsvp(workshop_id, "cleo").json["position"] == 1
    settle(workshop_id, stream)


def test_whoever_comes_back_waits_behind_all_others(world: World) -> None:
    workshop_id = open_workshop(world, "ana", "ben", "cleo", max_capacity=1)
    withdraw(workshop_id, "ben")
    assert rsvp(workshop_id, "ben").json["position"] == 2
    assert everybody_waiting(workshop_id, ["ben", "cleo"]) == ["cleo", "ben"]


def test_whoever_leaves_the_waitlist_lets_nobody_in(world: World, stream: Stream) -> None:
    workshop_id = open_workshop(world, "ana", "ben", "cleo", max_capacity=1)
    assert [withdraw(workshop_id, "ben").status for _ in range(2)] == [204, 204]
    seats = settle(workshop_id, stream)
    assert [row.user_id for row in seats.seated] == [id_of("ana")]
    assert seats.queue == [id_of("cleo")]


def test_seats_given_up_in_several_blocks_go_to_as_many_people(world: World, stream: Stream) -> None:
    people = [f"guest-{n}" for n in range(97)]
    workshop_id = open_workshop(world, *people, "w1", "w2", "w3", "w4", max_capacity=97)
    blocks = {user: row.seat_block for user in people if (row := row_of(workshop_id, user))}
    leaving = [next(user for user in people if blocks[user] == number) for number in (2, 0, 1)]
    for user in leaving:
        withdraw(workshop_id, user)
    assert [status_of(workshop_id, user) for user in ("w1", "w2", "w3", "w4")] == ["rsvp"] * 3 + ["waitlisted"]
    settle(workshop_id, stream)


def test_the_one_who_moved_up_keeps_the_time_they_asked(world: World) -> None:
    workshop_id = open_workshop(world, "ana", max_capacity=1)
    asked = rsvp(workshop_id, "ben").json["rsvp_at"]
    withdraw(workshop_id)
    now = rsvp(workshop_id, "ben")
    assert (now.status, now.json["status"], now.json["rsvp_at"], now.json["position"]) == (200, "rsvp", asked, None)


def test_the_one_who_was_removed_while_waiting_is_passed_over(world: World, stream: Stream) -> None:
    workshop_id = open_workshop(world, "ana", "ben", "cleo", max_capacity=1)
    remove(workshop_id, "ben")
    withdraw(workshop_id)
    assert [status_of(workshop_id, user) for user in ("ben", "cleo")] == ["removed", "rsvp"]
    settle(workshop_id, stream)


def gives_up_while_others_ask(pool: ThreadPoolExecutor, workshop_id: str, leaving: str, asking: list[str]) -> None:
    """One person gives a seat up in the middle of a crowd; the first one waiting must have it, and nobody else."""
    first = look(workshop_id).queue[0]
    before = {row.user_id for row in look(workshop_id).seated}
    asked = [pool.submit(rsvp, workshop_id, user) for user in asking[:10]]
    gone = pool.submit(withdraw, workshop_id, leaving)
    asked += [pool.submit(rsvp, workshop_id, user) for user in asking[10:]]
    assert gone.result().status == 204
    assert {reply.result().status for reply in asked} == {201}
    assert {reply.result().json["status"] for reply in asked} == {"waitlisted"}
    after = look(workshop_id)
    assert wrong_at_any_time(after) == []
    assert {row.user_id for row in after.seated} == before - {id_of(leaving)} | {first}


def test_a_seat_given_up_while_20_ask_goes_to_the_first_waiting_person(world: World, stream: Stream) -> None:
    """Never to two, never to a passer-by."""
    asking = [f"passer-{n}" for n in range(20)]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(ROUNDS):
            workshop_id = open_workshop(world, "leaving", "first", "second", max_capacity=1)
            gives_up_while_others_ask(pool, workshop_id, "leaving", asking)
    settle(workshop_id, stream)


def test_the_same_holds_where_the_seat_is_in_one_of_several_blocks(world: World, stream: Stream) -> None:
    seated = [f"seated-{n}" for n in range(49)]
    workshop_id = open_workshop(world, *seated, "first", max_capacity=49)
    with ThreadPoolExecutor(8) as pool:
        for number in range(3):
            gives_up_while_others_ask(pool, workshop_id, seated[number], [f"passer-{number}-{n}" for n in range(20)])
    settle(workshop_id, stream)


def test_somebody_whose_twin_has_just_taken_a_seat_is_not_told_to_wait(world: World, stream: Stream) -> None:
    workshop_id = open_workshop(world, max_capacity=1)
    ana = id_of("ana")
    workshop = stored(workshop_id)
    assert requests.take_seat(workshop_id, 0, 1, ana) is requests.Taking.TAKEN
    joined = seats.join(workshop, seats.new_row(workshop, ana, at=clock.now()), at=clock.now())
    assert (joined.status, joined.seat_block) == ("rsvp", 0)
    assert settle(workshop_id, stream).queue == []
