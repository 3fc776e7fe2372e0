"""Hosts of Agora's that answer what a test tells them to, and a call of each kind to ask of them."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from atelier.agora.rest import AgoraRest
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
