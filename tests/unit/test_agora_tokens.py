"""Join tokens: bytes that Agora accepts, rights that end when they should, and nothing signed that opens too much."""

import os
import subprocess
import sys
import traceback
from typing import Any

import pytest
from hypothesis import given

from atelier.agora import tokens
from atelier.agora.tokens import (
    SALTS,
    Credentials,
    Grant,
    InvalidCredentialsError,
    InvalidGrantError,
    Role,
    build_token,
)
from tests.unit.agora_decoder import content_of, decode_006, decode_007
from tests.unit.agora_vectors import (
    AGORAS_006,
    AGORAS_ACCOUNT,
    AGORAS_ANYBODY,
    AGORAS_CHANNEL,
    AGORAS_JOIN,
    AGORAS_PUBLISHER,
    APP_ID,
    CERTIFICATE,
    CREDENTIALS,
    LAST_INSTANT,
    ROOM,
    ROOM_PUBLISHER_006,
    ROOM_PUBLISHER_CONTENT,
    ROOM_SALT,
    ROOM_SUBSCRIBER_006,
    ROOM_SUBSCRIBER_CONTENT,
    a_token,
    encode_agoras_007,
    hex_32,
    valid_requests,
)


@pytest.fixture
def nothing_may_be_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        pytest.fail("an encoder was reached")

    monkeypatch.setattr(tokens, "_encode_007", fail)
    monkeypatch.setattr(tokens, "_encode_006", fail)


class TestAgorasOwnVectors:
    def test_a_token_to_join_has_the_content_agora_publishes(self) -> None:
        assert content_of(encode_agoras_007()) == content_of(AGORAS_JOIN)

    def test_a_token_for_anybody_has_the_content_agora_publishes(self) -> None:
        assert content_of(encode_agoras_007(account="")) == content_of(AGORAS_ANYBODY)

    def test_a_publisher_token_has_the_content_of_agoras_reference(self) -> None:
        assert content_of(encode_agoras_007(privileges=(1, 2, 3, 4))) == content_of(AGORAS_PUBLISHER)

    def test_privileges_are_packed_in_ascending_order_however_they_are_given(self) -> None:
        assert content_of(encode_agoras_007(privileges=(4, 2, 1, 3))) == content_of(AGORAS_PUBLISHER)

    def test_every_field_stands_where_the_layout_says(self) -> None:
        content = content_of(encode_agoras_007())
        fields = {
            "length of the signature": "2000",
            "signature": "16a0b84c5a5e82cbf74fb813d09f59c54bdac9c06120580539ac97578e958b1a",
            "length of the app id": "2000",
            "app id": "3937304341333564653630633434363435626261653861323135303631623333",
            "issue time": "47f41000",
            "lifetime": "58020000",
            "salt": "01000000",
            "services": "0100",
            "RTC": "0100",
            "privileges": "0100",
            "join channel": "0100",
            "its lifetime": "58020000",
            "length of the channel": "2000",
            "channel": AGORAS_CHANNEL.encode().hex(),
            "length of the account": "0a00",
            "account": "32383832333431323733",
        }
        at = 0
        for name, expected in fields.items():
            size = len(expected) // 2
            assert content[at : at + size].hex() == expected, name
            at += size
        assert at == len(content) == 138

    def test_an_old_token_is_the_text_agora_publishes(self) -> None:
        token = tokens._encode_006(  # noqa: SLF001 - Agora's vectors hold numbers we refuse
            CREDENTIALS,
            channel=AGORAS_CHANNEL,
            account=AGORAS_ACCOUNT,
            privileges={tokens.Privilege.JOIN_CHANNEL: 1_446_455_471},
            expires_at=1_111_111,
            salt=1,
        )
        assert token == AGORAS_006

    @pytest.mark.parametrize(
        ("role", "content"),
        [(Role.PUBLISHER, ROOM_PUBLISHER_CONTENT), (Role.SUBSCRIBER, ROOM_SUBSCRIBER_CONTENT)],
    )
    def test_what_we_hand_out_is_what_agoras_reference_makes(self, role: Role, content: bytes) -> None:
        assert content_of(a_token(role=role, salt=ROOM_SALT)) == content

    @pytest.mark.parametrize(
        ("role", "token"), [(Role.PUBLISHER, ROOM_PUBLISHER_006), (Role.SUBSCRIBER, ROOM_SUBSCRIBER_006)]
    )
    def test_old_tokens_we_hand_out_are_what_agoras_reference_makes(self, role: Role, token: str) -> None:
        assert a_token(role=role, salt=ROOM_SALT, version="006") == token


