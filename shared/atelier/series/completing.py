"""Completing an edit of a series whose process died over it: `projections` does, and `upkeep`, and the next edit."""

from functools import partial
from typing import cast

from atelier import clock, table
from atelier.series import cancelling, carrying, planning
from atelier.series.items import Series, series_key

_WAYS = {"edit": (planning.left_to_do, planning.settle), "end": (cancelling.left_to_do, cancelling.settle)}


def complete(series_id: str, *, at: clock.Clock = clock.now) -> bool:
    """Carries out what is pending of a series; whether anything was.

    Raises RequestInProgressError when others were faster each time, OutOfTimeError, and what the table raises: run
    again, it does the rest.
    """
    series = cast("Series | None", table.read_one(series_key(series_id)))
    if series is None or not series.pending:
        return False
    plan, settle = _WAYS[cast("dict[str, str]", series.pending)["what"]]
    carrying.carry_out(series, partial(plan, at=at), settle, at=at)
    return True
