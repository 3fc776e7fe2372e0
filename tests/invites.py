"""What tests of invitations do over and over: invite, list, revoke, make links and come by them, confirm addresses."""

from typing import Any, cast

from atelier import clock, table
from atelier.invites.items import InviteLink, link_key
from atelier.rsvps.items import Invite, invite_key
from atelier.table import Item
from tests.calling import Reply, World, call, claims_of, id_of
from tests.deliveries import deliver
from tests.messages import Outbox
from tests.streaming import Stream


def private(world: World, *seated: str, **fields: Any) -> str:
    """A private workshop; these people took a seat while it was public."""
    workshop_id: str = world.workshop(**fields)["id"]
    for user in seated:
        assert call("rsvps", "POST", f"/workshops/{workshop_id}/rsvp", user=user).status == 201
    hidden = call("workshops", "PATCH", f"/workshops/{workshop_id}", user="host", body={"is_private": True})
    assert hidden.status == 200, hidden.text
    return workshop_id


def invite(workshop_id: str, *users: str, by: str = "host") -> Reply:
    """Invites people by their ids."""
    body = {"user_ids": [id_of(user) for user in users]}
    return call("rsvps", "POST", f"/workshops/{workshop_id}/invites", user=by, body=body)


def invite_addresses(workshop_id: str, *emails: str, by: str = "host") -> Reply:
    """Invites addresses."""
    return call("rsvps", "POST", f"/workshops/{workshop_id}/invites", user=by, body={"emails": list(emails)})


def results(reply: Reply) -> list[str]:
    """What came of each entry."""
    assert reply.status == 200, reply.text
    return [item["result"] for item in reply.json["items"]]


def listed(workshop_id: str, by: str = "host", **query: object) -> list[dict[str, Any]]:
    """Who is invited, as those who lead see it."""
    reply = call("rsvps", "GET", f"/workshops/{workshop_id}/invites", user=by, query=query)
    assert reply.status == 200, reply.text
    items: list[dict[str, Any]] = reply.json["items"]
    return items


def revoke(workshop_id: str, invited: str, by: str = "host") -> Reply:
    """Revokes an invitation, by the name of a person or the id of an invitation."""
    one = invited if invited.startswith("inv_") else id_of(invited)
    return call("rsvps", "DELETE", f"/workshops/{workshop_id}/invites/{one}", user=by)


def link(workshop_id: str, by: str = "host", **body: object) -> dict[str, Any]:
    """An invite link."""
    reply = call("rsvps", "POST", f"/workshops/{workshop_id}/invite-links", user=by, body=body)
    assert reply.status == 201, reply.text
    made: dict[str, Any] = reply.json
    return made


def accept(token: str, user: str = "ana") -> Reply:
    """Comes by a link."""
    return call("rsvps", "POST", "/invites/accept", user=user, body={"token": token})


def uses(link_id: str) -> int:
    """How often a link was used."""
    return int(cast("InviteLink", table.read_one(link_key(link_id))).uses)


def confirm(user: str, address: str) -> None:
    """Gives a person an address that their provider vouches for."""
    claims = claims_of(user) | {"email": address, "email_verified": "true"}
    reply = call("accounts", "GET", "/me", user=user, claims=claims)
    assert reply.json["email"] == address, reply.text


def sees(workshop_id: str, user: str = "ana") -> bool:
    """Whether somebody may see a workshop."""
    status = call("workshops", "GET", f"/workshops/{workshop_id}", user=user).status
    assert status in (200, 404)
    return status == 200


def mine(user: str = "ana", **query: object) -> list[str]:
    """The ids in somebody's own list."""
    reply = call("workshops", "GET", "/workshops", user=user, query={"my": True, **query})
    assert reply.status == 200, reply.text
    return [item["id"] for item in reply.json["items"]]


def invite_of(workshop_id: str, user: str) -> Invite | None:
    """Somebody's invitation as it is stored."""
    return cast("Invite | None", table.read_one(invite_key(workshop_id, id_of(user))))


def kinds() -> list[str]:
    """What is stored of addresses and of invited people, by kind, with how often."""
    names = {"AddressInvite", "AwaitedAddress", "Invite"}
    return sorted(type(item).__name__ for item in Item.scan() if type(item).__name__ in names)


def let_follow(stream: Stream, sent: Outbox) -> None:
    """Lets everything follow from what has happened."""
    for _ in range(3):
        stream.run()
        deliver(sent, clock.now())
