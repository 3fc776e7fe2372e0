"""Channel events: each becomes a fact and moves one device's state, whatever comes twice, late, odd, or half done."""

import itertools
import time
from collections import Counter
from typing import Any

import pytest

from atelier import clock, retries
from atelier.agora.names import RECORDER_UIDS
from atelier.agora.secrets import SecretStore
from atelier.rooms.items import PresenceFact
from atelier.rooms.presence import STATE_KEPT_FOR
from functions.notices import app as notices
from functions.tokens import app as tokens
from tests import faults
from tests.calling import Context, World, id_of
from tests.counting import counted
from tests.notices import (
    AUDIENCE_JOINS,
    AUDIENCE_LEAVES,
    BEGAN,
    CREATED,
    HOST_JOINS,
    HOST_LEAVES,
    TO_AUDIENCE,
    TO_HOST,
    USER_JOINS,
    USER_LEAVES,
    Told,
    a_channel,
    ago,
    batch,
    came,
    deliver,
    destroyed,
    facts,
    hear,
    participant,
    sent,
    states,
    told,
)
from tests.rooms import CREDENTIALS, a_workshop, token
from tests.workshops import everything, stored

WORKSHOP = "wks_01j00000000000000000000000"
ANA, BEN = 1_001, 1_002
SEQ = BEGAN * 1000


@pytest.fixture
def channel(table: str) -> str:
    """A room with two people's devices."""
    return a_channel(WORKSHOP, {ANA: ("ana", "main"), BEN: ("ben", "screen")})


def only_fact() -> PresenceFact:
    [fact] = facts(WORKSHOP)
    return fact


class TestWhatAnEventLeaves:
    @pytest.mark.parametrize(
        ("kind", "what", "is_in", "is_publisher"),
        [
            (HOST_JOINS, "join", True, True),
            (HOST_LEAVES, "leave", False, True),
            (AUDIENCE_JOINS, "join", True, False),
            (AUDIENCE_LEAVES, "leave", False, False),
            (USER_JOINS, "join", True, None),
            (USER_LEAVES, "leave", False, None),
            (TO_HOST, "role", True, True),
            (TO_AUDIENCE, "role", True, False),
        ],
    )
    def test_a_fact_and_the_state_that_follows(
        self, channel: str, kind: int, what: str, is_in: bool, is_publisher: bool | None
    ) -> None:
        before = clock.whole_seconds(clock.now())
        hear(came(kind, channel, ANA, 12.5))
        fact, state = only_fact(), participant(WORKSHOP, ANA)
        assert (fact.workshop_id, fact.user_id, fact.uid, fact.device) == (WORKSHOP, id_of("ana"), ANA, "main")
        assert (fact.what, fact.client_seq, fact.at.timestamp()) == (what, SEQ + 12_500, BEGAN + 12)
        assert state is not None
        assert (state.user_id, state.device, state.uid) == (id_of("ana"), "main", ANA)
        assert (state.is_in, state.is_publisher) == (is_in, is_publisher)
        assert (state.client_seq, state.since) == (fact.client_seq, fact.at)
        assert before <= state.applied_at <= clock.now()
        kept_for = state.expires_at - before.timestamp()
        assert 0 <= kept_for - STATE_KEPT_FOR.total_seconds() < 60

    def test_a_leave_tells_why_and_after_how_long(self, channel: str) -> None:
        hear(came(AUDIENCE_LEAVES, channel, ANA, 60, reason=10, duration=58))
        assert (only_fact().reason, only_fact().duration_s) == (10, 58)

    @pytest.mark.parametrize("odd", [..., None, "later", -1, 1.5, True, [], "\uff19"])
    def test_a_leave_without_a_usable_reason_or_duration_is_a_leave(self, channel: str, odd: Any) -> None:
        hear(came(AUDIENCE_LEAVES, channel, ANA, 60, reason=odd, duration=odd))
        fact = only_fact()
        assert fact.what == "leave"
        assert fact.reason is fact.duration_s is None

    def test_the_end_of_a_channel_is_a_fact_about_who_was_last_and_moves_no_state(self, channel: str) -> None:
        hear(came(HOST_JOINS, channel, ANA, 0), destroyed(channel, ANA, 600), destroyed(channel, BEN, 600))
        ends = [fact for fact in facts(WORKSHOP) if fact.what == "destroyed"]
        assert {(fact.user_id, fact.client_seq, fact.at.timestamp()) for fact in ends} == {
            (id_of("ana"), BEGAN + 600, BEGAN + 600),
            (id_of("ben"), BEGAN + 600, BEGAN + 600),
        }
        state = participant(WORKSHOP, ANA)
        assert state is not None
        assert (state.is_in, state.client_seq) == (True, SEQ)
        assert participant(WORKSHOP, BEN) is None

    def test_a_person_s_token_names_the_number_that_events_are_found_by(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tokens, "credentials", SecretStore(lambda: CREDENTIALS))
        workshop_id = a_workshop(world, seated=("ana",))
        uid = token(workshop_id, "ana", device="main").json["uid"]
        hear(came(AUDIENCE_JOINS, stored(workshop_id).channel, uid))
        [fact] = facts(workshop_id)
        assert (fact.user_id, fact.device) == (id_of("ana"), "main")


