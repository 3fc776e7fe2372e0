"""Invite links: making one, taking it back, and coming by one.

A token is the link's id and 130 random bits, of which only the hash is kept. A request that carries an Idempotency-Key
is answered the same again, and yet the token is stored nowhere: then its secret follows from that key, which is not
stored either, and from a random number that is.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from pynamodb.transactions import TransactWrite

from atelier import audit, clock, edits, table
from atelier.accounts import profiles
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.errors import (
    BannedError,
    InviteNotValidError,
    NotAllowedError,
    RemovedError,
    ValidationFailedError,
    WorkshopOverError,
)
from atelier.idempotency import Guard, ReplayedError
from atelier.ids import encode, new_id
from atelier.invites import grounds, schemas
from atelier.invites.items import InviteLink, link_key
from atelier.rsvps import rsvp
from atelier.rsvps.items import Attendee, Invite, attendee_key, invite_key
from atelier.table import Item, Key
from atelier.workshops import moments
from atelier.workshops.items import Workshop, workshop_key
from atelier.workshops.visibility import has_place

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action

LONGEST_LIFE = timedelta(days=365)
KEPT_FOR = timedelta(days=7)
"""So long a link that has ended is kept."""

_ID_CHARACTERS = 26
_SECRET_CHARACTERS = 26
_SECRET_BITS = 128
VERSION = 1
"""Of every link: nobody edits one."""

type RandomNumber = Callable[[int], int]


def make(
    workshop_id: str,
    caller: Caller,
    wanted: schemas.InviteLinkInput,
    guard: Guard | None,
    *,
    locate: Callable[[str], str],
    at: clock.Clock = clock.now,
    randbits: RandomNumber = secrets.randbits,
) -> schemas.InviteLinkMade:
    """Makes a link. `locate` says where a link of an id is found.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError, WorkshopOverError, ValidationFailedError, and
    ReplayedError or IdempotencyKeyReusedError when the guard's key was used before.
    """

    def attempt() -> schemas.InviteLinkMade:
        seen, standing = rsvp.enter(workshop_id, caller, also=[guard.key] if guard else [])
        if not standing.leads:
            raise NotAllowedError("Only the host and co-hosts make invite links.")
        if guard:
            _check(guard, seen.found.get(guard.key))
        if seen.workshop.is_over:
            raise WorkshopOverError
        now = clock.whole_seconds(at())
        ends_at = _end(seen.workshop, wanted.expires_at, now)
        link_id = new_id("lnk", at=at, randbits=randbits)
        number = encode(randbits(_SECRET_BITS), _SECRET_CHARACTERS)
        secret = _secret(number, guard)
        link = InviteLink(
            *link_key(link_id),
            workshop_id=workshop_id,
            secret_hash=_hash(secret),
            made_by=caller.id,
            created_at=now,
            ends_at=ends_at,
            max_uses=wanted.max_uses,
            expires_at=int((ends_at + KEPT_FOR).timestamp()),
        )
        made = _shape(link, _token(link_id, secret))
        with edits.transaction() as transaction:
            transaction.save(link, condition=Item.pk.does_not_exist())
            _audit(transaction, workshop_id, link_id, caller, "invite_link_made", at)
            if guard:
                stored = made.model_copy(update={"token": number}).model_dump_json()
                guard.write(transaction, body=stored, location=locate(link_id), version=VERSION)
        return made

    return edits.until_applied(attempt)


def _end(workshop: Workshop, wanted: datetime | None, now: datetime) -> datetime:
    """When a link ends: as wished, else with the workshop. Raises ValidationFailedError."""
    ends_at = wanted or max(moments.ends_at(workshop), now)
    if wanted is not None and not now < wanted <= now + LONGEST_LIFE:
        raise ValidationFailedError(errors=[{"loc": ["expires_at"], "msg": "must be ahead, and within a year"}])
    return ends_at


def _check(guard: Guard, record: Item | None) -> None:
    """As the guard checks, with the token put back into the answer."""
    try:
        guard.check(record)
    except ReplayedError as replayed:
        made = json.loads(replayed.record.body)
        made["token"] = _token(made["id"], _secret(made["token"], guard))
        replayed.record.body = json.dumps(made, separators=(",", ":"))
        raise


def _secret(number: str, guard: Guard | None) -> str:
    if guard is None:
        return number
    digest = hmac.new(guard.key_text.encode(), number.encode(), "sha256").digest()
    return encode(int.from_bytes(digest[: _SECRET_BITS // 8]), _SECRET_CHARACTERS)


def _token(link_id: str, secret: str) -> str:
    return link_id.removeprefix("lnk_") + secret


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _shape(link: InviteLink, token: str) -> schemas.InviteLinkMade:
    return schemas.InviteLinkMade(
        id=link.id,
        token=token,
        expires_at=link.ends_at,
        max_uses=int(link.max_uses),
        uses=int(link.uses),
        created_at=link.created_at,
    )


def take_back(workshop_id: str, link_id: str, caller: Caller, *, at: clock.Clock = clock.now) -> None:
    """Makes a link lead nowhere; who came by it stays invited. Nothing where there is none, so that it can be repeated.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError, RequestInProgressError.
    """

    def attempt() -> None:
        seen, standing = rsvp.enter(workshop_id, caller, also=[link_key(link_id)])
        if not standing.leads:
            raise NotAllowedError("Only the host and co-hosts take invite links back.")
        link = seen.found.get(link_key(link_id))
        if not isinstance(link, InviteLink) or link.workshop_id != workshop_id:
            return
        with edits.transaction() as transaction:
            transaction.delete(InviteLink(*link.key), condition=InviteLink.pk.exists())
            _audit(transaction, workshop_id, link_id, caller, "invite_link_revoked", at)

    edits.until_applied(attempt)


def _audit(
    transaction: TransactWrite, workshop_id: str, link_id: str, caller: Caller, action: str, at: clock.Clock
) -> None:
    audit.write(transaction, object_id=workshop_id, actor_id=caller.id, action=action, change={"link": link_id}, at=at)


@dataclass(frozen=True, slots=True)
class _Sight:
    """What one BatchGet tells of a link's workshop and who comes by it."""

    workshop: Workshop | None
    row: Attendee | None
    invite: Invite | None


