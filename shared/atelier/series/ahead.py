"""The workshops of a series that are still to come."""

from datetime import date, datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from atelier import clock, table
from atelier.series import making
from atelier.series.items import Series, occurrence_id
from atelier.table import Item
from atelier.workshops.items import OPEN, Workshop, series_list_key, workshop_key

LONGEST = timedelta(days=2)
"""What began longer ago is over: a workshop takes a day at most, and then some."""

BEFORE_BEGINNING = ("scheduled", "lobby")


def upcoming(series_id: str, *, at: clock.Clock = clock.now) -> list[Workshop]:
    """The workshops of a series that are not over, soonest first: one query."""
    table.connect()
    rows = Item.by_series.query(
        series_list_key(series_id),
        Item.starts >= clock.to_text(at() - LONGEST),
        filter_condition=Workshop.status.is_in(*OPEN),
    )
    return [cast("Workshop", row) for row in rows]


def not_begun(series: Series, *, at: clock.Clock = clock.now) -> list[Workshop]:
    """The workshops of a series that have not begun, as they are now, soonest first: a query and a read.

    An index shows a change a moment later. So those that the rule names are asked for by their ids as well: what was
    made before this was called is not missed.
    """
    wanted = {one.id for one in upcoming(series.id, at=at)}
    wanted |= {occurrence_id(series.id, day) for day in _dates(series, at())}
    found = table.read_many(map(workshop_key, sorted(wanted)))
    there = [one for one in found.values() if isinstance(one, Workshop) and one.status in BEFORE_BEGINNING]
    return sorted(there, key=lambda one: str(one.starts))


def _dates(series: Series, now: datetime) -> list[date]:
    today = now.astimezone(ZoneInfo(series.timezone)).date()
    return list(making.dates(series, first=today - LONGEST, last=making.horizon(series, now)))
