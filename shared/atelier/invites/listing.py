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
from atelier.workshops.walking import Walk

if TYPE_CHECKING:
    from atelier.rsvps.schemas import AttendeeStatus

type Listed = Invite | AddressInvite

_PREFIX = invite_key("", "")[1]


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
    rows, reached = _walk(workshop_id).page(after[0].removeprefix(_PREFIX) if after else None, query.limit)
    page = cast("list[Listed]", rows)
    people = {row.invited_by for row in page} | {person for row in page if (person := _person_of(row)) is not None}
    keys = [profile_key(user_id) for user_id in people]
    keys += [attendee_key(workshop_id, person) for row in page if (person := _person_of(row)) is not None]
    found = table.read_many(keys, consistent=False)
    items = [_shape(row, found) for row in page]
    return Page(items, scope.cursor(_PREFIX + reached) if reached else None)


def _walk(workshop_id: str) -> Walk:
    """The invitations that stand. Who took a place by an address alone is told of with that, one for one."""
    pk, _ = invite_key(workshop_id, "")
    stands = Invite.grounds.exists() | AddressInvite.address.exists()
    return Walk(Item, "sk", pk, prefix=_PREFIX, keep=stands, counts=_is_listed, is_mostly_kept=True, is_consistent=True)


def _is_listed(row: Item) -> bool:
    return isinstance(row, AddressInvite) or (isinstance(row, Invite) and bool(grounds.by_name_or_link(row)))


def _person_of(row: Listed) -> str | None:
    return row.user_id if isinstance(row, Invite) else cast("str | None", row.claimed_by)


def _shape(row: Listed, found: dict[Key, Item]) -> schemas.InviteItem:
    person = _person_of(row)
    place = cast("Attendee | None", found.get(attendee_key(row.workshop_id, person))) if person is not None else None
    shown = person if isinstance(row, Invite) or has_place(place) else None
    return schemas.InviteItem(
        id=row.sk.removeprefix(_PREFIX),
        user=shapes.user_card(profiles.known(shown, found)) if shown is not None else None,
        email=row.address if isinstance(row, AddressInvite) else None,
        invited_by=shapes.user_card(profiles.known(row.invited_by, found)),
        link_id=_link(row) if isinstance(row, Invite) else None,
        rsvp_status=cast("AttendeeStatus", place.status) if shown is not None and place is not None else None,
        created_at=row.created_at,
    )


def _link(invite: Invite) -> str | None:
    return min((ground for ground in invite.grounds or () if ground.startswith("lnk_")), default=None)
