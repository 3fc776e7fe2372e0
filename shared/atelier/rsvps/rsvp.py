"""RSVP and its withdrawal: who may, and what they are told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from atelier import clock, table
from atelier.accounts import profiles
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.errors import BannedError, NotFoundError, OwnWorkshopError, RemovedError, WorkshopOverError
from atelier.rsvps import seats
from atelier.rsvps.dry import dry_blocks
from atelier.rsvps.items import Attendee, Invite, SeatBlock, attendee_key, block_key, invite_key
from atelier.series.items import Declined, declined_key
from atelier.table import Item, Key
from atelier.workshops import visibility
from atelier.workshops.items import Workshop, workshop_key
from atelier.workshops.standing import Standing, standing_of

DECLINED_FOR = timedelta(days=30)
"""How long after its start it is known who wanted no place in a workshop: it may still be moved."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What one BatchGet tells of a person before a workshop. `found` holds all of it."""

    workshop: Workshop
    profile: Profile
    row: Attendee | None
    invite: Invite | None
    blocks: dict[int, SeatBlock]
    found: Mapping[Key, Item]


def visit(workshop_id: str, caller: Caller, *, with_dry_blocks: bool = False, also: Iterable[Key] = ()) -> Visit:
    """Reads workshop, profile, row and invitation in one round trip, the blocks this process remembers as dry if asked,
    and whatever else is asked for by key.

    Raises NotFoundError when there is no such workshop.
    """
    numbers = {block_key(workshop_id, n): n for n in dry_blocks.worth_reading(workshop_id)} if with_dry_blocks else {}
    mine, invited = attendee_key(workshop_id, caller.id), invite_key(workshop_id, caller.id)
    found = table.read_many([workshop_key(workshop_id), profile_key(caller.id), mine, invited, *numbers, *also])
    workshop = cast("Workshop | None", found.get(workshop_key(workshop_id)))
    if workshop is None:
        raise NotFoundError
    profile = profiles.seen(caller, cast("Profile | None", found.get(profile_key(caller.id))))
    blocks = {number: cast("SeatBlock", found[key]) for key, number in numbers.items() if key in found}
    row, invite = cast("Attendee | None", found.get(mine)), cast("Invite | None", found.get(invited))
    return Visit(workshop, profile, row, invite, blocks, found)


def enter(workshop_id: str, caller: Caller, *, also: Iterable[Key] = ()) -> tuple[Visit, Standing]:
    """What the caller sees of a workshop, and what they are in it, in one round trip; and whatever else is asked for.

    Raises NotFoundError for those who may not know it, AccountSuspendedError.
    """
    seen = visit(workshop_id, caller, also=also)
    visibility.require_visible(seen.workshop, seen.row, caller, seen.invite)
    profiles.require_active(seen.profile)
    return seen, standing_of(seen.workshop, seen.row, caller)


def rsvp(workshop_id: str, caller: Caller, *, at: clock.Clock = clock.now) -> tuple[Attendee, Profile, bool]:
    """Takes a seat or a place on the waitlist for the caller; gives back the row, the caller's profile and whether
    the row is new.

    Raises NotFoundError, AccountSuspendedError, RemovedError, BannedError, OwnWorkshopError, WorkshopOverError,
    WorkshopFullError.
    """
    seen = visit(workshop_id, caller, with_dry_blocks=True)
    row = admit(seen, caller)
    if seen.workshop.is_over:
        raise WorkshopOverError
    if row is not None:
        return row, seen.profile, False
    placed = take_place(seen, caller, at=at())
    return placed, seen.profile, True


def admit(seen: Visit, caller: Caller) -> Attendee | None:
    """The caller's row, if they have a place; None when they may take one.

    Raises what `require_admission` does, and OwnWorkshopError for the host.
    """
    require_admission(seen, caller)
    if seen.workshop.host_id == caller.id:
        raise OwnWorkshopError
    return seen.row


def require_admission(seen: Visit, caller: Caller) -> None:
    """Raises NotFoundError for those who may not know the workshop, AccountSuspendedError, RemovedError, BannedError.

    Somebody who was removed knew it, and is told so; nobody else learns of a private workshop by another answer than
    404.
    """
    was_removed = seen.row is not None and seen.row.status == "removed"
    if not was_removed:
        visibility.require_visible(seen.workshop, seen.row, caller, seen.invite)
    profiles.require_active(seen.profile)
    if was_removed:
        raise RemovedError
    if seen.workshop.host_id in (seen.profile.barred_by or ()):
        raise BannedError


def require_entry(seen: Visit, standing: Standing, caller: Caller) -> None:
    """Raises what `require_admission` does; of the host and administrators only that they are not suspended."""
    if standing.acts_as_host:
        profiles.require_active(seen.profile)
    else:
        require_admission(seen, caller)


def take_place(seen: Visit, caller: Caller, *, at: datetime) -> Attendee:
    """A seat, else a place on the waitlist, for somebody who may have one. Raises WorkshopFullError, RemovedError."""
    row = seats.new_row(seen.workshop, caller.id, at=at)
    return seats.place(seen.workshop, row, at=at, known=seen.blocks)


def withdraw(workshop_id: str, caller: Caller, *, at: clock.Clock = clock.now) -> None:
    """Gives up the caller's place, whatever it is; nothing when there is none, so that it can be repeated. In a
    workshop of a series, they are not given one again because they follow the series.

    Raises NotFoundError for those who may not know the workshop, AccountSuspendedError, WorkshopOverError after its
    end for those who have a place.
    """
    seen = visit(workshop_id, caller)
    if seen.row is None or seen.row.status != "removed":
        visibility.require_visible(seen.workshop, seen.row, caller, seen.invite)
    profiles.require_active(seen.profile)
    if seen.workshop.host_id == caller.id or (seen.row is not None and seen.row.status == "removed"):
        return
    if seen.workshop.status == "ended":
        if seen.row is None:
            return
        raise WorkshopOverError
    declined = _declined(seen.workshop, caller.id, at())
    also = (lambda t: t.save(declined)) if declined is not None else None
    if seats.give_up(seen.workshop, caller.id, seen.row, also=also) is None and declined is not None:
        declined.save()


def _declined(workshop: Workshop, user_id: str, at: datetime) -> Declined | None:
    """That a person wants no place in a workshop of a series, for whoever gives places to those who follow it."""
    if not workshop.series_id or workshop.is_over:
        return None
    key = declined_key(workshop.series_id, workshop.id, user_id)
    kept_until = max(at, workshop.scheduled_at) + DECLINED_FOR
    return Declined(*key, at=clock.milliseconds(at), expires_at=int(kept_until.timestamp()))
