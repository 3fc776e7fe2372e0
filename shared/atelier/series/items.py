"""What is stored of a series."""

import hashlib
from datetime import date

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute

from atelier.ids import encode
from atelier.table import Entity, InstantAttribute, Item, Key

RUNNING = "SERIES#running"
"""The list of the series that go on, by when each has to make its next workshop: who is furthest behind comes first."""


class Series(Entity, discriminator="series"):
    """A rule, and what the workshops that it makes begin with.

    start_date: the local date, YYYY-MM-DD, that the rule counts from, whenever it is expanded; time_of_day: HH:MM, in
    the zone. rules_from: the first local date that the rule decides: earlier ones were made by a rule before it.
    ends_before: the local date from which on there are none any more. skipped: dates that are left out.
    made_until: the local date up to which nothing is left to make: the one before the next workshop that is not made.
    feed_key, starts: its place among those that go on, by when the next one has to be made; starts stays when it does
    not go on, for the list of its category. person_key, person_sort: `series_of` its host, and its id.
    described_as: which of its descriptions it has now; None is the first.
    pending: an edit that is decided, and not yet carried out in all of its workshops. last_change: "edit" meanwhile;
    the stream to `projections` leaves all others out by it.
    """

    host_id = UnicodeAttribute()
    title = UnicodeAttribute()
    category_id = UnicodeAttribute(null=True)
    timezone = UnicodeAttribute()
    duration_minutes = NumberAttribute(null=True)
    format = UnicodeAttribute()
    location = UnicodeAttribute(null=True)
    is_private = BooleanAttribute()
    max_capacity = NumberAttribute(null=True)
    waitlist_enabled = BooleanAttribute()
    records = BooleanAttribute()
    rrule = UnicodeAttribute()
    start_date = UnicodeAttribute()
    time_of_day = UnicodeAttribute()
    rules_from = UnicodeAttribute()
    ends_before = UnicodeAttribute(null=True)
    skipped = UnicodeSetAttribute(null=True)
    is_active = BooleanAttribute(default=True)
    made_until = UnicodeAttribute(null=True)
    described_as = NumberAttribute(null=True)
    pending = JSONAttribute(null=True)
    last_change = UnicodeAttribute(null=True)

    @property
    def id(self) -> str:
        """The id, which an index row carries in its key alone."""
        return self.pk.removeprefix("SERIES#")

    @property
    def goes_on(self) -> bool:
        """Whether workshops of it are still to be made: nobody has ended it, and its rule has not come to its end."""
        return bool(self.is_active) and self.feed_key is not None


def series_of(host_id: str) -> str:
    """The list of the series that a person hosts, by their age, in the index by person."""
    return f"SERIES_OF#{host_id}"


def of_category(category_id: str) -> str:
    """The list of the series of a category, private ones too: nobody is shown it."""
    return f"CATEGORY#{category_id}#series"


class SeriesDescription(Item, discriminator="series_description"):
    """A description of a series, for itself and for those of its workshops that have none of their own and were made
    or brought in line while it was this one; absent when it is empty.

    An edit of the description puts another beside it: the workshops that the edit leaves alone keep the one they have.
    """

    text = UnicodeAttribute()


class SeriesEdit(Item, discriminator="series_edit"):
    """What an edit of a series came to, as people are told of it: once, whichever of its workshops they hear of first.

    type: of the notification. made_by: who made it. data: what the notification shows beside the series' title.
    """

    type = UnicodeAttribute()
    made_by = UnicodeAttribute()
    at = InstantAttribute()
    data = JSONAttribute()


class Follower(Item, discriminator="follower"):
    """Somebody wants a place in every workshop of a series, those that are still to be made included.

    since: from when on, in milliseconds. leaving_at: since when, in milliseconds, they want none of them any more, and
    their places are being given up; the item goes when that is done.
    """

    since = NumberAttribute()
    leaving_at = NumberAttribute(null=True)

    @property
    def stays(self) -> bool:
        """Whether they do want them still."""
        return self.leaving_at is None

    @property
    def series_id(self) -> str:
        """The series."""
        return self.pk.removeprefix("SERIES#")

    @property
    def user_id(self) -> str:
        """The person."""
        return self.sk.removeprefix("FOLLOWER#")


class Declined(Item, discriminator="declined"):
    """Somebody gave up their place in one workshop of a series: that they follow the series does not give it back.

    at: when they did, in milliseconds; who follows the series anew afterwards is given a place again.
    """

    at = NumberAttribute()


def series_key(series_id: str) -> Key:
    """Where a series stands."""
    return f"SERIES#{series_id}", "#META"


def series_description_key(series_id: str, described_as: float | None = None) -> Key:
    """Where a description of a series stands: of a workshop or the series itself, by its `described_as`."""
    return f"SERIES#{series_id}", "#DESCRIPTION" if described_as is None else f"#DESCRIPTION#{int(described_as)}"


def series_edit_key(series_id: str, version: int) -> Key:
    """Where it stands what the edit came to that made this version of a series."""
    return f"SERIES#{series_id}", f"EDIT#{version:010d}"


def follower_key(series_id: str, user_id: str) -> Key:
    """Where it stands that a person follows a series."""
    return f"SERIES#{series_id}", f"FOLLOWER#{user_id}"


def followed_sort(series_id: str) -> str:
    """The place of a series in the list of what a person has to do with."""
    return f"FOLLOWING#{series_id}"


def declined_key(series_id: str, workshop_id: str, user_id: str) -> Key:
    """Where it stands that a person gave up their place in a workshop of a series."""
    return f"SERIES#{series_id}", f"DECLINED#{user_id}#{workshop_id}"


def occurrence_id(series_id: str, day: date) -> str:
    """The id of the workshop that a series makes for a local date: whoever makes it, and however often, it is one.

    Built like all ids (10 characters that sort by time, here the date's; 16 of 80 bits), from SHA-256 of both.
    """
    digest = hashlib.sha256(f"{series_id}\n{day.isoformat()}".encode()).digest()
    return f"wks_{encode(day.toordinal() * 86_400_000, 10)}{encode(int.from_bytes(digest[:10]), 16)}"
