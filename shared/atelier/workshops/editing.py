"""Editing a workshop: read, decide, and write all of it or nothing."""

from collections.abc import Iterable, Set
from typing import Any, cast

from atelier import clock, edits, table
from atelier.accounts.caller import Caller
from atelier.categories.items import category_key
from atelier.errors import NotEditableError
from atelier.groups import membership
from atelier.groups.items import group_key
from atelier.rsvps import capacity
from atelier.table import Key
from atelier.workshops import describing, viewing, visibility, writing
from atelier.workshops.changing import Change
from atelier.workshops.creation import require_lead_time, usable_category
from atelier.workshops.items import Workshop
from atelier.workshops.schemas import WorkshopDetail, WorkshopPatch


def edit(
    workshop_id: str,
    caller: Caller,
    patch: WorkshopPatch,
    expected: edits.Expected | None = None,
    *,
    at: clock.Clock = clock.now,
) -> tuple[WorkshopDetail, int]:
    """Changes what the patch sets; gives back the full shape and the version, which stays when nothing differs.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError, NotEditableError, StaleVersionError, LeadTimeError,
    UnknownCategoryError, UnknownGroupError, CapacityModeFixedError, CapacityBelowTakenError.
    """
    return edits.until_applied(lambda: _attempt(workshop_id, caller, patch, expected, at))


def _attempt(
    workshop_id: str, caller: Caller, patch: WorkshopPatch, expected: edits.Expected | None, at: clock.Clock
) -> tuple[WorkshopDetail, int]:
    sight = viewing.look(workshop_id, caller, also=_asked_for(patch))
    workshop = visibility.require_host(sight.workshop, sight.row, sight.profile, caller, sight.invite)
    if workshop.status != "scheduled":
        raise NotEditableError(f"It is {workshop.status}.")
    if expected:
        expected.check(int(workshop.version))
    wanted = {name: getattr(patch, name) for name in patch.model_fields_set}
    if wanted.get("location") == "":
        wanted["location"] = None
    old_text = _text_of(workshop, sight) if "description" in wanted else ""
    text = wanted.pop("description", old_text)
    changes = {name: value for name, value in wanted.items() if getattr(workshop, name) != value}
    if not changes and text == old_text:
        return viewing.complete(workshop, sight, caller), int(workshop.version)
    if "scheduled_at" in changes:
        require_lead_time(changes["scheduled_at"], at())
    if changes.get("category_id"):
        usable_category(sight.found.get(category_key(changes["category_id"])))
    if changes.get("group_id"):
        membership.usable(sight.found.get(group_key(changes["group_id"])), workshop.host_id, caller)
    names = changes.keys() | ({"description"} if text != old_text else set())
    after = writing.changed(workshop, changes | _kept_apart(workshop, names), by=caller.id, at=at)
    change = Change(workshop, after, None if text == old_text else text)
    if "max_capacity" in changes:
        capacity.change(workshop, changes["max_capacity"], change.write_capacity)
    else:
        with edits.transaction() as transaction:
            change.write(transaction)
    return viewing.complete(change.after, sight, caller, description=change.description), int(change.after.version)


def _kept_apart(workshop: Workshop, names: Set[str]) -> dict[str, Any]:
    """What a workshop of a series remembers: its series changes none of this any more. Groups are not a series'."""
    by_hand = cast("set[str] | None", workshop.by_hand) or set()
    kept = by_hand | (names - {"group_id"})
    return {"by_hand": kept} if workshop.series_id and kept else {}


def _text_of(workshop: Workshop, sight: viewing.Sight) -> str:
    """The description that a workshop shows: its own, or else its series'."""
    inherited = describing.inherited_key(workshop) if sight.description is None else None
    found = table.read_many([inherited]) if inherited is not None else {}
    return describing.text_of(workshop, sight.found | found)


def _asked_for(patch: WorkshopPatch) -> Iterable[Key]:
    if patch.category_id:
        yield category_key(patch.category_id)
    if patch.group_id:
        yield group_key(patch.group_id)
