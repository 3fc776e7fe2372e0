"""What tests of groups do over and over."""

from typing import Any, cast

from atelier import table
from atelier.groups.items import Group, Membership, group_key
from atelier.table import Item
from tests.calling import Reply, World, call, id_of


def ask(
    method: str, group_id: str | None = None, body: object = None, *, user: str | None = "host", **more: Any
) -> Reply:
    """A request to the groups function."""
    path = "/groups" if group_id is None else f"/groups/{group_id}"
    return call("groups", method, path, user=user, body=body, **more)


def organizer(world: World, *users: str) -> None:
    """Lets an administrator make people organizers."""
    world.meet(*users)
    for user in users:
        path = f"/users/{id_of(user)}"
        reply = call("accounts", "PATCH", path, user="root", groups=("admin",), body={"role": "organizer"})
        assert reply.status == 200, reply.text


def a_group(world: World, owner: str = "host", **fields: object) -> str:
    """A group of an organizer; gives its id."""
    organizer(world, owner)
    reply = ask("POST", body={"name": "Summer school", **fields}, user=owner)
    assert reply.status == 201, reply.text
    return str(reply.json["id"])


def stored(group_id: str) -> Group | None:
    """A group as it stands in the table."""
    return cast("Group | None", table.read_one(group_key(group_id)))


def members(group_id: str) -> set[str]:
    """The workshops of which it is written that they belong to a group."""
    found = Item.query(f"GROUP#{group_id}", consistent_read=True)
    return {item.workshop_id for item in found if isinstance(item, Membership)}
