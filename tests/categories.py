"""What tests of categories do over and over."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from atelier import clock, table
from atelier.accounts.items import AuditEntry
from atelier.categories.items import Category, SlugGuard, category_key
from atelier.table import Item
from atelier.workshops.items import Workshop, place_in_lists, workshop_key
from tests.calling import Reply, call


def ask(method: str, category_id: str | None = None, body: object = None, **more: Any) -> Reply:
    """A request of an administrator, unless `more` says otherwise."""
    path = "/categories" if category_id is None else f"/categories/{category_id}"
    sender: dict[str, Any] = {"user": "root", "groups": ("admin",)}
    return call("categories", method, path, body=body, **(sender | more))


def catalogue(**query: object) -> Reply:
    return call("categories", "GET", "/categories", query=query)


def names() -> list[str]:
    return [item["name"] for item in catalogue(limit=100).json["items"]]


def stored(category_id: str) -> Category | None:
    return cast("Category | None", table.read_one(category_key(category_id)))


def guards() -> dict[str, str]:
    return {item.pk.removeprefix("SLUG#"): item.category_id for item in Item.scan() if isinstance(item, SlugGuard)}


def audit_of(category_id: str) -> list[str]:
    return [entry.action for entry in Item.query(f"AUDIT#{category_id}") if isinstance(entry, AuditEntry)]


def put_workshop(number: int, category_id: str | None, **fields: Any) -> Workshop:
    """A workshop as it is stored, with no more than the lists need."""
    now = clock.now()
    standing: dict[str, Any] = {"status": "scheduled", "is_private": False} | fields
    workshop = Workshop(
        *workshop_key(f"wks_{number:026d}"),
        created_at=now,
        updated_at=now,
        title="Raku",
        host_id="usr_host",
        category_id=category_id,
        scheduled_at=now,
        timezone="UTC",
        format="online",
        waitlist_enabled=True,
        records=True,
        channel="x",
        **standing,
    )
    place_in_lists(workshop)
    workshop.save()
    return workshop


def category_of(workshop: Workshop) -> str | None:
    return cast("Workshop", table.read_one(workshop.key)).category_id


@contextmanager
def between(operation: str, do: Any) -> Iterator[None]:
    """Does something just before the first request of this kind is sent."""
    waiting = [do]

    def act(**_: Any) -> None:
        if waiting:
            waiting.pop()()

    events = table.connect().connection.client.meta.events
    events.register(f"before-send.dynamodb.{operation}", act)
    try:
        yield
    finally:
        events.unregister(f"before-send.dynamodb.{operation}", act)
