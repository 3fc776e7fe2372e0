"""RSVP, waitlist, attendees and their rights, invitations and invite links."""

from typing import Any

from atelier import errors, http
from atelier.accounts.caller import Caller
from atelier.edits import Expected
from atelier.idempotency import Guard
from atelier.invites import inviting, links, listing, revoking
from atelier.invites import schemas as invites
from atelier.rsvps import attendees, rsvp, schemas, waitlist
from atelier.text import Paged

api = http.Api()

_UNSEEN = (errors.NotFoundError, errors.AccountSuspendedError)
_LEADERS_ONLY = (*_UNSEEN, errors.NotAllowedError)


@api.route(
    "POST",
    "/workshops/{workshop_id}/rsvp",
    {201: schemas.Attendee, 200: schemas.Attendee},
    problems=(
        *_UNSEEN,
        errors.RemovedError,
        errors.BannedError,
        errors.OwnWorkshopError,
        errors.WorkshopOverError,
        errors.WorkshopFullError,
        errors.RequestInProgressError,
    ),
)
def rsvp_to_a_workshop(workshop_id: str, caller: Caller) -> http.Answer:
    """Take a seat, or a place on the waitlist when the workshop is full; asking again answers 200 and the same."""
    row, profile, is_new = rsvp.rsvp(workshop_id, caller)
    attendee = attendees.in_full(row, profile, waitlist.position(row))
    return http.Answer(201 if is_new else 200, attendee, {"ETag": http.etag(int(row.version))})


@api.route(
    "DELETE",
    "/workshops/{workshop_id}/rsvp",
    {204: None},
    problems=(*_UNSEEN, errors.WorkshopOverError, errors.RequestInProgressError),
)
def withdraw_an_rsvp(workshop_id: str, caller: Caller) -> http.Answer:
    """Give up your seat or your place on the waitlist; the seat goes to the first person waiting."""
    rsvp.withdraw(workshop_id, caller)
    return http.Answer(204)


@api.route(
    "GET",
    "/workshops/{workshop_id}/attendees",
    {200: schemas.AttendeePage},
    problems=(*_UNSEEN, errors.NotAllowedError, errors.BadQueryError, errors.BadCursorError),
)
def list_attendees(workshop_id: str, caller: Caller, query: schemas.AttendeeQuery) -> http.Answer:
    """Who comes: in full for the host and co-hosts, users and status of those seated for attendees."""
    page = attendees.page_of(workshop_id, caller, query)
    shown = schemas.AttendeePage(items=page.items, next_cursor=page.next_cursor)
    return http.Answer(200, shown, http.page_headers(f"/workshops/{workshop_id}/attendees", query, page))


@api.route(
    "PATCH",
    "/workshops/{workshop_id}/attendees/{user_id}",
    {200: schemas.Attendee},
    problems=(
        *_UNSEEN,
        errors.NotAllowedError,
        errors.NotSeatedError,
        errors.StaleVersionError,
        errors.RequestInProgressError,
    ),
)
def change_an_attendee(
    workshop_id: str, user_id: str, caller: Caller, body: schemas.AttendeePatch, if_match: Expected | None
) -> http.Answer:
    """Make somebody a co-host (the host) or let them speak (the host and co-hosts), or withdraw it."""
    row, profile = attendees.change_rights(workshop_id, user_id, caller, body, if_match)
    return http.Answer(200, attendees.in_full(row, profile, None), {"ETag": http.etag(int(row.version))})


@api.route(
    "DELETE",
    "/workshops/{workshop_id}/attendees/{user_id}",
    {204: None},
    problems=(*_UNSEEN, errors.NotAllowedError, errors.BadQueryError, errors.RequestInProgressError),
)
def remove_an_attendee(workshop_id: str, user_id: str, caller: Caller, query: schemas.RemovalQuery) -> http.Answer:
    """Remove somebody for good; `?ban=true` (the host) also bans them from all of this host's workshops."""
    attendees.remove(workshop_id, user_id, caller, ban=query.ban)
    return http.Answer(204)


@api.route(
    "POST",
    "/workshops/{workshop_id}/invites",
    {200: invites.InviteResults},
    problems=(*_LEADERS_ONLY, errors.WorkshopOverError, errors.RequestInProgressError),
)
def invite_people(workshop_id: str, caller: Caller, body: invites.InviteInput) -> http.Answer:
    """Invite people or addresses to a workshop. An address becomes the invitation of whoever has confirmed it, or will.

    No mail goes to an address that nobody has confirmed: share a link instead. Asking again changes nothing.
    """
    return http.Answer(200, invites.InviteResults(items=inviting.invite(workshop_id, caller, body)))


@api.route(
    "GET",
    "/workshops/{workshop_id}/invites",
    {200: invites.InvitePage},
    problems=(*_LEADERS_ONLY, errors.BadQueryError, errors.BadCursorError),
)
def list_invites(workshop_id: str, caller: Caller, query: Paged) -> http.Answer:
    """Who is invited, for the host and co-hosts."""
    page = listing.page_of(workshop_id, caller, query)
    shown = invites.InvitePage(items=page.items, next_cursor=page.next_cursor)
    return http.Answer(200, shown, http.page_headers(f"/workshops/{workshop_id}/invites", query, page))


@api.route(
    "DELETE",
    "/workshops/{workshop_id}/invites/{user_id}",
    {204: None},
    problems=(*_LEADERS_ONLY, errors.RequestInProgressError),
)
def revoke_an_invite(workshop_id: str, user_id: str, caller: Caller) -> http.Answer:
    """Revoke an invitation, by its `id`: a person's, or that of an invited address. Who has a place keeps it."""
    revoking.revoke(workshop_id, user_id, caller)
    return http.Answer(204)


@api.route(
    "POST",
    "/workshops/{workshop_id}/invite-links",
    {201: invites.InviteLinkMade},
    problems=(
        *_LEADERS_ONLY,
        errors.WorkshopOverError,
        errors.ValidationFailedError,
        errors.IdempotencyKeyReusedError,
        errors.RequestInProgressError,
    ),
)
def make_an_invite_link(
    workshop_id: str, caller: Caller, body: invites.InviteLinkInput, guard: Guard | None
) -> http.Answer:
    """Make a link that invites whoever has it. Its token is shown this once, and kept nowhere."""

    def locate(link_id: str) -> str:
        return http.location(f"/workshops/{workshop_id}/invite-links/{link_id}")

    made = links.make(workshop_id, caller, body, guard, locate=locate)
    return http.Answer(201, made, {"Location": locate(made.id), "ETag": http.etag(links.VERSION)})


@api.route(
    "DELETE",
    "/workshops/{workshop_id}/invite-links/{link_id}",
    {204: None},
    problems=(*_LEADERS_ONLY, errors.RequestInProgressError),
)
def take_an_invite_link_back(workshop_id: str, link_id: str, caller: Caller) -> http.Answer:
    """Make a link lead nowhere. Who came by it stays invited."""
    links.take_back(workshop_id, link_id, caller)
    return http.Answer(204)


@api.route(
    "POST",
    "/invites/accept",
    {200: invites.AcceptedInvite},
    problems=(
        errors.InviteNotValidError,
        errors.AccountSuspendedError,
        errors.RemovedError,
        errors.BannedError,
        errors.RequestInProgressError,
    ),
)
def accept_an_invite(caller: Caller, body: invites.InviteToken) -> http.Answer:
    """Come by an invite link: you may see its workshop and take a place in it. Coming again is no further use."""
    return http.Answer(200, invites.AcceptedInvite(workshop_id=links.accept(body.token, caller)))


http.warm()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers one request."""
    return api.handle(event, context)
