"""The guided workshops somebody is a member of, the newest first."""

from typing import cast

from atelier import table
from atelier.accounts import profiles
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.guided import access, schemas, shapes
from atelier.guided.items import LISTED, Guided, Member, guided_key, member_key, person_key
from atelier.paging import Page, Scope
from atelier.table import Item
from atelier.text import Paged


def page_of(caller: Caller, query: Paged) -> Page[schemas.GuidedWorkshop]:
    """A page of the caller's guided workshops, in two round trips. Raises AccountSuspendedError, BadCursorError.

    The index follows the table by moments: what it lists and the table no longer has is passed over, and read on.
    """
    scope = Scope(caller.id, "guided-workshops")
    position = scope.position(query.cursor, 1)
    after = position[0] if position else None
    shown: list[schemas.GuidedWorkshop] = []
    wanted = query.limit + 1
    is_known = False
    while len(shown) < wanted:
        listed = _listed(caller, after, wanted)
        shown += _read(caller, listed, is_known=is_known)
        is_known = True
        if len(listed) < wanted:
            break
        after = listed[-1]
    page = shown[: query.limit]
    return Page(page, scope.cursor(page[-1].id) if len(shown) > query.limit else None)


def _listed(caller: Caller, after: str | None, wanted: int) -> list[str]:
    """So many ids after one, as the index has them."""
    table.connect()
    before = f"{LISTED}{after}" if after else None
    rows = Item.by_person.query(
        person_key(caller.id),
        # The row at the position itself is read again: a range has no open end.
        Item.person_sort.between(LISTED, before or f"{LISTED}~"),
        scan_index_forward=False,
        limit=wanted + (after is not None),
    )
    ids = [row.guided_id for row in rows if isinstance(row, Member)]
    return [one for one in ids if one != after][:wanted]


def _read(caller: Caller, guided_ids: list[str], *, is_known: bool) -> list[schemas.GuidedWorkshop]:
    keys = [key for one in guided_ids for key in (guided_key(one), member_key(one, caller.id))]
    me = [] if is_known else [profile_key(caller.id)]
    found = table.read_many([*me, *keys])
    if not is_known:
        profiles.require_active(profiles.seen(caller, cast("Profile | None", found.get(profile_key(caller.id)))))
    return [
        shapes.guided(guided, access.role_of(member))
        for one in guided_ids
        if isinstance(guided := found.get(guided_key(one)), Guided)
        and isinstance(member := found.get(member_key(one, caller.id)), Member)
    ]
