"""What tests of rooms do over and over: make a room, ask for tokens, see which numbers are whose."""

from typing import Any, cast

from atelier import table
from atelier.agora.tokens import Credentials
from atelier.rooms.items import ChannelUid, uid_key
from atelier.rsvps.items import Attendee, attendee_key
from atelier.table import Item
from tests.calling import Reply, World, call, id_of
from tests.workshops import run, stored

APP_ID, CERTIFICATE = "a1" * 16, "c7" * 16
CREDENTIALS = Credentials(APP_ID, CERTIFICATE)


def token(workshop_id: str, user: str = "ana", *, admin: bool = False, **body: object) -> Reply:
    """A request for a join token."""
    groups = ("admin",) if admin else ()
    return call("tokens", "POST", f"/workshops/{workshop_id}/token", user=user, body=body, groups=groups)


def rsvp(workshop_id: str, user: str = "ana", method: str = "POST") -> Reply:
    """An RSVP, or its withdrawal."""
    return call("rsvps", method, f"/workshops/{workshop_id}/rsvp", user=user)


def rights(workshop_id: str, user: str, **rights: bool) -> None:
    """What the host makes of somebody."""
    reply = call("rsvps", "PATCH", f"/workshops/{workshop_id}/attendees/{id_of(user)}", user="host", body=rights)
    assert reply.status == 200, reply.text


def remove(workshop_id: str, user: str, *, ban: bool = False) -> None:
    """The host removes somebody."""
    query = {"ban": ban}
    path = f"/workshops/{workshop_id}/attendees/{id_of(user)}"
    assert call("rsvps", "DELETE", path, user="host", query=query).status == 204


def a_workshop(world: World, status: str = "live", seated: tuple[str, ...] = (), **fields: Any) -> str:
    """A workshop in a state, with people who have a seat."""
    workshop_id: str = world.workshop(**fields)["id"]
    for user in seated:
        assert rsvp(workshop_id, user).status == 201
    if status in ("lobby", "live", "ended"):
        run(workshop_id, *{"lobby": ["lobby"], "live": ["start"], "ended": ["start", "end"]}[status])
    elif status == "cancelled":
        assert call("workshops", "DELETE", f"/workshops/{workshop_id}", user="host").status == 204
    return workshop_id


def row_of(workshop_id: str, user: str) -> Attendee | None:
    """A person's row."""
    return cast("Attendee | None", table.read_one(attendee_key(workshop_id, id_of(user))))


def claims(workshop_id: str) -> dict[int, tuple[str, str]]:
    """Every number of a workshop's channel: whose it is, and for which device."""
    pk, _ = uid_key(stored(workshop_id).channel, 0)
    found = Item.query(pk, consistent_read=True)
    return {
        int(item.sk.removeprefix("UID#")): (item.user_id, item.device) for item in found if isinstance(item, ChannelUid)
    }


def suspend(user: str) -> None:
    """An administrator suspends somebody."""
    path = f"/users/{id_of(user)}"
    reply = call("accounts", "PATCH", path, user="admin", body={"status": "suspended"}, groups=("admin",))
    assert reply.status == 200, reply.text
