"""Ending a series, whole or from one of its workshops on: what has not begun is cancelled, and nothing follows."""

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from atelier import clock, edits
from atelier.accounts.caller import Caller
from atelier.errors import BadQueryError, SeriesEndedError, WorkshopOverError
from atelier.series import cancelling, deciding, reach
from atelier.series import viewing as of_series
from atelier.series.items import Series
from atelier.workshops import viewing, visibility


def end(series_id: str, caller: Caller, expected: edits.Expected | None = None, *, at: clock.Clock = clock.now) -> None:
    """Ends a series: cancels its workshops that have not begun. Those that were, and what came of them, stay.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError, SeriesEndedError, StaleVersionError,
    RequestInProgressError.
    """

    def attempt() -> None:
        # An edit that is still carried out has come to nothing by this: all that it would change is cancelled.
        before = of_series.require_host(series_id, caller, at=at).series
        if not before.is_active:
            raise SeriesEndedError
        if expected:
            expected.check(int(before.version))
        _end(before, {"is_active": False}, caller.id, reach.EARLIEST, None, at)

    edits.until_applied(attempt)


def end_from(
    workshop_id: str, caller: Caller, expected: edits.Expected | None = None, *, at: clock.Clock = clock.now
) -> None:
    """Cancels a workshop and those that follow in its series, which ends before it. expected: of the workshop.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError, WorkshopOverError, StaleVersionError,
    RequestInProgressError, and BadQueryError for a workshop that no series has made.
    """

    def attempt() -> None:
        sight = viewing.look(workshop_id, caller)
        workshop = visibility.require_host(sight.workshop, sight.row, sight.profile, caller, sight.invite)
        if workshop.series_id is None:
            raise BadQueryError(errors=[{"loc": ["scope"], "msg": "is for workshops of a series"}])
        if workshop.is_over:
            raise WorkshopOverError
        if expected:
            expected.check(int(workshop.version))
        before = deciding.read(workshop.series_id)
        deciding.require_settled(before)
        since = date.fromisoformat(workshop.series_date)
        ends_before = min(before.ends_before or workshop.series_date, workshop.series_date)
        _end(before, {"ends_before": ends_before}, caller.id, since, workshop_id, at)

    edits.until_applied(attempt)


def _end(before: Series, values: dict[str, Any], by: str, since: date, named: str | None, at: clock.Clock) -> None:
    after = deciding.with_values(before, values, at)
    first = _yesterday(before, at()).isoformat()
    pending = {"what": "end", "by": by, "since": since.isoformat(), "first": first, "named": named}
    steps = cancelling.steps(after, pending, at=at)
    plan = partial(cancelling.left_to_do, at=at)
    deciding.decide(before, after, pending, steps, plan, cancelling.settle, action="series_ended", at=at)


def _yesterday(series: Series, now: datetime) -> date:
    """So that a workshop of a late hour is found by its date, wherever it is the next day already."""
    return now.astimezone(ZoneInfo(series.timezone)).date() - timedelta(days=1)
