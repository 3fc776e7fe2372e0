"""Entering a room: who may, in which role, and the token that says so.

A token cannot be taken back. Whoever is removed, banned or silenced keeps what their last token says for as long as it
lives, which is why it lives an hour at most; see docs/decisions/0007-token-lifetime.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, cast

from atelier import clock
from atelier.accounts.caller import Caller
from atelier.agora.tokens import Credentials, Grant, Role, build_token
from atelier.edits import until_applied
from atelier.errors import NoRoomError, NotAllowedError, RoomNotOpenError, WorkshopFullError
from atelier.rooms import uids
from atelier.rooms.schemas import Device, JoinToken
from atelier.rsvps import rsvp
from atelier.rsvps.rsvp import Visit
from atelier.settings import TokenSettings
from atelier.workshops.items import Workshop
from atelier.workshops.standing import Standing, standing_of

LONGEST_LIFE_S = 3600
OPEN_TO_LEADERS = ("lobby", "live")
OPEN_TO_ALL = ("live",)


@dataclass(frozen=True, slots=True)
class Signer:
    """What tokens are made with. The credentials are asked for when a token is due, and not before."""

    settings: TokenSettings
    credentials: Callable[[], Credentials]


def join(workshop_id: str, caller: Caller, device: Device, signer: Signer, *, at: clock.Clock = clock.now) -> JoinToken:
    """A token for the caller's device; takes a seat for a caller who has none.

    Raises NotFoundError, AccountSuspendedError, RemovedError, BannedError, NoRoomError, RoomNotOpenError,
    NotAllowedError, WorkshopFullError, AgoraUnavailableError, RequestInProgressError.
    """
    return until_applied(lambda: _attempt(workshop_id, caller, device, signer, at))


def _attempt(workshop_id: str, caller: Caller, device: Device, signer: Signer, at: clock.Clock) -> JoinToken:
    seen = rsvp.visit(workshop_id, caller, with_dry_blocks=True)
    standing = standing_of(seen.workshop, seen.row, caller)
    rsvp.require_entry(seen, standing, caller)
    _require_open(seen.workshop, standing)
    if device == "screen" and not standing.leads:
        raise NotAllowedError("Only the host and co-hosts share a screen from a second device.")
    if not standing.acts_as_host and seen.row is not None and not seen.row.is_seated:
        raise WorkshopFullError("You are still on the waitlist.")
    # Before anything is written: without credentials nobody should take a seat on the way to no token.
    keys = signer.credentials()
    now = clock.whole_seconds(at())
    if standing.acts_as_host:
        uid = _uid_of_host(seen, caller, device, now)
    else:
        row = seen.row or rsvp.take_place(seen, caller, at=at())
        if not row.is_seated:
            raise WorkshopFullError("You are on the waitlist now.")
        standing = standing_of(seen.workshop, row, caller)
        uid = uids.of_attendee(seen.workshop, row, device)
    role = Role.PUBLISHER if standing.may_publish else Role.SUBSCRIBER
    life = min(signer.settings.agora_token_lifetime_s, LONGEST_LIFE_S)
    grant = Grant(channel=seen.workshop.channel, uid=uid, role=role, lifetime_s=life)
    return _signed(grant, signer.settings.agora_token_version, keys, now)


def _require_open(workshop: Workshop, standing: Standing) -> None:
    if workshop.format == "in_person":
        raise NoRoomError
    if workshop.status not in (OPEN_TO_LEADERS if standing.leads else OPEN_TO_ALL):
        raise RoomNotOpenError(f"It is {workshop.status}.")


def _uid_of_host(seen: Visit, caller: Caller, device: Device, now: datetime) -> int:
    """The uid of the host, or of an administrator, who may or may not have a seat as well."""
    is_host = seen.workshop.host_id == caller.id
    if seen.row is not None and (is_host or seen.row.is_seated):
        return uids.of_attendee(seen.workshop, seen.row, device)
    if is_host:
        return uids.of_new_host(seen.workshop, device, at=now)
    return uids.of_visitor(seen.workshop, caller.id, device)


def _signed(grant: Grant, version: str, keys: Credentials, now: datetime) -> JoinToken:
    expires_at = now + timedelta(seconds=grant.lifetime_s)
    return JoinToken(
        app_id=keys.app_id,
        channel=grant.channel,
        uid=grant.uid,
        token=build_token(
            keys,
            channel=grant.channel,
            uid=grant.uid,
            role=grant.role,
            lifetime_s=grant.lifetime_s,
            issued_at=int(now.timestamp()),
            version=version,
        ),
        token_version=cast("Literal['006', '007']", version),
        role=grant.role.value,
        expires_at=expires_at,
        renew_at=expires_at - timedelta(seconds=grant.lifetime_s // 10),
    )
