"""A person's places in the workshops of a series: taken and given up as in any workshop, in many at once."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from atelier import table
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile
from atelier.errors import RemovedError, RequestInProgressError, WorkshopFullError
from atelier.rsvps import seats
from atelier.rsvps.items import Attendee, Invite, attendee_key, invite_key
from atelier.series.items import Declined, Follower, Series, declined_key
from atelier.table import Item, Key
from atelier.workshops import visibility
from atelier.workshops.items import Workshop

AT_ONCE = 8

DECLINED = "declined"
"""What keeps somebody from a place who has given it up."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a person has in a workshop: their row, or what keeps them from one, by its code."""

    workshop: Workshop
    row: Attendee | None
    problem: str | None = None


def may_follow(series: Series, profile: Profile | None) -> bool:
    """Whether a person may have places in the workshops of a series at all: its host, and whoever is suspended or
    banned, may not.
    """
    return (
        profile is not None
        and profile.status == "active"
        and series.host_id != profile.pk.removeprefix("USER#")
        and series.host_id not in (profile.barred_by or ())
    )


def needed(workshop: Workshop, user_id: str) -> list[Key]:
    """What tells whether a person is to be given a place in a workshop of a series."""
    beside = [attendee_key(workshop.id, user_id), declined_key(str(workshop.series_id), workshop.id, user_id)]
    return [*beside, invite_key(workshop.id, user_id)] if workshop.is_private else beside


def take(
    series: Series,
    workshop: Workshop,
    follower: Follower,
    beside: Mapping[Key, Item],
    *,
    sees_all: bool = False,
    at: datetime,
) -> Place | None:
    """Gives a follower a place in a workshop, unless they have one or have given it up since they follow the series;
    None when they may not know of it: it is private, and they are not invited.

    beside: what stands under the keys that are `needed`, read just now. sees_all: of an administrator.
    """
    who = follower.user_id
    row = cast("Attendee | None", beside.get(attendee_key(workshop.id, who)))
    invite = cast("Invite | None", beside.get(invite_key(workshop.id, who)))
    if not visibility.is_visible(workshop, row, Caller(who, is_admin=sees_all), invite):
        return None
    if row is not None:
        return Place(workshop, row, RemovedError.code if row.status == "removed" else None)
    declined = cast("Declined | None", beside.get(declined_key(series.id, workshop.id, who)))
    if declined is not None and declined.at >= follower.since:
        return Place(workshop, None, DECLINED)
    wanted = seats.new_row(workshop, who, at=at)
    wanted.through_series = True
    try:
        return Place(workshop, seats.place(workshop, wanted, at=at))
    except (WorkshopFullError, RemovedError, RequestInProgressError) as error:
        return Place(workshop, None, error.code)


def take_all(
    series: Series, workshops: Iterable[Workshop], follower: Follower, *, sees_all: bool = False, at: datetime
) -> list[Place]:
    """Gives a follower a place in each of these workshops; see `take`. One read, then eight at once."""
    workshops = list(workshops)
    beside = table.read_many(key for one in workshops for key in needed(one, follower.user_id))
    places = at_once(lambda one: take(series, one, follower, beside, sees_all=sees_all, at=at), workshops)
    return [place for place in places if place is not None]


def give_up_all(workshops: Iterable[Workshop], user_id: str, *, until: datetime) -> int:
    """Gives up a person's places in these workshops, those that they took up to a moment; in how many they had one.

    A seat without a row, which a request that died has left, is a place too.
    """
    workshops = list(workshops)
    beside = table.read_many(attendee_key(one.id, user_id) for one in workshops)

    def give_up(workshop: Workshop) -> bool:
        row = cast("Attendee | None", beside.get(attendee_key(workshop.id, user_id)))
        if row is not None and row.rsvp_at > until:
            return False
        return seats.give_up(workshop, user_id, row) is not None

    return sum(at_once(give_up, workshops))


def give_up_followed(workshops: Iterable[Workshop], user_id: str) -> None:
    """Gives up those of a person's places in these workshops that came of following the series."""
    by_id = {one.id: one for one in workshops}
    found = table.read_many(attendee_key(one, user_id) for one in by_id)
    rows = [row for row in found.values() if isinstance(row, Attendee) and row.through_series]
    at_once(lambda row: seats.give_up(by_id[row.workshop_id], user_id, row), rows)


def at_once[T, R](work: Callable[[T], R], things: Iterable[T]) -> list[R]:
    """The results of some work on each thing, eight at a time, in the order of the things.

    Each thread may start requests to the table as long as its caller may.
    """
    things = list(things)
    if not things:
        return []
    with ThreadPoolExecutor(min(AT_ONCE, len(things))) as workers:
        begun = [workers.submit(copy_context().run, work, thing) for thing in things]
        return [each.result() for each in begun]
