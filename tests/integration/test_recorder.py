"""Recordings from the start of a workshop to files that can be watched, at an Agora that does what it should."""

from typing import Any

import pytest

from atelier.agora.names import RECORDER_UIDS
from tests.live import Live, LiveRoom
from tests.recorders import Studio

HOUR = 3600


@pytest.fixture
def studio(live: Live) -> Studio:
    return Studio(live)


def end(studio: Studio, room: LiveRoom) -> None:
    room.end()
    studio.nudge(room)


def test_a_workshop_that_goes_live_is_recorded_and_one_that_ends_is_not(studio: Studio) -> None:
    room = studio.open()
    recording = studio.start(room)
    assert recording.uid in RECORDER_UIDS
    end(studio, room)
    studio.run(20)
    [recording] = room.recordings
    assert (recording.status, studio.running(room), studio.most_running(room)) == ("ready", 0, 1)
    assert studio.calls == ["acquire", "start", "query", "stop"]


@pytest.mark.parametrize(
    "workshop", [{"records": False}, {"format": "in_person"}, {"status": "lobby"}, {"status": "ended"}]
)
def test_what_is_not_to_be_recorded_costs_agora_nothing(studio: Studio, workshop: dict[str, Any]) -> None:
    room = studio.open(**workshop)
    studio.nudge(room)
    studio.run(60)
    assert (studio.calls, room.recordings, studio.live.tasks) == ([], [], [])


def test_a_look_at_a_workshop_that_does_not_exist_is_over_at_once(studio: Studio) -> None:
    studio.live.tasks.append((0.0, {"task": "recording", "workshop_id": "wks_00000000000000000000000000"}))
    studio.run(60)
    assert (studio.calls, studio.live.tasks) == ([], [])


def test_a_cancelled_workshop_is_no_longer_recorded(studio: Studio) -> None:
    room = studio.open()
    studio.start(room)
    room.cancel()
    studio.nudge(room)
    studio.run(20)
    assert studio.running(room) == 0


def test_files_stand_in_a_folder_of_letters_and_digits_that_is_the_recordings_own(studio: Studio) -> None:
    room = studio.open()
    recording = studio.start(room)
    assert recording.folder == f"recordings/{room.id[4:]}/{recording.id[4:]}"
    assert all(part.isalnum() for part in recording.folder.split("/"))
    end(studio, room)
    studio.run(20)
    [recording] = room.recordings
    assert [file["key"].startswith(f"{recording.folder}/") for file in recording.files] == [True]


def test_a_recording_is_known_to_run_without_any_notice(studio: Studio) -> None:
    studio.live.agora.simulator.misbehave(drop=1.0)
    room = studio.open()
    recording = studio.start(room)
    assert recording.verified_at is not None
    assert studio.live.tasks == []


@pytest.mark.parametrize("parts", [1, 3])
def test_files_are_found_without_any_notice(studio: Studio, parts: int) -> None:
    studio.live.agora.simulator.pace.mp4 = studio.live.agora.simulator.pace.progress = HOUR
    studio.live.agora.simulator.misbehave(drop=1.0)
    room = studio.open()
    began_ms = studio.live.seconds() * 1000
    studio.start(room)
    studio.run(parts * HOUR - 60)
    end(studio, room)
    studio.run(minutes=5)
    [recording] = room.recordings
    assert recording.status == "ready"
    assert [file["key"][-6:] for file in recording.files] == [f"_{part}.mp4" for part in range(parts)]
    starts = [file["started_ms"] - began_ms for file in recording.files]
    assert starts == pytest.approx([part * HOUR * 1000 for part in range(parts)], abs=120_000)
    assert starts == sorted(starts)
    assert abs(recording.started_ms - began_ms) < 5000
    assert studio.live.tasks == []


def test_files_that_event_31_named_are_not_looked_for(studio: Studio) -> None:
    room = studio.open()
    studio.start(room)
    end(studio, room)
    studio.run(minutes=3)
    assert room.recordings[0].status == "ready"
    assert studio.calls.count("stop") == 1
    assert studio.live.tasks == []


def test_event_31_may_come_before_stop_is_answered(studio: Studio) -> None:
    studio.live.agora.simulator.pace.upload = 0.0
    room = studio.open()
    studio.start(room)
    studio.on_step = lambda name: studio.live.wait() if name == "stop" else None
    end(studio, room)
    studio.run(1)
    [recording] = room.recordings
    assert (recording.status, len(recording.files)) == ("ready", 1)
    studio.run(minutes=5)
    assert room.recordings[0].status == "ready"


def test_files_that_never_come_are_given_up_after_a_day(studio: Studio) -> None:
    room = studio.open()
    studio.start(room)
    studio.live.agora.simulator.misbehave(drop=1.0)
    studio.live.agora.simulator.pace.upload = 10.0**6
    studio.forget_files()
    end(studio, room)
    studio.run(minutes=23 * 60)
    assert room.recordings[0].status == "processing"
    looks = studio.looks
    studio.run(minutes=90)
    [recording] = room.recordings
    assert (recording.status, recording.reason) == ("failed", "never_uploaded")
    assert looks < 24 * 4 + 20
    assert studio.live.tasks == []


def test_nobody_published_so_nothing_was_recorded(studio: Studio) -> None:
    room = studio.open()
    room.leave("host")
    studio.start(room)
    end(studio, room)
    studio.run(20)
    [recording] = room.recordings
    assert (recording.status, recording.reason, studio.running(room)) == ("failed", "nothing_recorded", 0)


def test_the_end_may_come_while_the_recording_is_being_started(studio: Studio) -> None:
    room = studio.open()
    studio.on_step = lambda name: end(studio, room) if name == "acquire" else None
    studio.nudge(room)
    studio.run(minutes=3)
    assert (studio.running(room), studio.most_running(room)) == (0, 1)
    assert studio.live.tasks == []


def test_a_workshop_may_start_and_end_within_a_second(studio: Studio) -> None:
    room = studio.open()
    studio.nudge(room)
    end(studio, room)
    studio.run(minutes=1)
    assert (studio.running(room), studio.most_running(room), studio.calls) == (0, 0, [])


def test_a_recording_that_was_never_asked_for_leaves_no_trace(studio: Studio) -> None:
    studio.live.agora.simulator.misbehave(down="503")
    room = studio.open()
    studio.nudge(room)
    studio.run(30)
    assert [recording.start_asked_at for recording in room.recordings] == [None]
    studio.live.agora.simulator.misbehave(down="")
    end(studio, room)
    studio.run(5)
    assert room.recordings == []


def test_after_23_hours_a_recording_goes_on_in_another_part(studio: Studio) -> None:
    studio.live.agora.simulator.pace.progress = 24 * HOUR
    room = studio.open()
    first = studio.start(room)
    studio.run(minutes=22 * 60 + 55)
    studio.nudge(room)
    studio.run(20)
    assert len(room.recordings) == 1
    studio.run(minutes=5)
    studio.nudge(room)
    studio.run(20)
    parts = room.recordings
    assert [part.status for part in parts] == ["ready", "recording"]
    assert (parts[0].id, studio.running(room), studio.most_running(room)) == (first.id, 1, 1)
    assert len({part.uid for part in parts}) == 2
    end(studio, room)
    studio.run(20)
    assert [part.status for part in room.recordings] == ["ready", "ready"]
