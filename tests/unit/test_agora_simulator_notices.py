"""The simulator's notices: signed as Agora signs them, repeated as Agora repeats them, and spoilt on demand."""

import hashlib
import hmac
import json
from collections.abc import Mapping

import pytest

from local.agora.notices import sign
from tests.agora_simulator import SECRETS, Agora, a_simulator

CHANNEL = "a1b2c3"


class Webhook:
    """A webhook that answers what it is told to, and remembers what came."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.came: list[tuple[bytes, Mapping[str, str]]] = []

    def __call__(self, body: bytes, headers: Mapping[str, str]) -> int:
        self.came.append((body, headers))
        return self.statuses.pop(0) if self.statuses else 200


def coming_and_going(agora: Agora, people: int) -> None:
    """Makes notices: four for each person."""
    for uid in range(1, people + 1):
        agora.join(f"room{uid}", uid)
        agora.simulator.leave(f"room{uid}", uid)
        agora.clock.advance(1)


def is_good(body: bytes, headers: Mapping[str, str]) -> bool:
    secret = SECRETS[json.loads(body)["productId"]].encode()
    return headers["Agora-Signature-V2"] == hmac.new(secret, body, hashlib.sha256).hexdigest()


def test_signatures_are_those_of_agoras_documentation() -> None:
    body = (
        b'{"eventMs":1560408533119,"eventType":10,"noticeId":"4eb720f0-8da7-11e9-a43e-53f411c2761f",'
        b'"notifyMs":1560408533119,"payload":{"a":"1","b":2},"productId":1}'
    )
    signed = sign(body, b"secret")
    assert signed["Agora-Signature"] == "033c62f40f687675f17f0f41f91a40c71c0f134c"
    assert signed["Agora-Signature-V2"] == "6d3320c60b11101395b7fc8f9068748808a0aa1bfa064438e39d1bc2c7d74d99"


def test_a_notice_has_the_fields_of_agoras_envelope_and_is_signed_with_the_secret_of_its_product() -> None:
    webhook = Webhook()
    agora = a_simulator(send=webhook)
    agora.join(CHANNEL, 7)
    agora.simulator.deliver()
    for body, headers in webhook.came:
        assert set(json.loads(body)) == {"noticeId", "productId", "eventType", "notifyMs", "payload"}
        assert is_good(body, headers)


def test_what_is_not_answered_by_200_comes_again_three_times_with_growing_gaps_and_then_never() -> None:
    webhook = Webhook(500, 0, 404, 201, 200)
    agora = a_simulator(send=webhook)
    agora.simulator.notices.tell(1, 101, {"channelName": CHANNEL})
    came = []
    for _ in range(60):
        agora.simulator.deliver()
        came.append(len(webhook.came))
        agora.clock.advance(0.125)
    assert came[0] == 2
    assert came[3:5] == [2, 3]
    assert came[11:13] == [3, 4]
    assert came[-1] == 4
    bodies = [json.loads(body) for body, _ in webhook.came]
    assert len({body["noticeId"] for body in bodies}) == 1
    assert [body["notifyMs"] for body in bodies] == sorted(body["notifyMs"] for body in bodies)
    assert len({body["notifyMs"] for body in bodies}) == 3
    assert len(agora.simulator.notices.lost) == 1


def test_after_a_200_nothing_comes_again() -> None:
    webhook = Webhook(500)
    agora = a_simulator(send=webhook)
    agora.simulator.notices.tell(1, 101, {"channelName": CHANNEL})
    for _ in range(20):
        agora.simulator.deliver()
        agora.clock.advance(1)
    assert len(webhook.came) == 2
    assert agora.simulator.notices.lost == []


def test_without_faults_each_notice_comes_once_and_in_order() -> None:
    agora = a_simulator()
    coming_and_going(agora, 5)
    assert [told["eventType"] for told in agora.told()] == [101, 105, 106, 102] * 5


def test_notices_can_come_twice_under_the_same_id_or_another() -> None:
    agora = a_simulator()
    agora.simulator.misbehave(duplicate=1.0)
    coming_and_going(agora, 10)
    told = agora.told()
    assert len(told) == 80
    assert 40 < len({notice["noticeId"] for notice in told}) < 80
    assert len({json.dumps(notice["payload"]) + str(notice["eventType"]) for notice in told}) == 40


def test_notices_can_be_late_and_out_of_order() -> None:
    agora = a_simulator()
    agora.simulator.misbehave(shuffle=30.0, delay=10.0)
    coming_and_going(agora, 10)
    agora.clock.advance(-1)
    assert agora.told() == []
    agora.clock.advance(60)
    at = [notice["payload"]["ts"] for notice in agora.told()]
    assert len(at) == 40
    assert at != sorted(at)


def test_what_is_late_can_be_had_at_once() -> None:
    agora = a_simulator()
    agora.simulator.misbehave(delay=3600.0)
    coming_and_going(agora, 1)
    assert agora.simulator.deliver(everything=True) == 4


def test_a_share_can_be_dropped_and_is_the_same_for_the_same_seed() -> None:
    def told(seed: int) -> list[int]:
        agora = a_simulator()
        agora.simulator.misbehave(drop=0.3, seed=seed)
        coming_and_going(agora, 50)
        kept = [notice["payload"]["ts"] * 1000 + notice["eventType"] for notice in agora.told()]
        assert len(agora.simulator.notices.lost) == 200 - len(kept)
        return kept

    assert told(1) == told(1) != told(2)
    assert 110 < len(told(1)) < 170


def test_forged_notices_say_something_else_and_are_signed_with_a_wrong_secret() -> None:
    agora = a_simulator()
    agora.simulator.misbehave(forge=1.0)
    coming_and_going(agora, 2)
    agora.simulator.deliver()
    good = [sent for sent in agora.simulator.sent if is_good(sent.body, sent.headers)]
    bad = [sent for sent in agora.simulator.sent if not is_good(sent.body, sent.headers)]
    assert (len(good), len(bad)) == (8, 8)
    said = [[json.loads(sent.body)["payload"] for sent in sents] for sents in (good, bad)]
    assert not any(payload in said[0] for payload in said[1])


@pytest.mark.parametrize("setting", [{"loss": 1.0}, {"drop": "all"}, {"dice": 1}, {"failures": {}}, {"down": 503}])
def test_there_are_no_other_settings(setting: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"no setting|takes a value"):
        a_simulator().simulator.misbehave(**setting)


def test_the_health_check_tells_of_a_channel_that_nobody_made() -> None:
    agora = a_simulator()
    agora.simulator.check_webhook()
    told = agora.told()
    assert {notice["payload"]["channelName"] for notice in told} == {"test_webhook"}
    assert {notice["eventType"] for notice in told} == {101, 102, 103, 104, 105, 106, 111, 112}