class TestOddities:
    @pytest.mark.parametrize("as_text", [True, False])
    def test_numbers_may_be_text(self, channel: str, as_text: bool) -> None:
        numbers = {"uid": ANA, "ts": BEGAN, "clientSeq": SEQ, "reason": 2, "duration": 30}
        written: dict[str, Any] = {name: str(value) if as_text else value for name, value in numbers.items()}
        hear(came(AUDIENCE_LEAVES, channel, ANA, **written))
        fact = only_fact()
        assert (fact.uid, fact.at.timestamp(), fact.client_seq) == (ANA, BEGAN, SEQ)
        assert (fact.reason, fact.duration_s) == (2, 30)

    def test_what_is_added_is_left_alone(self, channel: str) -> None:
        hear(came(AUDIENCE_JOINS, channel, ANA, account="someone@example.com", newlyAdded={"a": [1]}))
        assert "example.com" not in str(everything())

    def test_the_largest_sequence_number_is_kept_exactly(self, channel: str) -> None:
        hear(came(AUDIENCE_JOINS, channel, ANA, clientSeq=2**64 - 1))
        state = participant(WORKSHOP, ANA)
        assert state is not None
        assert only_fact().client_seq == state.client_seq == 2**64 - 1

    @pytest.mark.parametrize(
        ("name", "odd"),
        [
            *itertools.product(("uid", "ts", "clientSeq"), (..., None, "", "x", -1, 2**64, 1.5, True, {}, [7])),
            *itertools.product(("channelName",), (..., None, 7, True, {}, ["channel1"])),
        ],
    )
    def test_what_lacks_its_who_when_or_where_is_poison(self, channel: str, name: str, odd: Any) -> None:
        before = everything()
        assert deliver([sent(came(AUDIENCE_JOINS, channel, ANA, **{name: odd}))]) == [0]
        assert everything() == before

    @pytest.mark.parametrize("ts", [2**63, BEGAN * 1000])
    def test_a_time_that_is_none_is_poison(self, channel: str, ts: int) -> None:
        assert deliver([sent(came(AUDIENCE_JOINS, channel, ANA, ts=ts))]) == [0]
        assert facts(WORKSHOP) == []


