"""Carrying out an edit of a series: workshop by workshop, in chunks, each of which is written whole or not at all.

The edit itself stands in the series before: its new values, and `pending`, which says what is left to do. So whoever
dies here is followed by another, who reads what there is and does what is missing; two at once do no harm. Every chunk
needs the series as it was decided, and the last takes `pending` away.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import batched
from typing import Any, cast

from pynamodb.exceptions import PynamoDBException
from pynamodb.transactions import TransactWrite

from atelier import audit, clock, edits, observability, table
from atelier.edits import CollisionError
from atelier.errors import CapacityBelowTakenError, CapacityModeFixedError, RequestInProgressError
from atelier.retries import OutOfTimeError
from atelier.rsvps import capacity
from atelier.series.items import RUNNING, Series, series_key
from atelier.workshops import writing
from atelier.workshops.changing import Change
from atelier.workshops.items import Workshop

CHUNK = 45
"""A workshop takes two items of a transaction at most, itself and its audit entry; DynamoDB takes 100 at once."""
MOST_COLLISIONS = 9

type Plan = Callable[[Series], Sequence["Step"]]
"""What is left to do for a series as it is now, by what stands in the table."""
type Settle = Callable[[Series], None]
"""Sets when a series is looked at next, now that nothing is pending."""


@dataclass(frozen=True, slots=True)
class Step:
    """What an edit comes to for one workshop. before: None where the edit makes it."""

    before: Workshop | None
    after: Workshop

    @property
    def is_new(self) -> bool:
        """Whether the edit makes it."""
        return self.before is None

    @property
    def is_cancelled(self) -> bool:
        """Whether it does not take place any more."""
        return self.after.status == "cancelled"

    @property
    def is_moved(self) -> bool:
        """Whether it takes place at another time."""
        return self.before is not None and self.before.scheduled_at != self.after.scheduled_at

    @property
    def has_new_capacity(self) -> bool:
        """Whether seats are added or taken away."""
        return self.before is not None and self.before.max_capacity != self.after.max_capacity

    def without_new_capacity(self) -> "Step":
        """The rest of it."""
        seats = cast("Workshop", self.before).max_capacity
        return replace(self, after=writing.with_values(self.after, max_capacity=seats))

    def write(self, transaction: TransactWrite, actor_id: str, at: clock.Clock) -> None:
        """Adds it to a transaction."""
        if self.before is None:
            transaction.save(self.after, condition=Workshop.pk.does_not_exist())
            return
        writing.update(transaction, self.before, self.after)
        if self.before.status != self.after.status:
            change = {"from": self.before.status, "to": self.after.status, "series": self.after.series_id}
            audit.write(
                transaction,
                object_id=self.after.id,
                actor_id=actor_id,
                action=f"workshop_{self.after.status}",
                change=change,
                at=at,
            )


def through(series: Series) -> str:
    """The name of the edit that made this version of a series, as its workshops remember it."""
    return f"{series.id}#{int(series.version)}"


def pend(series: Series, plan: dict[str, Any], now: datetime) -> None:
    """Sets what is to be carried out; until then, the series is the first that `upkeep` looks at."""
    series.pending = plan
    series.last_change = "edit"
    series.feed_key = RUNNING
    series.starts = f"{clock.to_text(now)}#{series.id}"


def carry_out(
    series: Series, plan: Plan, settle: Settle, steps: Sequence[Step] | None = None, *, at: clock.Clock = clock.now
) -> Series:
    """Does what is pending, to the end; gives back the series as it is then. steps: what is left, if that is known.

    Raises RequestInProgressError when others were faster each time, and OutOfTimeError: what is left stays pending.
    """
    size = CHUNK
    for _ in range(MOST_COLLISIONS):
        try:
            return _carry_out(series, plan(series) if steps is None else steps, settle, size, at)
        except CollisionError:
            found = cast("Series", table.read_one(series_key(series.id)))
            if not found.pending or found.version != series.version:
                return found
            # Of fewer at once, fewer are held up by somebody who edits one of them.
            series, steps, size = found, None, max(1, size // 2)
    raise RequestInProgressError


def try_to_carry_out(
    series: Series, plan: Plan, settle: Settle, steps: Sequence[Step] | None, *, at: clock.Clock = clock.now
) -> Series:
    """The same, for who has just decided it. What cannot be done now is done by `projections`, which sees it too."""
    try:
        return carry_out(series, plan, settle, steps, at=at)
    except (PynamoDBException, OutOfTimeError, RequestInProgressError) as error:
        reason = getattr(error, "cause_response_code", None) or type(error).__name__
        observability.logger.warning("series_edit_left_to_the_stream", series_id=series.id, reason=reason)
        return series


def _carry_out(series: Series, steps: Sequence[Step], settle: Settle, size: int, at: clock.Clock) -> Series:
    actor_id = cast("dict[str, str]", series.pending)["by"]
    plain = [step for step in steps if not step.has_new_capacity]
    for step in steps:
        if step.has_new_capacity and not _resize(series, step):
            plain.append(step.without_new_capacity())
    done = _settled(series, settle, at)
    chunks = [*batched(plain, size, strict=False)] or [()]
    for number, chunk in enumerate(chunks, 1):
        with edits.transaction() as transaction:
            for step in chunk:
                step.write(transaction, actor_id, at)
            if number < len(chunks):
                _require_pending(transaction, series)
            else:
                actions = table.setting(done, table.differing(series, done))
                transaction.update(series, actions, condition=_is_pending(series))
    return done


def _settled(series: Series, settle: Settle, at: clock.Clock) -> Series:
    done = Series.from_raw_data(series.serialize())
    done.pending = done.last_change = None
    done.updated_at = clock.whole_seconds(at())
    settle(done)
    return done


def _resize(series: Series, step: Step) -> bool:
    """Whether a workshop has its new capacity. One in which more people were seated meanwhile keeps its own."""
    change = Change(cast("Workshop", step.before), step.after, None)

    def write(transaction: TransactWrite, **seats: Any) -> None:
        change.write_capacity(transaction, **seats)
        _require_pending(transaction, series)

    try:
        capacity.change(change.before, step.after.capacity, write)
    except (CapacityBelowTakenError, CapacityModeFixedError):
        return False
    return True


def _require_pending(transaction: TransactWrite, series: Series) -> None:
    transaction.condition_check(Series, *series.key, condition=_is_pending(series))


def _is_pending(series: Series) -> Any:
    return (Series.version == series.version) & Series.pending.exists()
