"""Workshops from what is stored to what goes over the wire."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from atelier.accounts import profiles
from atelier.accounts import shapes as people
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile
from atelier.categories.items import Category
from atelier.rsvps.items import Attendee, SeatBlock
from atelier.series.items import Series
from atelier.table import Item, Key
from atelier.workshops.items import Workshop
from atelier.workshops.schemas import CategoryRef, MyPart, MyRsvp, NextInSeries, SeriesRef, WorkshopCard, WorkshopDetail

if TYPE_CHECKING:
    from atelier.rsvps.schemas import AttendeeStatus


@dataclass(frozen=True, slots=True)
class Around:
    """What a workshop is shown with: its host, its category, the caller's row in it, and its series with what comes
    after it there.
    """

    host: Profile
    category: Category | None
    row: Attendee | None
    series: Series | None = None
    following: Workshop | None = None


def card(workshop: Workshop, around: Around, caller: Caller) -> WorkshopCard:
    """A workshop as lists show it, with the counts that `projections` keeps."""
    taken = int(workshop.attendee_count)
    return WorkshopCard(host=people.user_card(around.host), **_fields(workshop, around, caller, taken))


def detail(
    workshop: Workshop,
    around: Around,
    caller: Caller,
    *,
    description: str,
    blocks: Collection[SeatBlock] | None,
) -> WorkshopDetail:
    """A workshop in full.

    With the seat blocks that were made, the seats are exact; with None, they are the counts `projections` keeps.
    """
    taken = int(workshop.attendee_count) if blocks is None else sum(len(block.holders or ()) for block in blocks)
    return WorkshopDetail(
        host=people.user(around.host),
        description=description,
        series=series_ref(around.series),
        next_in_series=next_in_series(around.following),
        **_fields(workshop, around, caller, taken),
    )


def _fields(workshop: Workshop, around: Around, caller: Caller, taken: int) -> dict[str, Any]:
    capacity = workshop.capacity
    return {
        "id": workshop.id,
        "title": workshop.title,
        "category": category_ref(around.category),
        "series_id": workshop.series_id,
        "group_id": workshop.group_id,
        "scheduled_at": workshop.scheduled_at,
        "timezone": workshop.timezone,
        "duration_minutes": workshop.duration_minutes,
        "format": workshop.format,
        "location": workshop.location,
        "status": workshop.status,
        "is_private": workshop.is_private,
        "max_capacity": capacity,
        "waitlist_enabled": workshop.waitlist_enabled,
        "records": workshop.records,
        "attendee_count": taken,
        "waitlist_count": workshop.waitlist_count,
        "seats_left": None if capacity is None else max(0, capacity - taken),
        "actual_started_at": workshop.actual_started_at,
        "actual_ended_at": workshop.actual_ended_at,
        "has_recording": workshop.has_recording,
        "created_at": workshop.created_at,
        "updated_at": workshop.updated_at,
        "my": my_part(workshop, around.row, caller),
    }


def host_of(workshop: Workshop, found: Mapping[Key, Item]) -> Profile:
    """The host's profile. A host without one is still told by their id, and what others see of the workshop stays."""
    return profiles.known(workshop.host_id, found)


def category_ref(category: Category | None) -> CategoryRef | None:
    """The category of a workshop; one that is gone is none."""
    if category is None:
        return None
    return CategoryRef(id=category.id, name=category.name, slug=category.slug)


def series_ref(series: Series | None) -> SeriesRef | None:
    """The series of a workshop."""
    return None if series is None else SeriesRef(id=series.id, title=series.title, rrule=series.rrule)


def next_in_series(following: Workshop | None) -> NextInSeries | None:
    """What comes next in a series."""
    return None if following is None else NextInSeries(id=following.id, scheduled_at=following.scheduled_at)


def my_part(workshop: Workshop, row: Attendee | None, caller: Caller) -> MyPart:
    """What the caller is in a workshop. The host's own row, kept for their numbers in the room, is no RSVP."""
    is_host = workshop.host_id == caller.id
    if row is None or is_host:
        return MyPart(is_host=is_host, rsvp=None)
    return MyPart(
        is_host=is_host,
        rsvp=MyRsvp(
            status=cast("AttendeeStatus", row.status), is_co_host=bool(row.is_co_host), can_speak=bool(row.can_speak)
        ),
    )