class TestWhatATokenSays:
    def test_a_subscriber_gets_the_join_privilege_only(self) -> None:
        assert decode_007(a_token(role=Role.SUBSCRIBER)).privileges == {1: 3600}

    def test_a_publisher_may_join_and_publish_audio_video_and_data(self) -> None:
        assert decode_007(a_token(role=Role.PUBLISHER)).privileges == {1: 3600, 2: 3600, 3: 3600, 4: 3600}

    def test_the_format_is_007_unless_another_is_asked_for(self) -> None:
        assert a_token().startswith("007")
        assert a_token(version="006").startswith("006")

    @given(valid_requests, hex_32, hex_32)
    def test_any_valid_grant_decodes_to_itself(self, request_: dict[str, Any], app_id: str, certificate: str) -> None:
        token = decode_007(build_token(Credentials(app_id, certificate), **request_))
        assert token.app_id == app_id
        assert token.channel == request_["channel"]
        assert token.uid == request_["uid"]
        assert token.issued_at == request_["issued_at"]
        assert token.salt == request_["salt"]
        assert set(token.privileges) == ({1, 2, 3, 4} if request_["role"] is Role.PUBLISHER else {1})

    @given(valid_requests)
    def test_a_token_and_all_its_privileges_end_together(self, request_: dict[str, Any]) -> None:
        token = decode_007(build_token(CREDENTIALS, **request_))
        assert {token.lifetime_s, *token.privileges.values()} == {request_["lifetime_s"]}

    @given(valid_requests, hex_32, hex_32)
    def test_only_the_certificate_that_signed_verifies(
        self, request_: dict[str, Any], certificate: str, other: str
    ) -> None:
        token = decode_007(build_token(Credentials(APP_ID, certificate), **request_))
        assert token.is_signed_with(certificate)
        assert token.is_signed_with(other) is (other == certificate)

    @given(valid_requests, hex_32)
    def test_any_valid_grant_decodes_to_itself_in_the_old_format(
        self, request_: dict[str, Any], certificate: str
    ) -> None:
        token = decode_006(build_token(Credentials(APP_ID, certificate), **request_, version="006"))
        channel, uid = request_["channel"], request_["uid"]
        assert token.app_id == APP_ID
        assert token.salt == request_["salt"]
        expires_at = request_["issued_at"] + request_["lifetime_s"]
        assert {token.expires_at, *token.privileges.values()} == {expires_at}
        assert set(token.privileges) == ({1, 2, 3, 4} if request_["role"] is Role.PUBLISHER else {1})
        assert token.is_signed_with(certificate, channel=channel, uid=uid)
        assert not token.is_signed_with(certificate, channel=channel, uid=uid + 1)
        assert token.is_signed_with(CERTIFICATE, channel=channel, uid=uid) is (certificate == CERTIFICATE)

    def test_the_certificate_is_used_as_it_is_written_upper_and_lower_case(self) -> None:
        token = decode_007(a_token())
        assert token.is_signed_with(CERTIFICATE)
        assert not token.is_signed_with(CERTIFICATE.lower())

    def test_a_token_changed_in_one_byte_does_not_verify(self) -> None:
        token = decode_007(a_token())
        for at in range(len(token.signed)):
            changed = bytearray(token.signed)
            changed[at] ^= 1
            tampered = type(token)(**{**vars(token), "signed": bytes(changed)})
            assert not tampered.is_signed_with(CERTIFICATE)

    def test_the_same_request_twice_gets_different_salts(self) -> None:
        salts_ = {decode_007(a_token()).salt for _ in range(50)}
        assert len(salts_) > 1
        assert all(salt in SALTS for salt in salts_)

    @pytest.mark.parametrize("lifetime_s", [60, 86_340])
    def test_the_shortest_and_the_longest_lifetime_are_allowed(self, lifetime_s: int) -> None:
        assert decode_007(a_token(lifetime_s=lifetime_s)).lifetime_s == lifetime_s

    @pytest.mark.parametrize("version", ["007", "006"])
    def test_a_token_may_end_at_the_last_instant_32_bits_hold(self, version: str) -> None:
        token = a_token(issued_at=LAST_INSTANT - 3600, lifetime_s=3600, version=version)
        if version == "006":
            assert decode_006(token).expires_at == LAST_INSTANT
        else:
            assert decode_007(token).issued_at + 3600 == LAST_INSTANT

    @pytest.mark.parametrize("uid", [1, 2**31 - 1])
    def test_the_lowest_and_the_highest_uid_are_allowed(self, uid: int) -> None:
        assert decode_007(a_token(uid=uid)).uid == uid

    @pytest.mark.parametrize("channel", ["a", "a" * 63])
    def test_the_shortest_and_the_longest_channel_name_are_allowed(self, channel: str) -> None:
        assert decode_007(a_token(channel=channel)).channel == channel


