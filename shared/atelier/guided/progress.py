"""How a step moves on, and what that does to the steps after it. Rules only: nothing here reads or writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from atelier.errors import StepLockedError
from atelier.guided.items import Step

type StepStatus = Literal["not_started", "in_progress", "complete"]


@dataclass(frozen=True, slots=True)
class Moved:
    """A change that is decided: the step as it will be, and whether its output is another.

    shakes: whether the complete steps after it no longer stand. disturbed: those of them that did, as they will be.
    """

    after: Step
    is_rewritten: bool
    shakes: bool
    disturbed: list[Step]


def move(
    steps: Sequence[Step], order: int, status: StepStatus | None, *, is_rewritten: bool, has_output: bool, at: datetime
) -> Moved | None:
    """What becomes of the step at this place when it is given a status (None: none) or another output.

    An output starts a step. Who opens a complete step again, or changes its output, makes the complete ones after it
    stale, until each is said to be complete once more. None when nothing changes. `steps` are the ten as they are.
    """
    before = steps[order - 1]
    after = _copy(before)
    if status is not None:
        after.status = status
    elif is_rewritten and has_output and before.status == "not_started":
        after.status = "in_progress"
    is_confirmed = status == "complete" and (before.status != "complete" or before.stale)
    if after.status == before.status and not is_rewritten and not is_confirmed:
        return None
    _date(before, after, is_confirmed=is_confirmed, at=at)
    after.stale = before.stale and not is_confirmed and after.status != "not_started"
    after.revision = before.revision + is_rewritten
    after.version = before.version + 1
    after.updated_at = at
    shakes = before.status == "complete" and (after.status != "complete" or is_rewritten)
    disturbed = [_staled(step) for step in steps[order:] if shakes and _stands(step)]
    return Moved(after, is_rewritten, shakes, disturbed)


def require_open(steps: Sequence[Step], order: int, mode: str) -> Step | None:
    """The step whose being complete lets this one be worked on, or None where there is none.

    Raises StepLockedError in strict mode when it is not complete.
    """
    if mode != "strict" or order == 1:
        return None
    earlier = steps[order - 2]
    if earlier.status != "complete":
        raise StepLockedError(f"The step {earlier.step_id!r} is not complete.")
    return earlier


def _date(before: Step, after: Step, *, is_confirmed: bool, at: datetime) -> None:
    if after.status == "not_started":
        after.started_at = None
    elif before.started_at is None:
        after.started_at = at
    if is_confirmed:
        after.completed_at = at
    elif after.status != "complete":
        after.completed_at = None


def _stands(step: Step) -> bool:
    return step.status == "complete" and not step.stale


def _staled(step: Step) -> Step:
    stale = _copy(step)
    stale.stale = True
    stale.version = step.version + 1
    return stale


def _copy(step: Step) -> Step:
    return Step.from_raw_data(step.serialize())
