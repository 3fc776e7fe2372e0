"""Deciding an edit of a series: one write of the series, and of what people are told of it; then it is carried out."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from pynamodb.transactions import TransactWrite

from atelier import audit, clock, edits, table
from atelier.errors import NotFoundError, RequestInProgressError
from atelier.series import carrying, story
from atelier.series.carrying import Plan, Settle, Step
from atelier.series.items import Series, series_key


def read(series_id: str) -> Series:
    """A series as it is now. Raises NotFoundError."""
    series = table.read_one(series_key(series_id))
    if not isinstance(series, Series):
        raise NotFoundError
    return series


def require_settled(series: Series) -> None:
    """Raises RequestInProgressError while an edit of the series is carried out."""
    if series.pending:
        raise RequestInProgressError


def with_values(series: Series, values: dict[str, Any], at: clock.Clock) -> Series:
    """The series as it is after an edit: with these values, one version on."""
    after = Series.from_raw_data(series.serialize())
    for name, value in values.items():
        setattr(after, name, value)
    after.version = int(series.version) + 1
    after.updated_at = clock.whole_seconds(at())
    after.pending = after.last_change = None
    return after


def update(transaction: TransactWrite, before: Series, after: Series) -> None:
    """Adds the difference to a transaction, which fails when somebody else edited the series, or made workshops of it:
    that moves `made_until`, and no version.
    """
    is_as_read = (Series.version == before.version) & (Series.made_until == before.made_until)
    transaction.update(before, table.setting(after, table.differing(before, after)), condition=is_as_read)


def decide(  # noqa: PLR0913 - one decision
    before: Series,
    after: Series,
    pending: dict[str, Any],
    steps: Sequence[Step],
    plan: Plan,
    settle: Settle,
    *,
    also: Callable[[TransactWrite], None] | None = None,
    action: str | None = None,
    at: clock.Clock = clock.now,
) -> Series:
    """Writes an edit that `pending` describes and carries it out; gives back the series as it is then.

    steps: what it comes to by what was read; plan: what is left of it later on. also: what else belongs to the edit.
    action: of its audit entry, where it has one. Raises CollisionError when the series is no longer what was read.
    """
    now, by = at(), str(pending["by"])
    is_left_to_do = bool(steps or before.pending)
    if is_left_to_do:
        carrying.pend(after, pending, now)
    else:
        settle(after)
    with edits.transaction() as transaction:
        update(transaction, before, after)
        told = story.of(after, steps, by, now)
        if told is not None:
            transaction.save(told)
        if also is not None:
            also(transaction)
        if action is not None:
            change = {"ends_before": cast("str | None", after.ends_before), "is_active": bool(after.is_active)}
            audit.write(transaction, object_id=after.id, actor_id=by, action=action, change=change, at=at)
    if not is_left_to_do:
        return after
    # While another edit was carried out, what was read may have become more.
    return carrying.try_to_carry_out(after, plan, settle, None if before.pending else steps, at=at)