@pytest.mark.usefixtures("nothing_may_be_signed")
class TestRefusedBeforeSigning:
    @pytest.mark.parametrize("channel", ["*", "room-*", "1*a*2"])
    def test_a_wildcard_channel_is_refused(self, channel: str) -> None:
        with pytest.raises(InvalidGrantError, match="channel"):
            a_token(channel=channel)

    def test_an_empty_channel_is_refused_because_it_means_any(self) -> None:
        with pytest.raises(InvalidGrantError, match="channel"):
            a_token(channel="")

    def test_a_channel_of_64_characters_is_refused(self) -> None:
        with pytest.raises(InvalidGrantError, match="channel"):
            a_token(channel="a" * 64)

    @pytest.mark.parametrize(
        "channel",
        ["a b", "a_b", "a/b", "a.b", "a\\b", "a\x00", "a\n", "\na", "räum", "\u0663", "\uff41", None, 7, b"room"],
    )
    def test_a_channel_of_other_characters_or_types_is_refused(self, channel: object) -> None:
        with pytest.raises(InvalidGrantError, match="channel"):
            a_token(channel=channel)

    def test_uid_0_is_refused_because_it_means_anybody(self) -> None:
        with pytest.raises(InvalidGrantError, match="uid"):
            a_token(uid=0)

    @pytest.mark.parametrize("uid", ["*", "0", "1234", "", b"1", 1.0, None])
    def test_a_uid_that_is_not_an_integer_is_refused(self, uid: object) -> None:
        with pytest.raises(InvalidGrantError, match="uid"):
            a_token(uid=uid)

    def test_true_is_no_uid(self) -> None:
        with pytest.raises(InvalidGrantError, match="uid"):
            a_token(uid=True)

    @pytest.mark.parametrize("uid", [-1, 2**31, 2_882_341_273, 2**32])
    def test_a_negative_uid_or_one_that_clients_would_see_as_negative_is_refused(self, uid: int) -> None:
        with pytest.raises(InvalidGrantError, match="uid"):
            a_token(uid=uid)

    @pytest.mark.parametrize("role", ["publisher", "PUBLISHER", "admin", "", 1, 2, None])
    def test_a_role_that_is_not_a_role_is_refused_rather_than_guessed(self, role: object) -> None:
        with pytest.raises(InvalidGrantError, match="role"):
            a_token(role=role)

    def test_a_lifetime_of_0_is_refused_because_it_means_for_ever(self) -> None:
        with pytest.raises(InvalidGrantError, match="lifetime"):
            a_token(lifetime_s=0)

    @pytest.mark.parametrize("lifetime_s", [-60, 1, 59])
    def test_a_lifetime_under_a_minute_is_refused(self, lifetime_s: int) -> None:
        with pytest.raises(InvalidGrantError, match="lifetime"):
            a_token(lifetime_s=lifetime_s)

    @pytest.mark.parametrize("lifetime_s", [86_341, 86_400])
    def test_a_lifetime_of_a_day_is_refused(self, lifetime_s: int) -> None:
        with pytest.raises(InvalidGrantError, match="lifetime"):
            a_token(lifetime_s=lifetime_s)

    @pytest.mark.parametrize("version", ["007", "006"])
    def test_a_point_in_time_given_as_a_lifetime_is_refused(self, version: str) -> None:
        with pytest.raises(InvalidGrantError, match="never a point in time"):
            a_token(lifetime_s=ROOM["issued_at"] + 3600, version=version)

    @pytest.mark.parametrize("lifetime_s", [3600.0, "3600", True, None])
    def test_a_lifetime_that_is_not_whole_seconds_is_refused(self, lifetime_s: object) -> None:
        with pytest.raises(InvalidGrantError, match="lifetime"):
            a_token(lifetime_s=lifetime_s)

    @pytest.mark.parametrize("version", ["008", "005", "7", "", "007 ", None, 7])
    def test_an_unknown_version_is_refused(self, version: object) -> None:
        with pytest.raises(InvalidGrantError, match="version"):
            a_token(version=version)

    @pytest.mark.parametrize("issued_at", [ROOM["issued_at"] * 1000, ROOM["issued_at"] + 0.5, 0, -1, True, "now", None])
    def test_an_issue_time_that_is_not_in_unix_seconds_is_refused(self, issued_at: object) -> None:
        with pytest.raises(InvalidGrantError, match="issued"):
            a_token(issued_at=issued_at)

    def test_a_token_that_would_end_beyond_32_bits_is_refused(self) -> None:
        with pytest.raises(InvalidGrantError, match="issued"):
            a_token(issued_at=LAST_INSTANT - 3600 + 1, lifetime_s=3600)

    @pytest.mark.parametrize("salt", [0, 100_000_000, -1, 1.0, True])
    def test_a_salt_outside_the_range_of_agoras_reference_is_refused(self, salt: object) -> None:
        with pytest.raises(InvalidGrantError, match="salt"):
            a_token(salt=salt)

    def test_a_refusal_is_a_value_error(self) -> None:
        with pytest.raises(ValueError, match="channel"):
            Grant(channel="*", uid=1, role=Role.SUBSCRIBER, lifetime_s=600)


