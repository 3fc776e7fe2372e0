"""How steps move on: statuses, dates, what becomes stale, what is locked."""

from datetime import UTC, datetime, timedelta

import pytest

from atelier.errors import StepLockedError
from atelier.guided import progress
from atelier.guided.items import STEPS, Step
from atelier.guided.progress import Moved, StepStatus
from atelier.guided.steps import new_step

MORNING = datetime(2027, 3, 1, 9, tzinfo=UTC)
NOON = MORNING + timedelta(hours=3)


def ten(*states: str) -> list[Step]:
    """The ten steps; `c` is complete, `s` complete and stale, `p` in progress, the rest not started."""
    steps = [new_step("gid_1", step_id, MORNING) for step_id in STEPS]
    for step, state in zip(steps, "".join(states), strict=False):
        step.status = {"c": "complete", "s": "complete", "p": "in_progress", ".": "not_started"}[state]
        step.stale = state == "s"
        step.started_at = None if state == "." else MORNING
        step.completed_at = MORNING if state in "cs" else None
    return steps


def move(
    steps: list[Step], order: int, status: StepStatus | None = None, *, output: bool | None = None
) -> Moved | None:
    """A change of a step. output: whether it gets another one (True), loses its own (False), or neither."""
    return progress.move(steps, order, status, is_rewritten=output is not None, has_output=bool(output), at=NOON)


def moved(steps: list[Step], order: int, status: StepStatus | None = None, *, output: bool | None = None) -> Moved:
    found = move(steps, order, status, output=output)
    assert found is not None
    return found


def dates(step: Step) -> tuple[datetime | None, datetime | None]:
    """When a step was started and completed."""
    return step.started_at, step.completed_at


def test_an_output_starts_a_step() -> None:
    after = moved(ten(), 1, output=True).after
    assert (after.status, dates(after)) == ("in_progress", (NOON, None))
    assert (after.revision, after.version) == (1, 2)


def test_taking_an_output_away_starts_nothing() -> None:
    assert moved(ten(), 1, output=False).after.status == "not_started"


def test_a_status_that_is_given_counts_more_than_an_output() -> None:
    assert moved(ten(), 1, "complete", output=True).after.status == "complete"
    assert moved(ten(), 1, "not_started", output=True).after.status == "not_started"


def test_a_step_completed_at_once_was_started_then() -> None:
    after = moved(ten(), 1, "complete").after
    assert (after.started_at, after.completed_at) == (NOON, NOON)


def test_the_first_start_is_kept_and_the_last_completion_told() -> None:
    after = moved(ten("p"), 1, "complete").after
    assert (after.started_at, after.completed_at) == (MORNING, NOON)
    again = moved(ten("c"), 1, "in_progress").after
    assert dates(again) == (MORNING, None)


def test_a_step_put_back_to_the_start_keeps_no_dates() -> None:
    after = moved(ten("s"), 1, "not_started").after
    assert dates(after) == (None, None)
    assert not after.stale


@pytest.mark.parametrize("state", [".", "p", "c"])
def test_what_changes_nothing_is_no_change(state: str) -> None:
    same: StepStatus = ten(state)[0].status  # type: ignore[assignment]  # as it is stored
    assert move(ten(state), 1) is None
    assert move(ten(state), 1, same) is None


def test_opening_a_step_again_makes_the_complete_ones_after_it_stale_and_no_others() -> None:
    found = moved(ten("cccpc.s"), 2, "in_progress")
    assert found.shakes
    assert [(step.order, step.stale, step.status, step.version) for step in found.disturbed] == [
        (3, True, "complete", 2),
        (5, True, "complete", 2),
    ]
    assert not found.after.stale


def test_another_output_of_a_complete_step_does_the_same_and_leaves_it_complete() -> None:
    found = moved(ten("ccc"), 2, output=True)
    assert [step.order for step in found.disturbed] == [3]
    assert (found.after.status, found.after.completed_at) == ("complete", MORNING)


@pytest.mark.parametrize(("state", "status"), [("p", "complete"), ("p", None), (".", "in_progress")])
def test_work_on_a_step_that_is_not_complete_disturbs_nobody(state: str, status: StepStatus | None) -> None:
    found = moved(ten(f"c{state}cc"), 2, status, output=True)
    assert not found.shakes
    assert found.disturbed == []


def test_a_step_is_stale_until_it_is_said_to_be_complete_once_more() -> None:
    opened = moved(ten("css"), 2, "in_progress").after
    assert opened.stale
    steps = ten("css")
    steps[1] = opened
    assert not moved(steps, 2, "complete").after.stale
    confirmed = moved(ten("css"), 2, "complete").after
    assert (confirmed.stale, confirmed.completed_at) == (False, NOON)


def test_rewriting_a_stale_step_alone_does_not_vouch_for_it() -> None:
    assert moved(ten("cs"), 2, output=True).after.stale


@pytest.mark.parametrize("state", [".", "p"])
def test_in_strict_mode_a_step_opens_when_the_one_before_is_complete(state: str) -> None:
    with pytest.raises(StepLockedError, match="empathize"):
        progress.require_open(ten(state), 2, "strict")
    assert progress.require_open(ten(state), 2, "free") is None
    needed = progress.require_open(ten("c"), 2, "strict")
    assert needed is not None
    assert needed.step_id == "empathize"


def test_in_strict_mode_the_first_step_is_open_and_a_stale_one_before_is_complete_still() -> None:
    assert progress.require_open(ten(), 1, "strict") is None
    assert progress.require_open(ten("cs"), 3, "strict") is not None
