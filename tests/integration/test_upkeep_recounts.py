"""Each night, counts and seats are looked at anew: what went wrong by day is right in the morning."""

import pytest

from atelier.rsvps import counts
from atelier.rsvps.items import SeatBlock, block_key
from atelier.upkeep import recounts
from tests.calling import World
from tests.categories import ask as ask_category
from tests.categories import stored as stored_category
from tests.seats import open_workshop, status_of
from tests.streaming import Stream
from tests.workshops import set_in_table, stored


def test_counts_that_drifted_are_right_in_the_morning(world: World, stream: Stream) -> None:
    limited = open_workshop(world, "ana", "ben", max_capacity=1)
    unlimited = open_workshop(world, "ana", max_capacity=None, is_private=False)
    stream.run()
    for workshop_id in (limited, unlimited):
        set_in_table(workshop_id, attendee_count=counts.COUNTED_UP_TO + 7, waitlist_count=counts.COUNTED_UP_TO + 3)
    night = recounts.recount_all()
    assert (night.workshops, night.corrected, night.failed) == (2, 2, 0)
    assert [(stored(each).attendee_count, stored(each).waitlist_count) for each in (limited, unlimited)] == [
        (1, 1),
        (1, 0),
    ]
    assert recounts.recount_all().corrected == 0


def test_by_day_such_a_drift_stays_because_differences_are_added(world: World, stream: Stream) -> None:
    """What the night is for."""
    workshop_id = open_workshop(world, "ana", max_capacity=None)
    stream.run()
    set_in_table(workshop_id, attendee_count=counts.COUNTED_UP_TO + 7)
    counts.recount(workshop_id, seats_changed=1)
    assert stored(workshop_id).attendee_count == counts.COUNTED_UP_TO + 8


def test_private_workshops_are_recounted_too(world: World, stream: Stream) -> None:
    workshop_id = open_workshop(world, is_private=True)
    stream.run()
    set_in_table(workshop_id, attendee_count=5)
    assert recounts.recount_all().corrected == 1
    assert stored(workshop_id).attendee_count == 0


def test_a_seat_that_was_forgotten_goes_to_who_waits(world: World, stream: Stream) -> None:
    workshop_id = open_workshop(world, "ana", "ben", max_capacity=1)
    stream.run()
    SeatBlock(*block_key(workshop_id, 0)).update([SeatBlock.freed.set(1)])
    assert recounts.recount_all().corrected == 1
    assert status_of(workshop_id, "ben") == "rsvp"


def test_categories_are_recounted(world: World) -> None:
    made = ask_category("POST", body={"name": "Clay"}).json
    category = stored_category(made["id"])
    assert category is not None
    category.update([type(category).workshop_count.set(9)])
    assert recounts.recount_all().categories == 1
    after = stored_category(made["id"])
    assert after is not None
    assert after.workshop_count == 0


def test_one_that_fails_does_not_keep_the_others(world: World, stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (open_workshop(world, "ana") for _ in range(2))
    stream.run()
    for workshop_id in (first, second):
        set_in_table(workshop_id, attendee_count=5)
    recount = counts.recount

    def fail_once(workshop_id: str, **how: bool) -> None:
        if workshop_id == first:
            raise RuntimeError("this one")
        recount(workshop_id, **how)

    monkeypatch.setattr(counts, "recount", fail_once)
    night = recounts.recount_all()
    assert (night.workshops, night.failed) == (1, 1)
    assert (stored(first).attendee_count, stored(second).attendee_count) == (5, 1)


def test_nothing_to_come_is_five_queries_of_nothing(table: str) -> None:
    assert recounts.recount_all() == recounts.Recount()
