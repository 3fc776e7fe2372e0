"""Seats under many hands at once: none is sold twice, none is lost."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.api import Api
from tests.e2e.races import check_table, crowd, places, storm
from tests.e2e.scenes import Table, detail, eventually, join, make, need
from tests.sizes import size


@pytest.mark.parametrize(("capacity", "people"), [(50, size(120, 300)), (1, size(20, 40))])
def test_of_many_who_ask_twice_exactly_as_many_get_a_seat_as_there_are(api: Api, capacity: int, people: int) -> None:
    host = api.person()
    workshop = make(api, host, max_capacity=capacity)
    answers = storm(api, workshop, crowd(api, people), times=2)
    assert len(answers) == 2 * people
    got = places(answers)
    assert len(got) == people
    assert Counter(got.values()) == {"rsvp": capacity, "waitlisted": people - capacity}

    def counts() -> tuple[int, int, int]:
        seen = detail(api, host, workshop)
        return seen["attendee_count"], seen["waitlist_count"], seen["seats_left"]

    eventually(counts, (capacity, people - capacity, 0))
    check_table(api.stack, workshop, got, capacity=capacity)
    meta = Table(api.stack).item(f"WORKSHOP#{workshop}", "#META") or {}
    assert (meta["attendee_count"], meta["waitlist_count"]) == (capacity, people - capacity)


def test_a_seat_given_up_while_twenty_ask_goes_to_the_first_who_waits(api: Api) -> None:
    host, ana, ben = api.people(3)
    workshop = make(api, host, max_capacity=1)
    assert join(api, workshop, ana, ben) == ["rsvp", "waitlisted"]
    passers_by = crowd(api, 20)
    with ThreadPoolExecutor(1) as threads:
        leaving = threads.submit(api, ana, "DELETE", f"/workshops/{workshop}/rsvp")
        answers = storm(api, workshop, passers_by, times=1)
    need(leaving.result(), 204)
    got = places(answers)
    assert set(got.values()) == {"waitlisted"}
    check_table(api.stack, workshop, {**got, api.id(ben): "rsvp"}, capacity=1)


def test_seats_given_up_and_taken_at_once_end_with_every_seat_taken(api: Api) -> None:
    host, *people = api.people(11)
    workshop = make(api, host, max_capacity=5)
    join(api, workshop, *people)
    path = f"/workshops/{workshop}/rsvp"

    def turn(who: str) -> tuple[int, int]:
        return api(who, "DELETE", path).status_code, api(who, "POST", path).status_code

    with ThreadPoolExecutor(10) as threads:
        answers = [status for each in threads.map(turn, people) for status in each]
    assert not [status for status in answers if status >= 500]
    table = Table(api.stack)

    def taken() -> int:
        return len((table.block(workshop) or {}).get("holders", ()))

    eventually(taken, 5)
    eventually(lambda: len(table.waiting(workshop)), 5)
    check_table(api.stack, workshop, {who: row["status"] for who, row in table.rows(workshop).items()}, capacity=5)
