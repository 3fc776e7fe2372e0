"""Passes: what a person's own code for the door holds. It says who they are, and nobody can make one for another.

A pass is the person's 16 characters and 80 bits of HMAC-SHA256 over workshop and person. The device at the door reads
it as it is; whether it is right is seen when its scans are sent.
"""

import hashlib
import hmac
import secrets
from base64 import b32encode
from collections.abc import Callable
from typing import cast

from atelier import table
from atelier.accounts.caller import Caller
from atelier.checkins.items import PassSecret, pass_secret_key
from atelier.ids import member
from atelier.rsvps import rsvp

SECRET_BYTES = 20
_PERSON = 16
_MAC_BYTES = 10


def make(workshop_id: str, caller: Caller, *, new_secret: Callable[[int], str] = secrets.token_hex) -> str:
    """The caller's pass for a workshop, always the same.

    Raises NotFoundError for those who may not know it, AccountSuspendedError, RemovedError, BannedError.
    """
    place = pass_secret_key(workshop_id)
    seen = rsvp.visit(workshop_id, caller, also=[place])
    rsvp.require_admission(seen, caller)
    kept = cast("PassSecret | None", seen.found.get(place))
    if kept is None:
        fresh = PassSecret(*place, secret=new_secret(SECRET_BYTES))
        kept = cast("PassSecret | None", table.put_if_absent(fresh)) or fresh
    return member(caller.id) + _mac(kept.secret, workshop_id, caller.id)


def holder_of(workshop_id: str, text: str, kept: PassSecret | None) -> str | None:
    """Whose pass it is; None for what is no pass of this workshop."""
    plain = text.strip().lower()
    user_id = f"usr_{plain[:_PERSON]}"
    if kept is None or not plain.isascii():
        return None
    is_right = hmac.compare_digest(plain[_PERSON:], _mac(kept.secret, workshop_id, user_id))
    return user_id if is_right else None


def _mac(secret: str, workshop_id: str, user_id: str) -> str:
    told = f"{workshop_id}\n{user_id}".encode()
    return b32encode(hmac.digest(bytes.fromhex(secret), told, hashlib.sha256)[:_MAC_BYTES]).decode().lower()
