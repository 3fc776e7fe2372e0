"""Lists of workshops: which index answers which question, and full pages out of it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, cast

from atelier import clock, table
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.categories.items import Category, category_key
from atelier.errors import AccountSuspendedError, BadCursorError
from atelier.paging import Page, Scope
from atelier.rsvps.items import Attendee, Invite, attendee_key, invited_sort, person_key, person_sort
from atelier.table import Item, Key
from atelier.workshops import shapes, visibility
from atelier.workshops.items import OPEN, Workshop, host_key, series_list_key, workshop_key
from atelier.workshops.lifecycle import OPENS_BEFORE
from atelier.workshops.schemas import WorkshopCard, WorkshopQuery
from atelier.workshops.walking import Walk

if TYPE_CHECKING:
    from pynamodb.expressions.condition import Condition

MOST_ROUNDS = 8
ROWS_PER_ROUND = 90
CLOCKS_DIFFER_BY = timedelta(minutes=5)

LONGEST = timedelta(days=8)
"""What somebody attends and began longer ago is over: nobody is in a room for so long. Its host still finds one that
was never ended, to end it.
"""

_POSITION = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ#[a-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a list is to hold, for whom."""

    caller: Caller
    query: WorkshopQuery
    statuses: tuple[str, ...]
    host_id: str | None
    now: datetime

    @property
    def newest_first(self) -> bool:
        """Open ones come soonest first, others latest first."""
        return not set(self.statuses) <= set(OPEN)

    @property
    def until(self) -> datetime | None:
        """The latest time a workshop of these statuses can have: none opens earlier than 15 minutes before."""
        if set(self.statuses) <= {"lobby", "live", "ended"}:
            return self.now + OPENS_BEFORE + CLOCKS_DIFFER_BY
        return None

    @property
    def is_personal(self) -> bool:
        """Whether the list is of the caller's own things, which only a person in good standing may see."""
        return self.query.my or self.host_id == self.caller.id

    @property
    def shows_all(self) -> bool:
        """Whether private and cancelled workshops belong in the list."""
        return self.is_personal or self.caller.is_admin

    def scope(self) -> Scope:
        """What a cursor of this list is good for."""
        asked = self.query.model_dump(mode="json", exclude={"limit", "cursor"}, exclude_none=True)
        filters = asked | ({"host": self.host_id} if self.host_id else {})
        return Scope(self.caller.id, "workshops", tuple((name, str(value)) for name, value in filters.items()))


def page_of(caller: Caller, query: WorkshopQuery, *, at: clock.Clock = clock.now) -> Page[WorkshopCard]:
    """A page of workshops.

    Raises BadCursorError, and AccountSuspendedError when a suspended person asks for more than what is public.
    """
    statuses = (query.status,) if query.status else ("ended",) if query.past else OPEN
    wish = Wish(caller, query, statuses, caller.id if query.host == "me" else query.host, at())
    scope = wish.scope()
    position = scope.position(query.cursor, 1)
    after = position[0] if position else None
    if after is not None and not _POSITION.fullmatch(after):
        raise BadCursorError
    if query.past and "ended" not in statuses:
        return Page([], None)
    cards, reached = _mine(wish, after) if query.my else _listed(wish, after)
    return Page(cards, None if reached is None else scope.cursor(reached))


def _listed(wish: Wish, after: str | None) -> tuple[list[WorkshopCard], str | None]:
    """A page out of one index: one query and one batch read.

    More queries are needed only to get past rows that do not belong in the list.
    """
    walk = _walk(wish)
    if walk is None:
        return [], None
    limit = wish.query.limit
    steps = walk.after(after, limit + 1)
    rows = cast("list[Workshop]", steps.rows[:limit])
    keys = _beside(wish, rows)
    if walk.index is Item.by_person:
        # The index of groups carries less than a card shows.
        keys |= {row.key for row in rows}
    found = table.read_many(keys)
    _refuse_suspended(wish, found)
    cards = [_card(wish, row, _my_row(wish, row, found), found) for row in _shown(wish, walk, rows, found)]
    if len(steps.rows) > limit:
        return cards, walk.position(rows[-1])
    return cards, None if steps.is_end else steps.reached


def _shown(wish: Wish, walk: Walk, rows: list[Workshop], found: dict[Key, Item]) -> Iterable[Workshop]:
    """The workshops of an index's rows; as they were read, where the index does not carry all of them."""
    if walk.index is not Item.by_person:
        return rows
    read = (found.get(row.key) for row in rows)
    return [one for one in read if isinstance(one, Workshop) and not one.is_private and _belongs(wish, one)]