def accept(token: str, caller: Caller, *, at: clock.Clock = clock.now) -> str:
    """Invites the caller by a link, and gives back the id of its workshop. Each person counts as one use, once.

    Raises InviteNotValidError for a link that is not, ended, was used up or taken back, or whose workshop is over;
    AccountSuspendedError, RemovedError, BannedError, RequestInProgressError.
    """
    return edits.until_applied(lambda: _attempt(token, caller, clock.whole_seconds(at())))


def _attempt(token: str, caller: Caller, now: datetime) -> str:
    link, profile = _find(token, caller)
    profiles.require_active(profile)
    if link is None:
        raise InviteNotValidError
    sight = _look(link.workshop_id, caller)
    workshop = sight.workshop
    if workshop is None:
        raise InviteNotValidError
    is_barred = grounds.is_barred(workshop, profile, sight.row)
    if workshop.host_id == caller.id or (not is_barred and (has_place(sight.row) or _stands(sight.invite))):
        return workshop.id
    if not _is_open(link, now) or workshop.is_over or _was_sent_away(sight.invite, link):
        raise InviteNotValidError
    if is_barred:
        raise RemovedError if sight.row is not None and sight.row.status == "removed" else BannedError
    with edits.transaction() as transaction:
        use: list[Action] = [InviteLink.uses.set(InviteLink.uses + 1)]
        left = (InviteLink.uses < InviteLink.max_uses) & (InviteLink.secret_hash == link.secret_hash)
        transaction.update(InviteLink(*link.key), use, condition=left)
        grounds.give(transaction, workshop, caller.id, link.id, sight.invite, by=link.made_by, now=now)
    return workshop.id


def _find(token: str, caller: Caller) -> tuple[InviteLink | None, Profile]:
    """The link of a token, where there is one, and who comes by it."""
    key, secret = link_key(f"lnk_{token[:_ID_CHARACTERS]}"), token[_ID_CHARACTERS:]
    found = table.read_many([key, profile_key(caller.id)])
    profile = profiles.seen(caller, cast("Profile | None", found.get(profile_key(caller.id))))
    link = found.get(key)
    is_right = isinstance(link, InviteLink) and hmac.compare_digest(link.secret_hash, _hash(secret))
    return (cast("InviteLink", link) if is_right else None), profile


def _look(workshop_id: str, caller: Caller) -> _Sight:
    keys: list[Key] = [
        workshop_key(workshop_id),
        attendee_key(workshop_id, caller.id),
        invite_key(workshop_id, caller.id),
    ]
    found = table.read_many(keys)
    workshop, row, invite = (found.get(key) for key in keys)
    return _Sight(cast("Workshop | None", workshop), cast("Attendee | None", row), cast("Invite | None", invite))


def _stands(invite: Invite | None) -> bool:
    return invite is not None and invite.stands


def _is_open(link: InviteLink, now: datetime) -> bool:
    return bool(now < link.ends_at and link.uses < link.max_uses)


def _was_sent_away(invite: Invite | None, link: InviteLink) -> bool:
    """Whether somebody's invitation was revoked while the link was there: it does not let them in again."""
    revoked_at = cast("datetime | None", invite.revoked_at) if invite is not None else None
    return revoked_at is not None and revoked_at >= link.created_at
