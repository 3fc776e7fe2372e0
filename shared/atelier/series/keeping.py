"""Keeps people's places in the workshops of a series in line with whether they follow it: of those who come and go, and
in workshops that are new.

The stream of the table tells of both, and leaves a task in the queue of `deliveries`. A task says where to look, never
what to do: it may come late, twice, or beside itself.
"""

from collections.abc import Mapping
from itertools import batched, islice
from typing import TYPE_CHECKING, Any, cast

from pynamodb.exceptions import DeleteError

from atelier import clock, retries, table
from atelier.accounts.items import Profile, profile_key
from atelier.series import ahead, places, tasks
from atelier.series.items import Follower, Series, follower_key, series_key
from atelier.workshops.items import Workshop, workshop_key

if TYPE_CHECKING:
    from atelier.table import Key

PER_READ = 20
PER_TASK = 200
ENOUGH_TIME_S = 10.0
"""With less than this, the rest of the followers is left to the next task."""


def bring_in_line(task: Mapping[str, Any], *, at: clock.Clock = clock.now) -> None:
    """Gives a follower the places that they lack in the workshops of a series that have not begun; takes from somebody
    who is leaving all that they took before, and from somebody who left what they have because they followed it.
    """
    series_id, user_id = task["series_id"], task["user_id"]
    mine = follower_key(series_id, user_id)
    found = table.read_many([series_key(series_id), profile_key(user_id), mine])
    series, follower = found.get(series_key(series_id)), cast("Follower | None", found.get(mine))
    if not isinstance(series, Series):
        return
    workshops = ahead.not_begun(series, at=at)
    if follower is None:
        places.give_up_followed(workshops, user_id)
    elif not follower.stays:
        moment = int(follower.leaving_at)
        places.give_up_all(workshops, user_id, until=clock.from_milliseconds(moment))
        forget(series_id, user_id, moment)
    elif places.may_follow(series, cast("Profile | None", found.get(profile_key(user_id)))):
        places.take_all(series, workshops, follower, at=at())


def seat_followers(task: Mapping[str, Any], *, at: clock.Clock = clock.now) -> None:
    """Gives the followers of a series places in a new workshop, those first who have followed it longest.

    One after the other, and what is left goes on with another task after this one: that keeps the order. Whoever has
    stopped following meanwhile is left out.
    """
    series_id, workshop_id = task["series_id"], task["workshop_id"]
    found = table.read_many([series_key(series_id), workshop_key(workshop_id)])
    series, workshop = found.get(series_key(series_id)), found.get(workshop_key(workshop_id))
    if not isinstance(series, Series) or not isinstance(workshop, Workshop):
        return
    after = (int(task["after"][0]), str(task["after"][1])) if task["after"] else None
    waiting = sorted(tasks.position(one) for one in tasks.followers(series_id))
    left = (position for position in waiting if after is None or position > after)
    for some in batched(islice(left, PER_TASK), PER_READ, strict=False):
        if workshop.status not in ahead.BEFORE_BEGINNING:
            return
        if retries.time_left() < ENOUGH_TIME_S:
            break
        workshop = _seat(series, workshop, [user_id for _, user_id in some], at=at)
        after = some[-1]
    if waiting and (after is None or after < waiting[-1]):
        tasks.go_on(series_id, workshop_id, after)


def forget(series_id: str, user_id: str, left_at: int) -> None:
    """Takes away that somebody follows a series when their places are given up; not when they follow it again."""
    try:
        Follower(*follower_key(series_id, user_id)).delete(condition=Follower.leaving_at == left_at)
    except DeleteError as error:
        if not table.condition_failed(error):
            raise


def _seat(series: Series, workshop: Workshop, people: list[str], *, at: clock.Clock) -> Workshop:
    """Gives some people places, by their order; gives back the workshop as it was just before."""
    keys: list[Key] = [workshop_key(workshop.id)]
    for user_id in people:
        keys += [profile_key(user_id), follower_key(series.id, user_id), *places.needed(workshop, user_id)]
    found = table.read_many(keys)
    current = cast("Workshop", found.get(workshop_key(workshop.id), workshop))
    if current.status in ahead.BEFORE_BEGINNING:
        for user_id in people:
            follower = cast("Follower | None", found.get(follower_key(series.id, user_id)))
            profile = cast("Profile | None", found.get(profile_key(user_id)))
            if follower is not None and follower.stays and places.may_follow(series, profile):
                places.take(series, current, follower, found, at=at())
    return current
