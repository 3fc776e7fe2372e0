"""Recordings at an Agora that fails: late, refusing, forgetful, moving about, or gone for a while."""

from collections import Counter

import pytest
from botocore.exceptions import EndpointConnectionError

from atelier.agora.secrets import StorageAccess
from tests.live import Live, LiveRoom
from tests.recorders import KEYS, Studio

MINUTE = 60


@pytest.fixture
def studio(live: Live) -> Studio:
    live.agora.simulator.pace.progress = 86_400.0
    return Studio(live)


def begin(studio: Studio, minutes: float = 1) -> LiveRoom:
    room = studio.open()
    studio.nudge(room)
    studio.run(minutes=minutes)
    return room


def statuses(room: LiveRoom) -> list[tuple[str, str | None]]:
    return [(recording.status, recording.reason) for recording in room.recordings]


def is_recorded_by_one(studio: Studio, room: LiveRoom) -> bool:
    going = [recording.status for recording in room.recordings if recording.status in ("starting", "recording")]
    return (going, studio.running(room), studio.most_running(room)) == (["recording"], 1, 1)


def test_after_an_outage_of_ten_minutes_it_goes_on_by_itself_without_hammering(studio: Studio) -> None:
    studio.live.agora.simulator.misbehave(down="503")
    room = begin(studio, minutes=10)
    assert 10 <= len(studio.calls) <= 15
    assert statuses(room) == [("starting", None)]
    studio.live.agora.simulator.misbehave(down="")
    studio.run(80)
    assert is_recorded_by_one(studio, room)
    assert studio.live.tasks == []


def test_an_outage_that_begins_with_the_start_ends_in_one_recording(studio: Studio) -> None:
    agora = studio.live.agora.simulator
    studio.on_step = lambda name: agora.misbehave(down="503") if name == "acquire" else None
    room = begin(studio, minutes=10)
    studio.on_step = lambda _: None
    agora.misbehave(down="")
    studio.run(minutes=3)
    assert is_recorded_by_one(studio, room)
    assert [status for status, _ in statuses(room)] == ["failed", "recording"]


def test_an_outage_at_the_end_leaves_nothing_running_for_longer_than_it_lasts(studio: Studio) -> None:
    room = studio.open()
    studio.start(room)
    studio.live.agora.simulator.misbehave(down="503")
    room.end()
    studio.nudge(room)
    studio.run(minutes=10)
    studio.live.agora.simulator.misbehave(down="")
    studio.run(70)
    assert (studio.running(room), statuses(room)) == (0, [("ready", None)])


@pytest.mark.parametrize("tells_sid", [True, False])
@pytest.mark.parametrize("notices_are_lost", [True, False])
def test_a_start_whose_answer_is_lost_is_found_again(
    studio: Studio, *, tells_sid: bool, notices_are_lost: bool
) -> None:
    studio.live.agora.simulator.misbehave(tells_sid=tells_sid, drop=float(notices_are_lost))
    studio.live.agora.simulator.fail("start", status=504, code=62, after=True)
    room = begin(studio)
    assert is_recorded_by_one(studio, room)
    is_unknowable = notices_are_lost and not tells_sid
    assert len(room.recordings) == (2 if is_unknowable else 1)
    assert studio.calls.count("place_rule") == (1 if is_unknowable else 0)


def test_a_start_that_agora_has_not_completed_is_asked_for_again_after_3_and_6_seconds(studio: Studio) -> None:
    studio.live.agora.simulator.fail("start", 2, status=206, code=65)
    room = studio.open()
    studio.nudge(room)
    asked = []
    for second in range(20):
        before = studio.calls.count("start")
        studio.run(1)
        asked += [second] * (studio.calls.count("start") - before)
    assert asked == [0, 2, 8]
    assert studio.calls.count("acquire") == 1
    assert is_recorded_by_one(studio, room)


