"""A person's feed: its address, its version, and what is in it.

The address holds the person and 130 random bits, of which only the hash is kept. The version is kept and not computed,
so a calendar that looks again and finds nothing new costs two small reads.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from atelier import clock, table
from atelier.accounts import profiles
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.calendars import events
from atelier.calendars.items import Feed, feed_item_key
from atelier.categories.items import Category, category_key
from atelier.errors import NotFoundError
from atelier.rsvps.items import Attendee, person_key, person_sort
from atelier.table import Item
from atelier.workshops import describing, visibility
from atelier.workshops.items import Workshop, description_key, host_key, workshop_key

KEPT_FOR = timedelta(days=60)
"""So long what is past or cancelled stays in the feed: a calendar that sees it go would keep it for ever."""

LONGEST = timedelta(days=1)
"""What began longer ago is over."""

MOST_EVENTS = 1000
"""As many as a feed can hold of the longest titles and places and still be sent, see `events.feed`."""

type _Place = tuple[str, str]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_SECRET_CHARACTERS = 26
_PERSON = 16


@dataclass(frozen=True, slots=True)
class Look:
    """A feed as it was found: whose, and which version of which address."""

    profile: Profile
    feed: Feed

    @property
    def tag(self) -> str:
        """The entity tag of what the feed holds now."""
        return f'"{int(self.feed.version)}-{self.feed.token_hash[:8]}"'


def make(caller: Caller, *, choice: Callable[[str], str] = secrets.choice, at: clock.Clock = clock.now) -> str:
    """A new address for the caller's feed, as a token; the one before leads nowhere from now on.

    Raises AccountSuspendedError.
    """
    profiles.read(caller)
    secret = "".join(choice(_ALPHABET) for _ in range(_SECRET_CHARACTERS))
    Feed(*feed_item_key(caller.id), token_hash=_hash(secret), version=1, created_at=clock.whole_seconds(at())).save()
    return f"{caller.id.removeprefix('usr_')}{secret}"


def revoke(caller: Caller) -> None:
    """Takes the caller's feed away; where there is none, nothing happens. Raises AccountSuspendedError."""
    profiles.read(caller)
    Feed(*feed_item_key(caller.id)).delete()


def find(token: str) -> Look:
    """The feed of an address, in one round trip and one read unit.

    Raises NotFoundError for an address that was never made or was taken back, and for suspended people.
    """
    token = token.removesuffix(".ics")
    user_id, secret = f"usr_{token[:_PERSON]}", token[_PERSON:]
    found = table.read_many([feed_item_key(user_id), profile_key(user_id)], consistent=False)
    feed = cast("Feed | None", found.get(feed_item_key(user_id)))
    profile = cast("Profile | None", found.get(profile_key(user_id)))
    if feed is None or profile is None or not hmac.compare_digest(feed.token_hash, _hash(secret)):
        raise NotFoundError
    if visibility.is_suspended(profile):
        raise NotFoundError
    return Look(profile, feed)


def content(look: Look, *, source: str, join: str, at: clock.Clock = clock.now) -> bytes:
    """What is in a feed: what its person hosts, attends or waits for, from 60 days ago on.

    Of more than 1,000 events, those that run or are ahead come first, soonest first, and then the latest of the past.
    """
    listed = _listed(look.profile.user_id, at())
    ids = [workshop_id for _, workshop_id in listed]
    # Strongly: what is read here is kept under this version's tag by whoever asked.
    found = table.read_many(key for one in ids for key in (workshop_key(one), description_key(one)))
    waiting = {workshop_id: waits for (_, workshop_id), waits in listed.items()}
    workshops = [cast("Workshop", found[workshop_key(one)]) for one in ids if workshop_key(one) in found]
    around = {profile_key(workshop.host_id) for workshop in workshops}
    around |= {category_key(workshop.category_id) for workshop in workshops if workshop.category_id}
    undescribed = [workshop for workshop in workshops if description_key(workshop.id) not in found]
    inherited = {key for workshop in undescribed if (key := describing.inherited_key(workshop))}
    found |= table.read_many(sorted(around | inherited), consistent=bool(inherited))
    shown = [
        _shown(workshop, found, join=join, is_tentative=waiting.get(workshop.id, False))
        for workshop in sorted(workshops, key=lambda each: (each.scheduled_at, each.id))
    ]
    return events.feed(look.profile.display_name, source, shown)


def _listed(user_id: str, now: datetime) -> dict[_Place, bool]:
    """What is in somebody's feed, and whether they only wait for it."""
    since, edge = clock.to_text(now - KEPT_FOR), clock.to_text(now - LONGEST)
    ahead = _part(user_id, edge, "~", MOST_EVENTS, latest_first=False)
    room = MOST_EVENTS - len(ahead)
    return ahead | _part(user_id, since, edge, room, latest_first=True) if room else ahead


def _part(user_id: str, first: str, last: str, most: int, *, latest_first: bool) -> dict[_Place, bool]:
    hosting = Item.by_host.query(
        host_key(user_id), Item.starts.between(first, last), limit=most, scan_index_forward=not latest_first
    )
    attending = Item.by_person.query(
        person_key(user_id),
        Item.person_sort.between(person_sort(first), person_sort(last)),
        filter_condition=Attendee.status.is_in(*visibility.WITH_PLACE),
        limit=most,
        scan_index_forward=not latest_first,
    )
    found = {_placed(row.starts): False for row in hosting}
    for row in attending:
        if isinstance(row, Attendee):
            found[_placed(row.person_sort.partition("#")[2])] = row.status == "waitlisted"
    return {place: found[place] for place in sorted(found, reverse=latest_first)[:most]}


def _placed(starts: str) -> _Place:
    at, _, workshop_id = starts.partition("#")
    return at, workshop_id


def _shown(workshop: Workshop, found: dict[Any, Item], *, join: str, is_tentative: bool) -> events.Shown:
    category = cast("Category | None", found.get(category_key(workshop.category_id or "")))
    return events.Shown(
        workshop,
        describing.text_of(workshop, found),
        profiles.known(workshop.host_id, cast("Any", found)).display_name,
        join_url=events.join_url(join, workshop.id),
        category=category.name if category else None,
        is_tentative=is_tentative,
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
