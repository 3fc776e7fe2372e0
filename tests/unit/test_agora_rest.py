"""Agora's REST API as we ask it: what its statuses mean, what an outage costs, and what is never told to anybody."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from atelier import observability
from atelier.agora import asking
from atelier.agora.rest import (
    AgoraError,
    AgoraRest,
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
from atelier.agora.secrets import RestAccess

CHANNEL, UID, RESOURCE, SID = "a1b2c3", 2_000_000_001, "res/ou rce", "51d"
ACCESS = RestAccess("a1" * 16, "customer", "hush-hush")
REQUEST = {"token": "007hush", "storageConfig": {"accessKey": "AKIAHUSH", "secretKey": "hushkey"}}
AUTHORIZATION = "Basic Y3VzdG9tZXI6aHVzaC1odXNo"

type Asked = dict[str, Any]


class Host:
    """One of Agora's hosts, which answers what it is told to and remembers what it was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[Asked] = []
        self.status = 200
        self.content: bytes = b"{}"
        self.headers: dict[str, str] = {}

    def say(self, status: int, answer: object) -> None:
        """Answers so from now on."""
        self.status, self.content = status, answer if isinstance(answer, bytes) else json.dumps(answer).encode()


@contextmanager
def a_host() -> Iterator[Host]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            told.asked.append(
                {
                    "method": self.command,
                    "path": self.path,
                    "authorization": self.headers["Authorization"],
                    "type": self.headers["Content-Type"],
                    "body": json.loads(raw) if raw else None,
                    "from": self.client_address,
                }
            )
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(told.content)))
            self.end_headers()
            self.wfile.write(told.content)

        do_POST = do_DELETE = do_GET

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told = Host(f"http://127.0.0.1:{server.server_port}")
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def host() -> Iterator[Host]:
    with a_host() as told:
        yield told


@pytest.fixture
def other_host() -> Iterator[Host]:
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


def rest(*hosts: Host | str) -> AgoraRest:
    return AgoraRest(ACCESS, [host if isinstance(host, str) else host.url for host in hosts])


def a_dead_address() -> str:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{closed.getsockname()[1]}"


def do(agora: AgoraRest, call: str) -> Any:
    """One call of each kind, with the arguments of these tests."""
    calls: dict[str, Callable[[], Any]] = {
        "acquire": lambda: agora.acquire(CHANNEL, UID),
        "start": lambda: agora.start(CHANNEL, UID, RESOURCE, REQUEST),
        "query": lambda: agora.query(RESOURCE, SID),
        "stop": lambda: agora.stop(CHANNEL, UID, RESOURCE, SID),
        "users": lambda: agora.users(CHANNEL),
        "user": lambda: agora.user(CHANNEL, 7),
        "place_rule": lambda: agora.place_rule(CHANNEL, 7, ["join_channel"], 600),
        "rules": lambda: agora.rules(CHANNEL, 7),
        "lift_rule": lambda: agora.lift_rule(1953),
    }
    return calls[call]()


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


# Outages


def test_when_the_first_host_cannot_be_reached_the_second_one_is_asked(other_host: Host, log: list[Any]) -> None:
    other_host.say(200, {"resourceId": RESOURCE})
    assert do(rest(a_dead_address(), other_host), "acquire") == RESOURCE
    assert log[0]["kind"] == "OutageError"
    assert log[0]["status"] == 0


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_when_the_first_host_is_out_of_order_the_second_one_is_asked_once(
    status: int, host: Host, other_host: Host, log: list[Any]
) -> None:
    host.say(status, {})
    other_host.say(status, {})
    with pytest.raises(OutageError):
        do(rest(host, other_host), "start")
    assert (len(host.asked), len(other_host.asked)) == (1, 1)
    assert host.asked[0]["body"] == other_host.asked[0]["body"]


@pytest.mark.parametrize(
    ("status", "answer"),
    [(429, {"message": "API rate limit exceeded"}), (400, {"code": 406}), (400, {"code": 2}), (401, {}), (404, {})],
)
def test_what_would_be_answered_by_both_hosts_alike_is_asked_of_one(
    status: int, answer: object, host: Host, other_host: Host, log: list[Any]
) -> None:
    host.say(status, answer)
    with pytest.raises(AgoraError):
        do(rest(host, other_host), "acquire")
    assert (len(host.asked), len(other_host.asked)) == (1, 0)


