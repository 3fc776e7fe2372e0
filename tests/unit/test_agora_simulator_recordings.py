"""The simulator's recordings: every status that Agora answers, what a recorder tells and what it leaves."""

from collections.abc import Iterator
from typing import Any

import pytest

from atelier.agora.rest import (
    AlreadyStartedError,
    ConflictError,
    ExpiredResourceError,
    RefusedError,
    TaskGoneError,
)
from tests.agora_recordings import CHANNEL, FOLDER, HOST, RECORDER, of_recording, started, status, stop
from tests.agora_simulator import NOON, Agora, running


@pytest.fixture
def agora() -> Iterator[Agora]:
    """Agora, with a host in the channel."""
    with running() as agora:
        agora.join(CHANNEL, HOST, host=True)
        agora.told()
        yield agora


# From acquire to the end


def test_a_recording_starts_records_and_leaves_its_files(agora: Agora) -> None:
    task = started(agora)
    assert status(agora, task) == 2
    agora.clock.advance(0.2)
    assert status(agora, task) == 4
    agora.clock.advance(0.2)
    assert status(agora, task) == 5
    assert of_recording(agora.told()) == [40, 30, 3, 42, 4, 3]
    agora.clock.advance(120)
    assert of_recording(agora.told()) == [33, 33]
    assert stop(agora, task) is True
    assert of_recording(agora.told()) == [41]
    assert status(agora, task) == 0
    agora.clock.advance(0.5)
    told = agora.told()
    assert of_recording(told) == [33, 31, 11]
    [uploaded] = [notice["payload"] for notice in told if notice["eventType"] == 31]
    names = [entry["fileName"] for entry in uploaded["details"]["fileList"]]
    _, sid = task
    assert names == [f"{FOLDER}{sid}_{CHANNEL}.m3u8", f"{FOLDER}{sid}_{CHANNEL}_0.mp4"]
    assert set(names) < set(agora.simulator.files)
    assert [name for name in agora.simulator.files if name.endswith(".ts")] == [
        f"{FOLDER}{sid}_{CHANNEL}_20260921141320200.ts"
    ]
    assert {entry["sliceStartTime"] for entry in uploaded["details"]["fileList"]} == {int(NOON * 1000) + 200}


def test_notices_of_a_recording_are_numbered_and_name_it(agora: Agora) -> None:
    task = started(agora)
    agora.clock.advance(10)
    stop(agora, task)
    agora.clock.advance(10)
    payloads = [notice["payload"] for notice in agora.told() if notice["productId"] == 3]
    assert [payload["sequence"] for payload in payloads] == list(range(len(payloads)))
    for payload in payloads:
        assert (payload["cname"], payload["uid"], payload["sid"]) == (CHANNEL, str(RECORDER), task[1])
        assert isinstance(payload["details"]["msgName"], str)


def test_a_recorder_is_in_the_channel_as_one_of_agoras_and_hides_nobody(agora: Agora) -> None:
    task = started(agora)
    agora.clock.advance(1)
    [joined] = [notice["payload"] for notice in agora.told() if notice["eventType"] == 105]
    assert (joined["uid"], joined["platform"], joined["clientType"]) == (RECORDER, 6, 10)
    assert agora.rest().users(CHANNEL).uids == {HOST, RECORDER}
    stop(agora, task)
    assert agora.rest().users(CHANNEL).uids == {HOST}


def test_the_last_to_leave_a_channel_can_be_a_recorder(agora: Agora) -> None:
    task = started(agora)
    agora.clock.advance(1)
    agora.simulator.leave(CHANNEL, HOST)
    stop(agora, task)
    [destroyed] = [notice["payload"] for notice in agora.told() if notice["eventType"] == 102]
    assert destroyed["lastUid"] == RECORDER


def test_a_long_recording_has_an_mp4_for_each_two_hours(agora: Agora) -> None:
    task = started(agora)
    agora.clock.advance(5 * 3600)
    stop(agora, task)
    agora.clock.advance(1)
    assert sum(name.endswith(".mp4") for name in agora.simulator.files) == 3
    told = [notice["payload"]["details"] for notice in agora.told() if notice["eventType"] == 31]
    begins = [entry["sliceStartTime"] - int(NOON * 1000) for entry in told[0]["fileList"]]
    assert begins == [200, 200, 200 + 7_200_000, 200 + 14_400_000]


def test_names_in_notices_may_leave_the_folder_out(agora: Agora) -> None:
    agora.simulator.recordings.prefix_in_names = False
    task = started(agora)
    agora.clock.advance(1)
    stop(agora, task)
    agora.clock.advance(1)
    [told] = [notice["payload"]["details"]["fileList"] for notice in agora.told() if notice["eventType"] == 31]
    assert not any("/" in entry["fileName"] for entry in told)


def test_without_mp4_only_the_playlist_is_listed_by_its_name(agora: Agora) -> None:
    task = started(agora, recordingFileConfig={"avFileType": ["hls"]})
    agora.clock.advance(1)
    assert agora.rest().query(*task).files == (f"{task[1]}_{CHANNEL}.m3u8",)
    stop(agora, task)
    agora.clock.advance(1)
    assert not any(name.endswith(".mp4") for name in agora.simulator.files)


def test_files_may_lie_in_agoras_backup_for_a_while(agora: Agora) -> None:
    agora.simulator.misbehave(backup=True)
    task = started(agora)
    agora.clock.advance(1)
    stop(agora, task)
    agora.clock.advance(0.6)
    assert of_recording(agora.told())[-2:] == [32, 11]
    assert not any(name.endswith(".mp4") for name in agora.simulator.files)
    agora.clock.advance(1)
    agora.told()
    assert any(name.endswith(".mp4") for name in agora.simulator.files)


