"""Who is invited, for those who lead a workshop: people as themselves, addresses as they were typed."""

from typing import TYPE_CHECKING, cast

from atelier import table
from atelier.accounts import profiles, shapes
from atelier.accounts.caller import Caller
from atelier.accounts.items import profile_key
from atelier.errors import NotAllowedError
from atelier.invites import grounds, schemas
from atelier.invites.items import AddressInvite
from atelier.paging import Page, Scope
from atelier.rsvps import rsvp
from atelier.rsvps.items import Attendee, Invite, attendee_key, invite_key
from atelier.table import Item, Key
from atelier.text import Paged
from atelier.workshops.visibility import has_place

if TYPE_CHECKING:
    from atelier.rsvps.schemas import AttendeeStatus

type Listed = Invite | AddressInvite


def page_of(workshop_id: str, caller: Caller, query: Paged) -> Page[schemas.InviteItem]:
    """A page of invitations. Who is invited by an address alone is told of with it, and as a person once they took a
    place.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError, BadCursorError.
    """
    _, standing = rsvp.enter(workshop_id, caller)
    if not standing.leads:
        raise NotAllowedError("Only the host and co-hosts see who is invited.")
    scope = Scope(caller.id, f"invites/{workshop_id}")
    after = scope.position(query.cursor, 1)
    listed = _after(workshop_id, after[0] if after else None, query.limit + 1)
    page = listed[: query.limit]
    people = {row.invited_by for row in page} | {person for row in page if (person := _person_of(row)) is not None}
    keys = [profile_key(user_id) for user_id in people]
    keys += [attendee_key(workshop_id, person) for row in page if (person := _person_of(row)) is not None]
    found = table.read_many(keys, consistent=False)
    items = [_shape(row, found) for row in page]
    return Page(items, scope.cursor(page[-1].sk) if len(listed) > query.limit else None)


def _after(workshop_id: str, position: str | None, wanted: int) -> list[Listed]:
    """So many invitations after a position; reads on over those that are not listed, so that pages are full."""
    pk, first = invite_key(workshop_id, "")
    condition = Item.sk.between(first if position is None else position + "\x01", "INVITE#~")
    listed: list[Listed] = []
    for row in Item.query(pk, condition, page_size=max(wanted, 25), consistent_read=True):
        if isinstance(row, AddressInvite) or (isinstance(row, Invite) and grounds.by_name_or_link(row)):
            listed.append(row)
            if len(listed) == wanted:
                break
    return listed


def _person_of(row: Listed) -> str | None:
    return row.user_id if isinstance(row, Invite) else cast("str | None", row.claimed_by)


def _shape(row: Listed, found: dict[Key, Item]) -> schemas.InviteItem:
    person = _person_of(row)
    place = cast("Attendee | None", found.get(attendee_key(row.workshop_id, person))) if person is not None else None
    shown = person if isinstance(row, Invite) or has_place(place) else None
    return schemas.InviteItem(
        id=row.sk.removeprefix(invite_key("", "")[1]),
        user=shapes.user_card(profiles.known(shown, found)) if shown is not None else None,
        email=row.address if isinstance(row, AddressInvite) else None,
        invited_by=shapes.user_card(profiles.known(row.invited_by, found)),
        link_id=_link(row) if isinstance(row, Invite) else None,
        rsvp_status=cast("AttendeeStatus", place.status) if shown is not None and place is not None else None,
        created_at=row.created_at,
    )


def _link(invite: Invite) -> str | None:
    return min((ground for ground in invite.grounds or () if ground.startswith("lnk_")), default=None)
