"""The front door, before a stand-in for the emulator."""

import http.client
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from local.front import BODY_LIMIT, LANES, Front, Lanes


class Emulator(ThreadingHTTPServer):
    """Answers what the test told it to, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.status = 200
        self.headers: list[tuple[str, str]] = []
        self.content = b"{}"
        self.seen: list[tuple[str, str, list[tuple[str, str]], bytes]] = []
        self.hold: threading.Event | None = None
        self.under_way = 0
        self.most_under_way = 0
        self.lock = threading.Lock()


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Emulator

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.server.lock:
            self.server.seen.append((self.command, self.path, self.headers.items(), body))
            self.server.under_way += 1
            self.server.most_under_way = max(self.server.most_under_way, self.server.under_way)
        if self.server.hold is not None:
            self.server.hold.wait(5)
        with self.server.lock:
            self.server.under_way -= 1
        self.send_response_only(self.server.status)
        for name, value in self.server.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(self.server.content)

    do_GET = do_HEAD = do_POST = do_DELETE = _answer

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    server = Emulator()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def front(emulator: Emulator) -> Iterator[Front]:
    server = Front(0, lambda *_: None)
    server.start("api1", emulator.server_port)
    yield server
    server.stop()


@pytest.fixture
def connection(front: Front) -> Iterator[http.client.HTTPConnection]:
    client = http.client.HTTPConnection("127.0.0.1", front.server_port, timeout=10)
    yield client
    client.close()


def test_a_request_reaches_the_api_as_it_was_sent(
    connection: http.client.HTTPConnection, emulator: Emulator, front: Front
) -> None:
    headers = {"Authorization": "Bearer x", "X-Forwarded-For": "192.0.2.7", "If-Match": '"3"'}
    connection.request("POST", "/v1/things/a%2Fb?q=1&q=2", body=b"\x00raw", headers=headers)
    assert connection.getresponse().read() == b"{}"
    method, path, sent, body = emulator.seen[0]
    assert (method, path, body) == ("POST", "/_aws/execute-api/api1/$default/v1/things/a%2Fb?q=1&q=2", b"\x00raw")
    fields = {name.lower(): value for name, value in sent}
    assert fields["authorization"] == "Bearer x"
    assert fields["if-match"] == '"3"'
    assert fields["x-forwarded-for"] == "192.0.2.7, 127.0.0.1"
    assert fields["host"] == f"127.0.0.1:{front.server_port}"


def test_repeated_headers_and_etags_come_back_as_they_are(
    connection: http.client.HTTPConnection, emulator: Emulator
) -> None:
    emulator.headers = [("ETag", '"7"'), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Link", "<x>; rel=next")]
    connection.request("GET", "/v1/things")
    response = connection.getresponse()
    response.read()
    assert response.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert (response.headers["ETag"], response.headers["Link"]) == ('"7"', "<x>; rel=next")


def test_a_connection_serves_one_request_after_the_other(connection: http.client.HTTPConnection) -> None:
    for method in ("GET", "HEAD", "DELETE", "GET"):
        connection.request(method, "/v1/things")
        response = connection.getresponse()
        assert response.status == 200
        assert response.read() == (b"" if method == "HEAD" else b"{}")


def test_an_answer_without_a_body_has_none(connection: http.client.HTTPConnection, emulator: Emulator) -> None:
    emulator.status, emulator.content = 204, b""
    for _ in range(2):
        connection.request("DELETE", "/v1/things/1")
        response = connection.getresponse()
        assert (response.status, response.read(), response.headers["Content-Length"]) == (204, b"", None)


def test_chunked_bodies_are_put_together(connection: http.client.HTTPConnection, emulator: Emulator) -> None:
    connection.request("POST", "/v1/things", body=iter([b"one ", b"two"]), encode_chunked=True)
    connection.getresponse().read()
    assert emulator.seen[0][3] == b"one two"


def test_a_body_over_ten_megabytes_is_refused(connection: http.client.HTTPConnection, emulator: Emulator) -> None:
    connection.request("POST", "/v1/things", body=b"x" * (BODY_LIMIT + 1))
    response = connection.getresponse()
    assert (response.status, response.read()) == (413, b'{"message":"Request Entity Too Large"}')
    assert emulator.seen == []


@pytest.mark.parametrize("length", ["x", "-1"])
def test_a_length_that_is_none_is_a_bad_request(front: Front, length: str) -> None:
    with socket.create_connection(("127.0.0.1", front.server_port), timeout=5) as client:
        client.sendall(f"POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")


def test_what_a_function_raised_is_not_told(connection: http.client.HTTPConnection, emulator: Emulator) -> None:
    emulator.status, emulator.content = 502, b'{"errorMessage": "secret"}'
    connection.request("GET", "/v1/things")
    response = connection.getresponse()
    assert (response.status, response.read()) == (500, b'{"message":"Internal Server Error"}')


def test_an_emulator_that_is_gone_is_503(front: Front, connection: http.client.HTTPConnection) -> None:
    front.lanes = Lanes(1)
    connection.request("GET", "/v1/things")
    response = connection.getresponse()
    response.read()
    assert response.status == 503


def test_pages_of_its_own(connection: http.client.HTTPConnection, emulator: Emulator) -> None:
    connection.request("GET", "/")
    response = connection.getresponse()
    assert response.status == 200
    assert b"Atelier" in response.read()
    connection.request("GET", "/v1x")
    response = connection.getresponse()
    assert (response.status, response.read()) == (404, b'{"message":"Not Found"}')
    assert emulator.seen == []


def test_a_burst_goes_through_a_few_lanes(front: Front, emulator: Emulator) -> None:
    emulator.hold = threading.Event()

    def ask(_: int) -> int:
        client = http.client.HTTPConnection("127.0.0.1", front.server_port, timeout=10)
        client.request("GET", "/v1/things")
        response = client.getresponse()
        response.read()
        client.close()
        return response.status

    with ThreadPoolExecutor(32) as clients:
        asked = clients.map(ask, range(64))
        while emulator.under_way < LANES:
            pass
        emulator.hold.set()
        assert set(asked) == {200}
    assert emulator.most_under_way == LANES