class TestWhatIsNotOurs:
    @pytest.mark.parametrize("where", ["elsewhere", "test_webhook", "", "*", "\ud800", "a" * 5000])
    def test_an_unknown_channel_is_counted_and_done(self, channel: str, counts: Counter[str], where: str) -> None:
        before = everything()
        hear(came(HOST_JOINS, where, ANA))
        assert counts == {"NoticeOfUnknownChannel": 1}
        assert everything() == before
        assert channel != where

    @pytest.mark.parametrize("kind", [CREATED, 109, 110, 113, 0, -1, 10**12])
    def test_an_unknown_type_is_counted_and_done(self, channel: str, counts: Counter[str], kind: int) -> None:
        before = everything()
        hear(came(kind, channel, ANA))
        assert counts == {"NoticeIgnored": 1}
        assert everything() == before

    @pytest.mark.usefixtures("table")
    def test_agora_s_health_check_asks_nothing_of_the_table_and_need_not_be_well_formed(
        self, counts: Counter[str]
    ) -> None:
        with counted() as use:
            hear(*(told(kind, {"channelName": "test_webhook"}) for kind in range(101, 113)))
        assert use.operations == []
        assert set(counts) == {"NoticeOfUnknownChannel", "NoticeIgnored"}

    @pytest.mark.parametrize("what", [came(HOST_JOINS, "", 77), destroyed("", 77, 5), told(102, {"ts": BEGAN})])
    def test_an_unknown_number_is_counted_and_done(self, channel: str, counts: Counter[str], what: Told) -> None:
        before = everything()
        hear({**what, "payload": {**what["payload"], "channelName": channel}})
        assert counts == {"NoticeOfUnknownUid": 1}
        assert everything() == before

    @pytest.mark.parametrize("product", [0, 2, 4, 5, 7, 17, 20, 999])
    def test_another_product_s_types_are_not_taken_for_channel_events(
        self, channel: str, counts: Counter[str], product: int
    ) -> None:
        hear({**came(HOST_JOINS, channel, ANA), "productId": product})
        assert counts == {"NoticeIgnored": 1}
        assert facts(WORKSHOP) == []

    @pytest.mark.parametrize(
        ("uid", "more"),
        [
            (RECORDER_UIDS[0], {}),
            (RECORDER_UIDS[-1], {"platform": 6, "clientType": 10}),
            (ANA, {"platform": 6, "clientType": 10}),
            (ANA, {"platform": "6", "clientType": "10"}),
        ],
    )
    def test_recorders_are_nobody(self, channel: str, counts: Counter[str], uid: int, more: dict[str, Any]) -> None:
        before = everything()
        with counted() as use:
            hear(came(HOST_JOINS, channel, uid, **more), came(HOST_LEAVES, channel, uid, 5, **more))
        assert (use.operations, counts, everything()) == ([], {}, before)

    @pytest.mark.parametrize("more", [{"platform": 6}, {"platform": 6, "clientType": 3}, {"clientType": 10}])
    def test_people_on_linux_are_no_recorders(self, channel: str, more: dict[str, Any]) -> None:
        hear(came(HOST_JOINS, channel, ANA, **more))
        assert only_fact().uid == ANA


class TestAge:
    @pytest.mark.parametrize(
        ("span", "is_applied"), [({"hours": 1}, True), ({"days": 6.9}, True), ({"days": 8}, False)]
    )
    def test_late_ones_are_applied_and_stale_ones_counted(
        self, channel: str, counts: Counter[str], span: dict[str, float], is_applied: bool
    ) -> None:
        before = everything()
        assert deliver([sent(came(AUDIENCE_JOINS, channel, ANA), at=ago(**span))]) == []
        assert (everything() != before) is is_applied
        assert counts == ({} if is_applied else {"NoticeStale": 1})

    def test_a_clock_that_is_ahead_of_ours_does_not_matter(self, channel: str) -> None:
        assert deliver([sent(came(AUDIENCE_JOINS, channel, ANA), at=ago(minutes=-5))]) == []
        assert len(facts(WORKSHOP)) == 1


class TestRepetitionAndOrder:
    def test_a_repetition_changes_nothing_under_whatever_id_it_comes(self, channel: str) -> None:
        event = came(AUDIENCE_JOINS, channel, ANA)
        hear(event)
        before = everything()
        for notice_id in ("the same", "the same", None):
            assert deliver([sent(event, notice_id=notice_id)]) == []
        assert everything() == before

    def test_an_older_event_is_kept_as_a_fact_and_moves_no_state(self, channel: str) -> None:
        hear(came(AUDIENCE_LEAVES, channel, ANA, 60))
        before = participant(WORKSHOP, ANA)
        hear(came(AUDIENCE_JOINS, channel, ANA, 0))
        after = participant(WORKSHOP, ANA)
        assert before is not None
        assert after is not None
        assert (after.is_in, after.serialize()) == (False, before.serialize())
        assert [fact.what for fact in facts(WORKSHOP)] == ["join", "leave"]

    def test_sequence_numbers_are_compared_as_numbers(self, channel: str) -> None:
        hear(came(AUDIENCE_LEAVES, channel, ANA, 60, clientSeq=10), came(AUDIENCE_JOINS, channel, ANA, 0, clientSeq=9))
        state = participant(WORKSHOP, ANA)
        assert state is not None
        assert (state.is_in, state.client_seq) == (False, 10)

    def test_devices_do_not_mix(self, channel: str) -> None:
        hear(came(AUDIENCE_JOINS, channel, ANA, 30), came(HOST_JOINS, channel, BEN, 0))
        assert {fact.user_id for fact in facts(WORKSHOP)} == {id_of("ana"), id_of("ben")}
        assert all(participant(WORKSHOP, uid) is not None for uid in (ANA, BEN))


