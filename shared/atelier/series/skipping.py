"""Leaving a date out of a series: its workshop is cancelled, and never made again."""

from datetime import date
from typing import cast

from atelier import audit, clock, edits
from atelier.accounts.caller import Caller
from atelier.edits import CollisionError
from atelier.errors import NotEditableError, SeriesEndedError, ValidationFailedError
from atelier.series import completing, deciding, making, viewing
from atelier.series.ahead import BEFORE_BEGINNING
from atelier.series.items import Series, occurrence_id
from atelier.workshops import writing
from atelier.workshops.items import Workshop, workshop_key


def skip(series_id: str, caller: Caller, day: date, *, at: clock.Clock = clock.now) -> bool:
    """Leaves a date out; whether it was not left out before. One transaction: the series, and its workshop of then.

    People are told as of any workshop that is cancelled: it is one.
    Raises NotFoundError, AccountSuspendedError, NotAllowedError, SeriesEndedError, ValidationFailedError for a date
    that the series does not have, NotEditableError for one that has begun or is past, RequestInProgressError.
    """
    return edits.until_applied(lambda: _attempt(series_id, caller, day, at))


def _attempt(series_id: str, caller: Caller, day: date, at: clock.Clock) -> bool:
    key = workshop_key(occurrence_id(series_id, day))
    sight = viewing.require_host(series_id, caller, also=[key], at=at)
    series, workshop = sight.series, cast("Workshop | None", sight.found.get(key))
    if not series.is_active:
        raise SeriesEndedError
    if series.pending:
        completing.complete(series_id, at=at)
        raise CollisionError
    skipped = cast("set[str] | None", series.skipped) or set()
    if day.isoformat() in skipped:
        return False
    if workshop is None and day not in making.dates(series, first=day, last=day):
        raise ValidationFailedError(errors=[{"loc": ["date"], "msg": "is no date of the series"}])
    _require_ahead(series, workshop, day, at)
    after = deciding.with_values(series, {"skipped": skipped | {day.isoformat()}}, at)
    making.advance(after, date.fromisoformat(after.made_until))
    with edits.transaction() as transaction:
        deciding.update(transaction, series, after)
        if workshop is not None and workshop.status in BEFORE_BEGINNING:
            cancelled = writing.changed(workshop, {"status": "cancelled"}, by=caller.id, at=at)
            writing.update(transaction, workshop, cancelled)
            audit.write(
                transaction,
                object_id=workshop.id,
                actor_id=caller.id,
                action="workshop_cancelled",
                change={"from": workshop.status, "to": "cancelled", "series": series_id},
                at=at,
            )
    return True


def _require_ahead(series: Series, workshop: Workshop | None, day: date, at: clock.Clock) -> None:
    if workshop is None:
        is_ahead = making.starts_at(series, day) > at()
    elif workshop.status == "cancelled":
        is_ahead = workshop.scheduled_at > at()
    else:
        is_ahead = workshop.status in BEFORE_BEGINNING
    if not is_ahead:
        raise NotEditableError("It has begun, or is past.")
