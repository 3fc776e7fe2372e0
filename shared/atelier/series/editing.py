"""Editing a series: all of it that has not begun, or one of its workshops and those that follow."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any, cast

from pynamodb.transactions import TransactWrite

from atelier import clock, edits, table
from atelier.accounts.caller import Caller
from atelier.accounts.items import profile_key
from atelier.categories.items import category_key
from atelier.edits import CollisionError
from atelier.errors import (
    BadQueryError,
    SeriesEndedError,
)
from atelier.series import ahead, completing, deciding, making, planning, reach, refusals, viewing
from atelier.series.items import Series, SeriesDescription, series_description_key
from atelier.series.schemas import SeriesDetail, SeriesPatch
from atelier.table import Key
from atelier.workshops.creation import usable_category
from atelier.workshops.items import OPEN, Workshop, workshop_key

RULE = ("rrule", "start_date", "time_of_day", "timezone")
"""What decides when the workshops of a series take place; the others each of them has as its own."""
OF_WORKSHOPS = frozenset(making.INHERITED)


def edit(
    series_id: str,
    caller: Caller,
    patch: SeriesPatch,
    expected: edits.Expected | None = None,
    from_id: str | None = None,
    *,
    at: clock.Clock = clock.now,
) -> tuple[SeriesDetail, int]:
    """Changes what the patch sets, of the series and of its workshops that are still scheduled; with `from_id`, of this
    workshop and those whose dates follow. Gives back the full shape and the version, which stays when nothing differs.

    What of a workshop was edited by hand stays as it is. A new rule is counted from the start date; with `from_id`, and
    no new start date, from the date of that workshop. An edit that was left unfinished is completed before.
    Raises NotFoundError, AccountSuspendedError, NotAllowedError, SeriesEndedError, StaleVersionError, BadQueryError for
    a workshop of another series, ValidationFailedError for a rule that never happens, UnknownCategoryError,
    LeadTimeError, CapacityBelowTakenError, CapacityModeFixedError, HostingRevokedError where it would make new
    workshops, RequestInProgressError.
    """
    return edits.until_applied(lambda: _attempt(series_id, caller, patch, expected, from_id, at))


def _attempt(
    series_id: str,
    caller: Caller,
    patch: SeriesPatch,
    expected: edits.Expected | None,
    from_id: str | None,
    at: clock.Clock,
) -> tuple[SeriesDetail, int]:
    sight = viewing.require_host(series_id, caller, also=_asked_for(patch, from_id), at=at)
    before = sight.series
    if not before.is_active:
        raise SeriesEndedError
    if before.pending:
        completing.complete(series_id, at=at)
        raise CollisionError
    if expected:
        expected.check(int(before.version))
    since = _date_of(sight.found.get(workshop_key(from_id)), series_id) if from_id else reach.EARLIEST
    if patch.category_id and patch.category_id != before.category_id:
        usable_category(sight.found.get(category_key(patch.category_id)))
    wanted = _wanted(before, patch)
    decided = _decided(before, wanted, since, caller.id, at)
    upcoming = ahead.upcoming(series_id, at=at)
    there = planning.workshops(decided.after, decided.edit, upcoming)
    steps = planning.steps(decided.after, decided.edit, there, at=at)
    sight = _with_all_that_is_shown(sight, decided)
    if not decided.has_changed and not steps:
        made = _open(upcoming, there.values())
        return viewing.complete(before, replace(sight, made=made), caller, at=at), int(before.version)
    refusals.require_possible(steps, sight.profile, before, caller, at)
    after = deciding.decide(
        before,
        decided.after,
        decided.edit.to_pending(),
        steps,
        partial(planning.left_to_do, at=at),
        planning.settle,
        also=partial(_describe, decided.after, decided.text),
        at=at,
    )
    made = _open(upcoming, there.values(), (step.after for step in steps))
    return viewing.complete(after, replace(sight, made=made), caller, at=at), int(after.version)


def _with_all_that_is_shown(sight: viewing.Sight, decided: "_Decided") -> viewing.Sight:
    """Reads what the answer needs before anything is written: afterwards there may be no time left to ask."""
    after = decided.after
    described = series_description_key(after.id, after.described_as)
    category = category_key(after.category_id) if after.category_id else None
    wanted = [profile_key(after.host_id), category, described if decided.text is None else None]
    found = sight.found | table.read_many(key for key in wanted if key is not None and key not in sight.found)
    if described not in found:
        found[described] = SeriesDescription(*described, text=decided.text or "")
    return replace(sight, found=found)


def _asked_for(patch: SeriesPatch, from_id: str | None) -> Iterable[Key]:
    if patch.category_id:
        yield category_key(patch.category_id)
    if from_id:
        yield workshop_key(from_id)


def _date_of(workshop: Any, series_id: str) -> date:
    if not isinstance(workshop, Workshop) or workshop.series_id != series_id:
        raise BadQueryError(errors=[{"loc": ["from"], "msg": "must be a workshop of this series"}])
    return date.fromisoformat(workshop.series_date)


def _wanted(before: Series, patch: SeriesPatch) -> dict[str, Any]:
    """What the patch sets, as it is stored."""
    wanted = {name: getattr(patch, name) for name in patch.model_fields_set}
    if wanted.get("location") == "":
        wanted["location"] = None
    if patch.start_date is not None:
        wanted["start_date"] = patch.start_date.isoformat()
    if patch.time_of_day is not None:
        wanted["time_of_day"] = patch.time_of_day.strftime("%H:%M")
    if "description" in wanted and wanted["description"] == _text_of(before):
        del wanted["description"]
    return wanted


def _text_of(series: Series) -> str:
    described = table.read_one(series_description_key(series.id, series.described_as))
    return str(described.text) if isinstance(described, SeriesDescription) else ""


@dataclass(frozen=True, slots=True)
class _Decided:
    """The series after the edit, what the edit is to its workshops, and the new description, or None where it stays."""

    after: Series
    edit: planning.Edit
    text: str | None
    has_changed: bool


def _decided(before: Series, wanted: dict[str, Any], since: date, by: str, at: clock.Clock) -> _Decided:
    values = dict(wanted)
    text = cast("str | None", values.pop("description", None))
    is_new_rule = any(name in values and values[name] != getattr(before, name) for name in ("rrule", "start_date"))
    if is_new_rule and since != reach.EARLIEST:
        values.setdefault("start_date", since.isoformat())
    changes = {name: value for name, value in values.items() if getattr(before, name) != value}
    if text is not None:
        changes["described_as"] = int(before.version) + 1
    after = deciding.with_values(before, changes, at)
    now = at()
    first = min(planning.today(before, now), planning.today(after, now))
    moves = any(name in values for name in RULE)
    if is_new_rule:
        after.rules_from = max(since, first).isoformat() if since == reach.EARLIEST else since.isoformat()
        refusals.require_sense(after)
    if moves:
        making.advance(after, making.horizon(after, now))
    making.place_in_lists(after)
    names = {*(values.keys() & OF_WORKSHOPS), *(["described_as"] if text is not None else [])}
    edit_ = planning.Edit(by, since, first, making.horizon(after, now), tuple(sorted(names)), moves)
    return _Decided(after, edit_, text, bool(changes))


def _describe(series: Series, text: str | None, transaction: TransactWrite) -> None:
    """A new description stands beside the one before, which workshops that the edit leaves alone keep."""
    if text:
        key = series_description_key(series.id, series.described_as)
        transaction.save(SeriesDescription(*key, text=text))


def _open(*read: Iterable[Workshop]) -> list[Workshop]:
    """The workshops that are not over, soonest first; of those that were read more than once, the last counts."""
    latest: Mapping[str, Workshop] = {workshop.id: workshop for some in read for workshop in some}
    return sorted((one for one in latest.values() if one.status in OPEN), key=lambda one: (one.scheduled_at, one.id))
