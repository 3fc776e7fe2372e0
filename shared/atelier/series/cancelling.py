"""What of a series is cancelled when it is ended, whole or from one of its workshops on: all that has not begun."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, cast

from atelier import clock
from atelier.series import ahead, carrying, reach
from atelier.series.carrying import Step
from atelier.series.items import Series
from atelier.workshops import writing

FURTHEST = timedelta(days=92)
"""Further ahead no workshop of a series stands: 90 days, in whatever zone."""


def steps(series: Series, pending: Mapping[str, Any], *, at: clock.Clock = clock.now) -> Sequence[Step]:
    """Every workshop that is to be cancelled still: those from `since` on that have not begun, and the one that was
    named unless it is over.
    """
    since, first = (date.fromisoformat(pending[name]) for name in ("since", "first"))
    upcoming = ahead.upcoming(series.id, at=at)
    found = reach.affected(series, upcoming, since=since, first=first, last=first + FURTHEST)
    made_by, name = pending["by"], carrying.through(series)
    return [
        Step(one, writing.changed(one, {"status": "cancelled"}, by=made_by, at=at, through=name))
        for one in found.values()
        if one.status in ahead.BEFORE_BEGINNING or (one.id == pending["named"] and not one.is_over)
    ]


def left_to_do(series: Series, *, at: clock.Clock = clock.now) -> Sequence[Step]:
    """The same, of what is pending."""
    return steps(series, cast("dict[str, Any]", series.pending), at=at)


def settle(series: Series) -> None:
    """Takes a series that has ended from the list of those that go on."""
    series.feed_key = None
    series.starts = f"{clock.to_text(series.created_at)}#{series.id}"
