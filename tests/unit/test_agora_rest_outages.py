"""When Agora is out of order: the second host, timeouts, and what is told of a failure and what never."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from atelier import observability
from atelier.agora import asking
from atelier.agora.rest import AgoraError, AgoraRest, ConflictError, OutageError, RefusedError
from tests.agora_hosts import ACCESS, AUTHORIZATION, RESOURCE, Host, a_dead_address, a_host, do, rest


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
