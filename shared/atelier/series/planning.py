"""Bringing the workshops of a series in line with it after an edit: what that means for each of them.

A workshop that has begun, is over, or was brought in line already is left alone. What was edited by hand stays as it
was made by hand. Where the rule changed, a date that it has no more loses its workshop, also one that was moved by hand
to another time, and a date that it has now gets one, unless that was cancelled by hand.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Self, cast

from atelier import clock
from atelier.series import ahead, making, reach
from atelier.series.carrying import Step, through
from atelier.series.items import Series
from atelier.workshops import writing
from atelier.workshops.beginning import LEAD_TIME
from atelier.workshops.items import Workshop

SEATS = "max_capacity"


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit that is decided, as it stands in `pending`.

    since: the first date whose workshop it concerns. first: the day on which it was decided. until: the date up to
    which workshops stood then. names: what it changes of each workshop. moves: whether it changes dates or times.
    """

    by: str
    since: date
    first: date
    until: date
    names: tuple[str, ...]
    moves: bool

    def to_pending(self) -> dict[str, Any]:
        """The edit as it stands in the series."""
        return {
            "what": "edit",
            "by": self.by,
            "since": self.since.isoformat(),
            "first": self.first.isoformat(),
            "until": self.until.isoformat(),
            "names": list(self.names),
            "moves": self.moves,
        }

    @classmethod
    def from_pending(cls, pending: dict[str, Any]) -> Self:
        """The inverse of `to_pending`."""
        since, first, until = (date.fromisoformat(pending[name]) for name in ("since", "first", "until"))
        return cls(pending["by"], since, first, until, tuple(pending["names"]), pending["moves"])


def left_to_do(series: Series, *, at: clock.Clock = clock.now) -> Sequence[Step]:
    """What is left of the edit that is pending."""
    edit = Edit.from_pending(cast("dict[str, Any]", series.pending))
    return steps(series, edit, workshops(series, edit, ahead.upcoming(series.id, at=at)), at=at)


def workshops(series: Series, edit: Edit, upcoming: Iterable[Workshop]) -> dict[date, Workshop]:
    """The workshops that an edit may concern, by their dates; see `reach.affected`.

    One day more is looked at: in another zone it may be the day before, and workshops may stand a day further ahead.
    """
    last = edit.until + timedelta(days=1)
    return reach.affected(series, upcoming, since=edit.since, first=edit.first, last=last)


def steps(series: Series, edit: Edit, there: Mapping[date, Workshop], *, at: clock.Clock = clock.now) -> list[Step]:
    """What an edit comes to, for a series as it is after it, and its workshops by their dates; those that it makes are
    last.
    """
    line = _Line(series, edit, at)
    changed = [step for day, workshop in there.items() if (step := line.step(day, workshop)) is not None]
    return [*changed, *line.missing(there.keys())]


class _Line:
    """A series as its workshops are to follow it."""

    def __init__(self, series: Series, edit: Edit, at: clock.Clock) -> None:
        self._series, self._edit, self._at = series, edit, at
        self._from = max(edit.since, edit.first, date.fromisoformat(series.rules_from))
        last = edit.until + timedelta(days=1)
        self._days = set(making.dates(series, first=self._from, last=last)) if edit.moves else set()

    def step(self, day: date, workshop: Workshop) -> Step | None:
        """What is to be done with a workshop; None where nothing is."""
        if workshop.edited_through == through(self._series):
            return None
        if workshop.status == "cancelled":
            return self._brought_back(day, workshop) if workshop.edited_through and day in self._days else None
        if workshop.status != "scheduled":
            return None
        if self._edit.moves and day >= self._from and day not in self._days:
            return self._after(workshop, {"status": "cancelled"})
        return self._changed(day, workshop, {name: getattr(self._series, name) for name in self._edit.names})

    def missing(self, there: Iterable[date]) -> Iterator[Step]:
        """The workshops that are to be made."""
        now = self._at()
        for day in sorted(self._days - set(there)):
            if day <= self._edit.until and making.is_ahead(self._series, day, now):
                yield Step(None, making.occurrence(self._series, day, now=now))

    def _brought_back(self, day: date, workshop: Workshop) -> Step | None:
        """A workshop that its series cancelled, not somebody by hand: the rule has come back to its date."""
        values = {name: getattr(self._series, name) for name in making.INHERITED if name != SEATS}
        step = self._changed(day, workshop, {**values, "status": "scheduled"})
        is_ahead = step is not None and step.after.scheduled_at >= self._at() + LEAD_TIME
        return step if is_ahead else None

    def _changed(self, day: date, workshop: Workshop, wanted: dict[str, Any]) -> Step | None:
        kept = cast("set[str] | None", workshop.by_hand) or set()
        if "description" in kept:
            kept = {*kept, "described_as"}
        if self._edit.moves and day >= self._edit.first:
            wanted["scheduled_at"] = making.starts_at(self._series, day)
        changes = {
            name: value for name, value in wanted.items() if name not in kept and getattr(workshop, name) != value
        }
        return self._after(workshop, changes) if changes else None

    def _after(self, workshop: Workshop, changes: dict[str, Any]) -> Step:
        after = writing.changed(workshop, changes, by=self._edit.by, at=self._at, through=through(self._series))
        return Step(workshop, after)


def settle(series: Series) -> None:
    """Sets when a series has to make its next workshop."""
    making.advance(series, date.fromisoformat(series.made_until))


def today(series: Series, now: datetime) -> date:
    """The day that it is in the zone of a series."""
    return making.horizon(series, now) - making.HORIZON
