"""An invited address becomes its person's invitation, once: when somebody has confirmed it, before or after.

Two come together here: that an address is invited, and that it was confirmed. Each is written first and then looks for
the other, strongly consistent, from the stream: whichever was later finds the earlier one. Everything may run twice,
late, or beside itself.
"""

from datetime import datetime
from typing import cast

from atelier import clock, edits, table
from atelier.accounts import addresses, profiles
from atelier.accounts.items import EmailGuard, email_key, profile_key
from atelier.invites import grounds
from atelier.invites.items import (
    AddressInvite,
    AwaitedAddress,
    address_invite_id,
    address_invite_key,
    awaited_key,
    awaited_pk,
)
from atelier.rsvps.items import Attendee, Invite, attendee_key, invite_key
from atelier.table import Item
from atelier.workshops.items import Workshop, workshop_key


def of_confirmed(folded: str, user_id: str, *, at: clock.Clock = clock.now) -> int:
    """Claims everything an address was invited to, for who has just confirmed it; how many invitations that were.

    What was claimed is not awaited any more: run again, it goes on where it was.
    """
    table.connect()
    awaited = list(Item.query(awaited_pk(folded), consistent_read=True))
    return sum(claim(item.workshop_id, folded, user_id, at=at) for item in awaited if isinstance(item, AwaitedAddress))


def of_invited(invited: AddressInvite, *, at: clock.Clock = clock.now) -> bool:
    """Claims an invitation that was just made, where somebody confirmed its address meanwhile."""
    folded = addresses.folded(invited.address)
    guard = table.read_one(email_key(folded))
    return isinstance(guard, EmailGuard) and claim(invited.workshop_id, folded, guard.user_id, at=at)


def claim(workshop_id: str, folded: str, user_id: str, *, at: clock.Clock = clock.now) -> bool:
    """Makes an address's invitation to one workshop a person's; whether it did.

    Not where it was revoked or claimed before, the address is not theirs any more, the workshop is over, or they are
    its host or barred from it.
    """
    return edits.until_applied(lambda: _attempt(workshop_id, folded, user_id, at()))


def _attempt(workshop_id: str, folded: str, user_id: str, now: datetime) -> bool:
    invite_id = address_invite_id(workshop_id, folded)
    keys = (
        workshop_key(workshop_id),
        address_invite_key(workshop_id, invite_id),
        email_key(folded),
        profile_key(user_id),
        attendee_key(workshop_id, user_id),
        invite_key(workshop_id, user_id),
    )
    found = table.read_many(keys)
    workshop, row, guard, profile, place, there = (found.get(key) for key in keys)
    if not isinstance(workshop, Workshop) or workshop.is_over or workshop.host_id == user_id:
        return False
    if not isinstance(row, AddressInvite) or row.claimed_by is not None:
        return False
    if not isinstance(guard, EmailGuard) or guard.user_id != user_id:
        return False
    person = profiles.present(profile)
    if person is None or grounds.is_barred(workshop, person, cast("Attendee | None", place)):
        return False
    with edits.transaction() as transaction:
        transaction.condition_check(EmailGuard, *email_key(folded), condition=EmailGuard.user_id == user_id)
        transaction.delete(AwaitedAddress(*awaited_key(workshop_id, folded)))
        unclaimed = AddressInvite.pk.exists() & AddressInvite.claimed_by.does_not_exist()
        claims = [AddressInvite.claimed_by.set(user_id)]
        transaction.update(AddressInvite(row.pk, row.sk), claims, condition=unclaimed)
        found_invite = cast("Invite | None", there)
        grounds.give(transaction, workshop, user_id, invite_id, found_invite, by=row.invited_by, now=now)
    return True