def test_no_third_host_is_asked(host: Host, other_host: Host, log: list[Any]) -> None:
    host.say(500, {})
    other_host.say(500, {})
    with a_host() as third, pytest.raises(OutageError):
        do(rest(host, other_host, third), "acquire")
    assert third.asked == []


def test_a_host_that_does_not_answer_costs_the_read_timeout_and_no_more(
    host: Host, monkeypatch: pytest.MonkeyPatch, log: list[Any]
) -> None:
    monkeypatch.setattr("atelier.agora.asking.READ_TIMEOUT_S", 0.3)
    host.say(200, {"resourceId": RESOURCE})
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        started = time.monotonic()
        assert do(rest(f"http://127.0.0.1:{silent.getsockname()[1]}", host), "acquire") == RESOURCE
    assert 0.3 <= time.monotonic() - started < 2.0
    assert log[0]["reason"] == "ReadTimeoutError"


def test_the_timeouts_are_those_that_were_agreed_on() -> None:
    assert (asking.CONNECT_TIMEOUT_S, asking.READ_TIMEOUT_S) == (2.0, 5.0)


def test_an_answer_without_end_is_not_read_to_its_end(host: Host, log: list[Any]) -> None:
    host.say(200, b'{"resourceId": "' + b"x" * (3 << 20) + b'"}')
    with pytest.raises(OutageError):
        do(rest(host), "acquire")


def test_calls_share_a_connection(host: Host) -> None:
    host.say(200, {"resourceId": RESOURCE})
    agora = rest(host)
    for _ in range(3):
        do(agora, "acquire")
    assert len({asked["from"] for asked in host.asked}) == 1


def test_a_redirect_is_not_followed_with_our_credentials(host: Host, other_host: Host, log: list[Any]) -> None:
    host.say(307, {})
    host.headers = {"Location": other_host.url}
    with pytest.raises(OutageError):
        do(rest(host), "acquire")
    assert other_host.asked == []


@pytest.mark.parametrize("urls", [[], [""]])
def test_a_client_without_an_address_is_not_made(urls: list[str]) -> None:
    with pytest.raises(ValueError, match="address"):
        AgoraRest(ACCESS, urls)


# What is told


def test_a_failure_is_logged_with_the_ids_that_agoras_support_asks_for(host: Host, log: list[Any]) -> None:
    host.say(400, {"code": 53, "reason": "task conflict"})
    host.headers = {"X-Request-ID": "r-1", "X-Resource-ID": "r-2"}
    with pytest.raises(ConflictError, match="400/53 task conflict"):
        do(rest(host), "start")
    assert log == [
        {
            "message": "agora_failure",
            "call": "start",
            "host": host.url,
            "kind": "ConflictError",
            "status": 400,
            "agora_code": 53,
            "reason": "task conflict",
            "request_id": "r-1",
            "resource_id": "r-2",
        }
    ]


def test_no_credential_token_or_storage_key_is_told_even_if_agora_repeats_it(host: Host, log: list[Any]) -> None:
    hidden = ("hush-hush", "007hush", "AKIAHUSH", "hushkey", AUTHORIZATION.split()[1])
    host.say(400, {"code": 2, "reason": f"start: bad {' '.join(hidden)} " + "long " * 100})
    with pytest.raises(RefusedError) as caught:
        do(rest(host), "start")
    assert len(caught.value.reason) == 200
    for text in (str(caught.value), repr(caught.value), str(log), repr(vars(caught.value))):
        assert "bad" in text
        assert not any(secret in text for secret in hidden)


def test_a_connection_that_fails_tells_only_the_kind_of_failure(log: list[Any]) -> None:
    with pytest.raises(OutageError) as caught:
        do(rest(a_dead_address()), "start")
    assert caught.value.__cause__ is None
    assert str(caught.value) == "0 NewConnectionError"
