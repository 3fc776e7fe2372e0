"""What tests of hands, chat and notes do over and over: ask the function, write as somebody at a moment."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from atelier.accounts.caller import Caller
from atelier.rooms import chat, schemas
from tests.calling import Reply, call, id_of
from tests.workshops import stored


def room(
    method: str,
    workshop_id: str,
    what: str,
    user: str = "ana",
    *,
    body: object = None,
    headers: dict[str, str] | None = None,
    **query: Any,
) -> Reply:
    """A request to the rooms function; `admin` asks as an administrator."""
    groups = ("admin",) if user == "admin" else ()
    path = f"/workshops/{workshop_id}/{what}"
    return call("rooms", method, path, user=user, body=body, headers=headers, query=query, groups=groups)


def write(workshop_id: str, message: str = "Hello", user: str = "ana", *, key: str | None = None) -> Reply:
    """A message in the chat, with an Idempotency-Key if one is given."""
    headers = {"Idempotency-Key": key} if key else None
    return room("POST", workshop_id, "chat", user, body={"message": message}, headers=headers)


def messages(workshop_id: str, user: str = "ana", **query: Any) -> list[str]:
    """The messages on a page of the chat."""
    reply = room("GET", workshop_id, "chat", user, **query)
    assert reply.status == 200, reply.text
    return [item["message"] for item in reply.json["items"]]


def caller(user: str) -> Caller:
    """A person as the layer knows them."""
    return Caller(id_of(user), is_admin=user == "admin")


def after_start(workshop_id: str, **span: float) -> Callable[[], datetime]:
    """A clock that stands so long after the start of a workshop."""
    moment = stored(workshop_id).actual_started_at + timedelta(**span)
    return lambda: moment


def write_at(workshop_id: str, at: Callable[[], datetime], user: str = "ana", text: str = "Hello") -> schemas.Message:
    """A message that is written at a moment, past HTTP."""
    return chat.post(workshop_id, caller(user), text, None, locate=lambda _: "/", at=at)


def pages(workshop_id: str, what: str, user: str = "host", **query: Any) -> list[list[dict[str, Any]]]:
    """Every page of a list, followed by its cursors to the end."""
    found: list[list[dict[str, Any]]] = []
    cursor: dict[str, Any] = {}
    for _ in range(100):
        reply = room("GET", workshop_id, what, user, **query, **cursor)
        assert reply.status == 200, reply.text
        found.append(reply.json["items"])
        if reply.json["next_cursor"] is None:
            assert "link" not in reply.headers
            return found
        assert f"/v1/workshops/{workshop_id}/{what}?" in reply.headers["link"]
        cursor = {"cursor": reply.json["next_cursor"]}
    raise AssertionError("the list does not end")
