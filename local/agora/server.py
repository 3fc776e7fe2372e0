"""The simulator over HTTP, on a free loopback port, with time and notices going on in the background."""

import http.client
import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from local.agora.control import control
from local.agora.notices import Send
from local.agora.simulator import Simulator

TICK_SECONDS = 0.05
WEBHOOK_TIMEOUT_SECONDS = 10.0
LARGEST_BODY = 1 << 20
CONTROL = "/_simulator/"
UNREACHABLE = "unreachable"


class Running:
    """A simulator that listens. url: its address. `background`: it also lives and sends notices by itself."""

    def __init__(self, simulator: Simulator, *, background: bool = True, port: int = 0) -> None:
        self.simulator = simulator
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.simulator = simulator
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)]
        if background:
            self._threads.append(threading.Thread(target=self._live, daemon=True, name="agora"))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends it; what was not sent by then never is."""
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        for thread in self._threads:
            thread.join(timeout=WEBHOOK_TIMEOUT_SECONDS)

    def _live(self) -> None:
        while not self._stopping.is_set():
            if not self.simulator.deliver_one():
                self._stopping.wait(TICK_SECONDS)


def to_webhook(url: str) -> Send:
    """Hands notices over by POST, as Agora does: 200 with JSON within 10 s, or it was in vain."""
    address = urlsplit(url)

    def send(body: bytes, headers: Mapping[str, str]) -> int:
        connection = http.client.HTTPConnection(address.netloc, timeout=WEBHOOK_TIMEOUT_SECONDS)
        try:
            connection.request("POST", address.path, body, dict(headers))
            answer = connection.getresponse()
            json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            return 0
        finally:
            connection.close()
        return answer.status

    return send


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    simulator: Simulator


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Otherwise the second part of each answer waits 40 ms for the first to be acknowledged.
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._respond()

    do_POST = do_PUT = do_DELETE = do_GET

    def _respond(self) -> None:
        simulator = self.server.simulator
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            self.close_connection = True
            return
        raw = self.rfile.read(length)
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            body = "no JSON"
        if self.path.startswith(CONTROL):
            name = self.path.removeprefix(CONTROL)
            self._send(*control(simulator, self.command, name, body))
            return
        if simulator.faults.down == UNREACHABLE:
            self.close_connection = True
            return
        status, told = simulator.answer(self.command, self.path, self.headers.get("Authorization", ""), body)
        self._send(status, told)

    def _send(self, status: int, told: dict[str, Any]) -> None:
        content = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        request_id = self.server.simulator.next_request_id()
        self.send_header("X-Request-ID", request_id)
        self.send_header("X-Resource-ID", f"{request_id[-8:]}-resource")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Says nothing: `state` tells of requests."""
