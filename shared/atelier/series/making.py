"""The workshops of a series: each from the series and its date alone, so that it does not matter who makes them, when,
and how often.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from atelier import clock
from atelier.series.items import Series, occurrence_id
from atelier.workshops.beginning import LEAD_TIME, new_workshop
from atelier.workshops.items import Workshop

HORIZON = timedelta(days=90)
"""How far ahead the workshops of a series stand, from the day that it is in its zone."""

INHERITED = (
    "title",
    "host_id",
    "category_id",
    "timezone",
    "duration_minutes",
    "format",
    "location",
    "is_private",
    "max_capacity",
    "waitlist_enabled",
    "records",
    "described_as",
)
"""What each workshop has from its series when it is made. Of the description it is only which: it stands with the
series alone, until a workshop gets its own.
"""


def occurrence(series: Series, day: date, *, now: datetime) -> Workshop:
    """The workshop that a series makes for a local date, as it is before anybody has edited it."""
    plan = {name: getattr(series, name) for name in INHERITED}
    own = {"scheduled_at": starts_at(series, day), "series_id": series.id, "series_date": day.isoformat()}
    return new_workshop(occurrence_id(series.id, day), plan | own, now=now)


def starts_at(series: Series, day: date) -> datetime:
    """When the workshop of a local date takes place.

    A time that its zone skips moves forward by the gap, and of one that comes twice it is the first: both follow from
    PEP 495's fold of 0.
    """
    wall = datetime.combine(day, time.fromisoformat(series.time_of_day), ZoneInfo(series.timezone))
    return clock.whole_seconds(wall)


def horizon(series: Series, now: datetime) -> date:
    """The last local date whose workshop is to stand by now."""
    return now.astimezone(ZoneInfo(series.timezone)).date() + HORIZON


def is_ahead(scheduled_at: datetime, now: datetime) -> bool:
    """Whether there is time to make a workshop of this time: a series makes none that is past, or about to begin."""
    return scheduled_at >= clock.whole_seconds(now) + LEAD_TIME
