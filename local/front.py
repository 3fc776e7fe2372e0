"""The front door: the API on a port of its own, the way API Gateway would stand before the functions.

It forwards `/v1` to the emulator and serves two pages. The emulator starts one process for every request that finds
no free one; at most LANES requests go through at a time, the others wait their turn, so that a burst is answered
by a few warm processes instead of a swarm of cold ones.
"""

import http.client
import queue
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local import mail
from local.pages import Page, page_for

LANES = 8
BODY_LIMIT = 10 * 1024 * 1024
IDLE_SECONDS = 20.0
HOP_BY_HOP = {
    "connection", "host", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
    "transfer-encoding", "upgrade", "content-length", "expect",
}  # fmt: skip

BODILESS = (204, 304)

type AccessListener = Callable[[str, str, int, float], None]


class BodyTooLargeError(Exception):
    """A request body over what API Gateway takes."""


class Lanes:
    """Kept-alive connections to the emulator, as many as requests may be under way."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: queue.LifoQueue[tuple[http.client.HTTPConnection | None, float]] = queue.LifoQueue()
        for _ in range(LANES):
            self._free.put((None, 0.0))

    def send(
        self, method: str, path: str, headers: list[tuple[str, str]], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """One request and its whole answer."""
        connection, last_used = self._free.get()
        if connection is None or time.monotonic() - last_used > IDLE_SECONDS:
            if connection is not None:
                connection.close()
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            response = connection.getresponse()
            answer = response.status, response.getheaders(), response.read()
        except BaseException:
            connection.close()
            self._free.put((None, 0.0))
            raise
        self._free.put((connection, time.monotonic()))
        return answer

    @contextmanager
    def paused(self, patience_seconds: float = 10.0) -> Iterator[None]:
        """Let no request through meanwhile; those under way end first, unless they take longer than the patience."""
        deadline = time.monotonic() + patience_seconds
        held: list[tuple[http.client.HTTPConnection | None, float]] = []
        with suppress(queue.Empty):
            while len(held) < LANES:
                held.append(self._free.get(timeout=max(0.0, deadline - time.monotonic())))
        try:
            yield
        finally:
            for lane in held:
                self._free.put(lane)

    def close(self) -> None:
        """Close what is kept alive."""
        lanes = [self._free.get() for _ in range(self._free.qsize())]
        for connection, _last_used in lanes:
            if connection is not None:
                connection.close()
            self._free.put((None, 0.0))


class Front(ThreadingHTTPServer):
    """Listens on the developer's port."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, port: int, listener: AccessListener) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.listener = listener
        self.api_prefix = ""
        self.emulator_url = ""
        self.lanes: Lanes | None = None

    @property
    def url(self) -> str:
        """The address of the API, up to and including `/v1`."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    def start(self, api_id: str, emulator_port: int) -> Lanes:
        """Serve the API of this id from now on, in the background; returns the lanes its requests take."""
        self.api_prefix = f"/_aws/execute-api/{api_id}/$default"
        self.emulator_url = f"http://127.0.0.1:{emulator_port}"
        self.lanes = Lanes(emulator_port)
        threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True, name="front").start()
        return self.lanes

    def stop(self) -> None:
        """Stop serving and give the port back."""
        if self.lanes is not None:
            self.shutdown()
            self.lanes.close()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError | socket.timeout):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 75
    server: Front

    def _serve(self) -> None:
        began = time.perf_counter()
        try:
            body = self._read_body()
        except ValueError:
            self.close_connection = True
            status = self._answer(400, [], b'{"message":"Bad Request"}')
        except BodyTooLargeError:
            status = self._answer(413, [], b'{"message":"Request Entity Too Large"}')
        else:
            path = self.path.partition("?")[0]
            is_api = path == "/v1" or path.startswith("/v1/")
            status = self._forward(body) if is_api else self._show(self._mail() if path == "/mail" else page_for(path))
        self.server.listener(self.command, self.path, status, (time.perf_counter() - began) * 1000)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve

    def _forward(self, body: bytes) -> int:
        headers = [(name, value) for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP]
        forwarded = [value for name, value in headers if name.lower() == "x-forwarded-for"]
        headers = [(name, value) for name, value in headers if not name.lower().startswith("x-forwarded-")]
        headers += [
            ("Host", f"127.0.0.1:{self.server.server_port}"),
            ("X-Forwarded-For", ", ".join([*forwarded, self.client_address[0]])),
            ("X-Forwarded-Port", str(self.server.server_port)),
            ("X-Forwarded-Proto", "http"),
        ]
        if self.server.lanes is None:
            return self._answer(503, [], b'{"message":"Service Unavailable"}')
        try:
            status, answered, content = self.server.lanes.send(
                self.command, self.server.api_prefix + self.path, headers, body
            )
        except (OSError, http.client.HTTPException):
            return self._answer(503, [], b'{"message":"Service Unavailable"}')
        if status == http.client.BAD_GATEWAY:
            # The emulator tells what the function raised; API Gateway does not, and answers 500.
            return self._answer(500, [], b'{"message":"Internal Server Error"}')
        return self._answer(status, answered, content)

    def _mail(self) -> Page | None:
        url = self.server.emulator_url
        return Page("text/html; charset=utf-8", mail.page(url).encode()) if url else None

    def _show(self, page: Page | None) -> int:
        if page is None:
            return self._answer(404, [], b'{"message":"Not Found"}')
        return self._answer(200, [("Content-Type", page.content_type)], page.content)

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> int:
        self.send_response_only(status)
        for name, value in headers or [("Content-Type", "application/json")]:
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        has_body = status not in BODILESS
        if has_body:
            self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if has_body and self.command != "HEAD":
            self.wfile.write(content)
        return status

    def _read_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._read_chunks()
        length = int(self.headers.get("Content-Length") or 0)
        if length < 0:
            raise ValueError("a body has no negative length")
        body = bytearray()
        received = 0
        # A body over the limit is read to its end all the same: a client hears an answer only after it has sent it.
        while received < length:
            part = self.rfile.read(min(length - received, 1 << 20))
            if not part:
                raise ConnectionAbortedError("the client stopped within its body")
            received += len(part)
            if received <= BODY_LIMIT:
                body += part
        if length > BODY_LIMIT:
            raise BodyTooLargeError
        return bytes(body)

    def _read_chunks(self) -> bytes:
        body = bytearray()
        received = 0
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            part = self.rfile.read(size)
            received += size
            if received <= BODY_LIMIT:
                body += part
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        if received > BODY_LIMIT:
            raise BodyTooLargeError
        return bytes(body)

    def log_message(self, format: str, *args: Any) -> None:
        """The listener tells of requests; this would tell twice."""
