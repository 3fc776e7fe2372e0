"""Who may see a workshop, and who may do what its host may."""

from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile
from atelier.errors import AccountSuspendedError, NotAllowedError, NotFoundError
from atelier.rsvps.items import SEATED, Attendee, Invite
from atelier.workshops.items import Workshop

WITH_PLACE = (*SEATED, "waitlisted")
"""What a row says of somebody who has a seat or waits for one. A removed person has neither; the host needs none."""


def has_place(row: Attendee | None) -> bool:
    """Whether somebody has a seat or waits for one."""
    return row is not None and row.status in WITH_PLACE


def is_visible(workshop: Workshop, row: Attendee | None, caller: Caller, invite: Invite | None = None) -> bool:
    """Public workshops are for everybody; private ones for the host, administrators, those who have a place and those
    who are invited. Whoever was removed is not invited any more.
    """
    if not workshop.is_private or caller.is_admin or workshop.host_id == caller.id or has_place(row):
        return True
    return invite is not None and invite.stands and row is None


def require_visible(
    workshop: Workshop | None, row: Attendee | None, caller: Caller, invite: Invite | None = None
) -> Workshop:
    """The workshop. Raises NotFoundError when there is none, and just so when it is not for the caller's eyes."""
    if workshop is None or not is_visible(workshop, row, caller, invite):
        raise NotFoundError
    return workshop


def require_host(
    workshop: Workshop | None,
    row: Attendee | None,
    profile: Profile | None,
    caller: Caller,
    invite: Invite | None = None,
) -> Workshop:
    """The workshop, for its host or an administrator.

    Raises NotFoundError for those who may not know it, AccountSuspendedError, and NotAllowedError for everybody else.
    """
    seen = require_visible(workshop, row, caller, invite)
    if is_suspended(profile):
        raise AccountSuspendedError
    if not caller.is_admin and seen.host_id != caller.id:
        raise NotAllowedError
    return seen


def is_suspended(profile: Profile | None) -> bool:
    """Whether the person may read what is public and nothing else. Nobody was suspended who has no profile yet."""
    return profile is not None and profile.status != "active"
