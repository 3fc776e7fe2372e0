"""Series from what is stored to what goes over the wire."""

from collections.abc import Iterable
from datetime import date
from typing import Any, cast

from atelier.accounts import shapes as people
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile
from atelier.categories.items import Category
from atelier.series.items import Follower, Series
from atelier.series.schemas import MySeriesPart, SeriesCard, SeriesDetail, SeriesWorkshop
from atelier.workshops import shapes as workshops
from atelier.workshops.items import Workshop


def card(series: Series, host: Profile, category: Category | None, caller: Caller) -> SeriesCard:
    """A series as the list of its host shows it: nobody follows what they host."""
    return SeriesCard(host=people.user_card(host), **_fields(series, category, caller, None))


def detail(
    series: Series,
    host: Profile,
    category: Category | None,
    caller: Caller,
    *,
    follower: Follower | None,
    description: str,
    made: Iterable[Workshop],
) -> SeriesDetail:
    """A series in full, with these of its workshops."""
    return SeriesDetail(
        host=people.user(host),
        description=description,
        workshops=[workshop(one) for one in made],
        **_fields(series, category, caller, follower),
    )


def workshop(made: Workshop) -> SeriesWorkshop:
    """A workshop of a series, in short."""
    return SeriesWorkshop(
        id=made.id,
        date=date.fromisoformat(made.series_date),
        scheduled_at=made.scheduled_at,
        status=made.status,
        is_edited=bool(made.by_hand),
    )


def _fields(series: Series, category: Category | None, caller: Caller, follower: Follower | None) -> dict[str, Any]:
    return {
        "id": series.id,
        "title": series.title,
        "category_id": series.category_id,
        "category": workshops.category_ref(category),
        "timezone": series.timezone,
        "duration_minutes": series.duration_minutes,
        "format": series.format,
        "location": series.location,
        "is_private": series.is_private,
        "max_capacity": series.max_capacity,
        "waitlist_enabled": series.waitlist_enabled,
        "records": series.records,
        "rrule": series.rrule,
        "start_date": date.fromisoformat(series.start_date),
        "time_of_day": series.time_of_day,
        "skipped": sorted(map(date.fromisoformat, cast("set[str] | None", series.skipped) or ())),
        "is_active": bool(series.is_active),
        "is_complete": series.feed_key is None,
        "created_at": series.created_at,
        "updated_at": series.updated_at,
        "my": MySeriesPart(is_host=series.host_id == caller.id, is_following=follower is not None and follower.stays),
    }
