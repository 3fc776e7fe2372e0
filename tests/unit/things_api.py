"""An API of four routes that touches no table."""

from datetime import datetime
from typing import Any

from pydantic import Field

from atelier import errors, http
from atelier.accounts.caller import Caller
from atelier.edits import Expected
from atelier.idempotency import Guard
from atelier.text import Input, Instant, LongText, Output, Paged, Title, Zone
from tests.calling import Reply, call


class Thing(Input):
    """What the API under test takes."""

    title: Title
    text: LongText = ""
    amount: int = Field(default=1, ge=0, le=1000)
    at: Instant | None = None
    zone: Zone = "UTC"


class Shown(Output):
    """What it answers."""

    title: str
    text: str
    amount: int
    at: datetime | None
    caller: str


api = http.Api()


@api.route("POST", "/things", {201: Shown})
def make(caller: Caller, body: Thing, guard: Guard | None) -> http.Answer:
    shown = Shown(title=body.title, text=body.text, amount=body.amount, at=body.at, caller=caller.id)
    return http.Answer(201, shown, {"X-Guard": guard.fingerprint if guard else "none"})


@api.route("GET", "/things", {200: Shown})
def look(caller: Caller, query: Paged, if_match: Expected | None) -> http.Answer:
    told = {"X-Admin": str(caller.is_admin), "X-Limit": str(query.limit), "X-Email": str(caller.email)}
    return http.Answer(200, "{}", told | {"X-Versions": ",".join(sorted(if_match.versions)) if if_match else "any"})


@api.route("POST", "/maybe", {200: Shown})
def make_perhaps(body: Thing | None) -> http.Answer:
    return http.Answer(200, "nothing" if body is None else body.title, content_type="text/plain")


@api.route("GET", "/things/{thing_id}", {200: None}, public=True)
def show(thing_id: str) -> http.Answer:
    if thing_id == "bad_0000000000000000":
        raise errors.TableUnavailableError
    if thing_id == "bug_0000000000000000":
        raise ZeroDivisionError
    return http.Answer(204)


def post(body: object, **more: Any) -> Reply:
    return call(api.handle, "POST", "/things", body=body, **more)


def get(**more: Any) -> Reply:
    return call(api.handle, "GET", "/things", **more)


NESTED = 100_000