def test_a_resource_that_has_expired_gives_way_to_another_recording(studio: Studio) -> None:
    studio.live.agora.simulator.fail("start", status=400, code=433)
    room = begin(studio)
    assert is_recorded_by_one(studio, room)
    assert statuses(room)[0] == ("failed", "expired")


def test_a_uid_that_is_in_use_at_agora_gives_way_to_another(studio: Studio) -> None:
    studio.live.agora.simulator.fail("start", 10, status=400, code=53)
    room = studio.open()
    studio.nudge(room)
    studio.run(29)
    assert statuses(room) == [("starting", None)]
    studio.live.agora.simulator.faults.failures.clear()
    studio.run(minutes=1)
    assert is_recorded_by_one(studio, room)


@pytest.mark.parametrize("call", ["acquire", "start"])
def test_what_agora_refuses_is_tried_again_after_five_minutes(studio: Studio, counts: Counter[str], call: str) -> None:
    studio.live.agora.simulator.fail(call, 2, status=400, code=2)
    room = begin(studio, minutes=9)
    assert statuses(room) == [("failed", "refused"), ("failed", "refused")]
    assert (counts["RecordingRefused"], studio.calls.count("acquire")) == (2, 2)
    studio.run(minutes=2)
    assert is_recorded_by_one(studio, room)


def test_after_five_attempts_within_half_an_hour_it_waits_for_upkeep(studio: Studio) -> None:
    studio.live.agora.simulator.misbehave(lose=100)
    room = begin(studio, minutes=20)
    assert statuses(room) == [("failed", "never_recorded")] * 5
    assert studio.live.tasks == []
    studio.nudge(room)
    studio.run(5)
    assert studio.calls.count("start") == 5
    studio.live.agora.simulator.misbehave(lose=0)
    studio.run(minutes=15)
    studio.nudge(room)
    studio.run(minutes=1)
    assert is_recorded_by_one(studio, room)


@pytest.mark.parametrize("failures", [1, 2, 4])
def test_a_start_that_comes_to_nothing_is_given_up_after_90_seconds_for_another_uid(
    studio: Studio, counts: Counter[str], failures: int
) -> None:
    studio.live.agora.simulator.misbehave(lose=failures)
    room = begin(studio, minutes=failures * 1.6 + 0.5)
    assert is_recorded_by_one(studio, room)
    assert statuses(room)[:-1] == [("failed", "never_recorded")] * failures
    assert counts["RecordingLost"] == failures
    assert len({recording.uid for recording in room.recordings}) == failures + 1


def test_a_wrong_storage_key_shows_as_recordings_that_never_run(studio: Studio) -> None:
    studio.keys = StorageAccess("AKIAWRONG", "wrong")
    room = begin(studio, minutes=2)
    assert statuses(room)[0] == ("failed", "never_recorded")
    studio.keys = KEYS
    studio.run(minutes=3)
    assert is_recorded_by_one(studio, room)


def test_a_recorder_that_is_lost_is_replaced_under_another_uid_and_barred(studio: Studio) -> None:
    room = studio.open()
    first = studio.start(room)
    studio.run(minutes=10)
    studio.live.agora.simulator.lose(studio.sid(room))
    studio.nudge(room)
    studio.run(80)
    assert len(room.recordings) == 1
    studio.run(30)
    assert is_recorded_by_one(studio, room)
    assert studio.live.rest().rules(room.channel, int(first.uid)) != []
    assert [recording.status for recording in room.recordings] == ["processing", "recording"]


def test_what_a_lost_recorder_had_uploaded_is_kept(studio: Studio) -> None:
    room = studio.open()
    studio.start(room)
    studio.run(minutes=10)
    studio.live.agora.simulator.lose(studio.sid(room))
    room.end()
    studio.nudge(room)
    studio.run(minutes=23 * MINUTE)
    assert statuses(room) == [("processing", None)]
    studio.run(minutes=2 * MINUTE)
    [recording] = room.recordings
    assert recording.status == "ready"
    assert [file["key"].rpartition(".")[2] for file in recording.files] == ["m3u8"]


