"""Reminders: at the right minute, once, to those who want them; and what else happens by itself."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from atelier import clock, due
from atelier.notifications import fan_out, reminding
from atelier.rsvps.items import Attendee
from atelier.table import Item
from tests.calling import World, call, id_of
from tests.counting import counted
from tests.deliveries import Clock, before, deliver, inbox_of, start_of, tick, told, wish
from tests.faults import Killed, killed_after, killed_before
from tests.messages import Outbox
from tests.rooms import rsvp, suspend
from tests.workshops import stored


def a_workshop(world: World, *people: str, **fields: Any) -> dict[str, Any]:
    """A workshop in a day, with people who have a seat."""
    workshop = world.workshop(**fields)
    for user in people:
        assert rsvp(workshop["id"], user).status == 201
    return workshop


def run_hours(workshop: dict[str, Any], sent: Outbox, first: float = 90, last: float = -20) -> None:
    """Every minute from so many minutes before the start to so many after it."""
    minute = first
    while minute >= last:
        at = before(workshop, minute)
        tick(at)
        deliver(sent, at)
        minute -= 1


@pytest.mark.parametrize("capacity", [10, None])
def test_everybody_with_a_seat_is_reminded_an_hour_and_a_quarter_of_an_hour_ahead(
    world: World, sent: Outbox, capacity: int | None
) -> None:
    workshop = a_workshop(world, "ana", "ben", max_capacity=capacity)
    run_hours(workshop, sent, last=1)
    for user in ("ana", "ben"):
        assert told(user) == [("workshop_reminder", 60), ("workshop_reminder", 15)]
    assert told("host") == []


def test_nobody_is_reminded_before_it_is_time(world: World, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana")
    assert tick(before(workshop, 61)) == 0
    assert tick(before(workshop, 60)) == 1


def test_the_same_minute_twice_tells_nobody_twice(world: World, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana")
    at = before(workshop, 60)
    tick(at)
    messages = list(sent)
    assert deliver(sent, at) == 1
    sent.extend(messages)
    assert deliver(sent, at) == 0
    assert told("ana") == [("workshop_reminder", 60)]


def test_two_runs_at_once_send_one_set_of_messages(world: World, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana")
    with ThreadPoolExecutor(4) as pool:
        worked = list(pool.map(lambda _: tick(before(workshop, 60)), range(4)))
    assert sum(worked) == 1
    assert len(sent) == 1


def test_after_an_outage_one_reminder_comes_and_none_after_the_start(world: World, sent: Outbox) -> None:
    late, over = a_workshop(world, "ana"), a_workshop(world, "ben")
    at = before(late, 10)
    tick(at)
    deliver(sent, at)
    assert told("ana") == [("workshop_reminder", 15)]
    at = start_of(over) + timedelta(minutes=1)
    tick(at)
    deliver(sent, at)
    assert told("ana") == [("workshop_reminder", 15)]
    assert ("workshop_reminder", 15) in told("ben")


def test_a_message_that_arrives_after_the_start_reminds_nobody(world: World, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana")
    tick(before(workshop, 15))
    assert deliver(sent, start_of(workshop)) == 0


def test_who_comes_late_gets_only_what_is_still_ahead(world: World, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana")
    row_time = before(workshop, 59)
    tick(before(workshop, 60))
    assert rsvp(workshop["id"], "ben").status == 201
    Item.get(f"WORKSHOP#{workshop['id']}", f"ATTENDEE#{id_of('ben')}").update([Attendee.rsvp_at.set(row_time)])
    deliver(sent, before(workshop, 58))
    assert told("ben") == []
    tick(before(workshop, 15))
    deliver(sent, before(workshop, 15))
    assert told("ben") == [("workshop_reminder", 15)]


def test_who_left_or_waits_or_is_suspended_is_not_reminded(world: World, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana", "ben", "dora", max_capacity=3)
    assert rsvp(workshop["id"], "cleo").json["status"] == "waitlisted"
    suspend("dora")
    at = before(workshop, 60)
    tick(at)
    rsvp(workshop["id"], "ana", "DELETE")
    deliver(sent, at)
    assert told("ana") == []
    assert told("dora") == []
    assert told("ben") == [("workshop_reminder", 60)]


def test_a_workshop_that_is_cancelled_or_moved_meanwhile_reminds_nobody(world: World, sent: Outbox) -> None:
    cancelled, moved = a_workshop(world, "ana"), a_workshop(world, "ben")
    at = before(cancelled, 60)
    tick(at)
    call("workshops", "DELETE", f"/workshops/{cancelled['id']}", user="host")
    later = clock.to_text(start_of(moved) + timedelta(hours=3))
    call("workshops", "PATCH", f"/workshops/{moved['id']}", user="host", body={"scheduled_at": later})
    assert deliver(sent, at) == 0


def test_a_moved_workshop_reminds_again_for_its_new_time(world: World, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana")
    at = before(workshop, 60)
    tick(at)
    deliver(sent, at)
    later = clock.to_text(start_of(workshop) + timedelta(hours=3))
    moved = call("workshops", "PATCH", f"/workshops/{workshop['id']}", user="host", body={"scheduled_at": later}).json
    run_hours(moved, sent, first=61, last=59)
    assert told("ana") == [("workshop_reminder", 60), ("workshop_reminder", 60)]


def test_an_edit_in_the_minute_of_a_reminder_does_not_lose_it(world: World, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana")
    at = before(workshop, 60)
    with killed_after(1), pytest.raises(Killed):
        reminding.run(has_time=lambda: True, at=Clock(at))
    call("workshops", "PATCH", f"/workshops/{workshop['id']}", user="host", body={"title": "Pit firing"})
    tick(at + timedelta(seconds=30))
    deliver(sent, at)
    assert told("ana") == [("workshop_reminder", 60)]


@pytest.mark.parametrize("write", [1, 2])
@pytest.mark.parametrize("kill", [killed_before, killed_after])
def test_dying_anywhere_in_a_run_loses_and_doubles_nothing(world: World, sent: Outbox, write: int, kill: Any) -> None:
    workshop = a_workshop(world, "ana")
    at = before(workshop, 60)
    with kill(write), pytest.raises(Killed):
        reminding.run(has_time=lambda: True, at=Clock(at))
    for minute in range(7):
        tick(at + timedelta(minutes=minute))
    deliver(sent, at + timedelta(minutes=7))
    assert told("ana") == [("workshop_reminder", 60)]
    assert stored(workshop["id"]).due_at == before(workshop, 15)


def test_a_room_that_nobody_opened_is_cancelled_a_quarter_of_an_hour_after_its_time(world: World, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana")
    tick(start_of(workshop) + timedelta(minutes=14))
    assert stored(workshop["id"]).status == "scheduled"
    tick(start_of(workshop) + timedelta(minutes=15))
    assert stored(workshop["id"]).status == "cancelled"
    assert stored(workshop["id"]).due_key is None


def test_a_host_who_opens_in_that_moment_wins(world: World, sent: Outbox) -> None:
    workshop = a_workshop(world)
    read = stored(workshop["id"])
    place = read.due_sort
    at = start_of(workshop) + timedelta(minutes=15)
    call("workshops", "PATCH", f"/workshops/{workshop['id']}", user="host", body={"title": "Pit firing"})
    assert not reminding._transit(read, {"status": "cancelled"}, Clock(at))  # noqa: SLF001 - the moment itself
    assert stored(workshop["id"]).status == "scheduled"
    assert stored(workshop["id"]).due_sort == place


def test_what_takes_place_in_person_begins_and_ends_on_time_by_itself(world: World, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana", format="in_person", location="Yard", duration_minutes=90)
    tick(start_of(workshop))
    live = stored(workshop["id"])
    assert (live.status, live.actual_started_at) == ("live", start_of(workshop))
    assert tick(start_of(workshop) + timedelta(minutes=89)) == 0
    tick(start_of(workshop) + timedelta(minutes=95))
    over = stored(workshop["id"])
    assert (over.status, over.actual_ended_at) == ("ended", start_of(workshop) + timedelta(minutes=90))
    assert over.due_key is None


def test_one_workshop_that_fails_holds_up_no_other(world: World, sent: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = a_workshop(world, "ana"), a_workshop(world, "ben")
    real = fan_out.fan_out

    def broken(announcement: Any, workshop: Any) -> int:
        if workshop.id == first["id"]:
            raise RuntimeError("broken")
        return real(announcement, workshop)

    monkeypatch.setattr(fan_out, "fan_out", broken)
    at = max(before(first, 60), before(second, 60))
    assert tick(at) == 1
    monkeypatch.undo()
    deliver(sent, at)
    assert told("ben") == [("workshop_reminder", 60)]


def test_an_idle_minute_costs_one_query_per_shard(world: World) -> None:
    a_workshop(world)
    with counted() as use:
        tick(clock.now())
    assert use.operations == ["Query"] * due.SHARDS


def test_due_work_costs_a_read_a_claim_and_an_advance(world: World, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana", max_capacity=10)
    with counted() as use:
        tick(before(workshop, 60))
    assert sorted(use.operations) == sorted(["Query"] * due.SHARDS + ["GetItem", "UpdateItem", "UpdateItem"])


def test_a_person_may_want_no_reminder_or_another_one_of_those_that_are_due(world: World, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana", "ben")
    wish("ana")
    wish("ben", 15)
    run_hours(workshop, sent, last=1)
    assert told("ana") == []
    assert told("ben") == [("workshop_reminder", 15)]


def test_a_reminder_says_what_it_is_about(world: World, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana")
    at = before(workshop, 60)
    tick(at)
    deliver(sent, at)
    [item] = inbox_of("ana")
    assert item.entity_id == workshop["id"]
    assert item.data == {
        "title": "Raku firing",
        "scheduled_at": workshop["scheduled_at"],
        "minutes_before": 60,
    }
    assert item.expires_at == pytest.approx((at + timedelta(days=180)).timestamp(), abs=1)
