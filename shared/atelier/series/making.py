"""The workshops of a series: each from the series and its date alone, so that it does not matter who makes them, when,
and how often.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from atelier import clock
from atelier.series import recurrence, rules, wallclock
from atelier.series.items import RUNNING, Series, occurrence_id, of_category, series_of
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
    """When the workshop of a local date takes place, on the days too on which the clocks are changed."""
    return wallclock.occurrence(day, time.fromisoformat(series.time_of_day), ZoneInfo(series.timezone)).scheduled_at


def dates(series: Series, *, first: date, last: date) -> Iterator[date]:
    """The local dates for which a series makes workshops, from `first` to `last`, both included, in order.

    They follow from the series alone, whenever they are asked for: not from what was made of it before.
    """
    first = max(first, date.fromisoformat(series.rules_from))
    if series.ends_before:
        last = min(last, date.fromisoformat(series.ends_before) - timedelta(days=1))
    skipped = cast("set[str] | None", series.skipped) or set()
    found = recurrence.dates(
        rules.parse(series.rrule),
        date.fromisoformat(series.start_date),
        time.fromisoformat(series.time_of_day),
        ZoneInfo(series.timezone),
        first=first,
        last=last,
    )
    return (day for day in found if day.isoformat() not in skipped)


def next_date(series: Series, after: date) -> date | None:
    """The first date of a series after a date; None when it has come to its end."""
    last = recurrence.furthest_date(date.fromisoformat(series.start_date))
    return next(dates(series, first=after + timedelta(days=1), last=last), None)


def advance(series: Series, until: date) -> None:
    """Sets that the workshops of a series stand up to a date, and what follows: when the next one has to be made.

    So a series is looked at when there is something to make, and no more once its rule has come to its end or it is
    not active. Called as well by whatever changes its dates, with the date up to which they are made then.
    """
    following = next_date(series, until) if series.is_active else None
    series.made_until = (until if following is None else following - timedelta(days=1)).isoformat()
    due = None if following is None else _enters_horizon(series, following)
    series.feed_key = None if due is None else RUNNING
    series.starts = f"{clock.to_text(due or series.created_at)}#{series.id}"
    place_in_lists(series)


def place_in_lists(series: Series) -> None:
    """Sets the index keys that follow from what people set: its host's list, and that of its category."""
    series.person_key, series.person_sort = series_of(series.host_id), series.id
    series.category_key = of_category(series.category_id) if series.category_id else None


def _enters_horizon(series: Series, day: date) -> datetime:
    """When it becomes the day from which a date is not further ahead than workshops stand."""
    return wallclock.occurrence(day - HORIZON, time(), ZoneInfo(series.timezone)).scheduled_at


def horizon(series: Series, now: datetime) -> date:
    """The last local date whose workshop has to stand by now."""
    return now.astimezone(ZoneInfo(series.timezone)).date() + HORIZON


def is_ahead(series: Series, day: date, now: datetime) -> bool:
    """Whether there is time to make the workshop of a date: a series makes none that is past, or about to begin."""
    return starts_at(series, day) >= clock.whole_seconds(now) + LEAD_TIME
