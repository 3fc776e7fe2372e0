"""The consumer of notices: a bad one fails alone, is tried five times, set aside, and applied once it can be."""

import itertools
import json
import random
from collections import Counter
from typing import Any

import pytest

from atelier import observability
from atelier.rooms import notices
from atelier.rooms.items import presence_key
from functions.notices import app
from tests.calling import Context, id_of
from tests.notices import (
    AUDIENCE_JOINS,
    AUDIENCE_LEAVES,
    RECORDING,
    RTC,
    TO_HOST,
    Told,
    a_channel,
    came,
    deliver,
    facts,
    sent,
    told,
)
from tests.queueing import MOST_RECEIVES, VISIBILITY_S, Queue
from tests.sizes import size

PEOPLE = range(1, 20)
ROOMS = 5
NOTICES = size(250, 1000)
BROKEN, UNREADABLE, WITHOUT_EFFECT = NOTICES // 25, NOTICES // 100, NOTICES * 7 // 20

UNREADABLE_BODIES = (
    "",
    "{",
    "null",
    "[]",
    '"text"',
    "[" * 100_000,
    "{}",
    '{"noticeId": "1", "productId": 1, "eventType": 103}',
    '{"noticeId": "1", "productId": "one", "eventType": 103, "notifyMs": 1}',
    '{"noticeId": "1", "productId": 1, "eventType": 1e999, "notifyMs": 1}',
    '{"noticeId": "1", "productId": 1, "eventType": NaN, "notifyMs": 1}',
    '{"noticeId": "1", "productId": 1, "eventType": 103, "notifyMs": 99999999999999, "payload": [1]}',
    '{"noticeId": "1", "productId": 1, "eventType": 103, "notifyMs": 99999999999999, "payload": "x"}',
)


@pytest.fixture
def channel(table: str) -> str:
    """A room with a person's device."""
    return a_channel("wks_1", {1: ("ana", "main")})


class TestABatch:
    @pytest.mark.parametrize("position", range(3))
    def test_a_bad_one_fails_alone_wherever_it_stands(self, channel: str, position: int) -> None:
        bodies = [sent(came(AUDIENCE_JOINS, channel, 1, number)) for number in range(2)]
        bodies.insert(position, "{")
        assert deliver(bodies) == [position]
        assert len(facts("wks_1")) == 2

    @pytest.mark.usefixtures("table")
    def test_when_all_are_bad_all_fail(self, counts: Counter[str]) -> None:
        assert deliver(["{"] * 10) == list(range(10))
        assert counts == {"NoticeFailed": 10}

    def test_when_none_is_bad_none_fails(self, channel: str, counts: Counter[str]) -> None:
        assert deliver([sent(came(AUDIENCE_JOINS, channel, 1, number)) for number in range(10)]) == []
        assert counts == {}

    @pytest.mark.parametrize("body", UNREADABLE_BODIES, ids=lambda body: body[:60])
    def test_what_is_no_notice_fails(self, channel: str, body: str) -> None:
        assert deliver([body, sent(came(AUDIENCE_JOINS, channel, 1))]) == [0]
        assert len(facts("wks_1")) == 1


