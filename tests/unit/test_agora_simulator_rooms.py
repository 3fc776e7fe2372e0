"""The simulator's rooms: who gets in, what is told of it, who is put out, and what a person can ask of it."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from atelier.agora.rest import AgoraRest, OutageError, RefusedError, Users, UserState
from atelier.agora.secrets import RestAccess
from atelier.agora.tokens import Credentials, Role, build_token
from local.agora.project import COMMUNICATION, Project
from local.agora.rooms import KeptOutError
from tests.agora_simulator import ACCESS, NOON, PROJECT, Agora, a_simulator, running
from tests.rooms import APP_ID, CERTIFICATE

CHANNEL = "a1b2c3"
HOST, GUEST = 7, 8


def kinds(notices: list[Mapping[str, Any]]) -> list[tuple[int, int | None]]:
    """What was told of whom."""
    return [(notice["eventType"], notice["payload"].get("uid")) for notice in notices]


def a_full_room(**options: Any) -> Agora:
    agora = a_simulator(**options)
    agora.join(CHANNEL, HOST, host=True)
    agora.join(CHANNEL, GUEST)
    agora.told()
    return agora


# Who gets in


def test_the_first_to_come_makes_the_channel_and_the_token_says_who_is_a_host() -> None:
    agora = a_simulator()
    agora.join(CHANNEL, HOST, host=True)
    agora.join(CHANNEL, GUEST)
    told = agora.told()
    assert kinds(told) == [(101, None), (103, HOST), (105, GUEST)]
    assert {notice["productId"] for notice in told} == {1}
    assert told[0]["payload"] == {"channelName": CHANNEL, "ts": int(NOON)}
    assert told[1]["payload"] == {
        "channelName": CHANNEL,
        "uid": HOST,
        "platform": 7,
        "clientSeq": int(NOON * 1000),
        "ts": int(NOON),
    }


def test_a_host_may_enter_as_audience_and_become_a_host_later() -> None:
    agora = a_simulator()
    agora.simulator.join(CHANNEL, HOST, agora.token(CHANNEL, HOST, host=True), as_audience=True)
    agora.clock.advance(5)
    agora.simulator.become_host(CHANNEL, HOST)
    agora.simulator.become_host(CHANNEL, HOST)
    agora.simulator.become_audience(CHANNEL, HOST)
    told = agora.told()
    assert kinds(told) == [(101, None), (105, HOST), (111, HOST), (112, HOST)]
    assert set(told[2]["payload"]) == {"channelName", "uid", "clientSeq", "ts"}


def test_who_has_a_subscribers_token_cannot_become_a_host() -> None:
    agora = a_full_room()
    with pytest.raises(KeptOutError, match="publish"):
        agora.simulator.become_host(CHANNEL, GUEST)


def token(**other: Any) -> str:
    """A token for HOST that was issued at noon, or another one."""
    credentials = other.pop("credentials", Credentials(APP_ID, CERTIFICATE))
    good: dict[str, Any] = {
        "channel": CHANNEL,
        "uid": HOST,
        "role": Role.PUBLISHER,
        "lifetime_s": 600,
        "issued_at": int(NOON),
    }
    return build_token(credentials, **(good | other))


BAD_TOKENS: dict[str, Callable[[], str]] = {
    "of another channel": lambda: token(channel="other"),
    "of another uid": lambda: token(uid=9),
    "of another project": lambda: token(credentials=Credentials("b2" * 16, CERTIFICATE)),
    "signed by somebody else": lambda: token(credentials=Credentials(APP_ID, "d4" * 16)),
    "expired": lambda: token(issued_at=int(NOON) - 600),
    "of the old version": lambda: token(version="006"),
    "cut": lambda: token()[:-8],
    "nonsense": lambda: "007nonsense",
    "empty": lambda: "",
}


@pytest.mark.parametrize("bad", BAD_TOKENS)
def test_nobody_gets_in_with_a_token_that_is(bad: str) -> None:
    agora = a_simulator()
    with pytest.raises(KeptOutError, match="token"):
        agora.simulator.join(CHANNEL, HOST, BAD_TOKENS[bad]())
    assert agora.told() == []
    agora.simulator.join(CHANNEL, HOST, token())


def test_in_a_call_everybody_is_a_user() -> None:
    agora = a_simulator(project=Project(APP_ID, CERTIFICATE, "c", "s", {1: "x"}, profile=COMMUNICATION))
    agora.join(CHANNEL, GUEST)
    agora.simulator.leave(CHANNEL, GUEST)
    assert kinds(agora.told()) == [(101, None), (107, GUEST), (108, GUEST), (102, None)]


# Who leaves


def test_a_leave_tells_its_reason_and_how_long_somebody_was_there_and_the_last_ends_the_channel() -> None:
    agora = a_full_room()
    agora.clock.advance(90)
    agora.simulator.leave(CHANNEL, HOST)
    agora.clock.advance(30)
    agora.simulator.leave(CHANNEL, GUEST, reason=10)
    told = agora.told()
    assert kinds(told) == [(104, HOST), (106, GUEST), (102, None)]
    assert (told[0]["payload"]["reason"], told[0]["payload"]["duration"]) == (1, 90)
    assert (told[1]["payload"]["reason"], told[1]["payload"]["duration"]) == (10, 120)
    assert told[2]["payload"]["lastUid"] == GUEST


def test_a_crash_is_told_ten_seconds_later_with_the_time_at_which_it_was_noticed() -> None:
    agora = a_full_room()
    agora.clock.advance(60)
    agora.simulator.crash(CHANNEL, GUEST)
    agora.clock.advance(9.9)
    assert agora.told() == []
    assert GUEST in agora.simulator.uids(CHANNEL)
    agora.clock.advance(3600)
    [told] = agora.told()
    assert told["eventType"] == 106
    assert (told["payload"]["reason"], told["payload"]["ts"]) == (2, int(NOON) + 70)


def test_who_comes_back_before_the_crash_was_noticed_is_not_put_out_by_it() -> None:
    agora = a_full_room()
    agora.simulator.crash(CHANNEL, GUEST)
    agora.clock.advance(5)
    agora.join(CHANNEL, GUEST)
    agora.clock.advance(60)
    assert kinds(agora.told()) == [(106, GUEST), (105, GUEST)]
    assert GUEST in agora.simulator.uids(CHANNEL)


def test_a_second_device_under_the_same_uid_puts_the_first_one_out_and_the_channel_goes_on() -> None:
    agora = a_simulator()
    agora.join(CHANNEL, HOST, host=True)
    agora.told()
    agora.join(CHANNEL, HOST, host=True)
    told = agora.told()
    assert kinds(told) == [(104, HOST), (103, HOST)]
    assert told[0]["payload"]["reason"] == 5


def test_the_sequence_of_a_device_only_rises_even_when_the_clock_stands_still() -> None:
    agora = a_simulator()
    for _ in range(3):
        agora.join(CHANNEL, GUEST)
        agora.simulator.leave(CHANNEL, GUEST)
    sequences = [notice["payload"]["clientSeq"] for notice in agora.told() if "uid" in notice["payload"]]
    assert sequences == sorted(set(sequences))
    assert len(sequences) == 6


@pytest.mark.parametrize("act", ["leave", "crash", "become_host", "become_audience"])
def test_nobody_who_is_not_there_can_do_anything(act: str) -> None:
    agora = a_full_room()
    with pytest.raises(KeptOutError, match="nobody"):
        getattr(agora.simulator, act)(CHANNEL, 99)


# Rules


def test_a_rule_puts_one_person_out_of_one_channel_and_keeps_them_out_until_it_ends() -> None:
    with running() as agora:
        for channel in (CHANNEL, "other"):
            agora.join(channel, HOST, host=True)
            agora.join(channel, GUEST)
        agora.told()
        agora.rest().place_rule(CHANNEL, GUEST, ["join_channel"], 60)
        [told] = agora.told()
        assert (told["eventType"], told["payload"]["uid"], told["payload"]["reason"]) == (106, GUEST, 3)
        assert agora.simulator.uids(CHANNEL) == {HOST}
        assert agora.simulator.uids("other") == {HOST, GUEST}
        with pytest.raises(KeptOutError, match="rule"):
            agora.join(CHANNEL, GUEST)
        agora.clock.advance(60)
        agora.join(CHANNEL, GUEST)


def test_rules_are_listed_while_they_hold_and_can_be_lifted_again_and_again() -> None:
    with running() as agora:
        rest = agora.rest()
        first = rest.place_rule(CHANNEL, GUEST, ["join_channel"], 60)
        second = rest.place_rule(CHANNEL, GUEST, ["publish_audio", "publish_video"], 600)
        rest.place_rule("other", GUEST, ["join_channel"], 600)
        assert rest.rules(CHANNEL, GUEST) == [first, second]
        rest.lift_rule(first)
        rest.lift_rule(first)
        assert rest.rules(CHANNEL, GUEST) == [second]
        agora.join(CHANNEL, GUEST)
        agora.clock.advance(600)
        assert rest.rules(CHANNEL, GUEST) == []


def test_a_rule_against_publishing_silences_and_lets_stay() -> None:
    with running() as agora:
        agora.join(CHANNEL, HOST, host=True)
        occupant = agora.simulator.rooms.channels[CHANNEL][HOST]
        assert agora.simulator.rooms.publishes(CHANNEL, occupant) == ["audio", "video"]
        agora.rest().place_rule(CHANNEL, HOST, ["publish_audio"], 60)
        assert agora.simulator.rooms.publishes(CHANNEL, occupant) == ["video"]
        assert agora.simulator.uids(CHANNEL) == {HOST}


def ask(agora: Agora, method: str, path: str, body: object = None, **other: str) -> tuple[int, dict[str, Any]]:
    """A request as it comes, with good credentials."""
    return agora.simulator.answer(
        method, path, other.get("authorization", "Basic Y3VzdG9tZXI6Y3VzdG9tZXItc2VjcmV0"), body
    )


def test_a_rule_without_a_uid_hits_everybody_and_one_without_a_channel_every_channel() -> None:
    agora = a_full_room()
    agora.join("other", GUEST)
    rule = {"appid": APP_ID, "privileges": ["join_channel"], "time_in_seconds": 60}
    assert ask(agora, "POST", "/dev/v1/kicking-rule", rule | {"uid": GUEST})[0] == 200
    assert agora.simulator.uids(CHANNEL) == {HOST}
    assert agora.simulator.uids("other") == set()
    assert ask(agora, "POST", "/dev/v1/kicking-rule", rule | {"cname": CHANNEL})[0] == 200
    assert agora.simulator.uids(CHANNEL) == set()


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({}, 3600),
        ({"time": 2}, 120),
        ({"time": 9999}, 86_400),
        ({"time_in_seconds": 1, "time": 5}, 10),
        ({"time": 0}, 0),
    ],
)
def test_a_rule_lasts_as_long_as_agora_says(given: dict[str, int], seconds: int) -> None:
    agora = a_full_room()
    rule = {"appid": APP_ID, "cname": CHANNEL, "uid": GUEST, "privileges": ["join_channel"]}
    ask(agora, "POST", "/dev/v1/kicking-rule", rule | given)
    assert agora.simulator.uids(CHANNEL) == {HOST}
    if seconds:
        agora.clock.advance(seconds - 1)
        with pytest.raises(KeptOutError):
            agora.join(CHANNEL, GUEST)
        agora.clock.advance(1)
    agora.join(CHANNEL, GUEST)


def test_a_rule_can_be_given_another_end() -> None:
    agora = a_full_room()
    rule = {"appid": APP_ID, "cname": CHANNEL, "uid": GUEST, "privileges": ["join_channel"], "time_in_seconds": 60}
    _, placed = ask(agora, "POST", "/dev/v1/kicking-rule", rule)
    change = {"appid": APP_ID, "id": placed["id"], "time_in_seconds": 600}
    status, changed = ask(agora, "PUT", "/dev/v1/kicking-rule", change)
    assert (status, changed["result"]["id"]) == (200, placed["id"])
    agora.clock.advance(599)
    with pytest.raises(KeptOutError):
        agora.join(CHANNEL, GUEST)
    assert ask(agora, "PUT", "/dev/v1/kicking-rule", change | {"id": 5})[0] == 404


@pytest.mark.parametrize("bad", [{"privileges": []}, {"privileges": ["all"]}, {"uid": 0}, {"uid": "8"}])
def test_a_rule_that_agora_would_refuse_is_refused(bad: dict[str, object]) -> None:
    rule: dict[str, object] = {"appid": APP_ID, "cname": CHANNEL, "uid": GUEST, "privileges": ["join_channel"]}
    assert ask(a_full_room(), "POST", "/dev/v1/kicking-rule", rule | bad)[0] == 400


# Who is there, over REST


def test_users_and_their_state_are_told_as_agora_does() -> None:
    with running() as agora:
        rest = agora.rest()
        assert not rest.users(CHANNEL).exists
        agora.join(CHANNEL, HOST, host=True)
        agora.clock.advance(30)
        agora.join(CHANNEL, GUEST)
        users = rest.users(CHANNEL)
        assert users == Users(True, frozenset({HOST, GUEST}), frozenset({HOST}), True)
        state = rest.user(CHANNEL, GUEST)
        assert state.joined_at is not None
        assert (state.in_channel, state.joined_at.timestamp(), state.is_host) == (True, NOON + 30, False)
        assert rest.user(CHANNEL, 99) == UserState(False, None, False)


def test_only_the_first_ten_thousand_of_an_audience_are_listed() -> None:
    with running() as agora:
        for uid in range(1, 10_002):
            agora.simulator.rooms.enter(CHANNEL, uid, is_host=False)
        users = agora.rest().users(CHANNEL)
        assert (len(users.uids), users.is_complete) == (10_000, False)


def test_hosts_can_be_asked_for_alone() -> None:
    _, told = ask(a_full_room(), "GET", f"/dev/v1/channel/user/{APP_ID}/{CHANNEL}/hosts_only")
    assert told["data"] == {"channel_exist": True, "mode": 2, "broadcasters": [HOST]}


def test_nothing_is_told_to_who_has_not_the_credentials_or_the_address() -> None:
    agora = a_full_room()
    path = f"/dev/v1/channel/user/{APP_ID}/{CHANNEL}"
    assert ask(agora, "GET", path, authorization="") == (401, {"message": "Unauthorized"})
    assert ask(agora, "GET", path, authorization="Basic eDp5")[0] == 401
    assert ask(agora, "GET", f"/dev/v1/channel/user/{'0' * 32}/{CHANNEL}") == (400, {"message": "appid is invalid"})
    assert ask(agora, "POST", path)[1] == {"message": "no Route matched with those values"}
    assert ask(agora, "GET", "/")[0] == 404
    assert ask(agora, "POST", "/dev/v1/kicking-rule", [1])[0] == 400


# Outages


def test_it_can_be_told_to_fail_some_calls_of_a_kind_and_no_others() -> None:
    with running() as agora:
        agora.simulator.fail("users", times=2, status=500)
        for _ in range(2):
            with pytest.raises(OutageError):
                agora.rest().users(CHANNEL)
        assert not agora.rest().user(CHANNEL, 7).in_channel
        assert not agora.rest().users(CHANNEL).exists
        assert agora.simulator.requests == [("users", 500), ("users", 500), ("user", 200), ("users", 200)]


def test_it_can_be_told_to_do_its_work_and_lose_the_answer() -> None:
    with running() as agora:
        agora.simulator.fail("rule", status=504, after=True)
        with pytest.raises(OutageError):
            agora.rest().place_rule(CHANNEL, GUEST, ["join_channel"], 60)
        assert len(agora.rest().rules(CHANNEL, GUEST)) == 1


@pytest.mark.parametrize("call", ["begin", ""])
def test_it_cannot_be_told_to_fail_what_nobody_can_ask(call: str) -> None:
    with pytest.raises(ValueError, match="there is no call"):
        a_simulator().simulator.fail(call)


@pytest.mark.parametrize(("down", "status"), [("503", 503), ("unreachable", 0)])
def test_it_can_be_down_altogether_and_come_back(down: str, status: int) -> None:
    with running() as agora:
        agora.simulator.misbehave(down=down)
        with pytest.raises(OutageError) as caught:
            agora.rest().users(CHANNEL)
        assert caught.value.status == status
        agora.simulator.misbehave(down="")
        assert not agora.rest().users(CHANNEL).exists


def test_a_wrong_secret_is_refused_over_http_too() -> None:
    with running() as agora:
        rest = AgoraRest(RestAccess(APP_ID, ACCESS.customer_id, "guessed"), [agora.url])
        with pytest.raises(RefusedError, match="401 Invalid authentication credentials"):
            rest.users(CHANNEL)


def test_nothing_secret_is_shown_by_the_project() -> None:
    assert not any(secret in repr(PROJECT) for secret in (CERTIFICATE, "customer-secret", "rtc-secret", "storage-sec"))


def test_a_reset_forgets_everything() -> None:
    agora = a_full_room()
    agora.simulator.misbehave(drop=1.0)
    agora.simulator.fail("users")
    agora.simulator.reset()
    assert agora.simulator.uids(CHANNEL) == set()
    assert agora.simulator.sent == []
    assert ask(agora, "GET", f"/dev/v1/channel/user/{APP_ID}/{CHANNEL}")[0] == 200
    agora.join(CHANNEL, HOST)
    agora.simulator.deliver()
    assert json.loads(agora.simulator.sent[0].body)["eventType"] == 101