@pytest.mark.parametrize("hears", [True, False])
def test_a_recorder_that_moves_to_another_server_goes_on(studio: Studio, *, hears: bool) -> None:
    studio.live.agora.simulator.pace.failover = 60.0
    studio.live.agora.simulator.misbehave(drop=0.0 if hears else 1.0)
    room = studio.open()
    studio.start(room)
    studio.live.agora.simulator.fail_over(studio.sid(room))
    studio.nudge(room)
    studio.run(50)
    assert room.recordings[0].missing_since is not None
    studio.run(50)
    assert is_recorded_by_one(studio, room)
    assert [recording.serialize().get("missing_since") for recording in room.recordings] == [None]
    assert bool(room.recordings[0].other_uids) == hears
    room.end()
    studio.nudge(room)
    studio.run(minutes=6)
    assert (studio.running(room), room.recordings[0].status) == (0, "ready")
    assert len(room.recordings[0].files) == 2


@pytest.mark.parametrize("hears", [True, False])
def test_a_recorder_that_moves_when_the_workshop_ends_is_stopped_where_it_went(studio: Studio, *, hears: bool) -> None:
    studio.live.agora.simulator.pace.failover = 50.0
    studio.live.agora.simulator.misbehave(drop=0.0 if hears else 1.0)
    room = studio.open()
    studio.start(room)
    studio.live.agora.simulator.fail_over(studio.sid(room))
    room.end()
    studio.nudge(room)
    studio.run(55)
    assert studio.running(room) == 1
    studio.run(15)
    assert studio.running(room) == 0
    studio.run(minutes=10)
    assert room.recordings[0].status == "ready"


def test_a_recorder_that_moves_when_its_time_is_over_is_waited_for_before_the_next_part_begins(studio: Studio) -> None:
    studio.live.agora.simulator.pace.failover = 50.0
    room = studio.open()
    studio.start(room)
    studio.run(minutes=23 * MINUTE)
    studio.live.agora.simulator.fail_over(studio.sid(room))
    studio.nudge(room)
    studio.run(minutes=3)
    assert is_recorded_by_one(studio, room)
    assert [status for status, _ in statuses(room)] == ["ready", "recording"]


def test_a_recorder_that_gave_up_idle_is_replaced(studio: Studio) -> None:
    room = studio.open()
    studio.start(room)
    room.leave("host")
    studio.run(minutes=6)
    assert (studio.running(room), room.recordings[0].status) == (0, "ready")
    room.enter("host")
    studio.nudge(room)
    studio.run(20)
    assert is_recorded_by_one(studio, room)


def test_a_query_that_is_refused_does_not_cost_a_recording_that_runs(studio: Studio, counts: Counter[str]) -> None:
    room = studio.open()
    studio.start(room)
    studio.live.agora.simulator.fail("query", 3, status=401)
    studio.nudge(room)
    studio.run(minutes=1)
    assert is_recorded_by_one(studio, room)
    assert (len(room.recordings), counts["RecordingRefused"]) == (1, 3)


def test_a_stop_that_is_refused_ends_in_a_rule(studio: Studio) -> None:
    room = studio.open()
    studio.start(room)
    studio.live.agora.simulator.fail("stop", 2, status=400, code=2)
    room.end()
    studio.nudge(room)
    studio.run(20)
    assert (studio.running(room), statuses(room)) == (0, [("ready", None)])


def test_a_bucket_that_cannot_be_read_is_read_later(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    room = studio.open()
    studio.start(room)
    studio.live.agora.simulator.misbehave(drop=1.0)
    room.end()
    studio.nudge(room)

    def fail(_: str) -> None:
        raise EndpointConnectionError(endpoint_url="https://s3")

    monkeypatch.setattr(studio, "_stored", fail)
    studio.run(minutes=10)
    assert statuses(room) == [("processing", None)]
    monkeypatch.undo()
    studio.run(minutes=2)
    assert statuses(room) == [("ready", None)]
