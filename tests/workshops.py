"""What tests of workshops do over and over: call the function, look into the table, put time behind or ahead."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

from atelier import clock, table
from atelier.accounts.items import AuditEntry
from atelier.table import Item
from atelier.workshops import writing
from atelier.workshops.items import Workshop, workshop_key
from tests.calling import Reply, call


def ask(
    method: str,
    path: str = "",
    *,
    user: str = "host",
    body: object = None,
    headers: Mapping[str, str] | None = None,
    admin: bool = False,
    **query: Any,
) -> Reply:
    """A request to the workshops function; `path` is what follows `/workshops`."""
    groups = ("admin",) if admin else ()
    return call(
        "workshops", method, f"/workshops{path}", user=user, body=body, headers=headers, query=query, groups=groups
    )


def wanted(**fields: object) -> dict[str, object]:
    """A body for a new workshop, tomorrow at this time unless it says otherwise."""
    body = {"title": "Raku firing", "scheduled_at": in_(days=1), "timezone": "Europe/Berlin"}
    return {name: value for name, value in {**body, **fields}.items() if value is not ...}


def in_(**span: float) -> str:
    """The instant so far from now, as clients write it."""
    return clock.to_text(clock.now() + timedelta(**span))


def ids(reply: Reply) -> list[str]:
    """The ids on a page."""
    assert reply.status == 200, reply.text
    return [item["id"] for item in reply.json["items"]]


def walk(*, user: str = "ana", admin: bool = False, limit: int = 25, **query: Any) -> list[list[str]]:
    """Every page of a list, followed by its cursors to the end."""
    pages: list[list[str]] = []
    cursor: dict[str, Any] = {}
    for _ in range(200):
        reply = ask("GET", user=user, admin=admin, limit=limit, **query, **cursor)
        pages.append(ids(reply))
        if reply.json["next_cursor"] is None:
            assert "link" not in reply.headers
            return pages
        cursor = {"cursor": reply.json["next_cursor"]}
    raise AssertionError("the list does not end")


def stored(workshop_id: str) -> Workshop:
    """A workshop as it stands in the table."""
    return cast("Workshop", table.read_one(workshop_key(workshop_id)))


def set_in_table(workshop_id: str, **values: Any) -> None:
    """Puts a workshop into a state that takes time to come about, with its place in the lists."""
    before = stored(workshop_id)
    with table.transaction() as transaction:
        writing.update(transaction, before, writing.changed(before, values, by="test", at=clock.now))


def bring_near(workshop_id: str) -> None:
    """Lets a workshop begin in five minutes."""
    set_in_table(workshop_id, scheduled_at=clock.whole_seconds(clock.now() + timedelta(minutes=5)))


def run(workshop_id: str, *steps: str, user: str = "host") -> None:
    """Takes a workshop through lobby, start or end, now."""
    bring_near(workshop_id)
    for step in steps:
        reply = ask("POST", f"/{workshop_id}/{step}", user=user)
        assert reply.status == 200, reply.text


def everything() -> dict[tuple[str, str], dict[str, Any]]:
    """All that the table holds."""
    return {item.key: item.serialize() for item in Item.scan()}


def audit_of(workshop_id: str) -> list[tuple[str, Any]]:
    """The audit log of a workshop, oldest first: what was done, and from what to what."""
    entries = Item.query(f"AUDIT#{workshop_id}", consistent_read=True)
    return [(entry.action, entry.change) for entry in entries if isinstance(entry, AuditEntry)]