class TestCredentials:
    @pytest.mark.parametrize("bad", ["", APP_ID[:-1], APP_ID + "0", "g" * 32, " " + APP_ID[1:], "\u0663" * 32, None, 7])
    def test_an_app_id_that_is_not_32_hexadecimal_characters_is_refused(self, bad: Any) -> None:
        with pytest.raises(InvalidCredentialsError, match="app id"):
            Credentials(bad, CERTIFICATE)

    @pytest.mark.parametrize(
        "bad", ["", CERTIFICATE[:-1], CERTIFICATE + "\n", CERTIFICATE[:-1] + "z", " " + CERTIFICATE, None, 7]
    )
    def test_a_certificate_that_is_not_32_hexadecimal_characters_is_refused(self, bad: Any) -> None:
        with pytest.raises(InvalidCredentialsError, match="app certificate"):
            Credentials(APP_ID, bad)

    def test_the_certificate_shows_in_no_text_of_the_credentials(self) -> None:
        for text in (repr(CREDENTIALS), str(CREDENTIALS), f"{CREDENTIALS}", f"{[CREDENTIALS]!r}"):
            assert APP_ID in text
            assert CERTIFICATE not in text

    def test_a_refused_certificate_shows_in_no_exception(self) -> None:
        almost = CERTIFICATE[:-1] + "z"
        with pytest.raises(InvalidCredentialsError) as caught:
            Credentials(APP_ID, almost)
        assert CERTIFICATE[:-1] not in "".join(traceback.format_exception(caught.value))

    @pytest.mark.parametrize(
        "changes",
        [
            {"channel": CERTIFICATE + "*"},
            {"uid": 0},
            {"role": "admin"},
            {"lifetime_s": 0},
            {"issued_at": 0},
            {"salt": 0},
            {"version": "008"},
        ],
        ids=lambda changes: next(iter(changes)),
    )
    def test_the_certificate_shows_in_no_refusal_of_a_grant(self, changes: dict[str, Any]) -> None:
        with pytest.raises(InvalidGrantError) as caught:
            a_token(**changes)
        assert CERTIFICATE not in "".join(traceback.format_exception(caught.value))

    @pytest.mark.parametrize("version", ["007", "006"])
    def test_the_certificate_shows_in_no_token(self, version: str) -> None:
        token = a_token(version=version)
        assert CERTIFICATE not in token
        if version == "007":
            assert CERTIFICATE.encode() not in content_of(token)

    def test_credentials_cannot_be_changed_once_checked(self) -> None:
        with pytest.raises(AttributeError):
            CREDENTIALS.app_id = "*"  # type: ignore[misc]


class TestWhatItCosts:
    def test_the_library_for_old_tokens_is_loaded_for_old_tokens_only(self) -> None:
        script = """
import sys
from atelier.agora.tokens import Credentials, Role, build_token
def token(version):
    return build_token(Credentials("a" * 32, "b" * 32), channel="c", uid=1, role=Role.PUBLISHER, lifetime_s=600,
                       issued_at=1, version=version)
token("007")
assert not [name for name in sys.modules if name.startswith("agora_token_builder")]
token("006")
assert [name for name in sys.modules if name.startswith("agora_token_builder")]
"""
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
