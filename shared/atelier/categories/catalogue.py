"""The catalogue of categories: read by everybody, made and changed by administrators."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from atelier import audit, clock, table
from atelier.accounts import rights
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.categories import schemas, shapes
from atelier.categories.items import CATALOGUE, Category, SlugGuard, category_key, place_in_catalogue, slug_key
from atelier.categories.slugs import slug_of
from atelier.edits import CollisionError, Expected, until_applied
from atelier.errors import NotFoundError, SlugTakenError
from atelier.idempotency import Guard
from atelier.ids import new_id
from atelier.paging import Page, Scope
from atelier.table import Item, Key
from atelier.text import Paged


def page_of(caller: Caller, query: Paged) -> Page[schemas.Category]:
    """A page of the active categories by their order, in one round trip. Raises BadCursorError."""
    scope = Scope(caller.id, "categories")
    position = scope.position(query.cursor, 1)
    after = Item.starts > position[0] if position else None
    table.connect()
    rows = cast("list[Category]", list(Item.by_feed.query(CATALOGUE, after, limit=query.limit + 1)))
    page = rows[: query.limit]
    cursor = scope.cursor(page[-1].starts) if len(rows) > query.limit else None
    return Page([shapes.category(row) for row in page], cursor)


def create(
    caller: Caller,
    wanted: schemas.CategoryInput,
    guard: Guard | None,
    *,
    locate: Callable[[str], str],
    at: clock.Clock = clock.now,
) -> tuple[schemas.Category, int]:
    """Makes a category; gives back its shape and its version. `locate` says where a category of an id is found.

    Raises AccountSuspendedError, NotAllowedError, SlugTakenError, and ReplayedError or IdempotencyKeyReusedError when
    the guard's key was used before.
    """

    def attempt() -> tuple[schemas.Category, int]:
        found = _admit(caller, [guard.key] if guard else [])
        if guard:
            guard.check(found.get(guard.key))
        category = _new_category(new_id("cat", at=at), wanted, at)
        shape = shapes.category(category)
        with _transaction(slug_at=0) as transaction:
            transaction.save(_guard_of(category), condition=Item.pk.does_not_exist())
            transaction.save(category, condition=Item.pk.does_not_exist())
            _audit(transaction, caller, category.id, "category_created", at)
            if guard:
                body = shape.model_dump_json()
                guard.write(transaction, body=body, location=locate(category.id), version=int(category.version))
        return shape, int(category.version)

    return until_applied(attempt)


def edit(
    caller: Caller,
    category_id: str,
    changes: dict[str, Any],
    expected: Expected | None = None,
    *,
    at: clock.Clock = clock.now,
) -> tuple[schemas.Category, int]:
    """Changes a category; gives back its shape and its version, which stays when nothing differs.

    Raises AccountSuspendedError, NotAllowedError, NotFoundError, StaleVersionError, SlugTakenError.
    """

    def attempt() -> tuple[schemas.Category, int]:
        before = _find(caller, category_id, expected)
        differing = {name: value for name, value in changes.items() if getattr(before, name) != value}
        if not differing:
            return shapes.category(before), int(before.version)
        after = _changed(before, differing, at)
        is_moved = after.slug != before.slug
        with _transaction(slug_at=1 if is_moved else None) as transaction:
            if is_moved:
                transaction.delete(_guard_of(before), condition=SlugGuard.category_id == category_id)
                transaction.save(_guard_of(after), condition=Item.pk.does_not_exist())
            _audit(transaction, caller, category_id, "category_changed", at)
            written = table.setting(after, table.differing(before, after))
            transaction.update(before, written, condition=Category.version == before.version)
        return shapes.category(after), int(after.version)

    return until_applied(attempt)


def delete(caller: Caller, category_id: str, expected: Expected | None = None, *, at: clock.Clock = clock.now) -> None:
    """Deletes a category. Its workshops show none from now on; `cleanup` takes it off them afterwards.

    Raises AccountSuspendedError, NotAllowedError, NotFoundError, StaleVersionError.
    """

    def attempt() -> None:
        category = _find(caller, category_id, expected)
        with _transaction(slug_at=None) as transaction:
            transaction.delete(category, condition=Category.version == category.version)
            transaction.delete(_guard_of(category), condition=SlugGuard.category_id == category_id)
            _audit(transaction, caller, category_id, "category_deleted", at)

    until_applied(attempt)


def _admit(caller: Caller, keys: list[Key]) -> dict[Key, Item]:
    """What stands under the keys, for an administrator."""
    me = profile_key(caller.id)
    found = table.read_many([me, *keys])
    rights.require_admin(caller, cast("Profile | None", found.get(me)))
    return found


def _find(caller: Caller, category_id: str, expected: Expected | None) -> Category:
    category = _admit(caller, [category_key(category_id)]).get(category_key(category_id))
    if not isinstance(category, Category):
        raise NotFoundError
    if expected:
        expected.check(int(category.version))
    return category


def _new_category(category_id: str, wanted: schemas.CategoryInput, at: clock.Clock) -> Category:
    now = clock.whole_seconds(at())
    category = Category(
        *category_key(category_id),
        version=1,
        created_at=now,
        updated_at=now,
        name=wanted.name,
        slug=slug_of(wanted.name, category_id),
        description=wanted.description,
        sort_order=_last_order() + 1 if wanted.sort_order is None else wanted.sort_order,
        is_active=wanted.is_active,
    )
    place_in_catalogue(category)
    return category


def _last_order() -> int:
    """The order of the last active category; of two made within the index's delay and given the same, ids decide."""
    last = next(iter(Item.by_feed.query(CATALOGUE, limit=1, scan_index_forward=False)), None)
    return int(last.sort_order) if isinstance(last, Category) else 0


def _changed(before: Category, changes: dict[str, Any], at: clock.Clock) -> Category:
    after = Category.from_raw_data(before.serialize())
    for name, value in changes.items():
        setattr(after, name, value)
    after.slug = slug_of(after.name, after.id)
    after.version = int(before.version) + 1
    after.updated_at = clock.whole_seconds(at())
    place_in_catalogue(after)
    return after


def _guard_of(category: Category) -> SlugGuard:
    return SlugGuard(*slug_key(category.slug), category_id=category.id)


def _audit(transaction: TransactWrite, caller: Caller, category_id: str, action: str, at: clock.Clock) -> None:
    audit.write(transaction, object_id=category_id, actor_id=caller.id, action=action, change={}, at=at)


@contextmanager
def _transaction(*, slug_at: int | None) -> Iterator[TransactWrite]:
    """A transaction with the guard of a new slug at this place, deletes counted before puts.

    Raises SlugTakenError when that alone fails, CollisionError when somebody else was faster with the rest.
    """
    try:
        with table.transaction() as opened:
            yield opened
    except TransactWriteError as error:
        failed = table.failed_conditions(error)
        if not failed:
            raise
        if failed == [slug_at]:
            raise SlugTakenError from error
        raise CollisionError from error
