"""Looks that come again, several times, or at once: one recording, one chain of looks, few round trips."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from atelier import retries
from atelier.recordings import lease, saving, steps
from atelier.recordings.lease import Lease
from tests.counting import counted
from tests.faults import Killed, answers_lost, failing_with
from tests.live import Live, LiveRoom
from tests.recorders import Studio


@pytest.fixture
def studio(live: Live) -> Studio:
    live.agora.simulator.pace.progress = 86_400.0
    return Studio(live)


def look_at_once(studio: Studio, room: LiveRoom, workers: int) -> None:
    barrier = threading.Barrier(workers)

    def look() -> None:
        barrier.wait()
        studio.look(room)

    threads = [threading.Thread(target=look) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextmanager
def anybodys(workshop_id: str, **_: object) -> Iterator[Lease]:
    yield Lease(workshop_id, "anybody")


@pytest.mark.parametrize("workers", [2, 5])
def test_several_workers_at_once_begin_one_recording(studio: Studio, workers: int) -> None:
    for _ in range(4):
        room = studio.open()
        look_at_once(studio, room, workers)
        studio.run(30)
        assert (len(room.recordings), studio.running(room), studio.most_running(room)) == (1, 1, 1)
        assert studio.live.tasks == []


def test_even_without_the_lease_one_recording_runs(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "held", anybodys)
    for _ in range(6):
        room = studio.open()
        look_at_once(studio, room, 4)
        studio.nudge(room)
        studio.run(minutes=1)
        assert (studio.running(room), studio.most_running(room)) == (1, 1)


@pytest.mark.parametrize("has_lease", [True, False])
def test_the_lease_keeps_a_second_worker_from_doing_the_same(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, *, has_lease: bool
) -> None:
    if not has_lease:
        monkeypatch.setattr(lease, "held", anybodys)
    room = studio.open()
    others = iter([lambda: studio.look(room)])
    studio.on_step = lambda name: next(others, lambda: None)() if name == "acquire" else None
    studio.look(room)
    assert studio.calls.count("acquire") == (1 if has_lease else 2)
    studio.run(30)
    assert (studio.running(room), studio.most_running(room)) == (1, 1)


def test_a_message_that_comes_five_times_begins_one_recording_and_one_chain_of_looks(studio: Studio) -> None:
    room = studio.open()
    studio.nudge(room, 5)
    studio.run(1)
    assert len(studio.live.tasks) == 1
    studio.run(30)
    assert (studio.running(room), studio.most_running(room), studio.live.tasks) == (1, 1, [])
    assert (studio.calls[:2], set(studio.calls[2:])) == (["acquire", "start"], {"query"})


def test_reasons_to_look_every_five_minutes_do_not_multiply(studio: Studio) -> None:
    room = studio.open()
    studio.start(room)
    studio.live.agora.simulator.misbehave(drop=1.0)
    studio.live.agora.simulator.pace.upload = 10.0**6
    studio.forget_files()
    room.end()
    studio.nudge(room)
    for _ in range(24):
        studio.nudge(room)
        studio.run(minutes=5)
        assert len(studio.live.tasks) == 1
    assert studio.looks < 24 * 3


def test_a_reason_that_cannot_wait_is_not_kept_by_a_look_that_is_far_off(studio: Studio) -> None:
    room = studio.open()
    studio.live.agora.simulator.fail("acquire", 1, status=400, code=2)
    studio.nudge(room)
    studio.run(5)
    assert len(studio.live.tasks) == 1
    room.end()
    studio.nudge(room)
    studio.run(1)
    assert [recording.status for recording in room.recordings] == ["failed"]


def test_whoever_finds_the_lease_taken_comes_back_in_five_seconds(studio: Studio) -> None:
    room = studio.open()
    with lease.held(room.id, at=studio.live.now):
        studio.nudge(room)
        studio.run(0)
        assert [at - studio.live.agora.clock.now for at, _ in studio.live.tasks] == [5]
        assert studio.calls == []
    studio.run(30)
    assert studio.running(room) == 1


def test_a_lease_ends_by_itself_when_its_holder_died(studio: Studio) -> None:
    room = studio.open()

    def later(seconds: float) -> bool:
        with lease.held(room.id, at=lambda: studio.live.now() + timedelta(seconds=seconds)) as held:
            return held is not None

    with pytest.raises(Killed), lease.held(room.id, at=studio.live.now):
        raise Killed
    assert (later(89), later(91), later(91)) == (False, True, True)


def test_a_lease_that_lapsed_is_not_taken_from_whoever_has_it_now(studio: Studio) -> None:
    room = studio.open()
    with lease.held(room.id, at=studio.live.now):
        after = studio.live.now() + timedelta(seconds=100)
        with pytest.raises(Killed), lease.held(room.id, at=lambda: after):
            raise Killed
    with lease.held(room.id, at=lambda: after) as third:
        assert third is None


@pytest.mark.parametrize("n", range(1, 6))
def test_a_write_whose_answer_is_lost_is_known_as_our_own(studio: Studio, n: int) -> None:
    room = studio.open()
    with answers_lost(n) as fault:
        studio.look(room)
    assert fault.struck == 1
    assert (studio.calls, len(room.recordings), len(studio.live.tasks)) == (["acquire", "start"], 1, 1)
    studio.run(30)
    assert (studio.running(room), studio.calls) == (1, ["acquire", "start", "query"])


def test_an_error_of_the_table_gives_the_lease_back_and_the_message_to_the_queue(studio: Studio) -> None:
    room = studio.open()
    with failing_with("ValidationException", first=2), pytest.raises(Exception, match="ValidationException"):
        studio.look(room)
    studio.look(room)
    assert studio.calls == ["acquire", "start"]


def test_a_step_that_time_is_too_short_for_is_left_to_another_look(studio: Studio) -> None:
    room = studio.open()
    with retries.time_to_start(10):
        studio.look(room)
    assert (studio.calls, len(room.recordings), len(studio.live.tasks)) == ([], 1, 1)
    studio.run(30)
    assert studio.running(room) == 1


def test_a_resource_that_grew_old_in_a_slow_table_gives_way_to_a_fresh_one(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def save_slowly(*args: Any, **changes: Any) -> None:
        saving.save(*args, **changes)
        studio.live.agora.clock.advance(3 if "start_asked_at" in changes else 0)

    monkeypatch.setattr(steps, "save", save_slowly)
    room = studio.open()
    studio.look(room)
    assert studio.calls == ["acquire", "acquire", "start"]
    studio.run(30)
    assert studio.running(room) == 1


@pytest.mark.parametrize(
    ("state", "reads", "writes"),
    [
        ("nothing to do", 2, 2),
        ("a start", 4, 5),
        ("a first check", 2, 3),
        ("a check", 2, 2),
        ("an end", 4, 3),
        ("a look for files", 2, 3),
    ],
)
def test_a_look_costs_few_round_trips(studio: Studio, state: str, reads: int, writes: int) -> None:
    studio.live.agora.simulator.misbehave(drop=1.0)
    room = studio.open(status="lobby" if state == "nothing to do" else "live")
    if state == "a first check":
        studio.look(room)
        studio.live.wait(5)
    elif state not in ("nothing to do", "a start"):
        studio.start(room)
    if state in ("an end", "a look for files"):
        room.end()
    if state == "a look for files":
        studio.look(room)
        studio.live.wait(200)
    with counted() as use:
        studio.look(room)
    assert (len(use.reads), len(use.writes)) == (reads, writes), use.operations
