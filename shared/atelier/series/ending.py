"""Ending a series, whole or from one of its workshops on: what has not begun is cancelled, and nothing follows."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, cast
from zoneinfo import ZoneInfo

from atelier import clock, edits
from atelier.accounts.caller import Caller
from atelier.errors import BadQueryError, SeriesEndedError, WorkshopOverError
from atelier.series import ahead, carrying, deciding, reach
from atelier.series import viewing as of_series
from atelier.series.carrying import Step
from atelier.series.items import Series
from atelier.workshops import viewing, visibility, writing

NOT_BEGUN = ("scheduled", "lobby")
AHEAD = timedelta(days=92)
"""Further ahead no workshop of a series stands: 90 days, in whatever zone."""


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
        _end(before, {"is_active": False}, caller.id, reach.EARLIEST, at)

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
        _end(before, {"ends_before": ends_before}, caller.id, since, at)

    edits.until_applied(attempt)


def left_to_do(series: Series, *, at: clock.Clock = clock.now) -> Sequence[Step]:
    """What is left to cancel of a series that was ended: every workshop that has not begun."""
    return _steps(series, cast("dict[str, str]", series.pending), at)


def settle(series: Series) -> None:
    """Takes a series that has ended from the list of those that go on."""
    series.feed_key = None
    series.starts = f"{clock.to_text(series.created_at)}#{series.id}"


def _end(before: Series, values: dict[str, Any], by: str, since: date, at: clock.Clock) -> None:
    after = deciding.with_values(before, values, at)
    first = _yesterday(before, at())
    pending = {"what": "end", "by": by, "since": since.isoformat(), "first": first.isoformat()}
    steps = _steps(after, pending, at)
    deciding.decide(before, after, pending, steps, partial(left_to_do, at=at), settle, action="series_ended", at=at)


def _steps(series: Series, pending: Mapping[str, str], at: clock.Clock) -> Sequence[Step]:
    since, first = (date.fromisoformat(pending[name]) for name in ("since", "first"))
    upcoming = ahead.upcoming(series.id, at=at)
    found = reach.affected(series, upcoming, since=since, first=first, last=first + AHEAD)
    made_by, name = pending["by"], carrying.through(series)
    return [
        Step(one, writing.changed(one, {"status": "cancelled"}, by=made_by, at=at, through=name))
        for one in found.values()
        if one.status in NOT_BEGUN
    ]


def _yesterday(series: Series, now: datetime) -> date:
    """So that a workshop of a late hour is found by its date, wherever it is the next day already."""
    return now.astimezone(ZoneInfo(series.timezone)).date() - timedelta(days=1)
