"""Inviting people and addresses to a workshop, up to fifty at once; asking again changes nothing.

What an address is answered does not tell whether anybody has it: to learn that, one would have to invite it and see
who comes.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from itertools import batched
from typing import cast

from pynamodb.transactions import TransactWrite

from atelier import clock, edits, table
from atelier.accounts import addresses, profiles
from atelier.accounts.caller import Caller
from atelier.accounts.items import EmailGuard, Profile, email_key, profile_key
from atelier.errors import NotAllowedError, WorkshopOverError
from atelier.invites import grounds
from atelier.invites.items import (
    KEPT_FOR,
    NAMED,
    AddressInvite,
    AwaitedAddress,
    address_invite_id,
    address_invite_key,
    awaited_key,
)
from atelier.invites.schemas import InviteInput, InviteResult
from atelier.rsvps import rsvp
from atelier.rsvps.items import Attendee, Invite, attendee_key, invite_key
from atelier.table import Item, Key
from atelier.workshops.items import Workshop
from atelier.workshops.visibility import has_place

ENTRIES_PER_TRANSACTION = 33
"""An address takes up to three of the 100 items that a transaction may hold."""

type Write = Callable[[TransactWrite], None]


class _Round:
    """One reading of the table, and what is to be written by it. `done`: the entries that earlier rounds wrote."""

    def __init__(self, workshop: Workshop, caller: Caller, now: datetime, done: set[str]) -> None:
        self.workshop, self.caller, self.now, self.done = workshop, caller, now, done
        self.writes: dict[str, Write] = {}

    def carry_out(self) -> None:
        """Writes it, all or nothing of 33 entries at a time. Raises CollisionError when somebody was faster."""
        for some in batched(self.writes.items(), ENTRIES_PER_TRANSACTION, strict=False):
            with edits.transaction() as transaction:
                for _, write in some:
                    write(transaction)
            self.done.update(entry for entry, _ in some)

    def already(self, entry: str) -> str:
        """What is said of an entry that stands: this very request may have made it, before it collided."""
        return "created" if entry in self.done else "already_invited"


def invite(workshop_id: str, caller: Caller, wanted: InviteInput, *, at: clock.Clock = clock.now) -> list[InviteResult]:
    """Invites people, or addresses, and says what came of each.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError, WorkshopOverError, RequestInProgressError.
    """
    done: set[str] = set()

    def attempt() -> list[InviteResult]:
        if wanted.user_ids is not None:
            return _people(workshop_id, caller, list(dict.fromkeys(wanted.user_ids)), done, at())
        by_folded: dict[str, str] = {}
        for address in wanted.emails or ():
            by_folded.setdefault(addresses.folded(address), address)
        return _addresses(workshop_id, caller, by_folded, done, at())

    return edits.until_applied(attempt)


def _enter(workshop_id: str, caller: Caller, also: Iterable[Key]) -> rsvp.Visit:
    seen, standing = rsvp.enter(workshop_id, caller, also=also)
    if not standing.leads:
        raise NotAllowedError("Only the host and co-hosts invite.")
    if seen.workshop.is_over:
        raise WorkshopOverError
    return seen


def _people(workshop_id: str, caller: Caller, user_ids: list[str], done: set[str], now: datetime) -> list[InviteResult]:
    keys = [key for user_id in user_ids for key in _keys_of(workshop_id, user_id)]
    seen = _enter(workshop_id, caller, keys)
    turn = _Round(seen.workshop, caller, now, done)
    results = [
        InviteResult.model_validate({"user_id": user_id, "result": _of_person(turn, user_id, dict(seen.found))})
        for user_id in user_ids
    ]
    turn.carry_out()
    return results


def _of_person(turn: _Round, user_id: str, found: dict[Key, Item]) -> str:
    workshop = turn.workshop
    profile, row, there = _person(workshop.id, user_id, found)
    if profile is None:
        return "unknown_user"
    if grounds.is_barred(workshop, profile, row):
        return "barred"
    if workshop.host_id == user_id or has_place(row):
        return turn.already(user_id)
    if there is not None and grounds.by_name_or_link(there):
        return turn.already(user_id)
    turn.writes[user_id] = partial(
        grounds.give,
        workshop=workshop,
        user_id=user_id,
        ground=NAMED,
        found=there,
        by=turn.caller.id,
        now=turn.now,
    )
    return "created"


def _addresses(
    workshop_id: str, caller: Caller, by_folded: dict[str, str], done: set[str], now: datetime
) -> list[InviteResult]:
    rows = {folded: address_invite_key(workshop_id, address_invite_id(workshop_id, folded)) for folded in by_folded}
    seen = _enter(workshop_id, caller, [*rows.values(), *map(email_key, by_folded)])
    turn = _Round(seen.workshop, caller, now, done)
    holders = {
        folded: guard.user_id
        for folded in by_folded
        if rows[folded] not in seen.found and isinstance(guard := seen.found.get(email_key(folded)), EmailGuard)
    }
    # Read even where nobody has any of them: how long an answer takes must not tell either.
    keys = [key for user_id in holders.values() for key in _keys_of(workshop_id, user_id)]
    found = table.read_many(keys or [profile_key(caller.id)])
    results = []
    for folded, address in by_folded.items():
        result = turn.already(folded)
        if rows[folded] not in seen.found:
            turn.writes[folded] = _of_address(turn, folded, address, holders.get(folded), found)
            result = "created"
        results.append(InviteResult.model_validate({"email": address, "result": result}))
    turn.carry_out()
    return results


def _of_address(turn: _Round, folded: str, address: str, holder: str | None, found: dict[Key, Item]) -> Write:
    """The write that invites an address: at once for the person who has confirmed it, else for whoever will."""
    workshop = turn.workshop
    forgotten_at = int((workshop.scheduled_at + KEPT_FOR).timestamp())
    invite_id = address_invite_id(workshop.id, folded)
    row = AddressInvite(
        *address_invite_key(workshop.id, invite_id),
        address=address,
        invited_by=turn.caller.id,
        created_at=clock.whole_seconds(turn.now),
        expires_at=forgotten_at,
    )
    there: Invite | None = None
    if holder is not None:
        profile, place, there = _person(workshop.id, holder, found)
        if profile is None or holder == workshop.host_id or grounds.is_barred(workshop, profile, place):
            holder = None
    row.claimed_by = holder

    def write(transaction: TransactWrite) -> None:
        transaction.save(row, condition=Item.pk.does_not_exist())
        if holder is None:
            transaction.save(AwaitedAddress(*awaited_key(workshop.id, folded), expires_at=forgotten_at))
            return
        held = EmailGuard.user_id == holder
        transaction.condition_check(EmailGuard, *email_key(folded), condition=held)
        grounds.give(transaction, workshop, holder, invite_id, there, by=turn.caller.id, now=turn.now)

    return write


def _keys_of(workshop_id: str, user_id: str) -> tuple[Key, Key, Key]:
    return profile_key(user_id), attendee_key(workshop_id, user_id), invite_key(workshop_id, user_id)


def _person(
    workshop_id: str, user_id: str, found: dict[Key, Item]
) -> tuple[Profile | None, Attendee | None, Invite | None]:
    profile, row, there = (found.get(key) for key in _keys_of(workshop_id, user_id))
    return profiles.present(profile), cast("Attendee | None", row), cast("Invite | None", there)
