"""The rolling horizon: the workshops of each series stand 90 days ahead, made one series at a time.

Those that are furthest behind come first. Each step is one transaction: some new workshops, and the series with the
date up to which they stand then, on condition that it is still the one that was read. So a run may be cut short
anywhere, and two may run at once: nothing is made twice, and nothing is left out. Two runs take the series in different
orders, and so seldom meet.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from pynamodb.exceptions import TransactWriteError

from atelier import clock, due, edits, observability, retries, table
from atelier.accounts.items import Profile, profile_key
from atelier.edits import CollisionError
from atelier.retries import OutOfTimeError
from atelier.series import completing, making
from atelier.series.items import RUNNING, Series, series_key
from atelier.table import Item
from atelier.workshops.hosting import may_host
from atelier.workshops.items import Workshop

if TYPE_CHECKING:
    from pynamodb.expressions.condition import Condition

MOST_AT_ONCE = 90
"""A transaction takes 100 items."""

ROWS_AT_ONCE = 50
ASKED_AGAIN_AFTER = timedelta(days=1)
"""How long a series waits whose host may not host now. It is far less than the 90 days."""
TRIED_AGAIN_AFTER = timedelta(hours=1)


@dataclass(slots=True)
class Run:
    """What a run came to. made: workshops. waiting: series whose host may not host. is_cut_short: by the time."""

    extended: int = 0
    made: int = 0
    waiting: int = 0
    failed: int = 0
    is_cut_short: bool = False


def extend_all(*, at: clock.Clock = clock.now, shuffle: Callable[[list[Any]], object] = random.shuffle) -> Run:
    """Brings every series up to the horizon, as long as there is time: one query where none is behind.

    A series that fails is logged, counted and put off for an hour, and the others go on. Raises what the table raises
    when it is asked which are behind.
    """
    run = Run()
    try:
        for row in _behind(at, shuffle):
            if retries.time_left() <= 0:
                raise OutOfTimeError("no time is left for more series")
            _extend_or_put_off(row, run, at)
    except OutOfTimeError:
        run.is_cut_short = True
    observability.logger.info("series", extended=run.extended, made=run.made, waiting=run.waiting, failed=run.failed)
    observability.count("SeriesWorkshopsMade", run.made)
    if run.failed:
        observability.count("SeriesFailed", run.failed)
    return run


def _behind(at: clock.Clock, shuffle: Callable[[list[Any]], object]) -> Iterator[Series]:
    """The series that have something to make, as the index has them: page by page, in no order within a page."""
    table.connect()
    position = "0"
    while True:
        is_due = Item.starts.between(position, due.up_to(at()))
        page = [row for row in Item.by_feed.query(RUNNING, is_due, limit=ROWS_AT_ONCE) if row.starts != position]
        if not page:
            return
        position = str(page[-1].starts)
        shuffle(page)
        yield from (cast("Series", row) for row in page)


def _extend_or_put_off(row: Series, run: Run, at: clock.Clock) -> None:
    try:
        while (step := edits.until_applied(lambda: _Step.of(row, at()))) is not None:
            run.made += step.made
            if step.is_waiting:
                run.waiting += 1
                return
            run.extended += 1
    except OutOfTimeError:
        raise
    except Exception:
        observability.logger.exception("series not extended", series=row.id)
        run.failed += 1
        _put_off(row, at() + TRIED_AGAIN_AFTER)


@dataclass(frozen=True, slots=True)
class _Step:
    """What one step did: how many workshops it made, or that the series waits for its host."""

    made: int = 0
    is_waiting: bool = False

    @staticmethod
    def of(row: Series, now: datetime) -> "_Step | None":
        """Goes one step with a series; None where there is none to go. Raises CollisionError when somebody else did."""
        host_at = profile_key(row.host_id)
        found = table.read_many([series_key(row.id), host_at])
        series, host = cast("Series | None", found.get(series_key(row.id))), cast("Profile | None", found.get(host_at))
        if series is None or not _is_behind(series, now):
            return None
        if series.pending:
            # Somebody died over an edit of it; what it makes next follows from that.
            completing.complete(series.id, at=lambda: now)
            raise CollisionError
        if host is None or not may_host(host):
            _put_off(series, now + ASKED_AGAIN_AFTER)
            return _Step(is_waiting=True)
        days, until = _next_days(series, now)
        made = [making.occurrence(series, day, now=now) for day in days]
        after = Series.from_raw_data(series.serialize())
        making.advance(after, until)
        return _Step(_write(series, after, made))


def _is_behind(series: Series, now: datetime) -> bool:
    return series.feed_key == RUNNING and str(series.starts) <= due.up_to(now)


def _next_days(series: Series, now: datetime) -> tuple[list[date], date]:
    """The next dates to make, as many as one transaction takes, and the date up to which all are made then."""
    first, until = date.fromisoformat(series.made_until) + timedelta(days=1), making.horizon(series, now)
    ahead = (day for day in making.dates(series, first=first, last=until) if making.is_ahead(series, day, now))
    days = list(islice(ahead, MOST_AT_ONCE + 1))
    if len(days) > MOST_AT_ONCE:
        return days[:-1], days[-1] - timedelta(days=1)
    return days, until


def _write(before: Series, after: Series, made: Sequence[Workshop]) -> int:
    """Writes a step; a workshop that is there already is left as it is. How many were not.

    Raises CollisionError when somebody else has changed the series, or made a step with it.
    """
    unchanged = (
        (Series.version == before.version)
        & (Series.made_until == before.made_until)
        & (Series.starts == before.starts)
        & (Series.feed_key == RUNNING)
    )
    actions = table.setting(after, table.differing(before, after))
    left = list(made)
    while True:
        try:
            with table.transaction() as transaction:
                for workshop in left:
                    transaction.save(workshop, condition=Item.pk.does_not_exist())
                transaction.update(before, actions, condition=unchanged)
            return len(left)
        except TransactWriteError as error:
            failed = table.failed_conditions(error)
            if not failed:
                raise
            if len(left) in failed:
                raise CollisionError from error
            left = [workshop for position, workshop in enumerate(left) if position not in failed]


def _put_off(series: Series, until: datetime) -> None:
    """Lets a series wait, unless somebody else has brought it on meanwhile."""
    unchanged: Condition = (Series.starts == series.starts) & (Series.feed_key == RUNNING)
    moved = Series.starts.set(f"{clock.to_text(until)}#{series.id}")
    table.update_or_see(Series, series_key(series.id), [moved], unchanged)
