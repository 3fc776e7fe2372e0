"""Agora's REST API as we ask it: what is asked, and what Agora's statuses and answers mean."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from atelier import observability
from atelier.agora.rest import (
    AgoraError,
    AlreadyStartedError,
    ConflictError,
    ExpiredResourceError,
    NotCompletedError,
    OutageError,
    RefusedError,
    TaskGoneError,
    TaskState,
    Users,
    UserState,
)
from tests.agora_hosts import ACCESS, AUTHORIZATION, CHANNEL, REQUEST, RESOURCE, SID, UID, Host, a_host, do, rest


@pytest.fixture
def host() -> Iterator[Host]:
    with a_host() as told:
        yield told


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is logged as a warning."""
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr(
        observability.logger, "warning", lambda message, **told: lines.append({"message": message, **told})
    )
    monkeypatch.setattr(observability, "count", lambda *_: None)
    return lines


GOOD: dict[str, tuple[str, str, Any, Any, Any]] = {
    "acquire": (
        "POST",
        f"/v1/apps/{ACCESS.app_id}/cloud_recording/acquire",
        {"cname": CHANNEL, "uid": str(UID), "clientRequest": {"scene": 0, "resourceExpiredHour": 72}},
        {"resourceId": RESOURCE, "new": 1},
        RESOURCE,
    ),
    "start": (
        "POST",
        f"/v1/apps/{ACCESS.app_id}/cloud_recording/resourceid/res%2Fou%20rce/mode/mix/start",
        {"cname": CHANNEL, "uid": str(UID), "clientRequest": REQUEST},
        {"cname": CHANNEL, "uid": str(UID), "resourceId": RESOURCE, "sid": SID},
        SID,
    ),
    "query": (
        "GET",
        f"/v1/apps/{ACCESS.app_id}/cloud_recording/resourceid/res%2Fou%20rce/sid/{SID}/mode/mix/query",
        None,
        {"sid": SID, "serverResponse": {"status": 5, "fileListMode": "json", "fileList": [{"fileName": "a.m3u8"}]}},
        TaskState(5, ("a.m3u8",)),
    ),
    "stop": (
        "POST",
        f"/v1/apps/{ACCESS.app_id}/cloud_recording/resourceid/res%2Fou%20rce/sid/{SID}/mode/mix/stop",
        {"cname": CHANNEL, "uid": str(UID), "clientRequest": {"async_stop": True}},
        {"sid": SID, "serverResponse": {}},
        True,
    ),
    "users": (
        "GET",
        f"/dev/v1/channel/user/{ACCESS.app_id}/{CHANNEL}",
        None,
        {
            "success": True,
            "data": {"channel_exist": True, "mode": 2, "broadcasters": [7], "audience": [8, 9], "audience_total": 2},
        },
        Users(True, frozenset({7, 8, 9}), frozenset({7}), True),
    ),
    "user": (
        "GET",
        f"/dev/v1/channel/user/property/{ACCESS.app_id}/7/{CHANNEL}",
        None,
        {"success": True, "data": {"in_channel": True, "uid": 7, "join": 1_640_330_382, "role": 3, "platform": 7}},
        UserState(True, datetime(2021, 12, 24, 7, 19, 42, tzinfo=UTC), False),
    ),
    "place_rule": (
        "POST",
        "/dev/v1/kicking-rule",
        {
            "appid": ACCESS.app_id,
            "cname": CHANNEL,
            "uid": 7,
            "time_in_seconds": 600,
            "privileges": ["join_channel"],
        },
        {"status": "success", "id": 1953},
        1953,
    ),
    "rules": (
        "GET",
        f"/dev/v1/kicking-rule?appid={ACCESS.app_id}",
        None,
        {
            "status": "success",
            "rules": [
                {"id": 1, "cname": CHANNEL, "uid": 7},
                {"id": 2, "cname": CHANNEL, "uid": 8},
                {"id": 3, "cname": "other", "uid": 7},
                {"id": 4, "cname": CHANNEL, "uid": None},
                {"id": 5, "cname": None, "uid": 7},
                {"id": 6, "cname": CHANNEL, "uid": 7},
            ],
        },
        [1, 6],
    ),
    "lift_rule": (
        "DELETE",
        "/dev/v1/kicking-rule",
        {"appid": ACCESS.app_id, "id": 1953},
        {"status": "success", "id": 1953},
        None,
    ),
}


@pytest.mark.parametrize("call", GOOD)
def test_a_call_asks_what_agora_documents_and_reads_its_answer(call: str, host: Host) -> None:
    method, path, body, answer, result = GOOD[call]
    host.say(200, answer)
    assert do(rest(host), call) == result
    [asked] = host.asked
    assert (asked["method"], asked["path"], asked["body"]) == (method, path, body)
    assert (asked["authorization"], asked["type"]) == (AUTHORIZATION, "application/json")


