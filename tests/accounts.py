"""What tests of accounts do over and over."""

from typing import Any, cast

from atelier import table
from atelier.accounts.items import (
    AuditEntry,
    Profile,
    UsernameGuard,
    profile_key,
    username_key,
)
from atelier.table import Item
from tests.calling import Reply, call, id_of


def me(user: str = "ana", **more: Any) -> Reply:
    return call("accounts", "GET", "/me", user=user, **more)


def edit(body: object, user: str = "ana", version: str | None = None) -> Reply:
    return call("accounts", "PATCH", "/me", user=user, body=body, headers={"If-Match": version} if version else None)


def decide(user: str, body: object, *, by: str = "root", **more: Any) -> Reply:
    return call("accounts", "PATCH", f"/users/{id_of(user)}", user=by, groups=("admin",), body=body, **more)


def profile_of(user: str) -> Profile:
    return cast("Profile", table.read_one(profile_key(id_of(user))))


def audit_of(user: str) -> list[AuditEntry]:
    return cast("list[AuditEntry]", list(Item.query(f"AUDIT#{id_of(user)}")))


def guards() -> dict[str, str]:
    """Who holds which username, by the guards' keys."""
    return {item.pk: item.user_id for item in Item.scan() if isinstance(item, UsernameGuard)}


def own(user: str, *names: str) -> dict[str, str]:
    return {username_key(name)[0]: id_of(user) for name in names}
