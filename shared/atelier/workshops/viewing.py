"""Reading one workshop in full: first what tells whether it may be seen, then what is shown beside it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from atelier import table
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.categories.items import Category, category_key
from atelier.errors import AccountSuspendedError
from atelier.rsvps.items import Attendee, Invite, SeatBlock, attendee_key, block_key, invite_key
from atelier.series import succession
from atelier.series.items import Series, series_key
from atelier.table import Item, Key
from atelier.workshops import describing, shapes, visibility
from atelier.workshops.items import Description, Workshop, description_key, workshop_key
from atelier.workshops.schemas import WorkshopDetail

MOST_BLOCKS_COUNTED = 8
"""Larger workshops show the counts that `projections` keeps: reading hundreds of blocks for one page costs too much."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What one BatchGet tells of a workshop and the caller. `found` holds all of it, so that nothing is read twice."""

    workshop: Workshop | None
    description: Description | None
    row: Attendee | None
    invite: Invite | None
    profile: Profile | None
    found: dict[Key, Item]


def look(workshop_id: str, caller: Caller, *, also: Iterable[Key] = ()) -> Sight:
    """Reads a workshop and what the caller is to it in one round trip, and whatever else is asked for by key."""
    mine = attendee_key(workshop_id, caller.id)
    invited = invite_key(workshop_id, caller.id)
    me = profile_key(caller.id)
    found = table.read_many([workshop_key(workshop_id), description_key(workshop_id), mine, invited, me, *also])
    return Sight(
        cast("Workshop | None", found.get(workshop_key(workshop_id))),
        cast("Description | None", found.get(description_key(workshop_id))),
        cast("Attendee | None", found.get(mine)),
        cast("Invite | None", found.get(invited)),
        cast("Profile | None", found.get(me)),
        found,
    )


def require_seen(workshop_id: str, caller: Caller) -> Workshop:
    """The workshop, for whoever may see it and so everything that came of it, in one round trip.

    Raises NotFoundError for those who may not know it, AccountSuspendedError for suspended people unless it is public.
    """
    mine, me, invited = attendee_key(workshop_id, caller.id), profile_key(caller.id), invite_key(workshop_id, caller.id)
    found = table.read_many([workshop_key(workshop_id), mine, me, invited])
    workshop = visibility.require_visible(
        cast("Workshop | None", found.get(workshop_key(workshop_id))),
        cast("Attendee | None", found.get(mine)),
        caller,
        cast("Invite | None", found.get(invited)),
    )
    if workshop.is_private and visibility.is_suspended(cast("Profile | None", found.get(me))):
        raise AccountSuspendedError
    return workshop


def view(workshop_id: str, caller: Caller) -> tuple[WorkshopDetail, int]:
    """A workshop in full and its version, in at most two round trips.

    Raises NotFoundError for those who may not know it, AccountSuspendedError for suspended people unless it is public.
    """
    sight = look(workshop_id, caller)
    workshop = visibility.require_visible(sight.workshop, sight.row, caller, sight.invite)
    if workshop.is_private and visibility.is_suspended(sight.profile):
        raise AccountSuspendedError
    return complete(workshop, sight, caller), int(workshop.version)


def complete(workshop: Workshop, sight: Sight, caller: Caller, *, description: str | None = None) -> WorkshopDetail:
    """The full shape of a workshop: reads what is still missing of host, category and seats in one round trip, or none;
    for a workshop of a series also that and what comes next in it, which takes a round trip more.

    `description` stands for the one that was read, where an edit has just written another.
    """
    seats = [block_key(workshop.id, number) for number in _blocks_counted(workshop)]
    category = category_key(workshop.category_id) if workshop.category_id else None
    series = series_key(workshop.series_id) if workshop.series_id else None
    later = succession.candidates(workshop)
    wanted = [profile_key(workshop.host_id), category, series, describing.inherited_key(workshop), *seats]
    found = sight.found
    missing = {key for key in (*wanted, *succession.needed(later, caller)) if key is not None and key not in found}
    if missing:
        found = found | table.read_many(sorted(missing))
    return shapes.detail(
        workshop,
        shapes.Around(
            shapes.host_of(workshop, found),
            cast("Category | None", found.get(category)) if category else None,
            sight.row,
            _series_shown(workshop, cast("Series | None", found.get(series)) if series else None, caller),
            next(iter(succession.visible(later, found, caller)), None),
        ),
        caller,
        description=describing.text_of(workshop, found) if description is None else description,
        blocks=[cast("SeatBlock", found[key]) for key in seats if key in found] if seats else None,
    )


def _series_shown(workshop: Workshop, series: Series | None, caller: Caller) -> Series | None:
    """The series, unless it is private and all that the caller is known to see of it is this workshop, which is not."""
    if series is None or not series.is_private or workshop.is_private:
        return series
    return series if caller.is_admin or series.host_id == caller.id else None


def _blocks_counted(workshop: Workshop) -> range:
    count = int(workshop.block_count)
    return range(count if workshop.capacity is not None and count <= MOST_BLOCKS_COUNTED else 0)