FAILURES: list[tuple[str, int, object, type[AgoraError]]] = [
    ("acquire", 400, {"code": 2, "reason": "invalid parameter"}, RefusedError),
    ("acquire", 400, {"message": "appid is invalid"}, RefusedError),
    ("acquire", 400, {"code": 400, "reason": "invalid_appid"}, RefusedError),
    ("acquire", 400, {"code": 401, "reason": "invalid_channel_name"}, RefusedError),
    ("acquire", 400, {"code": 405, "reason": "no_active_status"}, RefusedError),
    ("acquire", 400, {"code": 406, "reason": "vendor_over_load"}, OutageError),
    ("acquire", 401, {"message": "Invalid authentication credentials"}, RefusedError),
    ("acquire", 404, {"message": "no Route matched with those values"}, RefusedError),
    ("acquire", 429, {"message": "API rate limit exceeded"}, OutageError),
    ("acquire", 500, {"code": 501, "reason": "no_worker_manager_available"}, OutageError),
    ("acquire", 502, b"<html>bad gateway</html>", OutageError),
    ("acquire", 200, {"resourceId": ""}, OutageError),
    ("acquire", 200, b"[]", OutageError),
    ("acquire", 200, b"{", OutageError),
    ("acquire", 301, {}, OutageError),
    ("start", 201, {"code": 7, "reason": "already started"}, AlreadyStartedError),
    ("start", 201, {"resourceId": RESOURCE, "sid": SID}, AlreadyStartedError),
    ("start", 206, {"code": 65, "reason": "request not completed"}, NotCompletedError),
    ("start", 206, {}, NotCompletedError),
    ("start", 400, {"code": 53, "reason": "task conflict"}, ConflictError),
    ("start", 400, {"code": "53", "reason": "task conflict"}, ConflictError),
    ("start", 400, {"code": 433, "reason": "resourceId expired"}, ExpiredResourceError),
    ("start", 400, {"code": 432, "reason": "does not match"}, RefusedError),
    ("start", 400, {"code": 110, "reason": "invalid token"}, RefusedError),
    ("start", 500, {"code": 62, "reason": "request timeout"}, OutageError),
    ("start", 500, {"code": 502, "reason": "Failed to allocate worker"}, OutageError),
    ("start", 200, {"cname": CHANNEL}, OutageError),
    ("query", 206, {"code": 65, "reason": "request not completed"}, NotCompletedError),
    ("query", 404, {"code": 404, "reason": "failed to find worker"}, TaskGoneError),
    ("query", 404, {"message": "no Route matched with those values"}, RefusedError),
    ("query", 404, {"code": 404, "message": "no Route matched with those values"}, RefusedError),
    ("query", 404, b"not found", RefusedError),
    ("query", 400, {"code": 501, "reason": "recording exiting"}, TaskGoneError),
    ("query", 504, {"code": 62, "reason": "request timeout"}, OutageError),
    ("query", 200, {"serverResponse": {}}, OutageError),
    ("stop", 206, {"code": 65, "reason": "request not completed"}, NotCompletedError),
    ("stop", 404, {"code": 404, "reason": "failed to find worker"}, TaskGoneError),
    ("stop", 504, {"code": 62, "reason": "request timeout"}, OutageError),
    ("users", 401, {"message": "Unauthorized"}, RefusedError),
    ("users", 429, {"message": "API rate limit exceeded"}, OutageError),
    ("users", 200, {"success": True}, OutageError),
    ("users", 200, {"success": True, "data": {}}, OutageError),
    ("user", 200, {"success": True, "data": {"uid": 7}}, OutageError),
    ("place_rule", 408, {"message": "timeout"}, OutageError),
    ("place_rule", 200, {"status": "success"}, OutageError),
    ("rules", 200, {"status": "success"}, OutageError),
    ("lift_rule", 400, {"message": "invalid id"}, RefusedError),
    ("lift_rule", 404, {"message": "no Route matched with those values"}, RefusedError),
]


@pytest.mark.parametrize(("call", "status", "answer", "error"), FAILURES)
def test_every_other_answer_is_a_failure_of_its_kind(
    call: str, status: int, answer: object, error: type[AgoraError], host: Host, log: list[Any]
) -> None:
    host.say(status, answer)
    with pytest.raises(AgoraError) as caught:
        do(rest(host), call)
    assert type(caught.value) is error
    assert caught.value.status == status
    assert len(host.asked) == 1


def test_a_stop_that_finds_the_recording_stopping_already_has_done_its_work(host: Host, log: list[Any]) -> None:
    host.say(400, {"code": 49, "reason": "invalid operation"})
    assert do(rest(host), "stop") is True


def test_a_stop_tells_when_nothing_was_recorded(host: Host, log: list[Any]) -> None:
    host.say(206, {"code": 435, "reason": "no recorded data"})
    assert do(rest(host), "stop") is False


def test_a_rule_that_is_gone_is_lifted(host: Host, log: list[Any]) -> None:
    host.say(404, {"message": "rule not found"})
    assert do(rest(host), "lift_rule") is None


