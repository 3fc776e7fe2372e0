"""What the local cloud mailed, as a developer looks at it."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from local import mail

LETTER = {"To": ["ana@example.com"], "Subject": "Tea & <raku>", "BodyText": "Hello Ana", "BodyHtml": "<p>Hello</p>"}


@pytest.fixture
def emulator() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Answers with the messages of a list, as the emulator does."""
    messages: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"messages": {"000000000000": messages}}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", messages
    server.shutdown()
    server.server_close()


def test_the_newest_comes_first(emulator: tuple[str, list[dict[str, Any]]]) -> None:
    url, messages = emulator
    messages += [{**LETTER, "Timestamp": "1"}, {**LETTER, "Timestamp": "2", "Subject": "Later"}]
    assert [message["Subject"] for message in mail.sent(url)] == ["Later", "Tea & <raku>"]


def test_what_was_sent_is_printed(
    emulator: tuple[str, list[dict[str, Any]]], capsys: pytest.CaptureFixture[str]
) -> None:
    url, messages = emulator
    mail.print_mail(url)
    assert "No mail" in capsys.readouterr().out
    messages.append(LETTER)
    mail.print_mail(url)
    told = capsys.readouterr().out
    assert "ana@example.com" in told
    assert "Hello Ana" in told


def test_a_letter_is_shown_in_a_frame_of_its_own(emulator: tuple[str, list[dict[str, Any]]]) -> None:
    url, messages = emulator
    messages.append(LETTER)
    page = mail.page(url)
    assert "Tea &amp; &lt;raku&gt;" in page
    assert 'sandbox srcdoc="&lt;p&gt;Hello&lt;/p&gt;"' in page