def _walk(wish: Wish) -> Walk | None:
    """The index that holds the list; None when nobody may see any of it."""
    category = wish.query.category
    if wish.host_id or wish.query.series:
        return _whole_walk(wish)
    if "cancelled" in wish.statuses:
        return None
    state = "closed" if wish.statuses == ("ended",) else "open"
    keep = Workshop.status.is_in(*wish.statuses) if wish.query.status and state == "open" else None
    until = wish.until if keep is not None else None
    if wish.query.group:
        return _group_walk(wish, f"GROUP#{wish.query.group}#{state}")
    if category:
        partition = f"CATEGORY#{category}#{state}"
        return Walk(Item.by_category, "starts", partition, wish.newest_first, until=until, keep=keep)
    return Walk(Item.by_feed, "starts", f"FEED#{state}", wish.newest_first, until=until, keep=keep)


def _whole_walk(wish: Wish) -> Walk | None:
    """The list of a series or of a host, which hold private and cancelled workshops as well."""
    if not wish.shows_all and "cancelled" in wish.statuses:
        return None
    return _series_walk(wish, wish.query.series) if wish.query.series else _host_walk(wish, wish.host_id or "")


def _group_walk(wish: Wish, partition: str) -> Walk:
    conditions: list[Condition] = []
    if wish.query.status:
        conditions.append(Workshop.status.is_in(*wish.statuses))
    if wish.query.category:
        conditions.append(Workshop.category_id == wish.query.category)
    keep = reduce(and_, conditions) if conditions else None
    return Walk(Item.by_person, "person_sort", partition, wish.newest_first, until=wish.until, keep=keep)


def _host_walk(wish: Wish, host_id: str) -> Walk:
    keep = _conditions(wish)
    if wish.query.series:
        keep &= Workshop.series_id == wish.query.series
    return Walk(Item.by_host, "starts", host_key(host_id), wish.newest_first, until=wish.until, keep=keep)


def _series_walk(wish: Wish, series_id: str) -> Walk:
    keep = _conditions(wish)
    if wish.host_id:
        keep &= Workshop.host_id == wish.host_id
    return Walk(Item.by_series, "starts", series_list_key(series_id), wish.newest_first, until=wish.until, keep=keep)


def _conditions(wish: Wish) -> "Condition":
    """What is asked of each workshop of a list that holds all of them, private and cancelled ones too."""
    conditions: list[Condition] = [Workshop.status.is_in(*wish.statuses)]
    if wish.query.category:
        conditions.append(Workshop.category_id == wish.query.category)
    if wish.query.group:
        conditions.append(Workshop.group_id == wish.query.group)
    if not wish.shows_all:
        conditions.append(Workshop.is_private.is_in(False))
    return reduce(and_, conditions)


def _mine(wish: Wish, after: str | None) -> tuple[list[WorkshopCard], str | None]:
    """A page of what the caller hosts, attends and is invited to: three queries and one batch read.

    Attendee rows and invitations do not know the state of their workshop, so there is another round when too many of
    them turn out not to belong in the list.
    """
    limit = wish.query.limit
    walks = _my_walks(wish)
    cards: list[tuple[str, WorkshopCard]] = []
    position, is_end, size = after, False, limit + 1
    for _ in range(MOST_ROUNDS):
        rows, position, is_end = _merged(walks, position, size, newest_first=wish.newest_first)
        cards += _my_cards(wish, rows)
        if is_end or len(cards) > limit:
            break
        size = max(size, ROWS_PER_ROUND)
    page = [card for _, card in cards[:limit]]
    if len(cards) > limit:
        return page, cards[limit - 1][0]
    return page, None if is_end else position


def _my_walks(wish: Wish) -> list[Walk]:
    caller, host_id = wish.caller, wish.host_id
    walks: list[Walk] = []
    if host_id in (None, caller.id):
        walks.append(_host_walk(wish, caller.id))
    if host_id != caller.id:
        # A host's own row has no place in this list: what they host is in it already.
        has_place = Attendee.status.is_in(*visibility.WITH_PLACE) & (Attendee.host_id != caller.id)
        from_host = Attendee.host_id == host_id if host_id else None
        walks.append(_person_walk(wish, person_sort(""), has_place if from_host is None else has_place & from_host))
        walks.append(_person_walk(wish, invited_sort(""), from_host))
    return walks


