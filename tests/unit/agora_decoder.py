"""Reads Agora tokens back, so that tests judge them by their content.

Written from the published layout and sharing nothing with `atelier.agora.tokens`, not even the way bytes are taken
apart: a mistake in the one cannot hide in the other. It is stricter than Agora: whatever is left over, out of order or
not canonical is refused.
"""

import base64
import binascii
import hashlib
import hmac
import zlib
from dataclasses import dataclass, field


class MalformedTokenError(ValueError):
    """The text is not a token of the version asked for."""


@dataclass(frozen=True)
class Token007:
    """An RTC token of AccessToken2. `lifetime_s` and the values of `privileges` are seconds after `issued_at`."""

    app_id: str
    issued_at: int
    lifetime_s: int
    salt: int
    privileges: dict[int, int]
    channel: str
    account: str
    signature: bytes = field(repr=False)
    signed: bytes = field(repr=False)

    @property
    def uid(self) -> int:
        """The uid as a number; 0 is Agora's word for anybody."""
        return int(self.account or "0")

    def is_signed_with(self, app_certificate: str) -> bool:
        """Tell whether this certificate made the signature."""
        key = hmac.new(self.issued_at.to_bytes(4, "little"), app_certificate.encode(), hashlib.sha256).digest()
        key = hmac.new(self.salt.to_bytes(4, "little"), key, hashlib.sha256).digest()
        return hmac.new(key, self.signed, hashlib.sha256).digest() == self.signature


@dataclass(frozen=True)
class Token006:
    """A token of AccessToken. Its expiries are Unix seconds; channel and account are there as checksums only."""

    app_id: str
    salt: int
    expires_at: int
    privileges: dict[int, int]
    channel_crc32: int
    account_crc32: int
    signature: bytes = field(repr=False)
    message: bytes = field(repr=False)

    def is_signed_with(self, app_certificate: str, *, channel: str, uid: int) -> bool:
        """Tell whether this certificate made the signature, for this channel and uid."""
        account = str(uid) if uid else ""
        signed = f"{self.app_id}{channel}{account}".encode() + self.message
        return (
            zlib.crc32(channel.encode()) == self.channel_crc32
            and zlib.crc32(account.encode()) == self.account_crc32
            and hmac.new(app_certificate.encode(), signed, hashlib.sha256).digest() == self.signature
        )


def content_of(token: str) -> bytes:
    """Return the uncompressed content of a 007 token, which is the same on every build of zlib; the text is not."""
    if not token.startswith("007"):
        raise MalformedTokenError("not a 007 token")
    inflater = zlib.decompressobj()
    try:
        content = inflater.decompress(_base64(token[3:]))
    except zlib.error as error:
        raise MalformedTokenError("the content is not compressed with zlib") from error
    if not inflater.eof or inflater.unused_data:
        raise MalformedTokenError("the compressed content is cut short or followed by more")
    return content


def decode_007(token: str) -> Token007:
    """Decode a token of one RTC service, or raise MalformedTokenError."""
    reader = _Reader(content_of(token))
    signature = reader.string()
    signed = reader.rest()
    app_id = reader.text()
    issued_at, lifetime_s, salt = reader.uint32(), reader.uint32(), reader.uint32()
    if (services := reader.uint16()) != 1:
        raise MalformedTokenError(f"one service expected, not {services}")
    if (service := reader.uint16()) != 1:
        raise MalformedTokenError(f"the RTC service (1) expected, not {service}")
    privileges = reader.privileges()
    channel, account = reader.text(), reader.text()
    reader.expect_end()
    if len(signature) != 32 or len(app_id) != 32:
        raise MalformedTokenError("the signature and the app id take 32 bytes each")
    return Token007(app_id, issued_at, lifetime_s, salt, privileges, channel, account, signature, signed)


def decode_006(token: str) -> Token006:
    """Decode a token of the old format, or raise MalformedTokenError."""
    if not token.startswith("006"):
        raise MalformedTokenError("not a 006 token")
    reader = _Reader(_base64(token[35:]))
    signature = reader.string()
    channel_crc32, account_crc32 = reader.uint32(), reader.uint32()
    message = reader.string()
    reader.expect_end()
    reader = _Reader(message)
    salt, expires_at = reader.uint32(), reader.uint32()
    privileges = reader.privileges()
    reader.expect_end()
    return Token006(token[3:35], salt, expires_at, privileges, channel_crc32, account_crc32, signature, message)


class _Reader:
    """Takes bytes from the front: little-endian numbers, and strings behind their 16-bit length."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0

    def uint16(self) -> int:
        return int.from_bytes(self._take(2), "little")

    def uint32(self) -> int:
        return int.from_bytes(self._take(4), "little")

    def string(self) -> bytes:
        return self._take(self.uint16())

    def text(self) -> str:
        try:
            return self.string().decode("ascii")
        except UnicodeDecodeError as error:
            raise MalformedTokenError("a text is not ASCII") from error

    def privileges(self) -> dict[int, int]:
        pairs = [(self.uint16(), self.uint32()) for _ in range(self.uint16())]
        keys = [key for key, _ in pairs]
        if keys != sorted(set(keys)):
            raise MalformedTokenError("privileges are not in ascending order, each once")
        return dict(pairs)

    def rest(self) -> bytes:
        return self._raw[self._at :]

    def expect_end(self) -> None:
        if self.rest():
            raise MalformedTokenError("bytes are left over")

    def _take(self, count: int) -> bytes:
        taken = self._raw[self._at : self._at + count]
        if len(taken) != count:
            raise MalformedTokenError("the content ends too early")
        self._at += count
        return taken


def _base64(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise MalformedTokenError("the content is not base64") from error
    if base64.b64encode(raw).decode() != text:
        raise MalformedTokenError("the base64 is not canonical")
    return raw
