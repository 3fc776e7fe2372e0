"""The Agora credentials: read once, kept, used on when they cannot be read, and never shown."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from atelier import aws, observability, retries
from atelier.agora import secrets
from atelier.agora.secrets import READ_AGAIN_AFTER_S, TRUSTED_FOR_S, MissingParametersError, SecretStore, WebhookSecrets
from atelier.agora.tokens import Credentials, InvalidCredentialsError
from atelier.errors import AgoraUnavailableError
from tests import emulator

APP_ID, CERTIFICATE = "a1" * 16, "c7" * 16
OTHER = "d8" * 16
PATH = "/studio/agora"
ROOT = Path(__file__).parents[2]


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Stub:
    """Stands in for the parameter store's client."""

    def __init__(self, **values: str) -> None:
        self.values = values
        self.asked: list[dict[str, Any]] = []
        self.error: Exception | None = None

    def get_parameters(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        if self.error:
            raise self.error
        have = {f"{PATH}/{name}": value for name, value in self.values.items()}
        return {
            "Parameters": [{"Name": name, "Value": have[name]} for name in asked["Names"] if name in have],
            "InvalidParameters": [name for name in asked["Names"] if name not in have],
        }


def a_stub() -> Stub:
    return Stub(app_id=APP_ID, app_certificate=CERTIFICATE)


def a_store(stub: Stub, clock: Clock | None = None) -> SecretStore[Credentials]:
    return SecretStore(lambda: read_from(stub, PATH), clock or Clock())


def read_from(client: Any, path: str) -> Credentials:
    return secrets.read_from(client, path, Credentials)


def denied() -> ClientError:
    return ClientError({"Error": {"Code": "AccessDeniedException", "Message": f"no {CERTIFICATE}"}}, "GetParameters")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is logged as an error."""
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr(
        observability.logger, "error", lambda message, **told: lines.append({"message": message, **told})
    )
    monkeypatch.setattr(observability, "count", lambda *_: None)
    return lines


def test_both_are_read_decrypted_in_one_request() -> None:
    stub = a_stub()
    assert a_store(stub).get() == Credentials(APP_ID, CERTIFICATE)
    assert stub.asked == [{"Names": [f"{PATH}/app_id", f"{PATH}/app_certificate"], "WithDecryption": True}]


def test_nothing_is_asked_again_for_five_minutes_and_then_once() -> None:
    stub, clock = a_stub(), Clock()
    store = a_store(stub, clock)
    store.get()
    clock.now += TRUSTED_FOR_S - 0.1
    store.get()
    assert len(stub.asked) == 1
    stub.values["app_certificate"] = OTHER
    clock.now += 0.2
    assert store.get() == Credentials(APP_ID, OTHER)
    assert store.get() == Credentials(APP_ID, OTHER)
    assert len(stub.asked) == 2


@pytest.mark.parametrize(
    "error", [denied(), ConnectTimeoutError(endpoint_url="https://ssm")], ids=lambda e: type(e).__name__
)
def test_a_failed_read_without_an_earlier_one_is_unavailability(error: Exception, log: list[dict[str, Any]]) -> None:
    stub = a_stub()
    stub.error = error
    with pytest.raises(AgoraUnavailableError) as caught:
        a_store(stub).get()
    assert caught.value.__cause__ is None
    assert log[0]["reason"] == type(error).__name__
    assert log[0]["stale"] is False


@pytest.mark.parametrize("lost", ["app_id", "app_certificate"])
def test_a_missing_parameter_is_unavailability(lost: str, log: list[dict[str, Any]]) -> None:
    stub = a_stub()
    del stub.values[lost]
    with pytest.raises(AgoraUnavailableError):
        a_store(stub).get()
    with pytest.raises(MissingParametersError, match=lost):
        read_from(stub, PATH)
    assert log[0]["reason"] == "MissingParametersError"


@pytest.mark.parametrize("name", ["app_id", "app_certificate"])
@pytest.mark.parametrize("value", ["", "change-me", CERTIFICATE[:-1], CERTIFICATE + "\n"])
def test_a_malformed_value_is_unavailability(name: str, value: str, log: list[dict[str, Any]]) -> None:
    stub = a_stub()
    stub.values[name] = value
    with pytest.raises(AgoraUnavailableError):
        a_store(stub).get()
    with pytest.raises(InvalidCredentialsError):
        read_from(stub, PATH)
    assert log[0]["reason"] == "InvalidCredentialsError"


def test_what_was_read_before_is_used_on_while_reading_fails(log: list[dict[str, Any]]) -> None:
    stub, clock = a_stub(), Clock()
    store = a_store(stub, clock)
    store.get()
    clock.now += TRUSTED_FOR_S
    stub.error = denied()
    assert store.get() == Credentials(APP_ID, CERTIFICATE)
    assert log[0] == {
        "message": "agora_credentials",
        "reason": "ClientError",
        "aws_code": "AccessDeniedException",
        "stale": True,
    }
    stub.error = None
    stub.values["app_certificate"] = OTHER
    clock.now += READ_AGAIN_AFTER_S
    assert store.get() == Credentials(APP_ID, OTHER)


def test_a_failure_is_not_repeated_by_every_request_that_comes_in_the_meantime(log: list[dict[str, Any]]) -> None:
    stub, clock = a_stub(), Clock()
    stub.error = denied()
    store = a_store(stub, clock)
    for _ in range(5):
        with pytest.raises(AgoraUnavailableError):
            store.get()
    assert len(stub.asked) == 1
    stub.error = None
    clock.now += READ_AGAIN_AFTER_S
    assert store.get() == Credentials(APP_ID, CERTIFICATE)


def test_no_read_begins_when_the_caller_has_no_time_for_one(log: list[dict[str, Any]]) -> None:
    stub = a_stub()
    with retries.time_to_start(secrets.NEEDS_S / 2), pytest.raises(AgoraUnavailableError):
        a_store(stub).get()
    assert stub.asked == []
    assert log[0]["reason"] == "OutOfTimeError"


def test_no_secret_is_in_a_log_line_or_an_exception(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(observability, "count", lambda *_: None)
    monkeypatch.setattr(observability.logger._logger, "handle", lambda record: seen.append(repr(vars(record))))  # noqa: SLF001
    almost = CERTIFICATE[:-1] + "z"
    stub, clock = Stub(app_id=APP_ID, app_certificate=almost), Clock()
    store = a_store(stub, clock)
    with pytest.raises(AgoraUnavailableError) as caught:
        store.get()
    stub.error = denied()
    clock.now += READ_AGAIN_AFTER_S
    with pytest.raises(AgoraUnavailableError):
        store.get()
    assert len(seen) == 2
    for text in (*seen, repr(caught.value), str(vars(caught.value)), *capsys.readouterr()):
        assert CERTIFICATE[:-1] not in text


@contextmanager
def _parameter_store(answer: Callable[[dict[str, Any]], dict[str, Any]]) -> Iterator[tuple[str, list[Any]]]:
    asked: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            asked.append((self.headers["x-amz-target"], self.headers["authorization"], request))
            body = json.dumps(answer(request)).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `table.connect()` needs, though no table is asked."""
    monkeypatch.setenv("TABLE_NAME", "none")
    monkeypatch.setenv("AWS_DEFAULT_REGION", emulator.REGION)


def test_the_real_client_signs_one_request_for_both(environment: None) -> None:
    def answer(request: dict[str, Any]) -> dict[str, Any]:
        values = {f"{PATH}/app_id": APP_ID, f"{PATH}/app_certificate": CERTIFICATE}
        return {"Parameters": [{"Name": name, "Value": values[name]} for name in request["Names"]]}

    with _parameter_store(answer) as (address, asked):
        found = read_from(aws.new_client("ssm", endpoint_url=address), PATH)
    assert found == Credentials(APP_ID, CERTIFICATE)
    [(target, authorization, request)] = asked
    assert target == "AmazonSSM.GetParameters"
    assert "/ssm/aws4_request" in authorization
    assert request == {"Names": [f"{PATH}/app_id", f"{PATH}/app_certificate"], "WithDecryption": True}


def test_a_parameter_store_that_does_not_answer_costs_two_seconds_and_no_more(
    environment: None, log: list[dict[str, Any]]
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        client = aws.new_client("ssm", endpoint_url=f"http://127.0.0.1:{silent.getsockname()[1]}")
        started = time.monotonic()
        with pytest.raises(AgoraUnavailableError):
            SecretStore(lambda: read_from(client, PATH)).get()
    assert time.monotonic() - started < 3.0
    assert log[0]["reason"] == "ReadTimeoutError"
    assert client.meta.config.connect_timeout == 1.0


@pytest.mark.parametrize("configured", [True, False])
def test_the_function_can_be_imported_whatever_the_parameter_store_does(configured: bool) -> None:
    script = """
import sys
import functions.tokens.app as app
assert "boto3" not in sys.modules
print("imported")
"""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    environ = {
        "PYTHONPATH": f"{ROOT}:{ROOT / 'shared'}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": emulator.REGION,
        "AWS_ENDPOINT_URL": address,
        "POWERTOOLS_SERVICE_NAME": "tokens",
        "POWERTOOLS_METRICS_NAMESPACE": "Atelier",
    }
    if configured:
        environ |= {"TABLE_NAME": "none", "AGORA_PARAMETER_PATH": PATH}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "imported" in done.stdout
    assert ("EndpointConnectionError" in done.stdout + done.stderr) is configured


def test_init_reads_the_credentials_so_that_the_first_request_need_not() -> None:
    script = """
import functions.tokens.app as app
print("kept" if app.credentials._kept is not None else "nothing kept")
"""

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        return {"Parameters": [{"Name": name, "Value": APP_ID} for name in request["Names"]]}

    with _parameter_store(answer) as (address, asked):
        environ = {
            "PYTHONPATH": f"{ROOT}:{ROOT / 'shared'}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": emulator.REGION,
            "AWS_ENDPOINT_URL": address,
            "TABLE_NAME": "none",
            "AGORA_PARAMETER_PATH": PATH,
        }
        done = subprocess.run(
            [sys.executable, "-c", script], env=environ, capture_output=True, text=True, timeout=60, check=False
        )
    assert done.stdout == "kept\n", done.stderr
    assert len(asked) == 1


def test_notices_may_be_signed_with_any_of_several_secrets() -> None:
    stub = Stub(webhook_secrets="one\n two\n\nthree\n")
    assert secrets.read_from(stub, PATH, WebhookSecrets).all == (b"one", b"two", b"three")


def test_no_secret_is_shown_by_what_holds_it() -> None:
    held = (WebhookSecrets("hush"), secrets.RestAccess("a", "b", "hush"), secrets.StorageAccess("a", "hush"))
    assert "hush" not in repr(held)
