"""Revoking an invitation: of a person, or of an address. Who has a place keeps it."""

from datetime import datetime
from typing import cast

from pynamodb.transactions import TransactWrite

from atelier import audit, clock, edits, table
from atelier.accounts import addresses
from atelier.accounts.caller import Caller
from atelier.errors import NotAllowedError
from atelier.invites import grounds
from atelier.invites.items import AddressInvite, AwaitedAddress, address_invite_key, awaited_key
from atelier.rsvps import rsvp
from atelier.rsvps.items import Attendee, Invite, attendee_key, invite_key
from atelier.workshops.visibility import has_place


def revoke(workshop_id: str, invited: str, caller: Caller, *, at: clock.Clock = clock.now) -> None:
    """Revokes the invitation of a person or of an address, by its id; nothing where there is none, so that it can be
    repeated.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError, RequestInProgressError.
    """
    revoke_one = _revoke_address if invited.startswith("inv_") else _revoke_person
    edits.until_applied(lambda: revoke_one(workshop_id, invited, caller, at()))


def _revoke_person(workshop_id: str, user_id: str, caller: Caller, now: datetime) -> None:
    keys = invite_key(workshop_id, user_id), attendee_key(workshop_id, user_id)
    seen = _enter(workshop_id, caller, *keys)
    there, place = (seen.found.get(key) for key in keys)
    if not isinstance(there, Invite):
        return
    gone = grounds.by_name_or_link(there)
    # Whose address it was is told once they took a place, and hidden before: what is hidden stays as it is.
    theirs = grounds.of_addresses(there) if has_place(cast("Attendee | None", place)) else set()
    if not gone and not theirs:
        return
    with edits.transaction() as transaction:
        for invite_id in theirs:
            transaction.delete(AddressInvite(*address_invite_key(workshop_id, invite_id)))
        grounds.take(transaction, there, gone | theirs, now=now)
        _audit(transaction, workshop_id, user_id, caller, now)


def _revoke_address(workshop_id: str, invite_id: str, caller: Caller, now: datetime) -> None:
    key = address_invite_key(workshop_id, invite_id)
    row = _enter(workshop_id, caller, key).found.get(key)
    if not isinstance(row, AddressInvite):
        return
    claimed_by = cast("str | None", row.claimed_by)
    there = table.read_one(invite_key(workshop_id, claimed_by)) if claimed_by is not None else None
    claimed = AddressInvite.claimed_by
    as_found = claimed.does_not_exist() if claimed_by is None else claimed == claimed_by
    with edits.transaction() as transaction:
        transaction.delete(AddressInvite(*key), condition=AddressInvite.pk.exists() & as_found)
        if claimed_by is None:
            transaction.delete(AwaitedAddress(*awaited_key(workshop_id, addresses.folded(row.address))))
        elif isinstance(there, Invite) and invite_id in (there.grounds or ()):
            grounds.take(transaction, there, {invite_id}, now=now)
        _audit(transaction, workshop_id, invite_id, caller, now)


def _enter(workshop_id: str, caller: Caller, *also: tuple[str, str]) -> rsvp.Visit:
    seen, standing = rsvp.enter(workshop_id, caller, also=also)
    if not standing.leads:
        raise NotAllowedError("Only the host and co-hosts revoke invitations.")
    return seen


def _audit(transaction: TransactWrite, workshop_id: str, invited: str, caller: Caller, now: datetime) -> None:
    audit.write(
        transaction,
        object_id=workshop_id,
        actor_id=caller.id,
        action="invite_revoked",
        change={"invite": invited},
        at=lambda: now,
    )
