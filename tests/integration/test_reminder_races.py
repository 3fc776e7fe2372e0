"""Due work, edits and wishes at the same time: no reminder is lost, doubled, or comes for a time that is none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from atelier import clock, due, queues
from atelier.notifications import reminding, wishes
from atelier.notifications.announcements import Share
from atelier.workshops import moments
from tests import template
from tests.calling import World, call, id_of
from tests.deliveries import Clock, before, carry_out, deliver, start_of, tick, told, wish
from tests.faults import Killed, answers_lost, killed_after, killed_before, overtaken
from tests.messages import Outbox
from tests.rooms import rsvp
from tests.streaming import Stream
from tests.workshops import stored


def a_workshop(world: World, *people: str, **fields: Any) -> dict[str, Any]:
    """A workshop in a day, with people who have a seat."""
    workshop = world.workshop(**fields)
    for user in people:
        assert rsvp(workshop["id"], user).status == 201
    return workshop


def edit(workshop: dict[str, Any], **body: object) -> dict[str, Any]:
    reply = call("workshops", "PATCH", f"/workshops/{workshop['id']}", user="host", body=body)
    assert reply.status == 200, reply.text
    edited: dict[str, Any] = reply.json
    return edited


def moved(workshop: dict[str, Any], **by: float) -> dict[str, Any]:
    return edit(workshop, scheduled_at=clock.to_text(start_of(workshop) + timedelta(**by)))


def play(workshop: dict[str, Any], sent: Outbox, first: float, last: float) -> None:
    """Every minute from so many minutes before the start to so many before it; all messages arrive at once."""
    minute = first
    while minute >= last:
        tick(before(workshop, minute))
        deliver(sent, before(workshop, minute))
        minute -= 1


@pytest.mark.parametrize("write", [1, 2], ids=["before the claim", "before the advance"])
def test_a_start_that_moves_under_a_run_keeps_the_reminders_of_the_new_start(
    world: World, sent: Outbox, write: int
) -> None:
    """Moved by 45 minutes, the next moment is the same instant as before, and so the same place in the index."""
    workshop = a_workshop(world, "ana")
    play(workshop, sent, 60, 60)
    with overtaken(write, lambda: moved(workshop, minutes=45)) as race:
        tick(before(workshop, 15))
    assert race.struck
    deliver(sent, before(workshop, 15))
    later = {**workshop, "scheduled_at": clock.to_text(stored(workshop["id"]).scheduled_at)}
    play(later, sent, 59, 1)
    assert told("ana") == [("workshop_reminder", 60), ("workshop_reminder", 60), ("workshop_reminder", 15)]


def test_a_new_start_that_was_decided_before_a_run_and_is_written_after_it_keeps_its_reminders(
    world: World, sent: Outbox
) -> None:
    workshop = a_workshop(world, "ana")
    play(workshop, sent, 60, 60)
    with overtaken(1, lambda: tick(before(workshop, 15)), on={"TransactWriteItems"}) as race:
        later = moved(workshop, minutes=45)
    assert race.struck
    sent.clear()
    play(later, sent, 59, 59)
    assert told("ana") == [("workshop_reminder", 60), ("workshop_reminder", 60)]


@pytest.mark.parametrize("write", [1, 2], ids=["before the claim", "before the advance"])
def test_a_wish_that_comes_under_a_run_is_not_forgotten(world: World, sent: Outbox, write: int) -> None:
    workshop = a_workshop(world, "ana")
    wish("ana", 30)

    def follow() -> None:
        wishes.of_newcomers(workshop["id"], [id_of("ana")], since=before(workshop, 61))

    with overtaken(write, follow) as race:
        tick(before(workshop, 60))
    assert race.struck
    play(workshop, sent, 59, 1)
    assert told("ana") == [("workshop_reminder", 30)]


def test_an_edit_that_meets_a_wish_knows_of_it(world: World, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana")
    wish("ana", 120)

    def follow() -> None:
        wishes.of_newcomers(workshop["id"], [id_of("ana")], since=clock.now())

    with overtaken(1, follow, on={"TransactWriteItems"}) as race:
        later = moved(workshop, hours=5)
    assert race.struck
    assert stored(workshop["id"]).due_at == before(later, 120)


def test_two_wishes_at_once_are_both_kept(world: World) -> None:
    workshop = a_workshop(world, "ana", "ben")
    wish("ana", 5)
    wish("ben", 30)

    def follow(user: str) -> Callable[[], None]:
        return lambda: wishes.of_newcomers(workshop["id"], [id_of(user)], since=clock.now())

    with overtaken(1, follow("ben")) as race:
        follow("ana")()
    assert race.struck
    assert moments.offsets(stored(workshop["id"])) == {5, 15, 30, 60}


def test_a_wish_that_the_stream_tells_late_is_still_done(world: World, stream: Stream, sent: Outbox) -> None:
    """What counts is when somebody said so, not when it was read."""
    workshop = a_workshop(world, "ana")
    wish("ana", 30)
    play(workshop, sent, 60, 29)
    wishes.of_newcomers(workshop["id"], [id_of("ana")], since=before(workshop, 31))
    play(workshop, sent, 28, 1)
    assert told("ana") == [("workshop_reminder", 30)]


def test_a_wish_for_what_was_past_by_then_is_not(world: World, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana")
    play(workshop, sent, 60, 25)
    wish("ana", 30, 5)
    wishes.of_newcomers(workshop["id"], [id_of("ana")], since=before(workshop, 25))
    play(workshop, sent, 24, 1)
    assert told("ana") == [("workshop_reminder", 60), ("workshop_reminder", 5)]


def test_who_moves_up_in_the_minute_of_their_reminder_gets_it(world: World, stream: Stream, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana", max_capacity=1)
    wish("ben", 30)
    assert rsvp(workshop["id"], "ben").json["status"] == "waitlisted"
    stream.run()
    assert moments.offsets(stored(workshop["id"])) == {15, 30, 60}
    play(workshop, sent, 60, 31)
    rsvp(workshop["id"], "ana", "DELETE")
    tick(before(workshop, 29.6))
    stream.run()
    deliver(sent, before(workshop, 29.6))
    assert ("workshop_reminder", 30) in told("ben")


@pytest.mark.parametrize("change", [{"duration_minutes": 90}, {"format": "hybrid"}, {"title": "Pit firing"}])
def test_an_edit_in_the_minute_of_a_reminder_and_before_the_run_does_not_lose_it(
    world: World, sent: Outbox, change: dict[str, Any]
) -> None:
    workshop = world.workshop(starts_in=timedelta(minutes=60, seconds=1))
    wish("ana", 60)
    assert rsvp(workshop["id"], "ana").status == 201
    stored(workshop["id"])
    while clock.now() <= before(workshop, 60):
        pass
    edit(workshop, **change)
    play(workshop, sent, 59.5, 59.5)
    assert told("ana") == [("workshop_reminder", 60)]


def test_whom_a_run_told_that_died_is_not_told_again_by_the_next_one_with_more_to_tell(
    world: World, sent: Outbox
) -> None:
    """The next run finds the reminder ten minutes ahead due as well, and tells of both at once."""
    workshop = a_workshop(world, "ana", "ben")
    wish("ben", 15, 10)
    wishes.of_newcomers(workshop["id"], [id_of("ben")], since=clock.now())
    play(workshop, sent, 60, 16)
    with killed_before(2), pytest.raises(Killed):
        reminding.run(has_time=lambda: True, at=Clock(before(workshop, 12)))
    deliver(sent, before(workshop, 12))
    tick(before(workshop, 9))
    deliver(sent, before(workshop, 9))
    assert told("ana") == [("workshop_reminder", 60), ("workshop_reminder", 15)]
    assert told("ben") == [("workshop_reminder", 15), ("workshop_reminder", 10)]


def test_messages_of_two_runs_tell_one_reminder_in_either_order(world: World, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana", "ben")
    wish("ben", 15, 10)
    wishes.of_newcomers(workshop["id"], [id_of("ben")], since=clock.now())
    play(workshop, sent, 60, 16)
    tick(before(workshop, 15))
    earlier = sent.tasks
    sent.clear()
    tick(before(workshop, 10))
    later = sent.tasks
    for task in (*later, *earlier):
        carry_out(task, before(workshop, 9))
    assert told("ana") == [("workshop_reminder", 60), ("workshop_reminder", 15)]
    assert told("ben") == [("workshop_reminder", 10)]


def test_a_queue_that_stood_still_tells_only_what_is_nearest_to_the_start(world: World, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana")
    for minutes in (60, 15):
        tick(before(workshop, minutes))
    deliver(sent, before(workshop, 14))
    assert told("ana") == [("workshop_reminder", 15)]


def test_a_clock_that_is_behind_loses_no_reminder(world: World, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana")
    tick(before(workshop, 60))
    deliver(sent, before(workshop, 60) - timedelta(seconds=2))
    assert told("ana") == [("workshop_reminder", 60)]


def test_a_run_that_dies_over_the_last_reminder_leaves_time_for_another(world: World, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana")
    wish("ana", 5)
    wishes.of_newcomers(workshop["id"], [id_of("ana")], since=clock.now())
    play(workshop, sent, 60, 6)
    with killed_after(1), pytest.raises(Killed):
        reminding.run(has_time=lambda: True, at=Clock(before(workshop, 4)))
    play(workshop, sent, 3, 1)
    assert told("ana") == [("workshop_reminder", 5)]


def test_a_lease_outlasts_a_run() -> None:
    [timeout] = [
        resource["Properties"]["Timeout"]
        for name, resource in template.resources().items()
        if name == "RemindersFunction"
    ]
    assert timeout < due.LEASE.total_seconds() < 180


@contextmanager
def queue_refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*_: object) -> int:
        raise queues.NotQueuedError

    with monkeypatch.context() as patch:
        patch.setattr(queues, "send_many", refuse)
        yield


def test_what_the_queue_refused_is_tried_again_by_the_next_run(
    world: World, sent: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop = a_workshop(world, "ana")
    with queue_refusing(monkeypatch):
        assert tick(before(workshop, 15)) == 0
    assert tick(before(workshop, 14)) == 1
    deliver(sent, before(workshop, 14))
    assert told("ana") == [("workshop_reminder", 15)]


def test_a_claim_whose_answer_was_lost_is_known_as_ones_own(world: World, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana")
    with answers_lost(1) as loss:
        assert tick(before(workshop, 60)) == 1
    assert loss.struck
    assert len(sent) == 1


def test_in_person_a_day_without_any_run_is_caught_up_with(world: World, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana", format="in_person", location="Yard", duration_minutes=90)
    late = start_of(workshop) + timedelta(days=1)
    assert [tick(late + timedelta(minutes=minute)) for minute in range(3)] == [1, 1, 0]
    over = stored(workshop["id"])
    assert over.status == "ended"
    assert over.due_key is None
    assert over.actual_started_at == start_of(workshop)
    assert over.actual_ended_at == start_of(workshop) + timedelta(minutes=90)


def test_seats_that_are_added_under_a_run_leave_nobody_out(world: World, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana", max_capacity=48)

    def grow() -> None:
        edit(workshop, max_capacity=100)
        for number in range(60):
            assert rsvp(workshop["id"], f"late{number:02d}").status == 201

    with overtaken(1, grow):
        tick(before(workshop, 60))
    blocks = {Share.from_task(task).block for task in sent.to("deliveries")}
    assert blocks == {0, 1, 2}


def test_who_was_seated_before_and_after_a_limit_was_lifted_is_reminded(world: World, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana", max_capacity=1)
    edit(workshop, max_capacity=None)
    assert rsvp(workshop["id"], "ben").status == 201
    play(workshop, sent, 60, 60)
    assert told("ana") == told("ben") == [("workshop_reminder", 60)]


def test_who_leaves_and_comes_back_is_reminded_once_of_each(world: World, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana")
    play(workshop, sent, 60, 60)
    rsvp(workshop["id"], "ana", "DELETE")
    assert rsvp(workshop["id"], "ana").status == 201
    with killed_after(1), pytest.raises(Killed):
        reminding.run(has_time=lambda: True, at=Clock(before(workshop, 15)))
    play(workshop, sent, 14, 1)
    assert told("ana") == [("workshop_reminder", 60), ("workshop_reminder", 15)]


def test_three_wishes_of_nine_come_at_their_times(world: World, sent: Outbox) -> None:
    workshop = world.workshop(starts_in=timedelta(days=8))
    wish("ana", 10080, 120, 5)
    assert rsvp(workshop["id"], "ana").status == 201
    wishes.of_newcomers(workshop["id"], [id_of("ana")], since=clock.now())
    for minutes in (10081, 10080, 2880, 1440, 121, 120, 60, 30, 15, 10, 6, 5, 1):
        play(workshop, sent, minutes, minutes)
    assert told("ana") == [("workshop_reminder", 10080), ("workshop_reminder", 120), ("workshop_reminder", 5)]
