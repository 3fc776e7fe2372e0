"""Vectors of Agora's own tests, and what its reference makes of a room of ours."""

from typing import Any

from hypothesis import strategies as st

from atelier.agora import tokens
from atelier.agora.names import CHANNEL_NAME, UIDS
from atelier.agora.tokens import LIFETIMES_S, SALTS, Credentials, Role, build_token

# The project, room and person of the tests Agora publishes with its own code.
APP_ID = "970CA35de60c44645bbae8a215061b33"
CERTIFICATE = "5CFd2fd1755d40ecb72977518be15d3b"
CREDENTIALS = Credentials(APP_ID, CERTIFICATE)
AGORAS_CHANNEL = "7d72365eb983485397e3e3f9d460bdda"
AGORAS_ACCOUNT = "2882341273"  # beyond the uids we give out, so these vectors go to the encoders

AGORAS_JOIN = (
    "007eJxTYBBbsMMnKq7p9Hf/HcIX5kce9b518kCiQgSr5Zrp4X1Tu6UUGCzNDZwdjU1TUs0Mkk1MzExMk5ISUy0SjQxNDcwMk4yN3b8IMEQwMTAw"
    "MoAwBIL4CgzmKeZGxmamqUmWFsYmFqbGluapxqnGaZYpJmYGSSkpiVwMRhYWRsYmhkbmxgDCaiTj"
)
AGORAS_ANYBODY = (
    "007eJxTYLhzZP08Lxa1Pg57+TcXb/3cZ3wi4V6kbpbOog0G2dOYk20UGCzNDZwdjU1TUs0Mkk1MzExMk5ISUy0SjQxNDcwMk4yN3b8IMEQwMTAw"
    "MoAwBIL4CgzmKeZGxmamqUmWFsYmFqbGluapxqnGaZYpJmYGSSkpiQwMADacImo="
)
AGORAS_PUBLISHER = (
    "007eJxTYDhuGCT90E3Yo2+N3efJV5hX1K1MZAqae/Sa8UP9VXvOhfArMFiaGzg7GpumpJoZJJuYmJmYJiUlplokGhmaGpgZJhkbu38RYIhgYmBg"
    "ZABhRgYWIAbxmcAkM5hkAZMKDOYp5kbGZqapSZYWxiYWpsaW5qnGqcZplikmZgZJKSmJXAxGFhZGxiaGRubGAKizJcs="
)
AGORAS_006 = (
    "006970CA35de60c44645bbae8a215061b33IACV0fZUBw+72cVoL9eyGGh3Q6Poi8bgjwVLnyKSJyOXR"
    "7dIfRBXoFHlEAABAAAAR/QQAAEAAQCvKDdW"
)

# What Agora's Python reference makes of ROOM below, with the salt given.
ROOM: dict[str, Any] = {"channel": "atelier-Room-7", "uid": 1_234_567, "lifetime_s": 3600, "issued_at": 1_767_225_600}
ROOM_SALT = 4242
ROOM_PUBLISHER_CONTENT = bytes.fromhex(
    "20005bb3c9c958c461402675934495294c38ebe14a9f7b21bb94f0a746969024dbc0"
    "2000393730434133356465363063343436343562626165386132313530363162333300b95569100e0000921000000100"
    "010004000100100e00000200100e00000300100e00000400100e0000"
    "0e006174656c6965722d526f6f6d2d37070031323334353637"
)
ROOM_SUBSCRIBER_CONTENT = bytes.fromhex(
    "2000e23935d85b9cfe75b387a0b00823d65dcfe6a170a036df2a3864ecc9842ef0e9"
    "2000393730434133356465363063343436343562626165386132313530363162333300b95569100e0000921000000100"
    "010001000100100e0000"
    "0e006174656c6965722d526f6f6d2d37070031323334353637"
)
ROOM_PUBLISHER_006 = (
    "006970CA35de60c44645bbae8a215061b33IACjx3EpWyXppDm0TAxKBcSX06f8m8HG0pdEGt4lzeUGYSsy+8qfaQNQIgCSEAAAEMdVaQQAAQAQx1Vp"
    "AgAQx1VpAwAQx1VpBAAQx1Vp"
)
ROOM_SUBSCRIBER_006 = (
    "006970CA35de60c44645bbae8a215061b33IABBuVrb2J3pTqOCEVjkHUG/NvaRaaYuQ5qTufIGMpNwX"
    "ysy+8qfaQNQEACSEAAAEMdVaQEAAQAQx1Vp"
)

LAST_INSTANT = 2**32 - 1
hex_32 = st.text("0123456789abcdefABCDEF", min_size=32, max_size=32)
channels = st.from_regex(CHANNEL_NAME, fullmatch=True)
uids = st.integers(UIDS[0], UIDS[-1])
lifetimes = st.integers(LIFETIMES_S[0], LIFETIMES_S[-1])
issue_times = st.integers(1, LAST_INSTANT - LIFETIMES_S[-1])
salts = st.integers(SALTS[0], SALTS[-1])
valid_requests = st.fixed_dictionaries(
    {
        "channel": channels,
        "uid": uids,
        "role": st.sampled_from(Role),
        "lifetime_s": lifetimes,
        "issued_at": issue_times,
        "salt": salts,
    }
)


def a_token(**changes: Any) -> str:
    return build_token(CREDENTIALS, **{**ROOM, "role": Role.PUBLISHER, **changes})


def encode_agoras_007(*, account: str = AGORAS_ACCOUNT, privileges: tuple[int, ...] = (1,)) -> str:
    return tokens._encode_007(  # noqa: SLF001 - Agora's vectors hold numbers we refuse
        CREDENTIALS,
        channel=AGORAS_CHANNEL,
        account=account,
        privileges=privileges,
        lifetime_s=600,
        issued_at=1_111_111,
        salt=1,
    )
