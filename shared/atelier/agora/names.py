"""The names Agora knows a room and its people by: random, and never anything a user typed.

A channel name is as good as a door key to whoever holds a token for another channel, and recordings are stored under
it, so it is random and made of characters that survive in a file name. Recordings and moderation at Agora know people
by integer only, so a person in a room is a random number, and recorders have numbers that no person can get.
"""

import base64
import re
import secrets
from collections.abc import Callable
from typing import Final

CHANNEL_NAME: Final = re.compile(r"[A-Za-z0-9-]{1,63}")
"""What a whole channel name matches. Narrower than Agora's set: no `*`, which is a wildcard in a token, and no `_`,
which recordings turn into `-` in the names of their files."""

UIDS: Final = range(1, 2**31)
"""Every uid we sign for. 0 means anybody in a token; above 2**31 - 1, Agora's Java clients see a negative number."""

RECORDER_UIDS: Final = range(2_000_000_000, UIDS.stop)
"""Kept for cloud recorders: one that shared a person's uid would put that person out of the room, or be put out."""

_CHANNEL_NAME_BYTES: Final = 15


def new_channel_name(random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """Return a channel name nobody can guess: 24 lower-case letters and digits, 120 random bits."""
    return base64.b32encode(random_bytes(_CHANNEL_NAME_BYTES)).decode("ascii").lower()


def new_uid(randbelow: Callable[[int], int] = secrets.randbelow) -> int:
    """Return a uid for a person's device, anywhere below the recorders' range.

    Random is not unique: the caller claims the uid for its channel, and asks again when it is taken.
    """
    return UIDS.start + randbelow(RECORDER_UIDS.start - UIDS.start)
