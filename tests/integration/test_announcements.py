"""Who is told what because of a change: everybody it concerns, once, and nobody else; and the mail that goes along."""

from datetime import timedelta
from typing import Any

import pytest

from atelier import clock
from tests.announced import a_workshop, cancel, edit
from tests.calling import World, call
from tests.counting import counted
from tests.deliveries import before, carry_out, deliver, inbox_of, start_of, tick, told
from tests.messages import Outbox
from tests.rooms import remove, rsvp
from tests.streaming import Stream
from tests.workshops import bring_near, run


def types(user: str) -> list[str]:
    return [kind for kind, _ in told(user)]


def test_a_cancelled_workshop_is_told_to_all_who_have_a_place_and_not_to_the_host_who_did_it(
    world: World, after: Any
) -> None:
    workshop = a_workshop(world, "ana", "ben", max_capacity=1)
    a_workshop(world, "cleo")
    cancel(workshop)
    after()
    assert types("ana") == types("ben") == ["workshop_cancelled"]
    assert types("cleo") == types("host") == []


def test_the_host_is_told_where_an_administrator_decided(world: World, after: Any) -> None:
    cancel(a_workshop(world, "ana"), "admin", ("admin",))
    after()
    assert types("ana") == types("host") == ["workshop_cancelled"]


def test_the_host_is_told_of_a_no_show_that_was_cancelled(world: World, after: Any) -> None:
    workshop = a_workshop(world, "ana")
    tick(start_of(workshop) + timedelta(minutes=15))
    after()
    assert types("host") == types("ana") == ["workshop_cancelled"]


def test_a_new_time_is_told_with_the_old_one(world: World, after: Any) -> None:
    workshop = a_workshop(world, "ana")
    later = clock.to_text(start_of(workshop) + timedelta(days=1))
    edit(workshop, scheduled_at=later)
    after()
    [item] = inbox_of("ana")
    assert item.type == "workshop_updated"
    assert item.data == {
        "title": "Raku firing",
        "scheduled_at": later,
        "timezone": "Europe/Berlin",
        "changed": ["scheduled_at"],
        "moved_from": workshop["scheduled_at"],
    }


@pytest.mark.parametrize("change", [{"title": "Pit firing"}, {"description": "Bring gloves."}, {"records": False}])
def test_what_changes_nobodys_plans_is_told_to_nobody(world: World, after: Any, change: dict[str, object]) -> None:
    edit(a_workshop(world, "ana"), **change)
    after()
    assert types("ana") == []


def test_a_workshop_that_has_begun_is_told_to_those_with_a_seat(world: World, after: Any) -> None:
    workshop = a_workshop(world, "ana", "ben", max_capacity=1)
    bring_near(workshop["id"])
    after()
    run(workshop["id"], "start")
    after()
    assert "workshop_started" in types("ana")
    assert "workshop_started" not in types("ben")


def test_who_moves_up_from_the_waitlist_is_told_each_time(world: World, after: Any) -> None:
    workshop = a_workshop(world, "ana", "ben", max_capacity=1)
    rsvp(workshop["id"], "ana", "DELETE")
    after()
    assert types("ben") == ["waitlist_promoted"]
    assert rsvp(workshop["id"], "ana").json["status"] == "waitlisted"
    rsvp(workshop["id"], "ben", "DELETE")
    after()
    assert rsvp(workshop["id"], "ben").json["status"] == "waitlisted"
    rsvp(workshop["id"], "ana", "DELETE")
    after()
    assert types("ben") == ["waitlist_promoted", "waitlist_promoted"]


def test_who_is_removed_is_told_and_nothing_more_after_that(world: World, after: Any) -> None:
    workshop = a_workshop(world, "ana", "ben")
    remove(workshop["id"], "ana")
    cancel(workshop)
    after()
    assert types("ana") == ["attendee_removed"]
    assert types("ben") == ["workshop_cancelled"]


def test_who_left_before_it_was_delivered_is_told_nothing(world: World, stream: Stream, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana", "ben")
    edit(workshop, location="Yard")
    stream.run()
    rsvp(workshop["id"], "ana", "DELETE")
    deliver(sent, clock.now())
    assert types("ana") == []
    assert types("ben") == ["workshop_updated"]


def test_a_workshop_that_is_cancelled_while_a_move_is_told_tells_the_rest_the_truth(
    world: World, stream: Stream, sent: Outbox
) -> None:
    workshop = a_workshop(world, "ana")
    edit(workshop, scheduled_at=clock.to_text(start_of(workshop) + timedelta(days=1)))
    stream.run()
    cancel(workshop)
    deliver(sent, clock.now())
    assert types("ana") == []
    stream.run()
    deliver(sent, clock.now())
    assert types("ana") == ["workshop_cancelled"]


def test_reading_the_same_change_twice_tells_nobody_twice(world: World, dynamodb: str, sent: Outbox) -> None:
    again = Stream(dynamodb, world.table_name)
    first = Stream(dynamodb, world.table_name)
    cancel(a_workshop(world, "ana"))
    for stream in (first, again):
        stream.run()
        deliver(sent, clock.now())
    assert types("ana") == ["workshop_cancelled"]


def test_an_earlier_reminder_that_somebody_wants_is_due_from_their_rsvp_on(world: World, after: Any) -> None:
    body = {"reminder_offsets": [120]}
    call("notifications", "PUT", "/me/notification-preferences", user="ana", body=body)
    workshop = a_workshop(world, "ana")
    after()
    assert tick(before(workshop, 120)) == 1


def test_wishes_that_change_later_hold_for_what_one_attends_already(world: World, after: Any, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana", "ben")
    after()
    body = {"reminder_offsets": [120]}
    call("notifications", "PUT", "/me/notification-preferences", user="ana", body=body)
    after()
    at = before(workshop, 120)
    tick(at)
    deliver(sent, at)
    assert told("ana") == [("workshop_reminder", 120)]
    assert told("ben") == []


def test_a_seat_costs_one_write_a_person_to_tell(world: World, sent: Outbox) -> None:
    people = [f"p{number:02d}" for number in range(12)]
    workshop = a_workshop(world, *people, max_capacity=20)
    at = before(workshop, 60)
    tick(at)
    [message] = sent
    with counted() as use:
        assert carry_out(message.task, at) == len(people)
    assert len(use.writes) == len(people)
    assert use.reads == ["GetItem", "BatchGetItem"]
