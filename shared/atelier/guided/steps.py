"""The ten steps of a guided workshop: read as they were written, changed one at a time."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

from atelier import clock, edits, table
from atelier.accounts.caller import Caller
from atelier.edits import Expected
from atelier.errors import NotFoundError, RequestInProgressError
from atelier.guided import outputs, progress
from atelier.guided.access import Entry, enter
from atelier.guided.items import STEPS, Guided, Step, StepOutput, output_key, step_key
from atelier.table import Item, Key

if TYPE_CHECKING:
    from pynamodb.expressions.condition import Condition
    from pynamodb.transactions import TransactWrite

    from atelier.guided.schemas import GuidedStepPatch

MOST_LOOKS = 4


@dataclass(frozen=True, slots=True)
class State:
    """A step and the compact JSON of its output, or None. is_stored: false for a step that nobody has touched in a
    workshop that was made before there was such a step.
    """

    step: Step
    text: str | None
    is_stored: bool = True


def keys(guided_id: str, *step_ids: str) -> list[Key]:
    """Where steps and their outputs stand."""
    return [key for one in step_ids for key in (step_key(guided_id, one), output_key(guided_id, one))]


def new_step(guided_id: str, step_id: str, at: datetime) -> Step:
    """A step that nobody has touched."""
    return Step(*step_key(guided_id, step_id), version=1, created_at=at, updated_at=at)


def read_all(guided_id: str, caller: Caller) -> list[State]:
    """The ten steps with their outputs, in one round trip. Raises NotFoundError, AccountSuspendedError."""
    entry = enter(guided_id, caller, "viewer", also=keys(guided_id, *STEPS))
    return settled(entry.guided, entry.found)


def read(guided_id: str, step_id: str, caller: Caller) -> State:
    """One step with its output, in one round trip. Raises NotFoundError, AccountSuspendedError."""
    require_step(step_id)
    entry = enter(guided_id, caller, "viewer", also=keys(guided_id, step_id))
    return settled(entry.guided, entry.found, [step_id])[0]


def require_step(step_id: str) -> None:
    """Raises NotFoundError for a step that is none of the ten."""
    if step_id not in STEPS:
        raise NotFoundError("There is no such step.")


def settled(guided: Guided, found: Mapping[Key, Item], step_ids: Collection[str] = STEPS) -> list[State]:
    """Steps and their outputs among what was read, each pair as it was written together.

    One BatchGet reads many items, each at its own moment: a step and an output of two revisions are read again. Else
    an editor could be handed the tag of one state with the text of another, and would overwrite what they never saw.
    Raises RequestInProgressError when they are changed faster than they can be read.
    """
    for _ in range(MOST_LOOKS):
        torn = [one for one in step_ids if not _fits(guided.id, one, found)]
        if not torn:
            return [_state(guided, one, found) for one in step_ids]
        asked = keys(guided.id, *torn)
        found = {key: item for key, item in found.items() if key not in asked} | table.read_many(asked)
    raise RequestInProgressError


def _fits(guided_id: str, step_id: str, found: Mapping[Key, Item]) -> bool:
    step = cast("Step | None", found.get(step_key(guided_id, step_id)))
    output = cast("StepOutput | None", found.get(output_key(guided_id, step_id)))
    return (step.revision if step else 0) == (output.revision if output else 0)


def _state(guided: Guided, step_id: str, found: Mapping[Key, Item]) -> State:
    step = cast("Step | None", found.get(step_key(guided.id, step_id)))
    output = cast("StepOutput | None", found.get(output_key(guided.id, step_id)))
    return State(
        step or new_step(guided.id, step_id, guided.created_at), output.text if output else None, step is not None
    )


def change(
    guided_id: str,
    step_id: str,
    caller: Caller,
    patch: "GuidedStepPatch",
    expected: Expected | None = None,
    *,
    at: clock.Clock = clock.now,
) -> State:
    """Changes a step, and makes stale what was built on it; gives it back as it then is. In two round trips.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError, StaleVersionError, StepLockedError,
    RequestInProgressError.
    """
    require_step(step_id)
    order = STEPS.index(step_id) + 1

    def attempt() -> State:
        others = [step_key(guided_id, one) for one in STEPS]
        entry = enter(guided_id, caller, "editor", also=[*others, output_key(guided_id, step_id)])
        mine = settled(entry.guided, entry.found, [step_id])[0]
        if expected:
            expected.check(int(mine.step.version))
        states = [_state(entry.guided, one, entry.found) if one != step_id else mine for one in STEPS]
        text = outputs.text_of(patch.output) if "output" in patch.model_fields_set else mine.text
        moved = progress.move(
            [state.step for state in states],
            order,
            patch.status,
            is_rewritten=text != mine.text,
            has_output=text is not None,
            at=clock.whole_seconds(at()),
        )
        if moved is None:
            return mine
        needed = progress.require_open([state.step for state in states], order, entry.guided.mode)
        _write(entry, states, order, moved, text, needed)
        return State(moved.after, text)

    return edits.until_applied(attempt)


def _write(
    entry: Entry, states: list[State], order: int, moved: progress.Moved, text: str | None, needed: Step | None
) -> None:
    mine = states[order - 1]
    disturbed = {step.order: step for step in moved.disturbed}
    with edits.transaction() as transaction:
        entry.hold(transaction)
        if needed is not None:
            transaction.condition_check(Step, *needed.key, condition=Step.status == "complete")
        transaction.save(moved.after, condition=_unchanged(mine))
        if moved.is_rewritten:
            output = StepOutput(*output_key(entry.guided.id, mine.step.step_id), text=text)
            output.revision = moved.after.revision
            transaction.save(output)
        for state in states[order:] if moved.shakes else ():
            _mark(transaction, state, disturbed.get(state.step.order))


def _mark(transaction: "TransactWrite", state: State, stale: Step | None) -> None:
    """Makes a later step stale, or makes sure that it is still none that would have to be."""
    if stale is not None:
        transaction.save(stale, condition=_unchanged(state))
    else:
        transaction.condition_check(Step, *state.step.key, condition=_unchanged(state))


def _unchanged(state: State) -> "Condition":
    unchanged: Condition = Step.version == state.step.version if state.is_stored else Step.pk.does_not_exist()
    return unchanged
