"""Bans: a host keeps somebody away from all of their workshops, present and future.

A ban stands twice, always written together: under the host, who can list it, and in the person's profile, where one
read tells it.
"""

from typing import cast

from pynamodb.exceptions import TransactWriteError

from atelier import audit, clock, table
from atelier.accounts import profiles, shapes, unbanning
from atelier.accounts.caller import Caller
from atelier.accounts.items import Ban, Profile, ban_key, ban_range, profile_key
from atelier.accounts.schemas import BanItem
from atelier.edits import until_applied
from atelier.errors import NotFoundError
from atelier.paging import Page, Scope
from atelier.table import Item
from atelier.text import Paged


def ban(host_id: str, user_id: str, *, actor_id: str, at: clock.Clock = clock.now) -> None:
    """Bans a person from a host's workshops, with an audit entry; does nothing when they are banned already.

    Raises NotFoundError when there is no such person.
    """
    try:
        with table.transaction() as transaction:
            new = Ban(*ban_key(host_id, user_id), user_id=user_id, created_at=at())
            transaction.save(new, condition=Ban.pk.does_not_exist())
            change = {"host": host_id}
            audit.write(transaction, object_id=user_id, actor_id=actor_id, action="banned", change=change, at=at)
            person = Profile(*profile_key(user_id))
            transaction.update(person, [Profile.barred_by.add([host_id])], condition=Profile.pk.exists())
    except TransactWriteError as error:
        failed = table.failed_conditions(error)
        if not failed:
            raise
        if 0 not in failed:
            raise NotFoundError from error


def remove(caller: Caller, user_id: str, *, at: clock.Clock = clock.now) -> None:
    """Undoes a ban of the caller's, with an audit entry; does nothing where there is none.

    Raises AccountSuspendedError.
    """

    def attempt() -> None:
        me, them, ban = profile_key(caller.id), profile_key(user_id), ban_key(caller.id, user_id)
        found = table.read_many([me, them, ban])
        profiles.require_active(profiles.seen(caller, cast("Profile | None", found.get(me))))
        if ban in found:
            unbanning.write(caller.id, user_id, has_profile=them in found, at=at)

    until_applied(attempt)


def page_of(caller: Caller, query: Paged) -> Page[BanItem]:
    """A page of the people the caller banned, ordered by their ids. Raises BadCursorError, AccountSuspendedError."""
    scope = Scope(caller.id, "bans")
    position = scope.position(query.cursor, 1)
    bans = _bans_after(position[0] if position else None, caller.id, query.limit + 1)
    page = bans[: query.limit]
    found = table.read_many([profile_key(caller.id), *(profile_key(ban.user_id) for ban in page)])
    profiles.require_active(profiles.seen(caller, cast("Profile | None", found.get(profile_key(caller.id)))))
    items = [
        BanItem(user=shapes.user_card(person), created_at=ban.created_at)
        for ban in page
        if isinstance(person := found.get(profile_key(ban.user_id)), Profile)
    ]
    return Page(items, scope.cursor(page[-1].user_id) if len(bans) > query.limit else None)


def _bans_after(user_id: str | None, host_id: str, count: int) -> list[Ban]:
    table.connect()
    first, last = ban_range(host_id, user_id)
    pk, _ = profile_key(host_id)
    return cast("list[Ban]", list(Item.query(pk, Item.sk.between(first, last), limit=count, consistent_read=True)))
