"""The life of a workshop: scheduled, lobby, live, ended; or cancelled."""

from datetime import datetime, timedelta

from atelier import clock, edits
from atelier.accounts.caller import Caller
from atelier.errors import BadTransitionError, WorkshopOverError
from atelier.workshops import viewing, visibility, writing
from atelier.workshops.items import Workshop
from atelier.workshops.schemas import WorkshopDetail

OPENS_BEFORE = timedelta(minutes=15)

_FROM = {"lobby": ("scheduled",), "live": ("scheduled", "lobby"), "ended": ("live",)}
_STAMPED = {"live": "actual_started_at", "ended": "actual_ended_at"}


def open_lobby(workshop_id: str, caller: Caller, *, at: clock.Clock = clock.now) -> tuple[WorkshopDetail, int]:
    """Lets the host and co-hosts into the room; for the raises, see `_move`."""
    return _move(workshop_id, caller, "lobby", at)


def start(workshop_id: str, caller: Caller, *, at: clock.Clock = clock.now) -> tuple[WorkshopDetail, int]:
    """Begins a workshop; for the raises, see `_move`."""
    return _move(workshop_id, caller, "live", at)


def end(workshop_id: str, caller: Caller, *, at: clock.Clock = clock.now) -> tuple[WorkshopDetail, int]:
    """Ends a live workshop; for the raises, see `_move`."""
    return _move(workshop_id, caller, "ended", at)


def cancel(
    workshop_id: str, caller: Caller, expected: edits.Expected | None = None, *, at: clock.Clock = clock.now
) -> None:
    """Cancels a workshop that is not over: out of the public lists, while its host, attendees and their rows stay.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError, WorkshopOverError, StaleVersionError.
    """

    def attempt() -> None:
        sight = viewing.look(workshop_id, caller)
        workshop = visibility.require_host(sight.workshop, sight.row, sight.profile, caller, sight.invite)
        if workshop.is_over:
            raise WorkshopOverError
        if expected:
            expected.check(int(workshop.version))
        after = writing.changed(workshop, {"status": "cancelled"}, by=caller.id, at=at)
        writing.move(workshop, after, actor_id=caller.id, at=at)

    edits.until_applied(attempt)


def _move(workshop_id: str, caller: Caller, status: str, at: clock.Clock) -> tuple[WorkshopDetail, int]:
    """Brings a workshop to a status, and changes nothing when it has it; gives back its full shape and its version.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError, BadTransitionError.
    """

    def attempt() -> tuple[WorkshopDetail, int]:
        sight = viewing.look(workshop_id, caller)
        workshop = visibility.require_host(sight.workshop, sight.row, sight.profile, caller, sight.invite)
        if workshop.status != status:
            now = clock.whole_seconds(at())
            _require_way(workshop, status, now)
            stamp = {_STAMPED[status]: now} if status in _STAMPED else {}
            after = writing.changed(workshop, {"status": status, **stamp}, by=caller.id, at=at)
            writing.move(workshop, after, actor_id=caller.id, at=at)
            workshop = after
        return viewing.complete(workshop, sight, caller), int(workshop.version)

    return edits.until_applied(attempt)


def _require_way(workshop: Workshop, status: str, now: datetime) -> None:
    if workshop.status not in _FROM[status]:
        raise BadTransitionError(f"It is {workshop.status}.")
    if status == "lobby" and workshop.format == "in_person":
        raise BadTransitionError("A workshop that takes place in person has no room, and so no lobby.")
    opens_at = workshop.scheduled_at - OPENS_BEFORE
    if workshop.status == "scheduled" and now < opens_at:
        raise BadTransitionError(f"It can be opened from {clock.to_text(opens_at)} on.")
