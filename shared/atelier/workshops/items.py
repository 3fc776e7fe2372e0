"""What is stored of a workshop."""

from datetime import datetime

from pynamodb.attributes import (
    BooleanAttribute,
    NumberAttribute,
    NumberSetAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)

from atelier import clock
from atelier.table import Entity, InstantAttribute, Item, Key

OPEN = ("scheduled", "lobby", "live")
OVER = ("ended", "cancelled")


class Workshop(Entity, discriminator="workshop"):
    """A workshop without its description, which stands beside it.

    Counts are written often, and a write costs by the size of the whole item.

    planned_capacity: the capacity at creation, never changed: the share of a seat block that nobody made yet follows
    from it alone.
    block_count: how many seat blocks there are or may be; only grows.
    counts_version: raised by each write of the counts, so that a slow count cannot overwrite a newer one.
    last_change: "edit", "counts" or "due"; the stream to `projections` leaves all but edits out by it.
    edited_by: who made the last edit, so that nobody is told of what they did themselves. edited_through: the edit of
    its series that the last edit was part of; None where it was edited by itself.
    series_date: the local date, YYYY-MM-DD, for which its series made it, whenever it takes place by now. by_hand: what
    was edited here alone, and so does not follow the series any more. described_as: which description of its series it
    has, unless it has its own.
    sequence: the SEQUENCE of its calendar event: raised by each change of what a calendar shows, and by no other.
    reminder_offsets: how many minutes before the start anybody wants to be reminded; None = the usual ones.
    due_at: the next moment at which something has to happen by itself and has not; where it stands in the index of due
    work is `due_sort`, which who works on it moves ahead meanwhile.
    """

    title = UnicodeAttribute()
    host_id = UnicodeAttribute()
    category_id = UnicodeAttribute(null=True)
    scheduled_at = InstantAttribute()
    timezone = UnicodeAttribute()
    duration_minutes = NumberAttribute(null=True)
    format = UnicodeAttribute()
    location = UnicodeAttribute(null=True)
    status = UnicodeAttribute(default="scheduled")
    is_private = BooleanAttribute()
    max_capacity = NumberAttribute(null=True)
    planned_capacity = NumberAttribute(null=True)
    block_count = NumberAttribute(default=0)
    waitlist_enabled = BooleanAttribute()
    records = BooleanAttribute()
    attendee_count = NumberAttribute(default=0)
    waitlist_count = NumberAttribute(default=0)
    counts_version = NumberAttribute(default=0)
    actual_started_at = InstantAttribute(null=True)
    actual_ended_at = InstantAttribute(null=True)
    has_recording = BooleanAttribute(default=False)
    channel = UnicodeAttribute()
    last_change = UnicodeAttribute(default="edit")
    edited_by = UnicodeAttribute(null=True)
    edited_through = UnicodeAttribute(null=True)
    sequence = NumberAttribute(default=0)
    reminder_offsets = NumberSetAttribute(null=True)
    due_at = InstantAttribute(null=True)
    group_id = UnicodeAttribute(null=True)
    series_id = UnicodeAttribute(null=True)
    series_date = UnicodeAttribute(null=True)
    by_hand = UnicodeSetAttribute(null=True)
    described_as = NumberAttribute(null=True)

    @property
    def id(self) -> str:
        """The id, which an index row carries in its key alone."""
        return self.pk.removeprefix("WORKSHOP#")

    @property
    def capacity(self) -> int | None:
        """How many seats there are; None = without limit."""
        return int(self.max_capacity) if self.max_capacity else None

    @property
    def is_over(self) -> bool:
        """Whether it has ended or was cancelled."""
        return self.status in OVER


class Description(Item, discriminator="description"):
    """A workshop's description; absent when it is empty."""

    text = UnicodeAttribute()


def workshop_key(workshop_id: str) -> Key:
    """Where a workshop stands."""
    return f"WORKSHOP#{workshop_id}", "#META"


def description_key(workshop_id: str) -> Key:
    """Where a workshop's description stands."""
    return f"WORKSHOP#{workshop_id}", "#DESCRIPTION"


def starts(scheduled_at: datetime, workshop_id: str) -> str:
    """The sort key of a workshop wherever it is listed by time: unique, so it is a position in the list."""
    return f"{clock.to_text(scheduled_at)}#{workshop_id}"


def feed_key(*, status: str, is_private: bool) -> str | None:
    """The public list a workshop stands in; private and cancelled ones stand in none."""
    if is_private or status == "cancelled":
        return None
    return "FEED#closed" if status == "ended" else "FEED#open"


def category_list_key(category_id: str | None, *, status: str, is_private: bool) -> str | None:
    """The list of its category that a workshop stands in: `other` holds the private and the cancelled ones, for whoever
    looks after a deleted category alone.
    """
    if category_id is None:
        return None
    if is_private or status == "cancelled":
        return f"CATEGORY#{category_id}#other"
    return f"CATEGORY#{category_id}#{'closed' if status == 'ended' else 'open'}"


def group_list_key(group_id: str | None, *, status: str, is_private: bool) -> str | None:
    """The list of its group that a workshop stands in: `other` holds the private and the cancelled ones."""
    if group_id is None:
        return None
    if is_private or status == "cancelled":
        return f"GROUP#{group_id}#other"
    return f"GROUP#{group_id}#{'closed' if status == 'ended' else 'open'}"


def series_list_key(series_id: str) -> str:
    """The list of everything a series has made."""
    return f"SERIES#{series_id}"


def host_key(host_id: str) -> str:
    """The list of everything a person hosts."""
    return f"HOST#{host_id}"


def place_in_lists(workshop: Workshop) -> None:
    """Sets the index keys from what the workshop is now."""
    workshop.host_key = host_key(workshop.host_id)
    workshop.feed_key = feed_key(status=workshop.status, is_private=workshop.is_private)
    workshop.category_key = category_list_key(
        workshop.category_id, status=workshop.status, is_private=workshop.is_private
    )
    workshop.starts = starts(workshop.scheduled_at, workshop.id)
    workshop.series_key = series_list_key(workshop.series_id) if workshop.series_id else None
    workshop.person_key = group_list_key(workshop.group_id, status=workshop.status, is_private=workshop.is_private)
    workshop.person_sort = workshop.starts if workshop.group_id else None
