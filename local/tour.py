"""`make tour`: the whole story over HTTP, every request and answer printed; 1 when an answer is not the story's."""

import json
import secrets
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from local.agora_token import read_token
from local.caller import Caller
from local.stack import Stack

PATIENCE_SECONDS = 20.0
WIDTH = 200
LIST_SHOWN = 3
TEXT_SHOWN = 60
PERSON_FIELDS = 4
PROBLEM_SHOWN = ("code", "title", "errors")
WORKSHOP_SHOWN = ("title", "status", "max_capacity", "attendee_count", "waitlist_count", "seats_left", "my")
SHOWN_HEADERS = ("etag", "location", "link", "retry-after", "idempotency-replayed")

type Check = Callable[[Any], bool]


class StoryError(Exception):
    """An answer was not the one the story tells."""


class Tour:
    """Tells requests and answers, and stops at the first that is wrong."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self.steps = 0

    def chapter(self, title: str) -> None:
        """A heading."""
        print(f"\n{title}\n{'-' * len(title)}")

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
        self.steps += 1
        sent = "" if body is None else f"  {_short(body)}"
        extra = "".join(f"  {name}: {value}" for name, value in (headers or {}).items())
        print(f"{who or 'anybody':8} {method:6} {path}{sent}{extra}")
        shown = [f"{name}: {answer.headers[name]}" for name in SHOWN_HEADERS if name in answer.headers]
        print(f"         {answer.status_code}    {_short(_content(answer))}{'  ' if shown else ''}{'  '.join(shown)}")
        if answer.status_code != expect:
            raise StoryError(f"{method} {path} should answer {expect}, not {answer.status_code}: {answer.text}")
        if check is not None and not check(_content(answer)):
            raise StoryError(f"{method} {path} answered something else than the story says: {answer.text}")
        return answer

    def wait(self, who: str, path: str, check: Check, what: str) -> None:
        """Ask until something that follows from a change has happened."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            content = _content(self._caller.send(who, "GET", path))
            if check(content):
                self.tell(who, "GET", path, check=check)
                return
            if time.monotonic() > deadline:
                raise StoryError(f"{what} did not happen within {PATIENCE_SECONDS:.0f} s: {content}")
            time.sleep(0.2)


def tour(stack: Stack) -> int:
    """Tell the story; returns the exit status."""
    with Caller(stack) as caller:
        story = Tour(caller)
        try:
            _who(story)
            category = _category(story)
            workshop = _workshop(story, category)
            _seats(story, workshop)
            _live(story, stack)
            _trouble(story, workshop)
            story.chapter("Cleaning up")
            story.tell("host", "DELETE", f"/workshops/{workshop}", expect=204)
            story.tell("admin", "DELETE", f"/categories/{category}", expect=204)
        except (StoryError, httpx.TransportError) as error:
            sys.stderr.write(f"\nThe tour ends here. {error}\n")
            return 1
    print(f"\nThe end: {story.steps} requests, each answered as told.")
    return 0


def _who(story: Tour) -> None:
    story.chapter("Who is there")
    story.tell(None, "GET", "/health")
    story.tell(None, "GET", "/me", expect=401)
    story.tell("host", "GET", "/me", check=lambda me: me["can_host"] is True)
    ana = story.tell("ana", "GET", "/me").json()["id"]
    story.tell("host", "GET", f"/users/{ana}", check=lambda user: user["id"] == ana)


def _category(story: Tour) -> str:
    story.chapter("A category")
    body = {"name": f"Tour {secrets.token_hex(3)}", "description": "Made by the tour."}
    story.tell("ana", "POST", "/categories", body, expect=403)
    created: str = story.tell("admin", "POST", "/categories", body, expect=201).json()["id"]
    return created


def _workshop(story: Tour, category: str) -> str:
    story.chapter("A workshop, made once however often it is asked for")
    body = _input("Tour: one seat", timedelta(days=1), category_id=category, max_capacity=1)
    key = {"Idempotency-Key": secrets.token_hex(8)}
    created = story.tell("host", "POST", "/workshops", body, expect=201, headers=key)
    again = story.tell("host", "POST", "/workshops", body, expect=201, headers=key)
    if again.json()["id"] != created.json()["id"] or again.headers.get("idempotency-replayed") != "true":
        raise StoryError("the replay was not one")
    other = body | {"title": "Tour: another"}
    story.tell("host", "POST", "/workshops", other, expect=422, headers=key, check=_code("idempotency_key_reused"))
    workshop: str = created.json()["id"]
    story.tell("ana", "GET", f"/workshops/{workshop}", check=lambda w: w["seats_left"] == 1)
    story.tell("ana", "GET", f"/workshops?category={category}", check=lambda page: len(page["items"]) == 1)
    return workshop


def _seats(story: Tour, workshop: str) -> None:
    path = f"/workshops/{workshop}"
    story.chapter("One seat, three people")
    story.tell("ana", "POST", f"{path}/rsvp", expect=201, check=lambda a: a["status"] == "rsvp")
    story.tell("ana", "POST", f"{path}/rsvp", check=lambda a: a["status"] == "rsvp")
    story.tell(
        "ben", "POST", f"{path}/rsvp", expect=201, check=lambda a: (a["status"], a["position"]) == ("waitlisted", 1)
    )
    story.tell("cleo", "POST", f"{path}/rsvp", expect=201, check=lambda a: a["status"] == "waitlisted")
    story.tell("host", "POST", f"{path}/rsvp", expect=409, check=_code("own_workshop"))
    story.tell("host", "GET", f"{path}/attendees", check=lambda page: len(page["items"]) == len(("ana", "ben", "cleo")))

    story.chapter("Ana cancels: the seat goes to Ben, who was first")
    story.tell("ana", "DELETE", f"{path}/rsvp", expect=204)
    story.wait("ben", path, lambda w: w["my"]["rsvp"]["status"] == "rsvp", "Ben's promotion")
    story.tell("cleo", "GET", path, check=lambda w: w["my"]["rsvp"]["status"] == "waitlisted")

    story.chapter("The host adds a seat: Cleo moves up")
    etag = story.tell("host", "GET", path).headers["etag"]
    story.tell("host", "PATCH", path, {"max_capacity": 2}, headers={"If-Match": etag})
    story.wait("cleo", path, lambda w: w["my"]["rsvp"]["status"] == "rsvp", "Cleo's promotion")
    story.wait("host", path, lambda w: (w["attendee_count"], w["waitlist_count"]) == (2, 0), "the count")
    story.tell("host", "PATCH", path, {"title": "Stale"}, expect=412, headers={"If-Match": etag})
    story.tell("host", "PATCH", path, {"max_capacity": 1}, expect=409, check=_code("capacity_below_taken"))


