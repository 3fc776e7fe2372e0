"""How recordings of the simulator come to nothing, are lost, move, or end by themselves."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from atelier.agora.rest import (
    AgoraRest,
    AlreadyStartedError,
    NotCompletedError,
    OutageError,
    RefusedError,
    TaskGoneError,
)
from local.agora.rooms import KeptOutError
from tests.agora_recordings import CHANNEL, FOLDER, HOST, RECORDER, of_recording, started, status, stop
from tests.agora_simulator import Agora, a_simulator, running


@pytest.fixture
def agora() -> Iterator[Agora]:
    """Agora, with a host in the channel."""
    with running() as agora:
        agora.join(CHANNEL, HOST, host=True)
        agora.told()
        yield agora


SILENT_FLAWS: list[dict[str, Any]] = [
    {"storageConfig": {"fileNamePrefix": ["wks_01"]}},
    {"storageConfig": {"fileNamePrefix": ["a" * 100, "b" * 28]}},
    {"storageConfig": {"fileNamePrefix": [""]}},
    {"storageConfig": {"accessKey": "of somebody else"}},
    {"storageConfig": {"secretKey": ""}},
    {"storageConfig": {"region": "eu-central-1"}},
    {"storageConfig": {"bucket": ""}},
    {"recordingConfig": {"channelType": 0}},
    {"recordingConfig": {"transcodingConfig": {"fps": 25}}},
    {"recordingConfig": {"transcodingConfig": {"width": 3840}}},
    {"token": "007nonsense"},
]


@pytest.mark.parametrize("changes", SILENT_FLAWS)
def test_a_start_with_a_flaw_is_answered_and_comes_to_nothing_without_a_word(
    changes: dict[str, Any], agora: Agora
) -> None:
    task = started(agora, **changes)
    agora.clock.advance(5)
    assert status(agora, task) == 0
    assert agora.told() == []
    assert (agora.simulator.running(CHANNEL), agora.simulator.most_running(CHANNEL)) == (0, 0)
    assert agora.simulator.recordings.tasks[task[1]].flaw


def test_the_token_of_a_start_must_be_the_recorders_own(agora: Agora) -> None:
    for token in (agora.token(CHANNEL, RECORDER + 1), agora.token("other", RECORDER), ""):
        task = started(agora, token=token)
        assert status(agora, task) == 0
    assert status(agora, started(agora)) == 2


def test_starts_can_be_made_to_be_lost(agora: Agora) -> None:
    agora.simulator.misbehave(lose=1)
    lost, kept = started(agora), started(agora)
    agora.clock.advance(5)
    assert (status(agora, lost), status(agora, kept)) == (0, 5)


def test_a_start_can_be_heard_and_its_answer_lost(agora: Agora) -> None:
    rest = agora.rest()
    resource_id = rest.acquire(CHANNEL, RECORDER)
    request = agora.start_request(CHANNEL, RECORDER)
    agora.simulator.fail("start", status=500, code=62, after=True)
    with pytest.raises(OutageError):
        rest.start(CHANNEL, RECORDER, resource_id, request)
    assert agora.simulator.running(CHANNEL) == 1
    with pytest.raises(AlreadyStartedError):
        rest.start(CHANNEL, RECORDER, resource_id, request)
    assert agora.simulator.most_running(CHANNEL) == 1


@pytest.mark.parametrize("call", ["acquire", "start", "query"])
def test_a_recording_call_can_be_made_to_fail_with_any_status(call: str, agora: Agora) -> None:
    agora.simulator.fail(call, status=206, code=65, reason="request not completed")
    rest = agora.rest()
    calls: dict[str, Callable[[], object]] = {
        "acquire": lambda: rest.acquire(CHANNEL, RECORDER),
        "start": lambda: rest.start(CHANNEL, RECORDER, "made-up", {}),
        "query": lambda: rest.query("made-up", "made-up"),
    }
    with pytest.raises(NotCompletedError, match="206/65 request not completed"):
        calls[call]()
    with suppress(RefusedError, TaskGoneError):
        calls[call]()
    assert [status for _, status in agora.simulator.requests] == [
        206,
        {"acquire": 200, "start": 400, "query": 404}[call],
    ]


# How recorders end by themselves


def test_a_recorder_leaves_when_nobody_publishes_for_too_long(agora: Agora) -> None:
    task = started(agora, recordingConfig={"maxIdleTime": 60})
    agora.clock.advance(100)
    agora.join(CHANNEL, 8)
    agora.simulator.leave(CHANNEL, HOST)
    agora.clock.advance(59)
    assert status(agora, task) == 5
    agora.told()
    agora.clock.advance(2)
    told = agora.told()
    assert of_recording(told) == [41, 33, 31, 11]
    assert [notice["payload"]["details"]["leaveCode"] for notice in told if notice["eventType"] == 41] == [4]
    assert agora.simulator.uids(CHANNEL) == {8}


def test_a_host_who_comes_back_in_time_keeps_the_recorder(agora: Agora) -> None:
    task = started(agora, recordingConfig={"maxIdleTime": 60})
    agora.clock.advance(10)
    agora.simulator.leave(CHANNEL, HOST)
    agora.clock.advance(40)
    agora.join(CHANNEL, HOST, host=True)
    agora.clock.advance(40)
    agora.simulator.become_audience(CHANNEL, HOST)
    agora.clock.advance(40)
    assert status(agora, task) == 5
    agora.clock.advance(30)
    assert status(agora, task) == 0


def test_after_a_failover_another_recorder_goes_on_under_another_uid(agora: Agora) -> None:
    task = started(agora)
    agora.clock.advance(100)
    agora.told()
    agora.simulator.fail_over(task[1])
    assert status(agora, task) == 0
    with pytest.raises(TaskGoneError):
        stop(agora, task)
    agora.clock.advance(2)
    assert status(agora, task) == 5
    told = agora.told()
    assert of_recording(told) == [12, 42]
    [moved] = [notice["payload"] for notice in told if notice["eventType"] == 12]
    new_uid = moved["details"]["newUid"]
    assert (moved["uid"], new_uid == RECORDER) == (str(RECORDER), False)
    agora.clock.advance(10)
    assert agora.simulator.uids(CHANNEL) == {HOST, new_uid}
    assert stop(agora, task) is True
    agora.clock.advance(1)
    [uploaded] = [notice["payload"] for notice in agora.told() if notice["eventType"] == 31]
    assert uploaded["uid"] == str(new_uid)
    names = [entry["fileName"].removeprefix(FOLDER) for entry in uploaded["details"]["fileList"]]
    plain = [f"{task[1]}_{CHANNEL}.m3u8", f"{task[1]}_{CHANNEL}_0.mp4"]
    assert names == [*plain, *(f"bak0_{name}" for name in plain)]
    assert agora.simulator.most_running(CHANNEL) == 1


def test_a_lost_recorder_is_gone_without_a_word_and_what_it_had_uploaded_stays(agora: Agora) -> None:
    task = started(agora)
    agora.clock.advance(100)
    agora.told()
    agora.simulator.lose(task[1])
    agora.clock.advance(60)
    told = agora.told()
    assert of_recording(told) == []
    assert [(notice["eventType"], notice["payload"]["reason"]) for notice in told] == [(106, 2)]
    assert status(agora, task) == 0
    assert agora.simulator.running(CHANNEL) == 0
    assert list(agora.simulator.files)[-1] == f"{FOLDER}{task[1]}_{CHANNEL}.m3u8"


def test_a_person_under_a_recorders_uid_puts_it_out(agora: Agora) -> None:
    task = started(agora)
    agora.clock.advance(1)
    agora.join(CHANNEL, RECORDER)
    assert status(agora, task) == 0
    assert RECORDER in agora.simulator.uids(CHANNEL)
    agora.clock.advance(1)
    assert 31 in of_recording(agora.told())


def test_a_rule_keeps_a_recorder_out_without_a_word(agora: Agora) -> None:
    agora.rest().place_rule(CHANNEL, RECORDER, ["join_channel"], 60)
    task = started(agora)
    agora.clock.advance(5)
    assert status(agora, task) == 0


@pytest.mark.parametrize("act", ["fail_over", "lose", "tell_error"])
def test_nothing_happens_to_a_recorder_that_there_is_not(act: str) -> None:
    with pytest.raises(KeptOutError, match="no recorder"):
        getattr(a_simulator().simulator, act)("made-up")


def test_a_recording_can_be_updated_while_it_goes_on(agora: Agora) -> None:
    resource_id, sid = started(agora)
    authorization = "Basic Y3VzdG9tZXI6Y3VzdG9tZXItc2VjcmV0"
    path = f"/v1/apps/{'a1' * 16}/cloud_recording/resourceid/{resource_id}/sid/{sid}/mode/mix/update"
    assert agora.simulator.answer("POST", path, authorization, {})[0] == 200
    agora.clock.advance(1)
    stop(agora, (resource_id, sid))
    assert agora.simulator.answer("POST", path, authorization, {})[0] == 404


def test_both_hosts_lead_to_the_same_agora(agora: Agora) -> None:
    rest: AgoraRest = agora.rest("http://127.0.0.1:9")
    assert rest.users(CHANNEL).uids == {HOST}
