"""Workshops of which people are told: made with attendees, edited, cancelled."""

from typing import Any

from tests.calling import World, call
from tests.rooms import rsvp


def a_workshop(world: World, *people: str, **fields: Any) -> dict[str, Any]:
    """A workshop in which these people have a seat."""
    workshop = world.workshop(**fields)
    for user in people:
        assert rsvp(workshop["id"], user).status == 201
    return workshop


def edit(workshop: dict[str, Any], **body: object) -> dict[str, Any]:
    """The workshop after an edit by its host."""
    reply = call("workshops", "PATCH", f"/workshops/{workshop['id']}", user="host", body=body)
    assert reply.status == 200, reply.text
    edited: dict[str, Any] = reply.json
    return edited


def cancel(workshop: dict[str, Any], user: str = "host", groups: tuple[str, ...] = ()) -> None:
    """Its cancellation."""
    assert call("workshops", "DELETE", f"/workshops/{workshop['id']}", user=user, groups=groups).status == 204