def _live(story: Tour, stack: Stack) -> None:
    story.chapter("Going live")
    body = _input("Tour: live", timedelta(minutes=15, seconds=2))
    workshop = story.tell("host", "POST", "/workshops", body, expect=201).json()["id"]
    path = f"/workshops/{workshop}"
    story.tell("ana", "POST", f"{path}/rsvp", expect=201)
    story.tell("host", "POST", f"{path}/token", {"device": "main"}, expect=409, check=_code("room_not_open"))
    time.sleep(2.5)
    story.tell("host", "POST", f"{path}/lobby", check=lambda w: w["status"] == "lobby")
    story.tell("ana", "POST", f"{path}/token", {"device": "main"}, expect=409, check=_code("room_not_open"))
    story.tell("host", "POST", f"{path}/start", check=lambda w: w["status"] == "live")
    story.tell("host", "POST", f"{path}/start", check=lambda w: w["status"] == "live")

    story.chapter("Join tokens: the host may publish, Ana may listen")
    for who, role, allowed in (("host", "publisher", 4), ("ana", "subscriber", 1)):
        given = story.tell(who, "POST", f"{path}/token", {"device": "main"}, check=_role(role)).json()
        content = read_token(given["token"])
        print(f"         the token says: {json.dumps(content)}")
        said = (content["app_id"], content["channel"], content["uid"])
        if said != (stack["agora"]["app_id"], given["channel"], given["uid"]):
            raise StoryError("the token is not for that channel and uid")
        privileges = content["privileges"]
        if not isinstance(privileges, dict) or len(privileges) != allowed:
            raise StoryError(f"a {role} should have {allowed} privileges")
    story.tell("ana", "POST", f"{path}/token", {"device": "screen"}, expect=403)
    story.tell("host", "POST", f"{path}/end", check=lambda w: w["status"] == "ended")
    story.tell("host", "POST", f"{path}/lobby", expect=409, check=_code("bad_transition"))
    story.tell("ana", "POST", f"{path}/token", {"device": "main"}, expect=409, check=_code("room_not_open"))


def _trouble(story: Tour, workshop: str) -> None:
    story.chapter("What goes wrong says why")
    missing = story.tell("ana", "GET", "/workshops/wks_00000000000000000000", expect=404)
    if missing.headers["content-type"].split(";")[0] != "application/problem+json":
        raise StoryError("an error should be a problem document")
    story.tell(None, "GET", missing.json()["type"].split("/v1", 1)[1])
    story.tell("ana", "PATCH", f"/workshops/{workshop}", {"title": "Mine now"}, expect=403)
    late = _input("Tour: too soon", timedelta(minutes=14))
    story.tell("host", "POST", "/workshops", late, expect=422, check=_code("lead_time"))
    unknown = _input("Tour: odd", timedelta(days=1), colour="blue")
    story.tell("host", "POST", "/workshops", unknown, expect=422, check=lambda p: len(p["errors"]) == 1)
    story.tell("ana", "GET", "/workshops?limit=0", expect=400)


def _input(title: str, ahead: timedelta, **fields: Any) -> dict[str, Any]:
    when = (datetime.now(UTC) + ahead).isoformat(timespec="seconds")
    return {"title": title, "scheduled_at": when, "timezone": "Europe/Berlin", "duration_minutes": 60, **fields}


def _code(code: str) -> Check:
    return lambda problem: bool(problem["code"] == code)


def _role(role: str) -> Check:
    return lambda given: bool(given["role"] == role)


def _content(answer: httpx.Response) -> Any:
    if answer.content and "json" in answer.headers.get("content-type", ""):
        return answer.json()
    return answer.text


def _short(content: Any) -> str:
    gist = _gist(content)
    line = " ".join((gist if isinstance(gist, str) else json.dumps(gist, ensure_ascii=False)).split())
    return line if len(line) <= WIDTH else f"{line[:WIDTH]}..."


def _gist(content: Any) -> Any:
    """What is worth a look: no nulls, people by their names, problems by their codes, long texts and lists cut."""
    match content:
        case {"id": _, "display_name": name, **rest} if len(rest) <= PERSON_FIELDS:
            return name
        case {"title": _, "seats_left": _}:
            shown: Iterable[str] = WORKSHOP_SHOWN
        case {"code": _, "title": _, "status": _}:
            shown = PROBLEM_SHOWN
        case dict():
            shown = content
        case list():
            left_out = [f"and {len(content) - LIST_SHOWN} more"] if len(content) > LIST_SHOWN else []
            return [*map(_gist, content[:LIST_SHOWN]), *left_out]
        case str():
            return content if len(content) <= TEXT_SHOWN else f"{content[:TEXT_SHOWN]}..."
        case _:
            return content
    return {key: _gist(content[key]) for key in shown if content.get(key) is not None}
