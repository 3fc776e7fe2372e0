"""Who may see a series, and the series in full."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import cast

from atelier import clock, table
from atelier.accounts import profiles
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.categories.items import Category, category_key
from atelier.errors import AccountSuspendedError, NotAllowedError, NotFoundError
from atelier.series import shapes, succession
from atelier.series.ahead import upcoming
from atelier.series.items import (
    Follower,
    Series,
    SeriesDescription,
    follower_key,
    series_description_key,
    series_key,
)
from atelier.series.schemas import SeriesDetail
from atelier.table import Item, Key
from atelier.workshops import visibility
from atelier.workshops.items import Workshop


@dataclass(frozen=True, slots=True)
class Sight:
    """What was read of a series and the caller. made: its workshops that are not over, where they were needed to tell
    whether the caller may see it.
    """

    series: Series
    profile: Profile | None
    follower: Follower | None
    found: dict[Key, Item]
    made: list[Workshop] | None = None

    @property
    def is_banned(self) -> bool:
        """Whether the host has banned the caller: that they follow the series is worth nothing meanwhile."""
        return self.profile is not None and self.series.host_id in (self.profile.barred_by or ())


def require_seen(series_id: str, caller: Caller, *, also: Iterable[Key] = (), at: clock.Clock = clock.now) -> Sight:
    """A series, for whoever may see it: everybody a public one; a private one its host, administrators, its followers
    whom the host has not banned, and who has a place in one of its workshops that are not over, or is invited to one.

    One round trip, with whatever else is asked for by key; up to four for somebody who is not known to belong to it.
    Raises NotFoundError for everybody else, AccountSuspendedError for suspended people unless it is public.
    """
    me, mine = profile_key(caller.id), follower_key(series_id, caller.id)
    found = table.read_many([series_key(series_id), me, mine, *also])
    series = found.get(series_key(series_id))
    if not isinstance(series, Series):
        raise NotFoundError
    profile, follower = cast("Profile | None", found.get(me)), cast("Follower | None", found.get(mine))
    sight = Sight(series, profile, follower, found)
    if series.is_private:
        belongs = caller.is_admin or series.host_id == caller.id or (follower is not None and not sight.is_banned)
        if not belongs:
            made = upcoming(series_id, at=at)
            found |= table.read_many(succession.needed(made, caller))
            made = succession.visible((one for one in made if one.is_private), found, caller)
            if not made:
                raise NotFoundError
            sight = replace(sight, made=made)
        if visibility.is_suspended(profile):
            raise AccountSuspendedError
    return sight


def require_host(series_id: str, caller: Caller, *, also: Iterable[Key] = (), at: clock.Clock = clock.now) -> Sight:
    """A series, for its host or an administrator.

    Raises NotFoundError for those who may not know it, AccountSuspendedError, and NotAllowedError for everybody else.
    """
    sight = require_seen(series_id, caller, also=also, at=at)
    if visibility.is_suspended(sight.profile):
        raise AccountSuspendedError
    if not caller.is_admin and sight.series.host_id != caller.id:
        raise NotAllowedError
    return sight


def view(series_id: str, caller: Caller, *, at: clock.Clock = clock.now) -> tuple[SeriesDetail, int]:
    """A series in full and its version, with those of its workshops that the caller may see, in three round trips.

    Raises NotFoundError for those who may not know it, AccountSuspendedError for suspended people unless it is public.
    """
    sight = require_seen(series_id, caller, at=at)
    return complete(sight.series, sight, caller, at=at), int(sight.series.version)


def complete(series: Series, sight: Sight, caller: Caller, *, at: clock.Clock = clock.now) -> SeriesDetail:
    """The full shape of a series: reads its workshops, and what is still missing beside them."""
    made = upcoming(series.id, at=at) if sight.made is None else sight.made
    described = series_description_key(series.id, series.described_as)
    category_at = category_key(series.category_id) if series.category_id else None
    wanted = {profile_key(series.host_id), described, category_at, *succession.needed(made, caller)}
    missing = sorted(key for key in wanted if key is not None and key not in sight.found)
    found = sight.found | table.read_many(missing)
    text = cast("SeriesDescription | None", found.get(described))
    return shapes.detail(
        series,
        profiles.known(series.host_id, found),
        cast("Category | None", found.get(category_at)) if category_at else None,
        caller,
        follower=None if sight.is_banned else sight.follower,
        description=text.text if text else "",
        made=succession.visible(made, found, caller),
    )