class TestTheLog:
    @pytest.fixture
    def lines(self, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
        """What is logged as an error."""
        lines: list[dict[str, Any]] = []
        monkeypatch.setattr(
            observability.logger, "error", lambda message, **told: lines.append({"message": message, **told})
        )
        return lines

    @pytest.mark.parametrize(
        "what",
        [
            '{"noticeId": "hush", "productId": "hush", "eventType": 1, "notifyMs": 1}',
            '{"noticeId": "hush" hush',
            sent(came(AUDIENCE_JOINS, "room1", 1, ts="hush", account="hush")),
        ],
    )
    def test_tells_of_a_failure_all_but_what_the_notice_says(
        self, channel: str, lines: list[dict[str, Any]], capsys: pytest.CaptureFixture[str], what: str
    ) -> None:
        assert deliver([what.replace("room1", channel)]) == [0]
        [line] = lines
        assert (line["message"], line["message_id"], line["error"]) == (
            "notice failed",
            "message-0",
            "UnreadableNoticeError",
        )
        assert line["where"]
        assert "hush" not in json.dumps(line) + "".join(capsys.readouterr())

    def test_names_the_type_and_the_place_of_a_fault_of_ours(
        self, channel: str, lines: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(notices.EFFECTS, (RTC, TO_HOST), broken)
        assert deliver([sent(came(TO_HOST, channel, 1))]) == [0]
        [line] = lines
        assert (line["product"], line["type"], line["error"]) == (RTC, TO_HOST, "ZeroDivisionError")
        assert line["where"][-1].startswith("broken:")
        assert "said by Agora" not in json.dumps(line)


def broken(*_: Any, **__: Any) -> bool:
    """What a fault of ours in one type of notice looks like."""
    raise ZeroDivisionError("said by Agora")


def test_poison_is_set_aside_after_five_tries_and_applied_after_a_fix_while_all_else_goes_on(
    table: str, counts: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = [
        (f"wks_{number}", a_channel(f"wks_{number}", {uid: (f"user{uid}", "main") for uid in PEOPLE}))
        for number in range(ROOMS)
    ]
    expected: dict[str, set[tuple[str, str]]] = {"good": set(), "broken": set()}
    queue, dice = Queue(seed=12), random.Random(12)  # noqa: S311 - not a secret
    bodies = list(itertools.islice(itertools.cycle(UNREADABLE_BODIES[1:6]), UNREADABLE))
    bodies += [sent(told(43, {"cname": "elsewhere"}, product=RECORDING)) for _ in range(WITHOUT_EFFECT)]
    for number in range(NOTICES - len(bodies)):
        workshop_id, channel = rooms[number % ROOMS]
        uid, is_broken = dice.choice(PEOPLE), number < BROKEN
        kind = TO_HOST if is_broken else dice.choice((AUDIENCE_JOINS, AUDIENCE_LEAVES))
        notice: Told = came(kind, channel, uid, number)
        what = {TO_HOST: "role", AUDIENCE_JOINS: "join", AUDIENCE_LEAVES: "leave"}[kind]
        key = presence_key(workshop_id, id_of(f"user{uid}"), uid, notice["payload"]["clientSeq"], what)
        expected["broken" if is_broken else "good"].add(key)
        bodies.append(sent(notice))
    for body in dice.sample(bodies, len(bodies)):
        queue.send(body)

    with monkeypatch.context() as fault:
        fault.setitem(notices.EFFECTS, (RTC, TO_HOST), broken)
        queue.run(app.lambda_handler, Context("notices", "batch"))
    assert known(rooms) == expected["good"]
    assert len(queue.done) == NOTICES - BROKEN - UNREADABLE
    assert {len(message.received) for message in queue.done} == {1}
    assert max(message.received[0] for message in queue.done) < VISIBILITY_S
    assert len(queue.failures) == BROKEN + UNREADABLE
    assert {len(message.received) for message in queue.failures} == {MOST_RECEIVES}
    assert counts["NoticeFailed"] >= MOST_RECEIVES * (BROKEN + UNREADABLE)

    assert queue.redrive() == BROKEN + UNREADABLE
    queue.run(app.lambda_handler, Context("notices", "batch"))
    assert known(rooms) == expected["good"] | expected["broken"]
    assert len(queue.failures) == UNREADABLE


def known(rooms: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """Every fact of presence, by its key."""
    return {fact.key for workshop_id, _ in rooms for fact in facts(workshop_id)}


def test_a_notice_that_is_applied_twice_is_written_once(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue of these tests does deliver twice."""
    channel, changed = a_channel("wks_1", {1: ("ana", "main")}), []
    apply = notices.apply

    def note(notice: Any, **more: Any) -> bool:
        changed.append(apply(notice, **more))
        return changed[-1]

    monkeypatch.setattr(notices, "apply", note)
    queue = Queue(seed=3)
    for number in range(120):
        queue.send(sent(came(AUDIENCE_JOINS, channel, 1, number)))
    queue.run(app.lambda_handler, Context("notices", "batch"))
    assert len(changed) > 120
    assert sum(changed) == 120
