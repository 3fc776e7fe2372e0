"""What comes after a workshop in its series."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from atelier import table
from atelier.accounts.caller import Caller
from atelier.rsvps.items import Attendee, Invite, attendee_key, invite_key
from atelier.table import Item, Key
from atelier.workshops import visibility
from atelier.workshops.items import Workshop, series_list_key

if TYPE_CHECKING:
    from pynamodb.expressions.condition import Condition

FEW, MANY = 8, 250
"""How many rows are looked at: first a few, among which the next one usually is; the rest once, where it is not."""


def candidates(workshop: Workshop) -> Sequence[Workshop]:
    """Some of the workshops after this one in its series that are not cancelled, soonest first: one query, and a second
    one where the next few are all cancelled; none for a workshop that no series has made.
    """
    if not workshop.series_id:
        return ()
    table.connect()
    later: Condition = Item.starts > workshop.starts
    for size in (FEW, MANY):
        rows = Item.by_series.query(
            series_list_key(workshop.series_id), later, filter_condition=Workshop.status != "cancelled", page_size=size
        )
        page = next(rows.page_iter)
        found = [cast("Workshop", Item.from_raw_data(raw)) for raw in page["Items"]]
        reached = rows.page_iter.last_evaluated_key
        if found or not reached:
            return found
        later = Item.starts > reached["starts"]["S"]
    return ()


def needed(found: Iterable[Workshop], caller: Caller) -> list[Key]:
    """What tells whether the caller may see those that are private."""
    return [
        key
        for one in found
        if one.is_private and not caller.is_admin and one.host_id != caller.id
        for key in (attendee_key(one.id, caller.id), invite_key(one.id, caller.id))
    ]


def visible(found: Iterable[Workshop], beside: Mapping[Key, Item], caller: Caller) -> list[Workshop]:
    """Those of some workshops that the caller may see, from what stands under the keys that this needs."""
    return [one for one in found if _is_visible(one, beside, caller)]


def _is_visible(workshop: Workshop, beside: Mapping[Key, Item], caller: Caller) -> bool:
    row = cast("Attendee | None", beside.get(attendee_key(workshop.id, caller.id)))
    invite = cast("Invite | None", beside.get(invite_key(workshop.id, caller.id)))
    return visibility.is_visible(workshop, row, caller, invite)
