"""Agora RTC tokens: who may enter which channel, as whom, with which rights, for how long.

Our own code, because Agora publishes no Python package for the current format, 007: it asks people to copy its source,
and that source answers an empty string to a bad app id and signs wildcards and endless privileges without a word. The
format itself is a few packed fields and three HMACs.

The formats are those of AccessToken2 (007) and AccessToken (006) in AgoraIO/Tools, `DynamicKey/AgoraDynamicKey`.
"""

import base64
import hmac
import secrets
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from string import hexdigits
from typing import Final

from atelier.agora.names import CHANNEL_NAME, UIDS

LIFETIMES_S: Final = range(60, 86_340 + 1)
"""Seconds a token may live. Agora allows a day at most and warns clients 30 s before the end; we stay clear of both."""

SALTS: Final = range(1, 100_000_000)
VERSIONS: Final = ("007", "006")

_LAST_INSTANT: Final = 2**32 - 1
_RTC_SERVICE: Final = 1


class InvalidCredentialsError(ValueError):
    """The app id or the app certificate cannot be Agora's. The message never repeats either."""


class InvalidGrantError(ValueError):
    """What was asked for must not be signed: a wildcard, a lifetime out of bounds, an unknown role or version."""


class Role(StrEnum):
    """What a person may do in a channel.

    Agora holds a subscriber to it only in the live-broadcast profile, with co-host authentication switched on in its
    console; without these, a token decides about entering and nothing else.
    """

    PUBLISHER = "publisher"
    SUBSCRIBER = "subscriber"


class Privilege(IntEnum):
    """The rights an RTC token can carry, numbered as Agora numbers them in both formats."""

    JOIN_CHANNEL = 1
    PUBLISH_AUDIO = 2
    PUBLISH_VIDEO = 3
    PUBLISH_DATA = 4


