"""What is asked at the door of a live room before anything is raised, written or shown there."""

from collections.abc import Iterable

from atelier.accounts.caller import Caller
from atelier.errors import NoRoomError, NotAllowedError, RoomNotOpenError
from atelier.rsvps import rsvp
from atelier.rsvps.rsvp import Visit
from atelier.table import Key
from atelier.workshops.items import Workshop
from atelier.workshops.standing import Standing, standing_of


def admitted(workshop_id: str, caller: Caller, *, also: Iterable[Key] = ()) -> tuple[Visit, Standing]:
    """What somebody who is not barred from the room sees, and what they are in it, in one round trip.

    Raises NotFoundError, AccountSuspendedError, RemovedError, BannedError.
    """
    seen = rsvp.visit(workshop_id, caller, also=also)
    standing = standing_of(seen.workshop, seen.row, caller)
    rsvp.require_entry(seen, standing, caller)
    return seen, standing


def require_live(workshop: Workshop) -> None:
    """Raises NoRoomError, and RoomNotOpenError unless the workshop is live."""
    require_room(workshop)
    if workshop.status != "live":
        raise RoomNotOpenError(f"It is {workshop.status}.")


def require_room(workshop: Workshop) -> None:
    """Raises NoRoomError for a workshop that takes place in person."""
    if workshop.format == "in_person":
        raise NoRoomError


def led(workshop_id: str, caller: Caller) -> Workshop:
    """The workshop, for its host, co-hosts and administrators, in one round trip.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError for everybody else, NoRoomError.
    """
    seen, standing = rsvp.enter(workshop_id, caller)
    if not standing.leads:
        raise NotAllowedError
    require_room(seen.workshop)
    return seen.workshop
