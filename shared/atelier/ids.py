"""Ids: prefixed, sortable by time, unguessable; and the id of a person, derived from who signed them in."""

import hashlib
import secrets
from base64 import b32encode
from collections.abc import Callable

from atelier import clock

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"

type IdMaker = Callable[[str], str]


def encode(number: int, length: int) -> str:
    """A whole number in Crockford's base 32, lower case, left-padded to `length` characters: order is kept."""
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 32)
        digits.append(_CROCKFORD[digit])
    return "".join(reversed(digits))


def new_id(prefix: str, *, at: clock.Clock = clock.now, randbits: Callable[[int], int] = secrets.randbits) -> str:
    """`<prefix>_` and 26 characters: 48 bits of milliseconds, then 80 random bits (the layout of a ULID)."""
    return f"{prefix}_{encode(clock.milliseconds(at()), 10)}{encode(randbits(80), 16)}"


def user_key(issuer: str, subject: str) -> str:
    """The 16 characters that stand for a person in a seat block: 80 bits of SHA-256 over issuer and subject."""
    digest = hashlib.sha256(f"{issuer}\n{subject}".encode()).digest()
    return b32encode(digest[:10]).decode().lower()


def user_id(issuer: str, subject: str) -> str:
    """`usr_` and the person's 16 characters; the same person from the same issuer always has the same id."""
    return f"usr_{user_key(issuer, subject)}"


def member(user: str) -> str:
    """The 16 characters of a user id, without its prefix."""
    return user.removeprefix("usr_")
