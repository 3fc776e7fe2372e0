"""Check-in codes: short enough to be read off a wall and typed, of characters that nobody mistakes for each other.

A fixed code is 6 characters (29.7 bits). A rotating one is 8: a stem of 4 that stays, and 4 that follow from a secret
and the time step the way RFC 6238 derives them, so nothing is written when it changes. The one before is good for
one more step, for people who are still typing.
"""

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from atelier import clock

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
FIXED_LENGTH, STEM_LENGTH = 6, 4
ROTATING_LENGTH = 2 * STEM_LENGTH
SECRET_BYTES = 20

_IGNORED = " \t\r\n-_.:\u00a0\u2009\u200b\u2010\u2011\u2012\u2013\u2014\u2212"
# No code has the characters on the left, so each can only be meant for the one on the right: what a Q and a J are taken
# for, and what Greek and Cyrillic keyboards give for the same letters.
_MEANT = str.maketrans(
    "0O1ILΑΒΕΖΗΚΜΝΡΤΥΧАВЕКМНРСТУХ",  # noqa: RUF001 - that is the point
    "QQJJJABEZHKMNPTYXABEKMHPCTYX",
) | {ord(character): None for character in _IGNORED}

type Choose = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Code:
    """A code as somebody gave it: what it is looked up by, and the half that changes, if there is one."""

    stem: str
    derived: str | None

    @property
    def text(self) -> str:
        """The whole code."""
        return self.stem + (self.derived or "")


NO_CODE = Code("-", None)
"""What cannot be a code, and is looked up all the same, so that it takes as long."""


def read(text: str) -> Code:
    """What somebody typed or scanned, in any case, with blanks and hyphens, look-alikes taken for what they are."""
    plain = unicodedata.normalize("NFKC", text).upper().translate(_MEANT)
    if any(character not in ALPHABET for character in plain):
        return NO_CODE
    if len(plain) == FIXED_LENGTH:
        return Code(plain, None)
    return Code(plain[:STEM_LENGTH], plain[STEM_LENGTH:]) if len(plain) == ROTATING_LENGTH else NO_CODE


def new_stem(*, rotates: bool, choose: Choose = secrets.choice) -> str:
    """A fixed code, or the stem of a rotating one, that nobody can foresee."""
    return "".join(choose(ALPHABET) for _ in range(STEM_LENGTH if rotates else FIXED_LENGTH))


def step_of(rotates_every_s: int, now: datetime) -> int:
    """The number of the time step an instant is in."""
    return int(now.timestamp()) // rotates_every_s


def next_change(rotates_every_s: int, now: datetime) -> datetime:
    """When the code becomes another one."""
    return clock.from_seconds((step_of(rotates_every_s, now) + 1) * rotates_every_s)


def derived(secret: str, step: int) -> str:
    """The second half of a rotating code in a time step: HMAC-SHA256 of the step, its first 64 bits in base 31."""
    number = int.from_bytes(hmac.digest(bytes.fromhex(secret), step.to_bytes(8), hashlib.sha256)[:8])
    characters = []
    for _ in range(ROTATING_LENGTH - STEM_LENGTH):
        number, place = divmod(number, len(ALPHABET))
        characters.append(ALPHABET[place])
    return "".join(characters)


def current(stem: str, secret: str, rotates_every_s: int | None, now: datetime) -> str:
    """The code to be shown at an instant."""
    return stem if rotates_every_s is None else stem + derived(secret, step_of(rotates_every_s, now))


def is_right(given: Code, stem: str, secret: str, rotates_every_s: int | None, now: datetime) -> bool:
    """Whether a code is good at an instant. It is compared with every one that is, in constant time."""
    instants = [now] if rotates_every_s is None else [now, now - timedelta(seconds=rotates_every_s)]
    good = [current(stem, secret, rotates_every_s, instant) for instant in instants]
    return any([hmac.compare_digest(given.text, code) for code in good])  # noqa: C419 - all of them, always