@pytest.mark.parametrize(("told", "sid"), [({"sid": SID}, SID), ({"sid": ""}, None), ({"sid": 5}, None), ({}, None)])
def test_a_repeated_start_names_the_recording_only_if_agora_does(
    told: dict[str, object], sid: str | None, host: Host, log: list[Any]
) -> None:
    host.say(201, {"code": 7, "reason": "already started", **told})
    with pytest.raises(AlreadyStartedError) as caught:
        do(rest(host), "start")
    assert caught.value.sid == sid


@pytest.mark.parametrize(
    ("told", "files"),
    [
        ("a.m3u8", ("a.m3u8",)),
        ("", ()),
        ([{"fileName": "a.m3u8"}, {"fileName": "a_0.mp4"}, {"other": 1}, 5], ("a.m3u8", "a_0.mp4")),
        (None, ()),
        ({}, ()),
    ],
)
def test_files_are_read_from_a_name_a_list_or_nothing(told: object, files: tuple[str, ...], host: Host) -> None:
    host.say(200, {"serverResponse": {"status": 4, "fileList": told}})
    assert rest(host).query(RESOURCE, SID) == TaskState(4, files)


EVERYBODY = frozenset({7, 8})


def channel(**data: object) -> dict[str, object]:
    return {"success": True, "data": {"channel_exist": True, "mode": 2, "new": "x", **data}}


@pytest.mark.parametrize(
    ("answer", "users"),
    [
        ({"success": True, "data": {"channel_exist": False}}, Users(False, frozenset(), frozenset(), True)),
        (channel(mode=1, users=[7, 8], total=2), Users(True, EVERYBODY, EVERYBODY, True)),
        (channel(mode=1, users=[7, 8], total=3), Users(True, EVERYBODY, EVERYBODY, False)),
        (channel(broadcasters=[], audience=[7], audience_total=1), Users(True, frozenset({7}), frozenset(), True)),
        (channel(broadcasters=[7], audience=[8], audience_total=9), Users(True, EVERYBODY, frozenset({7}), False)),
        (channel(broadcasters=[7]), Users(True, frozenset({7}), frozenset({7}), False)),
        (channel(audience=[8]), Users(True, frozenset({8}), frozenset(), False)),
    ],
)
def test_who_is_in_a_channel_is_complete_only_if_agora_named_everybody(
    answer: object, users: Users, host: Host
) -> None:
    host.say(200, answer)
    assert rest(host).users(CHANNEL) == users


def test_a_list_of_ten_thousand_may_be_cut_off(host: Host) -> None:
    listed = list(range(1, 10_001))
    host.say(200, channel(broadcasters=[], audience=listed, audience_total=10_000))
    assert not rest(host).users(CHANNEL).is_complete
    host.say(200, channel(broadcasters=[], audience=listed[:-1], audience_total=9_999))
    assert rest(host).users(CHANNEL).is_complete


@pytest.mark.parametrize(("role", "is_host"), [(0, False), (1, True), (2, True), (3, False), (None, False)])
def test_who_publishes_is_told_by_the_role(role: int | None, is_host: bool, host: Host) -> None:
    host.say(200, {"data": {"in_channel": True, "role": role}})
    assert rest(host).user(CHANNEL, 7) == UserState(True, None, is_host)


def test_somebody_outside_has_no_time_and_no_role(host: Host) -> None:
    host.say(200, {"data": {"in_channel": False}})
    assert rest(host).user(CHANNEL, 7) == UserState(False, None, False)


@pytest.mark.parametrize(
    ("name", "uid", "privileges", "seconds"),
    [
        ("", 7, ["join_channel"], 60),
        (CHANNEL, 0, ["join_channel"], 60),
        (CHANNEL, -1, ["join_channel"], 60),
        (CHANNEL, 2**31, ["join_channel"], 60),
        (CHANNEL, True, ["join_channel"], 60),
        (CHANNEL, None, ["join_channel"], 60),
        (CHANNEL, "7", ["join_channel"], 60),
        (CHANNEL, 7, [], 60),
        (CHANNEL, 7, ["join_channel"], 0),
    ],
)
def test_a_rule_that_would_hit_more_than_one_person_in_one_channel_is_never_sent(
    name: Any, uid: Any, privileges: list[str], seconds: int, host: Host
) -> None:
    with pytest.raises(ValueError, match="a rule needs"):
        rest(host).place_rule(name, uid, privileges, seconds)
    assert host.asked == []


@pytest.mark.parametrize(("seconds", "asked"), [(1, 10), (10, 10), (86_430, 86_430), (90_000, 86_430)])
def test_a_rule_lasts_as_long_as_agora_allows(seconds: int, asked: int, host: Host) -> None:
    host.say(200, {"id": 1})
    rest(host).place_rule(CHANNEL, 7, ["join_channel"], seconds)
    assert host.asked[0]["body"]["time_in_seconds"] == asked
