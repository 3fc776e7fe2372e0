"""A parameter store that knows one Agora project, for functions that read it while they start."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "bench"  # noqa: S105 - it guards nothing
"""What every other parameter is."""

VALUES = {"app_id": "a1" * 16, "app_certificate": "c7" * 16}


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Answers GetParameters with what is known of the names."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        values = {name: VALUES.get(name.rpartition("/")[2], SECRET) for name in asked["Names"]}
        found = [{"Name": name, "Type": "SecureString", "Value": value} for name, value in values.items()]
        body = json.dumps({"Parameters": found, "InvalidParameters": []}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody needs to know."""


@contextmanager
def parameter_store() -> Iterator[str]:
    """The store's address, for as long as the block lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
