"""The series that somebody hosts."""

from typing import cast

from atelier import table
from atelier.accounts import profiles
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.categories.items import Category, category_key
from atelier.paging import Page, Scope
from atelier.series import shapes
from atelier.series.items import Series, series_key, series_of
from atelier.series.schemas import SeriesCard
from atelier.table import Item
from atelier.text import Paged


def page_of(caller: Caller, query: Paged) -> Page[SeriesCard]:
    """A page of the caller's own series, those first that were made last: one query and two batch reads.

    Raises BadCursorError, AccountSuspendedError.
    """
    scope = Scope(caller.id, "series")
    position = scope.position(query.cursor, 1)
    before = Item.person_sort < position[0] if position else None
    table.connect()
    rows = list(Item.by_person.query(series_of(caller.id), before, limit=query.limit + 1, scan_index_forward=False))
    page = rows[: query.limit]
    ids = [str(row.person_sort) for row in page]
    found = table.read_many([profile_key(caller.id), *map(series_key, ids)])
    profile = profiles.seen(caller, cast("Profile | None", found.get(profile_key(caller.id))))
    profiles.require_active(profile)
    series = [cast("Series", found[series_key(one)]) for one in ids if series_key(one) in found]
    found |= table.read_many({category_key(one.category_id) for one in series if one.category_id})
    cards = [
        shapes.card(one, profile, cast("Category | None", found.get(category_key(one.category_id or ""))), caller)
        for one in series
    ]
    return Page(cards, scope.cursor(ids[-1]) if len(rows) > query.limit else None)
