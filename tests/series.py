"""What tests of series do over and over: make them at any time, look at what they made, let the horizon roll."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

from atelier import clock, table
from atelier.accounts.caller import Caller
from atelier.series import creation, making
from atelier.series.items import Series, series_key
from atelier.series.schemas import SeriesInput
from atelier.table import Item
from atelier.upkeep import series as upkeep
from atelier.workshops.items import Workshop, series_list_key
from tests.calling import Reply, call, id_of

START = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
"""A Monday."""

DAY = timedelta(days=1)


def ask(
    method: str,
    path: str = "",
    *,
    user: str = "host",
    body: object = None,
    headers: Mapping[str, str] | None = None,
    admin: bool = False,
    **query: Any,
) -> Reply:
    """A request to the series function; `path` is what follows `/series`."""
    groups = ("admin",) if admin else ()
    return call("series", method, f"/series{path}", user=user, body=body, headers=headers, query=query, groups=groups)


def wanted(**fields: object) -> dict[str, Any]:
    """A body for a new series: Tuesdays at half past six in Berlin, unless it says otherwise."""
    body = {
        "title": "Raku firing",
        "timezone": "Europe/Berlin",
        "rrule": "FREQ=WEEKLY;BYDAY=TU",
        "start_date": "2026-01-01",
        "time_of_day": "18:30",
    }
    return {name: value for name, value in {**body, **fields}.items() if value is not ...}


def begun(now: datetime = START, *, user: str = "host", **fields: object) -> str:
    """A series that somebody made at a certain time; gives its id."""
    body = SeriesInput.model_validate(wanted(**{"start_date": now.date().isoformat(), **fields}))
    made, _ = creation.create(Caller(id_of(user)), body, None, locate=str, at=lambda: now)
    return made.id


def stored(series_id: str) -> Series:
    """A series as it stands in the table."""
    return cast("Series", table.read_one(series_key(series_id)))


def made_by(series_id: str) -> list[Workshop]:
    """Everything that a series has made, by its time."""
    table.connect()
    return [cast("Workshop", row) for row in Item.by_series.query(series_list_key(series_id))]


def dates_of(series_id: str) -> list[date]:
    """The local dates for which a series has made a workshop; twice where it did so twice."""
    return sorted(date.fromisoformat(workshop.series_date) for workshop in made_by(series_id))


def roll(now: datetime, *, shuffle: Callable[[list[Any]], object] = lambda _: None) -> upkeep.Run:
    """Lets the horizon roll on, as of a certain time."""
    return upkeep.extend_all(at=lambda: clock.whole_seconds(now), shuffle=shuffle)


def whole(series_id: str, first: datetime, last: datetime) -> list[date]:
    """What the rule gives from a time on to 90 days after another, expanded at once."""
    series = stored(series_id)
    days = making.dates(series, first=date(1970, 1, 1), last=making.horizon(series, last))
    return [day for day in days if making.is_ahead(series, day, first)]


def set_series(series_id: str, **values: Any) -> None:
    """Changes a series as somebody else would."""
    actions = [getattr(Series, name).set(value) for name, value in values.items()]
    table.update_or_see(Series, series_key(series_id), actions, Series.pk.exists())