def _person_walk(wish: Wish, prefix: str, keep: "Condition | None") -> Walk:
    person = person_key(wish.caller.id)
    walk = Walk(Item.by_person, "person_sort", person, wish.newest_first, prefix=prefix, until=wish.until, keep=keep)
    return walk if wish.newest_first else replace(walk, since=clock.to_text(wish.now - LONGEST))


def _merged(
    walks: list[Walk], position: str | None, size: int, *, newest_first: bool
) -> tuple[list[tuple[str, Item]], str | None, bool]:
    """Rows of several walks in one order, the position they reach, and whether that is the end.

    Where a walk stopped early, nothing of the others beyond that point is given: what comes between is not known yet.
    """
    taken = [(walk, walk.after(position, size)) for walk in walks]
    rows = sorted(
        ((walk.position(row), row) for walk, steps in taken for row in steps.rows),
        key=lambda placed: placed[0],
        reverse=newest_first,
    )
    stops = [steps.reached or "" for _, steps in taken if not steps.is_end]
    if stops:
        position = max(stops) if newest_first else min(stops)
        rows = [(at, row) for at, row in rows if (at >= position if newest_first else at <= position)]
    if len(rows) > size:
        return rows[:size], rows[size - 1][0], False
    return rows, position, not stops


def _my_cards(wish: Wish, rows: list[tuple[str, Item]]) -> list[tuple[str, WorkshopCard]]:
    mine = [row for _, row in rows if isinstance(row, Attendee | Invite)]
    hosted = {row.id: row for _, row in rows if isinstance(row, Workshop)}
    keys = {*(workshop_key(row.workshop_id) for row in mine), *_beside(wish, hosted.values())}
    keys |= {profile_key(row.host_id) for row in mine}
    keys |= {category_key(row.category_id) for row in mine if isinstance(row, Attendee) and row.category_id}
    keys |= {attendee_key(row.workshop_id, wish.caller.id) for row in mine if isinstance(row, Invite)}
    found = table.read_many(keys)
    _refuse_suspended(wish, found)
    placed: list[tuple[str, Workshop, Attendee | None]] = []
    for at, row in rows:
        if isinstance(row, Workshop):
            placed.append((at, row, None))
        elif isinstance(row, Attendee | Invite):
            workshop = found.get(workshop_key(row.workshop_id))
            # Who took a place is in the list by it, and who was removed is not invited any more.
            if isinstance(row, Invite) and attendee_key(row.workshop_id, wish.caller.id) in found:
                continue
            if isinstance(workshop, Workshop) and _belongs(wish, workshop):
                placed.append((at, workshop, row if isinstance(row, Attendee) else None))
    # An attendee row may still name the category its workshop had before an edit, and an invitation names none.
    late = {category_key(w.category_id) for _, w, _ in placed if w.category_id} - keys
    found |= table.read_many(late) if late else {}
    return [(at, _card(wish, workshop, row, found)) for at, workshop, row in placed]


def _belongs(wish: Wish, workshop: Workshop) -> bool:
    return (
        workshop.status in wish.statuses
        and wish.query.category in (None, workshop.category_id)
        and wish.query.group in (None, workshop.group_id)
        and wish.query.series in (None, workshop.series_id)
    )


def _beside(wish: Wish, workshops: Iterable[Workshop]) -> set[Key]:
    """What the cards need besides: hosts, categories, the caller's rows; and the caller, where rights matter."""
    keys: set[Key] = {profile_key(wish.caller.id)} if wish.is_personal else set()
    for workshop in workshops:
        keys.add(profile_key(workshop.host_id))
        if workshop.category_id:
            keys.add(category_key(workshop.category_id))
        if workshop.host_id != wish.caller.id:
            keys.add(attendee_key(workshop.id, wish.caller.id))
    return keys


def _my_row(wish: Wish, workshop: Workshop, found: dict[Key, Item]) -> Attendee | None:
    return cast("Attendee | None", found.get(attendee_key(workshop.id, wish.caller.id)))


def _card(wish: Wish, workshop: Workshop, row: Attendee | None, found: dict[Key, Item]) -> WorkshopCard:
    category = found.get(category_key(workshop.category_id)) if workshop.category_id else None
    around = shapes.Around(shapes.host_of(workshop, found), cast("Category | None", category), row)
    return shapes.card(workshop, around, wish.caller)


def _refuse_suspended(wish: Wish, found: dict[Key, Item]) -> None:
    profile = cast("Profile | None", found.get(profile_key(wish.caller.id)))
    if wish.is_personal and visibility.is_suspended(profile):
        raise AccountSuspendedError
