"""RSVP to a whole series, and its withdrawal.

What a person wants is written first, and their places follow from it: if the request dies in between, the stream of the
table has what it had begun completed (`keeping`).
"""

from typing import TYPE_CHECKING, cast

from atelier import clock, table
from atelier.accounts import profiles
from atelier.accounts.caller import Caller
from atelier.errors import BannedError, OwnWorkshopError, RequestInProgressError, SeriesEndedError
from atelier.rsvps import waitlist
from atelier.rsvps.items import attendee_key, person_key
from atelier.series import ahead, keeping, places, viewing
from atelier.series.items import Follower, followed_sort, follower_key
from atelier.series.places import Place
from atelier.series.schemas import SeriesPlace, SeriesRsvp

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action

    from atelier.rsvps.schemas import AttendeeStatus

MOST_TRIES = 10


def follow(series_id: str, caller: Caller, *, at: clock.Clock = clock.now) -> tuple[SeriesRsvp, bool]:
    """Takes a place for the caller in each workshop of a series that has not begun and that they may see, and so in
    those to be made; gives back what they have in each, and whether they did not follow the series before.

    Asking again takes what is missing, but nothing that they gave up meanwhile.
    Raises NotFoundError, AccountSuspendedError, BannedError, OwnWorkshopError, RequestInProgressError, and
    SeriesEndedError when nothing of it is ahead and nothing more is made.
    """
    sight = viewing.require_seen(series_id, caller, at=at)
    series, profile = sight.series, profiles.seen(caller, sight.profile)
    profiles.require_active(profile)
    if sight.is_banned:
        raise BannedError
    if series.host_id == caller.id:
        raise OwnWorkshopError("You host this series.")
    if not series.is_active or not (series.goes_on or ahead.not_begun(series, at=at)):
        raise SeriesEndedError
    follower, is_new = _begin(sight.follower, series_id, caller.id, at=at)
    workshops = ahead.not_begun(series, at=at)
    taken = places.take_all(series, workshops, follower, sees_all=caller.is_admin, at=at())
    return SeriesRsvp(series_id=series_id, items=places.at_once(_shown, taken)), is_new


def unfollow(series_id: str, caller: Caller, *, at: clock.Clock = clock.now) -> None:
    """Gives up the caller's places in all workshops of a series that have not begun, however they came by them; nothing
    when they have none.

    Raises NotFoundError, AccountSuspendedError.
    """
    sight = viewing.require_seen(series_id, caller, at=at)
    profiles.require_active(profiles.seen(caller, sight.profile))
    workshops = ahead.not_begun(sight.series, at=at)
    if sight.follower is None and not table.read_many(attendee_key(one.id, caller.id) for one in workshops):
        return
    moment = clock.milliseconds(at())
    _begin_to_leave(series_id, caller.id, moment)
    places.give_up_all(workshops, caller.id, until=clock.from_milliseconds(moment))
    keeping.forget(series_id, caller.id, moment)


def _begin(known: Follower | None, series_id: str, user_id: str, *, at: clock.Clock) -> tuple[Follower, bool]:
    if known is not None and known.stays:
        return known, False
    key = follower_key(series_id, user_id)
    for _ in range(MOST_TRIES):
        wanted = Follower(
            *key,
            since=clock.milliseconds(at()),
            person_key=person_key(user_id),
            person_sort=followed_sort(series_id),
        )
        there = cast("Follower | None", table.put_if_absent(wanted))
        if there is None:
            return wanted, True
        if there.stays:
            return there, False
        begins_anew: list[Action] = [Follower.since.set(wanted.since), Follower.leaving_at.remove()]
        if table.update_or_see(Follower, key, begins_anew, Follower.leaving_at == there.leaving_at) is None:
            return wanted, True
    raise RequestInProgressError


def _begin_to_leave(series_id: str, user_id: str, moment: int) -> None:
    """Also for those who do not follow the series: whoever comes after a death finds what was begun."""
    table.update_or_see(
        Follower,
        follower_key(series_id, user_id),
        [
            Follower.kind.set(Follower),
            Follower.since.set(Follower.since | moment),
            Follower.person_key.set(person_key(user_id)),
            Follower.person_sort.set(followed_sort(series_id)),
            Follower.leaving_at.set(moment),
        ],
        Follower.leaving_at.does_not_exist() | (Follower.leaving_at < moment),
    )


def _shown(place: Place) -> SeriesPlace:
    return SeriesPlace(
        workshop_id=place.workshop.id,
        scheduled_at=place.workshop.scheduled_at,
        status=cast("AttendeeStatus", place.row.status) if place.row is not None else None,
        position=waitlist.position(place.row) if place.row is not None else None,
        problem=place.problem,
    )
