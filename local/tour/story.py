"""Tells requests and answers, and stops at the first that is wrong."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from local import mail
from local.caller import Caller
from local.stack import Stack
from local.tour.printing import content, short

PATIENCE_SECONDS = 20.0
QUIET_SECONDS = 2.0
SHOWN_HEADERS = ("etag", "location", "link", "retry-after", "idempotency-replayed")

type Check = Callable[[Any], bool]
type Seen = tuple[bool, Any]
"""Whether something has happened, and what there is to see of it."""


class StoryError(Exception):
    """An answer was not the one the story tells."""


class Story:
    """One walk through the story of a running cloud. steps: how many requests it has told."""

    def __init__(self, stack: Stack, caller: Caller) -> None:
        self.stack = stack
        self.steps = 0
        self._caller = caller

    def chapter(self, title: str) -> None:
        """A heading."""
        print(f"\n{title}\n{'-' * len(title)}")

    def say(self, text: str) -> None:
        """Something beside the requests."""
        print(f"         {text}")

    def tell(
        self,
        who: str | None,
        method: str,
        path: str,
        body: Any = None,
        *,
        expect: int = 200,
        check: Check | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """One request and its answer."""
        answer = self._caller.send(who, method, path, body, headers)
        return self._told(who or "anybody", method, path, body, answer, expect=expect, check=check, headers=headers)

    def wait(self, who: str, path: str, check: Check, what: str) -> Any:
        """Ask until something that follows from a change has happened; the answer that says so."""

        def look() -> Seen:
            seen = content(self._caller.send(who, "GET", path))
            return check(seen), seen

        _until(look, what)
        return content(self.tell(who, "GET", path, check=check))

    def settle(self, path: str) -> None:
        """Ask until an answer stays the same for a while: what follows from changes may still be under way."""

        def look() -> Seen:
            tags = []
            for _ in range(2):
                time.sleep(QUIET_SECONDS / 2)
                tags.append(self._caller.send(None, "GET", path).headers["etag"])
            return tags[0] == tags[1], tags

        _until(look, "rest")

    def agora(self, name: str, body: dict[str, Any], *, expect: int = 200) -> None:
        """Something that happens at Agora: a request to its simulator."""
        path = f"/_simulator/{name}"
        answer = httpx.post(self.stack["agora"]["url"] + path, json=body, timeout=20)
        self._told("Agora", "POST", path, body, answer, expect=expect)

    def letter(self, address: str, check: Check, what: str) -> dict[str, Any]:
        """The mail to an address that a check is content with, once it was sent."""

        def look() -> Seen:
            sent = mail.sent(self.stack["aws"]["endpoint_url"])
            fitting = [letter for letter in sent if address in letter["To"] and check(letter)]
            return bool(fitting), fitting

        letter: dict[str, Any] = _until(look, what)[0]
        print(f"mail     to {address}: {letter['Subject']}")
        return letter

    def fetch(self, address: str) -> httpx.Response:
        """A file that an answer gave the address of, with nothing but that."""
        return self._told("anybody", "GET", "that address", None, httpx.get(address, timeout=20), expect=200)

    def _told(
        self,
        who: str,
        method: str,
        path: str,
        body: Any,
        answer: httpx.Response,
        *,
        expect: int,
        check: Check | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        self.steps += 1
        sent = "" if body is None else f"  {short(body)}"
        extra = "".join(f"  {name}: {value}" for name, value in (headers or {}).items())
        print(f"{who:8} {method:6} {path}{sent}{extra}")
        told = [f"{name}: {answer.headers[name]}" for name in SHOWN_HEADERS if name in answer.headers]
        print(f"         {answer.status_code}    {short(content(answer))}{'  ' if told else ''}{'  '.join(told)}")
        if answer.status_code != expect:
            raise StoryError(f"{method} {path} should answer {expect}, not {answer.status_code}: {answer.text}")
        if check is not None and not check(content(answer)):
            raise StoryError(f"{method} {path} answered something else than the story says: {answer.text}")
        return answer


def _until(look: Callable[[], Seen], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        has_happened, seen = look()
        if has_happened:
            return seen
        if time.monotonic() > deadline:
            raise StoryError(f"{what} did not happen within {PATIENCE_SECONDS:.0f} s: {seen}")
        time.sleep(0.2)


def a_workshop(title: str, ahead: timedelta, **fields: Any) -> dict[str, Any]:
    """A body for a new workshop, so far ahead."""
    when = (datetime.now(UTC) + ahead).isoformat(timespec="seconds")
    return {"title": title, "scheduled_at": when, "timezone": "Europe/Berlin", "duration_minutes": 60, **fields}


def code(wanted: str) -> Check:
    """Checks that an answer is this refusal."""
    return lambda problem: bool(problem["code"] == wanted)
