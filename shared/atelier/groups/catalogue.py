"""Groups: made by organizers, edited by their owners, read by everybody."""

from collections.abc import Callable
from typing import Any, cast

from pynamodb.transactions import TransactWrite

from atelier import audit, clock, edits, table
from atelier.accounts import profiles
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.edits import Expected, until_applied
from atelier.errors import NotAllowedError, NotFoundError
from atelier.groups import schemas, shapes
from atelier.groups.items import ALL_GROUPS, Group, group_key
from atelier.idempotency import Guard
from atelier.ids import new_id
from atelier.paging import Page, Scope
from atelier.table import Item, Key
from atelier.text import Paged


def page_of(caller: Caller, query: Paged) -> Page[schemas.Group]:
    """A page of all groups, newest first: one query, and one batch for the owners. Raises BadCursorError."""
    scope = Scope(caller.id, "groups")
    position = scope.position(query.cursor, 1)
    before = Item.starts < position[0] if position else None
    table.connect()
    found = Item.by_feed.query(ALL_GROUPS, before, limit=query.limit + 1, scan_index_forward=False)
    rows = cast("list[Group]", list(found))
    page = rows[: query.limit]
    owners = table.read_many((profile_key(row.owner_id) for row in page), consistent=False)
    cursor = scope.cursor(page[-1].id) if len(rows) > query.limit else None
    return Page([shapes.group(row, owners) for row in page], cursor)


def view(group_id: str) -> tuple[schemas.Group, int]:
    """A group and its version: two round trips. Raises NotFoundError."""
    group = table.read_one(group_key(group_id))
    if not isinstance(group, Group):
        raise NotFoundError
    return shapes.group(group, table.read_many([profile_key(group.owner_id)])), int(group.version)


def create(
    caller: Caller,
    wanted: schemas.GroupInput,
    guard: Guard | None,
    *,
    locate: Callable[[str], str],
    at: clock.Clock = clock.now,
) -> tuple[schemas.Group, int]:
    """Makes a group; gives back its shape and its version. `locate` says where a group of an id is found.

    Raises AccountSuspendedError, NotAllowedError for all but organizers and administrators, and ReplayedError or
    IdempotencyKeyReusedError when the guard's key was used before.
    """

    def attempt() -> tuple[schemas.Group, int]:
        me = profile_key(caller.id)
        found = table.read_many([me, *([guard.key] if guard else [])])
        profile = profiles.seen(caller, cast("Profile | None", found.get(me)))
        profiles.require_active(profile)
        if not caller.is_admin and profile.role != "organizer":
            raise NotAllowedError("Only organizers make groups.")
        if guard:
            guard.check(found.get(guard.key))
        group = _new_group(new_id("grp", at=at), caller.id, wanted, at)
        shape = shapes.group(group, {me: profile})
        with edits.transaction() as transaction:
            transaction.save(group, condition=Item.pk.does_not_exist())
            _audit(transaction, caller, group.id, "group_created", at)
            if guard:
                body = shape.model_dump_json()
                guard.write(transaction, body=body, location=locate(group.id), version=int(group.version))
        return shape, int(group.version)

    return until_applied(attempt)


def edit(
    caller: Caller,
    group_id: str,
    changes: dict[str, Any],
    expected: Expected | None = None,
    *,
    at: clock.Clock = clock.now,
) -> tuple[schemas.Group, int]:
    """Changes a group; gives back its shape and its version, which stays when nothing differs.

    Raises AccountSuspendedError, NotFoundError, NotAllowedError, StaleVersionError.
    """

    def attempt() -> tuple[schemas.Group, int]:
        before, found = _owned(caller, group_id, expected)
        after = Group.from_raw_data(before.serialize())
        for name, value in changes.items():
            setattr(after, name, value)
        if table.differing(before, after):
            after.version = int(before.version) + 1
            after.updated_at = clock.whole_seconds(at())
            with edits.transaction() as transaction:
                _audit(transaction, caller, group_id, "group_changed", at)
                written = table.setting(after, table.differing(before, after))
                transaction.update(before, written, condition=Group.version == before.version)
        if profile_key(after.owner_id) not in found:
            found |= table.read_many([profile_key(after.owner_id)])
        return shapes.group(after, found), int(after.version)

    return until_applied(attempt)


def delete(caller: Caller, group_id: str, expected: Expected | None = None, *, at: clock.Clock = clock.now) -> None:
    """Deletes a group. Nothing gets into it any more; `cascade` cancels its workshops that have not begun.

    Raises AccountSuspendedError, NotFoundError, NotAllowedError, StaleVersionError.
    """

    def attempt() -> None:
        group, _ = _owned(caller, group_id, expected)
        with edits.transaction() as transaction:
            transaction.delete(group, condition=Group.version == group.version)
            _audit(transaction, caller, group_id, "group_deleted", at)

    until_applied(attempt)


def _owned(caller: Caller, group_id: str, expected: Expected | None) -> tuple[Group, dict[Key, Item]]:
    """The group, for its owner or an administrator, and what was read beside it."""
    me = profile_key(caller.id)
    found = table.read_many([me, group_key(group_id)])
    profiles.require_active(profiles.seen(caller, cast("Profile | None", found.get(me))))
    group = found.get(group_key(group_id))
    if not isinstance(group, Group):
        raise NotFoundError
    if not caller.is_admin and group.owner_id != caller.id:
        raise NotAllowedError("Only its owner may do this.")
    if expected:
        expected.check(int(group.version))
    return group, found


def _new_group(group_id: str, owner_id: str, wanted: schemas.GroupInput, at: clock.Clock) -> Group:
    now = clock.whole_seconds(at())
    return Group(
        *group_key(group_id),
        version=1,
        created_at=now,
        updated_at=now,
        name=wanted.name,
        description=wanted.description,
        owner_id=owner_id,
        feed_key=ALL_GROUPS,
        starts=group_id,
    )


def _audit(transaction: TransactWrite, caller: Caller, group_id: str, action: str, at: clock.Clock) -> None:
    audit.write(transaction, object_id=group_id, actor_id=caller.id, action=action, change={}, at=at)
