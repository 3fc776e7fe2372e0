"""What tests of guided workshops do over and over: make one with its people, ask, look into the table."""

from collections.abc import Mapping
from typing import Any, cast

from atelier import table
from atelier.accounts.items import AuditEntry
from atelier.guided.items import Guided, Member, Step, guided_key, member_key, step_key
from atelier.table import Item
from tests.calling import Reply, World, call, id_of

NOWHERE = "gid_00000000000000000000000000"


def ask(
    method: str,
    path: str = "",
    *,
    user: str | None = "owner",
    body: object = None,
    headers: Mapping[str, str] | None = None,
    admin: bool = False,
    **query: Any,
) -> Reply:
    """A request to the guided function; `path` is what follows `/guided-workshops`."""
    groups = ("admin",) if admin else ()
    path = f"/guided-workshops{path}"
    return call("guided", method, path, user=user, body=body, headers=headers, query=query, groups=groups)


def make(world: World, user: str = "owner", **fields: object) -> str:
    """A guided workshop; gives its id. People are named after what they are in it."""
    world.meet(user)
    reply = ask("POST", user=user, body={"title": "A better waiting room", **fields})
    assert reply.status == 201, reply.text
    return str(reply.json["id"])


def join(world: World, guided_id: str, user: str, role: str, *, by: str = "owner") -> None:
    """Makes somebody a member."""
    world.meet(user)
    reply = put_member(guided_id, user, role, by=by)
    assert reply.status in (200, 201), reply.text


def put_member(guided_id: str, user: str, role: str, *, by: str = "owner", admin: bool = False) -> Reply:
    """A change of what somebody is."""
    return ask("PUT", f"/{guided_id}/members/{id_of(user)}", user=by, body={"role": role}, admin=admin)


def remove_member(guided_id: str, user: str, *, by: str = "owner", admin: bool = False) -> Reply:
    """A removal, or somebody's leaving."""
    return ask("DELETE", f"/{guided_id}/members/{id_of(user)}", user=by, admin=admin)


def step(guided_id: str, step_id: str, *, user: str = "owner") -> Reply:
    """A step."""
    return ask("GET", f"/{guided_id}/steps/{step_id}", user=user)


def change(guided_id: str, step_id: str, *, user: str = "owner", if_match: str | None = None, **patch: Any) -> Reply:
    """A change of a step."""
    headers = {"If-Match": if_match} if if_match else None
    return ask("PATCH", f"/{guided_id}/steps/{step_id}", user=user, body=patch, headers=headers)


def complete(guided_id: str, *step_ids: str) -> None:
    """Completes steps, one after the other."""
    for step_id in step_ids:
        reply = change(guided_id, step_id, status="complete", output={"of": step_id})
        assert reply.status == 200, reply.text


def standing(guided_id: str) -> dict[str, str]:
    """What each touched step stands at, as `complete` or `complete, stale`."""
    items = ask("GET", f"/{guided_id}/steps").json["items"]
    return {
        item["step_id"]: f"{item['status']}{', stale' if item['stale'] else ''}"
        for item in items
        if item["status"] != "not_started"
    }


def stored(guided_id: str) -> Guided | None:
    """A guided workshop as it stands in the table."""
    return cast("Guided | None", table.read_one(guided_key(guided_id)))


def role_of(guided_id: str, user: str) -> str | None:
    """What somebody is; None for who is no member."""
    member = cast("Member | None", table.read_one(member_key(guided_id, id_of(user))))
    return member.role if member else None


def owners(guided_id: str) -> tuple[int, int]:
    """How many owners there are, as counted and as there are."""
    guided = stored(guided_id)
    rows = [row for row in under(guided_id) if isinstance(row, Member) and row.role == "owner"]
    return (int(guided.owner_count) if guided else 0), len(rows)


def stored_step(guided_id: str, step_id: str) -> Step | None:
    """A step as it stands in the table."""
    return cast("Step | None", table.read_one(step_key(guided_id, step_id)))


def under(guided_id: str) -> list[Item]:
    """Everything that stands under a guided workshop."""
    return list(Item.query(guided_key(guided_id)[0], consistent_read=True))


def tokens() -> list[Item]:
    """Every token that leads anywhere."""
    return [item for item in Item.scan() if item.pk.startswith("TOKEN#")]


def audit_of(guided_id: str) -> list[str]:
    """What was written into the audit log."""
    return [entry.action for entry in Item.query(f"AUDIT#{guided_id}") if isinstance(entry, AuditEntry)]


def share(guided_id: str, *scope: str, user: str = "owner", key: str | None = None, **fields: object) -> Reply:
    """A new share link."""
    headers = {"Idempotency-Key": key} if key else None
    return ask(
        "POST",
        f"/{guided_id}/share-links",
        user=user,
        body={"scope": list(scope) or ["steps"], **fields},
        headers=headers,
    )


def look(token: str) -> Reply:
    """What a link shows; nobody signs in for it."""
    return call("guided", "GET", f"/public/shared/{token}", user=None)
