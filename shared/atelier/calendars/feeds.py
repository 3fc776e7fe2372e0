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

MOST_EVENTS = 500

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
    """What is in a feed: what its person hosts, attends or waits for, from 60 days ago on, 500 events at most."""
    user_id = look.profile.user_id
    since = at() - KEPT_FOR
    waits = _attending(user_id, since)
    listed = sorted({*_hosting(user_id, since), *waits})[-MOST_EVENTS:]
    ids = [workshop_id for _, workshop_id in listed]
    # Strongly: what is read here is kept under this version's tag by whoever asked.
    found = table.read_many(key for one in ids for key in (workshop_key(one), description_key(one)))
    waiting = {workshop_id: waits[at, workshop_id] for at, workshop_id in waits}
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


def _hosting(user_id: str, since: datetime) -> list[tuple[str, str]]:
    """The workshops a person hosts: when, and which."""
    rows = Item.by_host.query(host_key(user_id), Item.starts >= clock.to_text(since), limit=MOST_EVENTS)
    return [_placed(row.starts) for row in rows]


def _placed(starts: str) -> tuple[str, str]:
    at, _, workshop_id = starts.partition("#")
    return at, workshop_id


def _attending(user_id: str, since: datetime) -> dict[tuple[str, str], bool]:
    """The workshops a person has a place in, when, and whether they only wait."""
    first, last = person_sort(clock.to_text(since)), person_sort("~")
    rows = Item.by_person.query(person_key(user_id), Item.person_sort.between(first, last), limit=MOST_EVENTS)
    return {
        _placed(row.person_sort.partition("#")[2]): row.status == "waitlisted"
        for row in rows
        if isinstance(row, Attendee) and visibility.has_place(row)
    }


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
