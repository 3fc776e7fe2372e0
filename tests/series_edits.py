"""What tests of edits of series do over and over: edit at any time, and look at what each workshop is then."""

from datetime import date, datetime, timedelta
from typing import Any, cast

from atelier import table
from atelier.accounts.caller import Caller
from atelier.series import editing, ending, skipping
from atelier.series.items import occurrence_id
from atelier.series.schemas import SeriesDetail, SeriesPatch
from atelier.workshops import editing as by_hand
from atelier.workshops import lifecycle
from atelier.workshops.items import Workshop, workshop_key
from atelier.workshops.schemas import WorkshopPatch
from tests.calling import id_of
from tests.series import START, made_by

HOST = Caller(id_of("host"))


def tuesday(number: int) -> date:
    """The Tuesdays of a series that was begun at START, counted from 0."""
    return date(2027, 1, 5) + timedelta(weeks=number)


def on(series_id: str, day: date) -> Workshop:
    """The workshop that a series made for a date."""
    found = table.read_one(workshop_key(occurrence_id(series_id, day)))
    assert isinstance(found, Workshop), f"there is none on {day}"
    return found


def edit(
    series_id: str, *, since: date | None = None, now: datetime = START, by: Caller = HOST, **body: Any
) -> SeriesDetail:
    """Somebody edits a series at a certain time, all of it or from the workshop of a date on."""
    from_id = occurrence_id(series_id, since) if since else None
    shape, _ = editing.edit(series_id, by, SeriesPatch.model_validate(body), None, from_id, at=lambda: now)
    return shape


def edit_by_hand(series_id: str, day: date, *, now: datetime = START, **body: Any) -> None:
    """The host edits one workshop of a series."""
    by_hand.edit(occurrence_id(series_id, day), HOST, WorkshopPatch.model_validate(body), at=lambda: now)


def cancel_by_hand(series_id: str, day: date, *, now: datetime = START) -> None:
    """The host cancels one workshop of a series."""
    lifecycle.cancel(occurrence_id(series_id, day), HOST, at=lambda: now)


def end(series_id: str, *, since: date | None = None, now: datetime = START, by: Caller = HOST) -> None:
    """Somebody ends a series, all of it or from the workshop of a date on."""
    if since is None:
        ending.end(series_id, by, at=lambda: now)
    else:
        ending.end_from(occurrence_id(series_id, since), by, at=lambda: now)


def skip(series_id: str, day: date, *, now: datetime = START) -> bool:
    """The host leaves a date out."""
    return skipping.skip(series_id, HOST, day, at=lambda: now)


def dates(series_id: str, *status: str) -> list[date]:
    """The dates of a series' workshops that are in one of these states; scheduled, if none is named."""
    wanted = status or ("scheduled",)
    return sorted(date.fromisoformat(one.series_date) for one in made_by(series_id) if one.status in wanted)


def plan_of(series_id: str) -> dict[str, dict[str, Any]]:
    """All that people see of a series' workshops, by their dates."""
    names = ("title", "scheduled_at", "timezone", "location", "status", "sequence", "version", "max_capacity", "due_at")
    return {
        one.series_date: {name: cast("Any", getattr(one, name)) for name in names}
        for one in (on(series_id, date.fromisoformat(row.series_date)) for row in made_by(series_id))
    }
