"""Join tokens: who gets one, and what it says."""

from datetime import UTC, datetime, timedelta

import pytest

from atelier import clock, settings
from atelier.accounts.caller import Caller
from atelier.agora.secrets import SecretStore
from atelier.rooms import joining
from functions.tokens import app
from tests.calling import World, call, id_of
from tests.rooms import (
    APP_ID,
    CERTIFICATE,
    CREDENTIALS,
    a_workshop,
    claims,
    remove,
    rights,
    row_of,
    rsvp,
    suspend,
    token,
)
from tests.unit.agora_decoder import decode_006, decode_007
from tests.workshops import run, set_in_table, stored


@pytest.fixture(autouse=True)
def agora(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The credentials, from a parameter store of our own."""
    monkeypatch.setenv("AGORA_PARAMETER_PATH", "/studio/agora")
    monkeypatch.setattr(app, "credentials", SecretStore(lambda: CREDENTIALS))


class TestWhatATokenSays:
    def test_a_subscribers_token_opens_the_room_and_nothing_else(self, world: World) -> None:
        workshop_id = a_workshop(world, seated=("ana",))
        reply = token(workshop_id)
        assert reply.status == 200, reply.text
        said, decoded = reply.json, decode_007(reply.json["token"])
        assert set(said) == {
            "app_id", "channel", "uid", "token", "token_version", "role", "expires_at", "renew_at",
        }  # fmt: skip
        assert (said["app_id"], said["token_version"], said["role"]) == (APP_ID, "007", "subscriber")
        assert said["channel"] == stored(workshop_id).channel
        assert (decoded.app_id, decoded.channel, decoded.uid) == (said["app_id"], said["channel"], said["uid"])
        assert decoded.privileges == {1: decoded.lifetime_s}
        assert decoded.is_signed_with(CERTIFICATE)

    @pytest.mark.parametrize("who", ["host", "co-host", "speaker"])
    def test_a_publishers_token_has_all_four_rights_with_the_same_end(self, world: World, who: str) -> None:
        workshop_id = a_workshop(world, seated=("co-host", "speaker"))
        rights(workshop_id, "co-host", is_co_host=True)
        rights(workshop_id, "speaker", can_speak=True)
        reply = token(workshop_id, who)
        decoded = decode_007(reply.json["token"])
        assert reply.json["role"] == "publisher"
        assert decoded.privileges == dict.fromkeys((1, 2, 3, 4), decoded.lifetime_s)

    def test_a_token_ends_after_an_hour_and_is_renewed_a_tenth_before(self, world: World) -> None:
        workshop_id = a_workshop(world, seated=("ana",))
        now = datetime(2027, 3, 1, 10, 0, 0, 999_999, UTC)
        signer = joining.Signer(settings.of(settings.TokenSettings), lambda: CREDENTIALS)
        made = joining.join(workshop_id, Caller(id_of("ana")), "main", signer, at=lambda: now)
        decoded = decode_007(made.token)
        assert (decoded.issued_at, decoded.lifetime_s) == (int(now.timestamp()), 3600)
        assert clock.to_text(made.expires_at) == "2027-03-01T11:00:00Z"
        assert clock.to_text(made.renew_at) == "2027-03-01T10:54:00Z"

    def test_times_go_over_the_wire_in_utc_with_z(self, world: World) -> None:
        workshop_id = a_workshop(world, seated=("ana",))
        said = token(workshop_id).json
        for name in ("expires_at", "renew_at"):
            assert clock.to_text(clock.from_text(said[name])) == said[name]

    def test_a_shorter_life_is_a_setting(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AGORA_TOKEN_LIFETIME_S", "300")
        said = token(a_workshop(world, seated=("ana",))).json
        assert decode_007(said["token"]).lifetime_s == 300
        assert clock.from_text(said["expires_at"]) - clock.from_text(said["renew_at"]) == timedelta(seconds=30)

    def test_old_clients_get_006_by_a_setting(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AGORA_TOKEN_VERSION", "006")
        said = token(a_workshop(world), "host").json
        decoded = decode_006(said["token"])
        ends = int(clock.from_text(said["expires_at"]).timestamp())
        assert said["token_version"] == "006"
        assert decoded.app_id == APP_ID
        assert decoded.privileges == dict.fromkeys((1, 2, 3, 4), ends)
        assert decoded.expires_at == ends
        assert decoded.is_signed_with(CERTIFICATE, channel=said["channel"], uid=said["uid"])

    def test_the_certificate_is_in_no_answer_and_no_log(self, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        reply = token(a_workshop(world), "host")
        assert CERTIFICATE not in reply.text + str(reply.headers)
        assert CERTIFICATE not in "".join(capsys.readouterr())

    def test_no_cache_keeps_a_token(self, world: World) -> None:
        assert "no-store" in token(a_workshop(world), "host").headers["cache-control"]

    def test_a_token_made_before_can_speak_was_withdrawn_lives_an_hour_at_most_and_the_next_one_knows(
        self, world: World
    ) -> None:
        workshop_id = a_workshop(world, seated=("ana",))
        rights(workshop_id, "ana", can_speak=True)
        before = token(workshop_id).json
        rights(workshop_id, "ana", can_speak=False)
        after = token(workshop_id).json
        assert decode_007(before["token"]).lifetime_s <= 3600
        assert (before["role"], after["role"]) == ("publisher", "subscriber")
        assert before["uid"] == after["uid"]


class TestWhoGetsOne:
    @pytest.mark.parametrize("status", ["scheduled", "ended", "cancelled"])
    @pytest.mark.parametrize("who", ["host", "co-host", "ana"])
    def test_nobody_enters_before_the_lobby_or_after_the_end(self, world: World, status: str, who: str) -> None:
        workshop_id = a_workshop(world, "scheduled", seated=("co-host", "ana"))
        rights(workshop_id, "co-host", is_co_host=True)
        if status != "scheduled":
            set_in_table(workshop_id, status=status)
        reply = token(workshop_id, who)
        assert (reply.status, reply.code) == (409, "room_not_open")

    def test_the_lobby_is_for_the_host_and_co_hosts(self, world: World) -> None:
        workshop_id = a_workshop(world, "scheduled", seated=("co-host", "ana", "speaker"))
        rights(workshop_id, "co-host", is_co_host=True)
        rights(workshop_id, "speaker", can_speak=True)
        run(workshop_id, "lobby")
        assert [token(workshop_id, who).status for who in ("host", "co-host")] == [200, 200]
        for who in ("ana", "speaker", "stranger"):
            assert token(workshop_id, who).code == "room_not_open"
        assert row_of(workshop_id, "stranger") is None

    @pytest.mark.parametrize("who", ["host", "ana"])
    def test_a_workshop_in_person_has_no_room(self, world: World, who: str) -> None:
        workshop_id = a_workshop(world, "scheduled", seated=("ana",), format="in_person")
        assert (token(workshop_id, who).status, token(workshop_id, who).code) == (409, "no_room")

    def test_an_unknown_workshop_is_not_found(self) -> None:
        reply = token("wks_00000000000000000000000000")
        assert (reply.status, reply.code) == (404, "not_found")

    def test_a_stranger_learns_nothing_of_a_private_workshop(self, world: World) -> None:
        workshop_id = a_workshop(world, is_private=True)
        unknown = token("wks_00000000000000000000000000", "stranger").json
        private = token(workshop_id, "stranger").json
        assert {**private, "request_id": None} == {**unknown, "request_id": None}

    def test_somebody_with_a_seat_enters_a_private_workshop(self, world: World) -> None:
        workshop_id = a_workshop(world, "scheduled", seated=("ana",))
        set_in_table(workshop_id, is_private=True, status="live")
        assert token(workshop_id).status == 200

    @pytest.mark.parametrize("who", ["host", "ana", "stranger"])
    def test_a_suspended_person_gets_none(self, world: World, who: str) -> None:
        workshop_id = a_workshop(world, seated=("ana",))
        world.meet("stranger", "admin")
        suspend(who)
        reply = token(workshop_id, who)
        assert (reply.status, reply.code) == (403, "account_suspended")
        assert claims(workshop_id) == {}

    def test_a_suspended_stranger_learns_nothing_of_a_private_workshop(self, world: World) -> None:
        workshop_id = a_workshop(world, is_private=True)
        world.meet("stranger", "admin")
        suspend("stranger")
        assert token(workshop_id, "stranger").code == "not_found"

    @pytest.mark.parametrize("is_private", [False, True])
    def test_a_removed_person_gets_none(self, world: World, is_private: bool) -> None:
        workshop_id = a_workshop(world, seated=("ana",))
        remove(workshop_id, "ana")
        set_in_table(workshop_id, is_private=is_private)
        reply = token(workshop_id)
        assert (reply.status, reply.code) == (403, "removed")

    def test_a_banned_person_gets_none_in_any_workshop_of_that_host(self, world: World) -> None:
        first, second, third = (a_workshop(world, seated=seated) for seated in (("ana",), ("ana",), ()))
        remove(first, "ana", ban=True)
        assert (token(first).status, token(first).code) == (403, "removed")
        assert (token(second).status, token(second).code) == (403, "banned")
        assert (token(third).status, token(third).code) == (403, "banned")
        assert row_of(third, "ana") is None
        other_hosts = world.workshop("another")["id"]
        set_in_table(other_hosts, status="live")
        assert token(other_hosts).status == 200

    def test_whether_the_room_is_open_is_told_only_to_those_who_may_enter(self, world: World) -> None:
        workshop_id = a_workshop(world, "scheduled", seated=("ana", "ben"))
        remove(workshop_id, "ana")
        remove(workshop_id, "ben", ban=True)
        other = a_workshop(world, "scheduled")
        assert token(workshop_id, "ana").code == "removed"
        assert token(other, "ben").code == "banned"

    def test_an_administrator_enters_as_the_host_does_without_taking_a_seat(self, world: World) -> None:
        workshop_id = a_workshop(world, "lobby", is_private=True, max_capacity=1)
        first, again = (token(workshop_id, "boss", admin=True) for _ in range(2))
        screen = token(workshop_id, "boss", admin=True, device="screen")
        assert (first.json["role"], first.json["uid"]) == ("publisher", again.json["uid"])
        assert screen.json["uid"] != first.json["uid"]
        assert row_of(workshop_id, "boss") is None
        assert sorted(claims(workshop_id).values()) == [(id_of("boss"), "main"), (id_of("boss"), "screen")]

    def test_an_administrator_keeps_their_number_when_they_take_a_seat_later(self, world: World) -> None:
        workshop_id = a_workshop(world)
        before = token(workshop_id, "boss", admin=True).json["uid"]
        assert rsvp(workshop_id, "boss").status == 201
        assert token(workshop_id, "boss", admin=True).json["uid"] == before
        assert token(workshop_id, "boss").json["uid"] == before

    @pytest.mark.parametrize(
        ("who", "status", "code"),
        [("host", 200, None), ("co-host", 200, None), ("speaker", 403, "not_allowed"), ("ana", 403, "not_allowed")],
    )
    def test_a_screen_is_for_the_host_and_co_hosts(self, world: World, who: str, status: int, code: str | None) -> None:
        workshop_id = a_workshop(world, seated=("co-host", "speaker", "ana"))
        rights(workshop_id, "co-host", is_co_host=True)
        rights(workshop_id, "speaker", can_speak=True)
        reply = token(workshop_id, who, device="screen")
        assert (reply.status, reply.code) == (status, code)

    def test_a_passer_by_who_wants_a_screen_takes_no_seat(self, world: World) -> None:
        workshop_id = a_workshop(world)
        assert token(workshop_id, device="screen").code == "not_allowed"
        assert row_of(workshop_id, "ana") is None

    def test_a_closed_room_is_told_before_a_forbidden_screen(self, world: World) -> None:
        workshop_id = a_workshop(world, "scheduled", seated=("ana",))
        assert token(workshop_id, device="screen").code == "room_not_open"

    def test_nobody_without_a_checked_token_gets_one(self, world: World) -> None:
        workshop_id = a_workshop(world)
        reply = call("tokens", "POST", f"/workshops/{workshop_id}/token", user=None, body={})
        assert (reply.status, reply.code) == (401, "not_signed_in")


class TestTheBody:
    def test_without_a_device_it_is_the_main_one(self, world: World) -> None:
        workshop_id = a_workshop(world, seated=("ana",))
        assert token(workshop_id).json["uid"] == token(workshop_id, device="main").json["uid"]

    @pytest.mark.parametrize("body", [{"device": "phone"}, {"device": None}, {"uid": 7}, {"channel": "*"}, []])
    def test_anything_else_is_refused(self, world: World, body: object) -> None:
        workshop_id = a_workshop(world, seated=("ana",))
        reply = call("tokens", "POST", f"/workshops/{workshop_id}/token", body=body)
        assert (reply.status, reply.code) == (422, "validation_failed")
        assert claims(workshop_id) == {}
