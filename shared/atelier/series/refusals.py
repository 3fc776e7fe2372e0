"""Why an edit of a series cannot be made, told before anything of it is written."""

from collections.abc import Sequence
from datetime import date, time
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from atelier import clock, table
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile
from atelier.errors import CapacityModeFixedError, HostingRevokedError, LeadTimeError, ValidationFailedError
from atelier.rsvps import capacity
from atelier.rsvps.items import SeatBlock, block_key
from atelier.series import recurrence, rules
from atelier.series.carrying import Step
from atelier.series.items import Series
from atelier.workshops.beginning import LEAD_TIME

if TYPE_CHECKING:
    from atelier.workshops.items import Workshop


def require_sense(series: Series) -> None:
    """Raises ValidationFailedError for a rule that never happens."""
    zone, time_of_day = ZoneInfo(series.timezone), time.fromisoformat(series.time_of_day)
    try:
        recurrence.first_date(rules.parse(series.rrule), date.fromisoformat(series.start_date), time_of_day, zone)
    except rules.BadRuleError as error:
        raise ValidationFailedError(errors=[{"loc": ["rrule"], "msg": str(error)}]) from None


def require_possible(
    steps: Sequence[Step], profile: Profile | None, series: Series, caller: Caller, at: clock.Clock
) -> None:
    """Raises the first reason why an edit cannot be made, before anything of it is written: LeadTimeError,
    HostingRevokedError, CapacityModeFixedError, CapacityBelowTakenError. profile: the caller's.
    """
    earliest = clock.whole_seconds(at()) + LEAD_TIME
    for step in steps:
        if step.is_moved and not step.is_cancelled and step.after.scheduled_at < earliest:
            raise LeadTimeError(
                f"The workshop of {step.after.series_date} would start too soon. "
                "To change those after it, name the first of them as `from`."
            )
    may_host = profile is None or bool(profile.can_host) or caller.id != series.host_id
    if not may_host and any(step.is_new for step in steps):
        raise HostingRevokedError("The edit would make new workshops.")
    _require_seats([step for step in steps if step.has_new_capacity])


def _require_seats(steps: Sequence[Step]) -> None:
    cuts = [cast("Workshop", step.before) for step in steps if step.after.capacity is not None]
    if any(workshop.capacity is None for workshop in cuts):
        raise CapacityModeFixedError
    keys = {
        block_key(workshop.id, number): (workshop.id, number)
        for workshop in cuts
        for number in range(int(workshop.block_count))
    }
    blocks: dict[str, dict[int, SeatBlock]] = {}
    for key, block in table.read_many(keys).items() if keys else ():
        workshop_id, number = keys[key]
        blocks.setdefault(workshop_id, {})[number] = cast("SeatBlock", block)
    for step in steps:
        if step.after.capacity is not None:
            workshop = cast("Workshop", step.before)
            capacity.require_seats(workshop, step.after.capacity, blocks.get(workshop.id, {}))
