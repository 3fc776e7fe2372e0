"""Reads a 007 token back, to show what it allows."""

import base64
import struct
import zlib

PRIVILEGES = {1: "join channel", 2: "publish audio", 3: "publish video", 4: "publish data stream"}


def read_token(token: str) -> dict[str, object]:
    """What a token of version 007 says: app, channel, uid, lifetime and privileges."""
    content = zlib.decompress(base64.b64decode(token.removeprefix("007")))
    _signature, rest = _text(content)
    app_id, rest = _text(rest)
    issued_at, lifetime, _salt, _services = struct.unpack_from("<IIIH", rest)
    rest = rest[14:]
    service, count = struct.unpack_from("<HH", rest)
    rest = rest[4:]
    privileges = [struct.unpack_from("<HI", rest, 6 * number) for number in range(count)]
    channel, rest = _text(rest[6 * count :])
    uid, _ = _text(rest)
    return {
        "app_id": app_id.decode(),
        "issued_at": issued_at,
        "lifetime_s": lifetime,
        "service": "RTC" if service == 1 else service,
        "channel": channel.decode(),
        "uid": int(uid),
        "privileges": {PRIVILEGES.get(kind, str(kind)): expires for kind, expires in privileges},
    }


def _text(content: bytes) -> tuple[bytes, bytes]:
    """A length-prefixed text and what follows it."""
    (length,) = struct.unpack_from("<H", content)
    return content[2 : 2 + length], content[2 + length :]
