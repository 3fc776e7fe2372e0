"""Checks a 007 token as Agora's servers do. Shares nothing with the code that makes tokens."""

import base64
import hmac
import struct
import zlib
from dataclasses import dataclass

from local.agora.project import Project
from local.agora_token import read_token

JOIN, PUBLISH_AUDIO, PUBLISH_VIDEO = "join channel", "publish audio", "publish video"


class BadTokenError(ValueError):
    """Agora would not let anybody in with this token; the message says why."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What a good token allows."""

    may_publish: bool


def check(token: str, project: Project, channel: str, uid: int, now: float) -> Pass:
    """What a token allows `uid` in `channel` at a time in Unix seconds. Raises BadTokenError."""
    try:
        said = read_token(token)
        content = zlib.decompress(base64.b64decode(token.removeprefix("007")))
    except (ValueError, zlib.error, struct.error) as error:
        raise BadTokenError("it is no token of version 007") from error
    if not token.startswith("007") or not _is_signed(content, project.app_certificate):
        raise BadTokenError("it was not signed with the project's certificate")
    if said["app_id"] != project.app_id:
        raise BadTokenError("it is for another project")
    if (said["channel"], said["uid"]) != (channel, uid):
        raise BadTokenError("it is for another channel or uid")
    issued_at, privileges = said["issued_at"], said["privileges"]
    assert isinstance(issued_at, int)  # noqa: S101 - as read_token unpacks it
    assert isinstance(privileges, dict)  # noqa: S101
    lifetimes = (said["lifetime_s"], privileges.get(JOIN, -1))
    if any(0 < lifetime <= now - issued_at for lifetime in lifetimes if isinstance(lifetime, int)):
        raise BadTokenError("it has expired")
    if JOIN not in privileges:
        raise BadTokenError("it does not allow to join")
    return Pass(may_publish=PUBLISH_AUDIO in privileges or PUBLISH_VIDEO in privileges)


def _is_signed(content: bytes, app_certificate: str) -> bool:
    (length,) = struct.unpack_from("<H", content)
    signature, signed = content[2 : 2 + length], content[2 + length :]
    (app_id_length,) = struct.unpack_from("<H", signed)
    issued_at, _lifetime, salt = struct.unpack_from("<III", signed, 2 + app_id_length)
    # Time and salt are the keys, and the certificate is the message.
    key = hmac.digest(struct.pack("<I", issued_at), app_certificate.encode(), "sha256")
    key = hmac.digest(struct.pack("<I", salt), key, "sha256")
    return hmac.compare_digest(signature, hmac.digest(key, signed, "sha256"))
