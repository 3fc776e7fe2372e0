"""What people are told of an edit of a series: one thing, whichever of its workshops they have a place in."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from atelier import clock
from atelier.notifications.announcing import TOLD_OF
from atelier.series.carrying import Step
from atelier.series.items import Series, SeriesEdit, series_edit_key

if TYPE_CHECKING:
    from atelier.workshops.items import Workshop

KEPT_DAYS = 60
MOST_CANCELLED_NAMED = 10


def of(series: Series, steps: Sequence[Step], by: str, now: datetime) -> SeriesEdit | None:
    """The story of the edit that made this version of a series; None when it changes no workshop that is there.

    It begins with the first workshop of which somebody is told: when it takes place, and when it was planned before.
    A workshop that is private where its series is not, or the other way round, is told by itself, and is no part of it.
    Nor is the time to which one of a private series was moved by hand: only those who are in that one may know it.
    """
    changed = [step for step in steps if not step.is_new and step.after.is_private == series.is_private]
    told = [step for step in changed if _is_told(step)] or changed
    if not told:
        return None
    first = min(told, key=lambda step: (_planned(step), step.after.id))
    cancelled = sorted(
        clock.to_text(_planned(step))
        for step in told
        if step.is_cancelled and not (series.is_private and _was_moved_by_hand(step))
    )
    data: dict[str, Any] = {
        "workshop_id": first.after.id,
        "scheduled_at": clock.to_text(first.after.scheduled_at),
        "timezone": first.after.timezone,
        "workshop_count": len(told),
    }
    is_over = all(step.is_cancelled for step in told)
    if not is_over:
        data["changed"] = [name for name in TOLD_OF if any(_differs(step, name) for step in told)]
    if first.is_moved and not first.is_cancelled:
        data["moved_from"] = clock.to_text(_planned(first))
    if cancelled:
        data["cancelled"] = cancelled[:MOST_CANCELLED_NAMED]
    made = clock.whole_seconds(now)
    return SeriesEdit(
        *series_edit_key(series.id, int(series.version)),
        type="workshop_cancelled" if is_over else "workshop_updated",
        made_by=by,
        at=made,
        data=data,
        expires_at=int(made.timestamp()) + KEPT_DAYS * 86_400,
    )


def _planned(step: Step) -> datetime:
    """When the workshop was to take place."""
    planned: datetime = cast("Workshop", step.before).scheduled_at
    return planned


def _was_moved_by_hand(step: Step) -> bool:
    return "scheduled_at" in (cast("set[str] | None", cast("Workshop", step.before).by_hand) or ())


def _is_told(step: Step) -> bool:
    return cast("Workshop", step.before).status != step.after.status or any(_differs(step, name) for name in TOLD_OF)


def _differs(step: Step, name: str) -> bool:
    return bool(getattr(step.before, name) != getattr(step.after, name))
