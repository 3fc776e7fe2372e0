"""What tests of check-in do over and over: open, check in as somebody or as a guest, scan, look into the table."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Any, cast
from unittest import mock

from atelier import clock, table
from atelier.attendance.items import Attendance, attendance_key
from atelier.checkins import arriving, batch, guests
from atelier.checkins import desk as desk_module
from atelier.checkins.items import Desk, Guest, desk_key
from atelier.table import Item
from tests.calling import Reply, World, call, event, id_of, send

ADDRESS = "203.0.113.7"


def desk(workshop_id: str, method: str = "GET", *, user: str = "host", **more: Any) -> Reply:
    """A request about a workshop's check-in."""
    return call("checkins", method, f"/workshops/{workshop_id}/check-in", user=user, **more)


def opened(world: World, *, rotates_every_s: int | None = None, **fields: Any) -> tuple[str, str]:
    """A workshop whose check-in is open, and its code."""
    workshop_id = world.workshop(**fields)["id"]
    body = None if rotates_every_s is None else {"rotates_every_s": rotates_every_s}
    reply = desk(workshop_id, "POST", body=body)
    assert reply.status == 201, reply.text
    return workshop_id, reply.json["code_text"]


def check_in(code: str, user: str = "ana") -> Reply:
    """Somebody who is signed in gives a code."""
    return call("checkins", "POST", "/check-ins", user=user, body={"code": code})


def guest(code: str, name: str = "Gerda", *, address: str = ADDRESS, headers: Any = None, **more: Any) -> Reply:
    """Somebody without an account gives a code, from an address."""
    body = {"code": code, "display_name": name, **more}
    request = event("POST", "/public/check-ins", user=None, body=body, headers=headers)
    request["requestContext"]["http"]["sourceIp"] = address
    return send("checkins", request)


def claim(token: str, user: str = "ana") -> Reply:
    """Somebody makes a guest's check-in theirs."""
    return call("checkins", "POST", "/check-ins/claim", user=user, body={"claim_token": token})


def scans(workshop_id: str, *items: dict[str, Any], user: str = "host") -> Reply:
    """A batch of scans."""
    return call("checkins", "POST", f"/workshops/{workshop_id}/check-ins/batch", user=user, body={"items": items})


def scan(nonce: str, user: str, at: datetime, **more: Any) -> dict[str, Any]:
    """One scan of somebody whom the host knows."""
    return {"nonce": nonce, "user_id": id_of(user), "at": clock.to_text(at), **more}


def statuses(reply: Reply) -> list[str]:
    """What came of each scan."""
    assert reply.status == 200, reply.text
    return [item["status"] for item in reply.json["items"]]


def of_person(workshop_id: str, user: str) -> Attendance | None:
    """What is stored of somebody's attendance."""
    return cast("Attendance | None", table.read_one(attendance_key(workshop_id, id_of(user))))


def checked_in(workshop_id: str) -> dict[str, datetime]:
    """Everybody with an account who is checked in, and since when."""
    found = Item.query(f"ATTENDANCE#{workshop_id}", consistent_read=True)
    people = [one for one in found if isinstance(one, Attendance)]
    return {one.user_id: one.checked_in_at for one in people if "checked_in_at" in one.serialize()}


def guests_of(workshop_id: str) -> list[Guest]:
    """Everybody without an account."""
    return [one for one in Item.query(f"ATTENDANCE#{workshop_id}", consistent_read=True) if isinstance(one, Guest)]


def stored_desk(workshop_id: str) -> Desk:
    """What is stored of a workshop's check-in."""
    return cast("Desk", table.read_one(desk_key(workshop_id)))


def opened_earlier(workshop_id: str, **span: float) -> datetime:
    """Lets check-in have been opened so long ago."""
    there = stored_desk(workshop_id)
    there.opens_at = clock.whole_seconds(clock.now() - timedelta(**span))
    there.save()
    return there.opens_at


def wrong(code: str) -> str:
    """Another code of the same form."""
    return ("2" if code[0] != "2" else "3") + code[1:]


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Every check-in within the block happens at this instant: it is what the clocks of the use cases say."""
    with ExitStack() as stack:
        for function in (
            arriving.check_in,
            guests.check_in,
            guests.claim,
            batch.take,
            desk_module.open_for,
            desk_module.set_state,
            desk_module.shape,
        ):
            stack.enter_context(mock.patch.dict(function.__kwdefaults__, {"at": lambda: instant}))
        yield