_PRIVILEGES: Final[Mapping[Role, tuple[Privilege, ...]]] = {
    Role.PUBLISHER: tuple(Privilege),
    Role.SUBSCRIBER: (Privilege.JOIN_CHANNEL,),
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """An Agora project: its public app id, and the certificate that signs tokens, which `repr` leaves out.

    Raises InvalidCredentialsError unless each is 32 hexadecimal characters.
    """

    app_id: str
    app_certificate: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _is_hex_32(self.app_id):
            raise InvalidCredentialsError("The Agora app id must be 32 hexadecimal characters.")
        if not _is_hex_32(self.app_certificate):
            raise InvalidCredentialsError("The Agora app certificate must be 32 hexadecimal characters.")


@dataclass(frozen=True, slots=True)
class Grant:
    """What one token allows: one uid, in one channel, in one role, for `lifetime_s` seconds from its issue.

    Raises InvalidGrantError for a channel that is not `[A-Za-z0-9-]{1,63}`, a uid outside 1..2**31-1, anything but a
    Role, and a lifetime outside 60..86340 s. Empty channels, `*` and uid 0 are wildcards to Agora, and a lifetime of 0
    never ends; a lifetime that is a point in time is out of bounds too.
    """

    channel: str
    uid: int
    role: Role
    lifetime_s: int

    def __post_init__(self) -> None:
        channel: object = self.channel
        if not isinstance(channel, str) or not CHANNEL_NAME.fullmatch(channel):
            raise InvalidGrantError("A channel must be 1 to 63 letters, digits or dashes; others may match many.")
        if not _is_int_in(UIDS, self.uid):
            raise InvalidGrantError(f"A uid must be an integer from {UIDS[0]} to {UIDS[-1]}, not {self.uid!r}.")
        if not isinstance(self.role, Role):
            raise InvalidGrantError(f"A role must be a Role, not {self.role!r}.")
        if not _is_int_in(LIFETIMES_S, self.lifetime_s):
            raise InvalidGrantError(
                f"A lifetime must be {LIFETIMES_S[0]} to {LIFETIMES_S[-1]} whole seconds, not {self.lifetime_s!r}; "
                "it is a duration, never a point in time."
            )

    @property
    def privileges(self) -> tuple[Privilege, ...]:
        """The rights of the role, ascending, as the formats want them."""
        return _PRIVILEGES[self.role]


def build_token(
    credentials: Credentials,
    *,
    channel: str,
    uid: int,
    role: Role,
    lifetime_s: int,
    issued_at: int,
    salt: int | None = None,
    version: str = "007",
) -> str:
    """Sign a token that `uid` can enter `channel` with, and that ends with all its rights at the same moment.

    `issued_at` is in Unix seconds and `lifetime_s` in seconds from then. `salt` is random unless given (1..99999999).
    `version` is "007", or "006" for SDKs that cannot read it: RTC native below 4.0, Web below 4.8.

    Raises InvalidGrantError, before anything is signed, for whatever Grant refuses, an unknown version, a salt out of
    range, or an issue time that is not in Unix seconds or ends beyond what 32 bits hold.
    """
    grant = Grant(channel=channel, uid=uid, role=role, lifetime_s=lifetime_s)
    if version not in VERSIONS:
        raise InvalidGrantError(f"A token version must be one of {', '.join(VERSIONS)}, not {version!r}.")
    if not _is_int_in(range(1, _LAST_INSTANT - lifetime_s + 1), issued_at):
        raise InvalidGrantError(f"A token must be issued at a whole number of Unix seconds, not at {issued_at!r}.")
    if salt is None:
        salt = SALTS.start + secrets.randbelow(len(SALTS))
    elif not _is_int_in(SALTS, salt):
        raise InvalidGrantError(f"A salt must be an integer from {SALTS[0]} to {SALTS[-1]}, not {salt!r}.")

    if version == "006":
        expires_at = issued_at + lifetime_s
        return _encode_006(
            credentials,
            channel=grant.channel,
            account=str(grant.uid),
            privileges=dict.fromkeys(grant.privileges, expires_at),
            expires_at=expires_at,
            salt=salt,
        )
    return _encode_007(
        credentials,
        channel=grant.channel,
        account=str(grant.uid),
        privileges=grant.privileges,
        lifetime_s=grant.lifetime_s,
        issued_at=issued_at,
        salt=salt,
    )


def _encode_007(
    credentials: Credentials,
    *,
    channel: str,
    account: str,
    privileges: Iterable[int],
    lifetime_s: int,
    issued_at: int,
    salt: int,
) -> str:
    """Encode and sign, checking nothing. One lifetime for the token and every privilege: a token that ended before
    its privileges would leave its holder in the room, publishing, with no warning to anybody."""
    ascending = sorted(privileges)
    body = b"".join(
        (
            _string(credentials.app_id),
            struct.pack("<IIIH", issued_at, lifetime_s, salt, 1),  # 1: the number of services that follow
            struct.pack("<HH", _RTC_SERVICE, len(ascending)),
            *(struct.pack("<HI", privilege, lifetime_s) for privilege in ascending),
            _string(channel),
            _string(account),
        )
    )
    # Not a slip: time and salt are the keys, and the certificate, as text, is the message.
    key = hmac.digest(struct.pack("<I", issued_at), credentials.app_certificate.encode("ascii"), "sha256")
    key = hmac.digest(struct.pack("<I", salt), key, "sha256")
    signature = hmac.digest(key, body, "sha256")
    return "007" + base64.b64encode(zlib.compress(_string(signature) + body)).decode("ascii")


def _encode_006(
    credentials: Credentials,
    *,
    channel: str,
    account: str,
    privileges: Mapping[Privilege, int],
    expires_at: int,
    salt: int,
) -> str:
    """Encode and sign in the old format, checking nothing. Every expiry here is a point in time, in Unix seconds.

    The library's RTC builder leaves its token a life of 24 hours whatever the privileges say and takes time and salt
    from the machine, so this sets them on the library's token itself.
    """
    # Imported here: no 007 token should pay for it.
    from agora_token_builder.AccessToken import AccessToken  # noqa: PLC0415

    token = AccessToken(credentials.app_id, credentials.app_certificate, channel, account)
    token.ts = expires_at
    token.salt = salt
    for privilege, privilege_expires_at in privileges.items():
        token.addPrivilege(privilege, privilege_expires_at)
    return str(token.build())


def _string(value: str | bytes) -> bytes:
    """Pack as both formats do: a 16-bit length in bytes, then the bytes."""
    raw = value.encode("ascii") if isinstance(value, str) else value
    return struct.pack("<H", len(raw)) + raw


_ID_LENGTH = 32


def _is_hex_32(value: object) -> bool:
    return isinstance(value, str) and len(value) == _ID_LENGTH and all(character in hexdigits for character in value)


def _is_int_in(allowed: range, value: object) -> bool:
    return type(value) is int and value in allowed  # `type`, not isinstance: True is no uid