def test_a_bucket_that_refuses_is_told_as_an_error(agora: Agora) -> None:
    def refuse(_key: str, _content: bytes, _content_type: str) -> None:
        raise PermissionError

    agora.simulator.put = refuse
    task = started(agora)
    agora.clock.advance(1)
    stop(agora, task)
    agora.clock.advance(1)
    told = agora.told()
    assert 31 not in of_recording(told)
    [first, _] = [notice["payload"]["details"] for notice in told if notice["eventType"] == 1]
    assert (first["module"], first["errorLevel"], first["errorCode"]) == (1, 5, 47)


# What is refused


def test_a_start_of_a_started_resource_is_201_and_starts_nothing(agora: Agora) -> None:
    resource_id, sid = started(agora)
    request = agora.start_request(CHANNEL, RECORDER)
    with pytest.raises(AlreadyStartedError) as caught:
        agora.rest().start(CHANNEL, RECORDER, resource_id, request)
    assert caught.value.sid is None
    agora.simulator.misbehave(tells_sid=True)
    with pytest.raises(AlreadyStartedError) as caught:
        agora.rest().start(CHANNEL, RECORDER, resource_id, request)
    assert caught.value.sid == sid
    assert agora.simulator.most_running(CHANNEL) == 1


def test_the_same_channel_and_uid_record_once_at_a_time_and_another_uid_may_record_beside(agora: Agora) -> None:
    task = started(agora)
    with pytest.raises(ConflictError):
        started(agora)
    started(agora, RECORDER + 1)
    assert (agora.simulator.running(CHANNEL), agora.simulator.most_running(CHANNEL)) == (2, 2)
    agora.clock.advance(1)
    stop(agora, task)
    assert (agora.simulator.running(CHANNEL), agora.simulator.most_running(CHANNEL)) == (1, 2)
    started(agora)


def test_a_resource_is_good_for_five_minutes_and_for_who_acquired_it(agora: Agora) -> None:
    rest = agora.rest()
    resource_id = rest.acquire(CHANNEL, RECORDER)
    with pytest.raises(RefusedError, match="432"):
        rest.start(CHANNEL, RECORDER + 1, resource_id, agora.start_request(CHANNEL, RECORDER + 1))
    with pytest.raises(RefusedError, match="1001"):
        rest.start(CHANNEL, RECORDER, "made-up", agora.start_request(CHANNEL, RECORDER))
    agora.clock.advance(301)
    with pytest.raises(ExpiredResourceError):
        rest.start(CHANNEL, RECORDER, resource_id, agora.start_request(CHANNEL, RECORDER))
    assert agora.simulator.running(CHANNEL) == 0


@pytest.mark.parametrize(
    ("channel", "uid", "code"),
    [("a/b", RECORDER, 401), ("", RECORDER, 401), (CHANNEL, 0, 2), (CHANNEL, -1, 2), (CHANNEL, 2**32, 2)],
)
def test_no_resource_is_given_for_an_impossible_name(channel: str, uid: int, code: int, agora: Agora) -> None:
    with pytest.raises(RefusedError, match=f"400/{code} "):
        agora.rest().acquire(channel, uid)


@pytest.mark.parametrize(
    "changes",
    [
        {"recordingFileConfig": {"avFileType": ["mp4"]}},
        {"recordingConfig": {"maxIdleTime": 4}},
        {"recordingConfig": {"subscribeAudioUids": []}},
        {"storageConfig": None},
    ],
)
def test_a_start_that_agora_would_refuse_is_refused(changes: dict[str, Any], agora: Agora) -> None:
    with pytest.raises(RefusedError, match="400/2 start"):
        started(agora, **changes)


def test_a_second_stop_finds_it_stopping_and_a_later_one_nothing(agora: Agora) -> None:
    task = started(agora)
    agora.clock.advance(1)
    assert stop(agora, task) is True
    assert stop(agora, task) is True
    assert agora.simulator.requests[-1] == ("stop", 400)
    agora.clock.advance(1)
    with pytest.raises(TaskGoneError):
        stop(agora, task)
    with pytest.raises(TaskGoneError):
        agora.rest().query(*task)


def test_a_stop_must_name_the_task_as_it_was_started(agora: Agora) -> None:
    task = started(agora)
    with pytest.raises(RefusedError, match="400/2"):
        stop(agora, task, RECORDER + 1)
    with pytest.raises(TaskGoneError):
        stop(agora, ("made-up", task[1]))


def test_a_stop_when_nobody_ever_published_ends_without_files() -> None:
    with running() as agora:
        agora.join(CHANNEL, 8)
        task = started(agora)
        agora.clock.advance(10)
        assert status(agora, task) == 4
        assert stop(agora, task) is False
        agora.clock.advance(1)
        assert of_recording(agora.told()) == [40, 30, 3, 41, 11]
        assert agora.simulator.files == {}


def test_a_recording_begins_when_somebody_first_publishes() -> None:
    with running() as agora:
        task = started(agora)
        agora.clock.advance(60)
        assert status(agora, task) == 4
        agora.join(CHANNEL, HOST, host=True)
        agora.clock.advance(1)
        assert status(agora, task) == 5
        [told] = [notice["payload"]["details"] for notice in agora.told() if notice["eventType"] == 42]
        assert told["startUtcMs"] == int((NOON + 60) * 1000)
