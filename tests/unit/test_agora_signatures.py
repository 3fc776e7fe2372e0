"""Whose a notice is: by the bytes as they came, with any of the secrets, and never by SHA-1."""

import hmac
from typing import Any

import pytest

from atelier.agora.signatures import is_signed

# Agora's own example ("Receive notifications about channel events", verification code).
BODY = (
    b'{"eventMs":1560408533119,"eventType":10,"noticeId":"4eb720f0-8da7-11e9-a43e-53f411c2761f",'
    b'"notifyMs":1560408533119,"payload":{"a":"1","b":2},"productId":1}'
)
SHA1 = "033c62f40f687675f17f0f41f91a40c71c0f134c"
SHA256 = "6d3320c60b11101395b7fc8f9068748808a0aa1bfa064438e39d1bc2c7d74d99"
SECRETS = (b"secret",)


def test_agora_s_own_example_is_signed() -> None:
    assert is_signed(BODY, {"agora-signature": SHA1, "agora-signature-v2": SHA256}, SECRETS)


@pytest.mark.parametrize("name", ["agora-signature-v2", "Agora-Signature-V2", "AGORA-SIGNATURE-V2"])
def test_the_header_may_be_written_in_any_case(name: str) -> None:
    assert is_signed(BODY, {name: SHA256}, SECRETS)


@pytest.mark.parametrize("position", range(3))
def test_any_of_several_secrets_will_do(position: int) -> None:
    secrets = [b"old", b"other product's", b"newest"]
    secrets[position] = b"secret"
    assert is_signed(BODY, {"agora-signature-v2": SHA256}, secrets)


def test_no_secret_at_all_signs_nothing() -> None:
    assert not is_signed(BODY, {"agora-signature-v2": SHA256}, ())
    assert not is_signed(BODY, {"agora-signature-v2": hmac.digest(b"", BODY, "sha256").hex()}, ())


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"agora-signature": SHA1},
        {"agora-signature": SHA256},
        {"agora-signature-v2": SHA1},
        {"agora-signature-v2": ""},
        {"agora-signature-v2": f"{SHA256},{SHA256}"},
        {"agora-signature-v2": f"{SHA256}, {'0' * 64}"},
        {"agora-signature-v2": SHA256, "Agora-Signature-V2": SHA256},
        {"agora-signature-v2": SHA256[:-1]},
        {"agora-signature-v2": f"{SHA256}0"},
        {"agora-signature-v2": f"{SHA256}\n"},
        {"agora-signature-v2": f"sha256={SHA256}"},
        {"agora-signature-v2": "é" * 64},
        {"agora-signature-v2": "\u0660" * 64},
        {"agora-signature-v2": SHA256[:-1] + ("8" if SHA256[-1] == "9" else "9")},
    ],
)
def test_anything_but_one_well_formed_signature_is_refused(headers: dict[str, str]) -> None:
    assert not is_signed(BODY, headers, SECRETS)


def test_each_byte_of_the_body_counts() -> None:
    for position in range(len(BODY)):
        altered = BODY[:position] + bytes([BODY[position] ^ 1]) + BODY[position + 1 :]
        assert not is_signed(altered, {"agora-signature-v2": SHA256}, SECRETS)


@pytest.mark.parametrize("fitting", [0, 1, 2, None])
def test_every_secret_is_compared_whichever_fits(monkeypatch: pytest.MonkeyPatch, fitting: int | None) -> None:
    compared: list[Any] = []
    compare = hmac.compare_digest

    def note(*both: Any) -> bool:
        compared.append(both)
        return compare(*both)

    monkeypatch.setattr(hmac, "compare_digest", note)
    secrets = [b"secret" if number == fitting else b"another" for number in range(3)]
    assert is_signed(BODY, {"agora-signature-v2": SHA256}, secrets) is (fitting is not None)
    assert len(compared) == 3
