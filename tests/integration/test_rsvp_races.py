"""Everybody asks at once: no seat is sold twice, none is left over, nobody is forgotten.

The harness is held to account by a careless variant of the same thing, which it must catch overselling.
"""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from atelier import clock, table
from atelier.rsvps import seats
from tests.calling import Reply, World, id_of
from tests.seats import Seats, look, open_workshop, rsvp, settle, wrong_at_any_time
from tests.sizes import size
from tests.streaming import Stream
from tests.workshops import stored

ROUNDS = size(10, 20)
THREADS = 8


def rush(workshop_id: str, people: list[str]) -> list[Reply]:
    """Everybody asks twice, from eight threads."""
    asking = [user for pair in zip(people, people[1:] + people[:1], strict=True) for user in pair]
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda user: rsvp(workshop_id, user), asking))


def sold_out(world: World, stream: Stream, capacity: int, count: int) -> Seats:
    """One round: so many people, each twice, ask for so many seats; everything that must hold is held against it."""
    people = [f"guest-{number}" for number in range(count)]
    workshop_id = open_workshop(world, max_capacity=capacity)
    replies = rush(workshop_id, people)
    assert {reply.status for reply in replies} <= {200, 201}
    # Of two twins one may join the waitlist while the other already holds the seat that ends their waiting.
    best: dict[str, str] = {}
    for reply in replies:
        user_id, status = reply.json["user"]["id"], reply.json["status"]
        best[user_id] = min(status, best.get(user_id, status))
    assert Counter(best.values()) == Counter({"rsvp": min(capacity, count), "waitlisted": max(0, count - capacity)})
    assert wrong_at_any_time(look(workshop_id)) == []
    found = settle(workshop_id, stream)
    assert {row.user_id: row.status for row in found.rows} == best
    assert set(best) == {id_of(user) for user in people}
    assert len(found.held) == found.workshop.attendee_count == min(capacity, count)
    assert found.free == max(0, capacity - count)
    return found


@pytest.mark.parametrize(("capacity", "people"), [(1, size(100, 300)), (50, size(150, 300)), (500, size(80, 300))])
def test_hundreds_of_people_who_each_ask_twice_get_exactly_the_seats_there_are(
    world: World, stream: Stream, capacity: int, people: int
) -> None:
    for _ in range(size(1, 20)):
        sold_out(world, stream, capacity, people)


@pytest.mark.parametrize(("capacity", "people"), [(1, 10), (50, 56), (97, 103)])
def test_in_many_rounds_not_one_seat_is_sold_twice_or_left_over(
    world: World, stream: Stream, capacity: int, people: int
) -> None:
    for _ in range(ROUNDS if capacity == 1 else size(2, ROUNDS)):
        assert len(sold_out(world, stream, capacity, people).waiting) == people - capacity


def careless(workshop_id: str, user: str) -> None:
    """Looks whether a seat is left, thinks about it, and takes it: what everybody writes first."""
    workshop = stored(workshop_id)
    taken = len(look(workshop_id).seated)
    time.sleep(0.002)
    if workshop.capacity is not None and taken < workshop.capacity:
        table.put_if_absent(seats.new_row(workshop, id_of(user), at=clock.now()))


def test_a_careless_variant_oversells_and_is_caught(world: World) -> None:
    caught = 0
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in range(ROUNDS):
            workshop_id = open_workshop(world, max_capacity=5)
            for done in [pool.submit(careless, workshop_id, f"guest-{number}") for number in range(24)]:
                done.result()
            caught += any("rows with a seat" in problem for problem in wrong_at_any_time(look(workshop_id)))
    assert caught >= ROUNDS * 0.8