class TestBudgets:
    def test_an_event_takes_three_round_trips_and_two_units_to_write(self, channel: str) -> None:
        with counted() as use:
            hear(came(AUDIENCE_JOINS, channel, ANA))
        assert use.operations == ["BatchGetItem", "PutItem", "UpdateItem"]
        assert use.write_units == 2.0

    @pytest.mark.parametrize("again", [AUDIENCE_JOINS, AUDIENCE_LEAVES])
    def test_a_repetition_or_a_later_event_takes_no_more(self, channel: str, again: int) -> None:
        hear(came(AUDIENCE_JOINS, channel, ANA))
        with counted() as use:
            hear(came(again, channel, ANA))
        assert use.round_trips == 3

    def test_the_end_of_a_channel_takes_two(self, channel: str) -> None:
        with counted() as use:
            hear(destroyed(channel, ANA, 60))
        assert use.operations == ["BatchGetItem", "PutItem"]

    def test_what_is_not_ours_takes_one(self, channel: str) -> None:
        with counted() as use:
            hear(came(AUDIENCE_JOINS, channel, 77))
        assert use.operations == ["BatchGetItem"]


class TestFaults:
    @pytest.mark.parametrize("killed", [faults.killed_before, faults.killed_after])
    @pytest.mark.parametrize("write", [1, 2])
    def test_a_process_that_dies_at_any_write_is_made_up_for_by_the_next_delivery(
        self, channel: str, killed: Any, write: int
    ) -> None:
        other = a_channel("wks_other", {ANA: ("ana", "main")})
        hear(came(AUDIENCE_JOINS, other, ANA))
        body = sent(came(AUDIENCE_JOINS, channel, ANA))
        with killed(write) as fault, pytest.raises(faults.Killed):
            deliver([body])
        assert fault.struck == 1
        if (killed, write) != (faults.killed_after, 2):
            assert states(WORKSHOP) != states("wks_other")
        assert deliver([body]) == []
        assert states(WORKSHOP) == states("wks_other")

    @pytest.mark.parametrize("write", [1, 2])
    def test_a_lost_answer_changes_nothing(self, channel: str, write: int) -> None:
        with faults.answers_lost(write) as fault:
            hear(came(AUDIENCE_JOINS, channel, ANA))
        assert fault.struck == 1
        assert len(states(WORKSHOP)) == 2

    def test_passing_faults_are_got_over(self, channel: str) -> None:
        with faults.failing_with("ThrottlingException", 2):
            hear(came(AUDIENCE_JOINS, channel, ANA))
        assert len(states(WORKSHOP)) == 2

    @pytest.mark.parametrize("mode", ["refused", "500"])
    def test_without_a_table_every_notice_is_reported_and_applied_later(
        self, channel: str, counts: Counter[str], monkeypatch: pytest.MonkeyPatch, mode: Any
    ) -> None:
        monkeypatch.setattr(retries, "MOST_ATTEMPTS", 2)
        bodies = [sent(came(AUDIENCE_JOINS, channel, ANA)), "poison", sent(came(HOST_JOINS, channel, BEN))]
        bodies.append(sent(came(AUDIENCE_JOINS, "test_webhook", 1)))
        with faults.dead_table(mode):
            assert deliver(bodies) == [0, 1, 2]
        assert counts["NoticeFailed"] == 3
        assert facts(WORKSHOP) == []
        assert deliver(bodies) == [1]
        assert len(facts(WORKSHOP)) == 2

    def test_a_table_that_does_not_answer_ends_in_reported_failures_and_not_in_a_timeout(self, channel: str) -> None:
        class Short(Context):
            """An invocation that has six seconds, five of which are kept back."""

            def get_remaining_time_in_millis(self) -> int:
                return 6000

        bodies = [sent(came(AUDIENCE_JOINS, channel, ANA, number)) for number in range(10)]
        began = time.monotonic()
        with faults.dead_table("black-holed"):
            answer = notices.lambda_handler(batch(bodies), Short("notices", "batch"))
        assert time.monotonic() - began < 5
        assert len(answer["batchItemFailures"]) == 10
        assert deliver(bodies) == []
        assert len(facts(WORKSHOP)) == 10
