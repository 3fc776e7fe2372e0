"""Comparing rooms with Agora: what lost notices left wrong is mended, and what is right, or unsure, is left alone."""

import itertools
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from atelier.agora.names import RECORDER_UIDS
from atelier.agora.rest import Users, UserState
from atelier.upkeep.pace import Channels
from tests.faults import Killed, answers_lost, killed_after, killed_before
from tests.live import Live, LiveRoom
from tests.streaming import Stream


@pytest.fixture
def room(live: Live) -> LiveRoom:
    """A live workshop for three."""
    return live.open("ana", "ben", devices=[("ben", "screen")])


def deafly(live: Live, action: Any) -> None:
    """Something happens of which every notice gets lost."""
    live.agora.simulator.misbehave(drop=1.0)
    action()
    live.agora.simulator.misbehave(drop=0.0)


class TestSomebodyWhoIsIn:
    def test_is_found_with_the_time_of_the_join(self, live: Live, room: LiveRoom, stream: Stream) -> None:
        joined = live.seconds()
        deafly(live, lambda: room.enter("ana"))
        live.wait(minutes=4)
        assert room.believed == set()
        run = live.upkeep()
        assert (run.compared, run.fixed) == (1, 1)
        assert room.believed == {("ana", "main")}
        stream.run()
        assert room.intervals() == [(joined, None)]

    def test_is_found_again_after_an_hour_away(self, live: Live, room: LiveRoom, stream: Stream) -> None:
        began = live.seconds()
        room.enter("ana")
        live.wait(60)
        room.leave("ana")
        live.wait(minutes=60)
        deafly(live, lambda: room.enter("ana"))
        live.wait(minutes=3)
        assert live.upkeep().fixed == 1
        stream.run()
        assert room.intervals() == [(began, began + 60), (began + 3660, None)]

    def test_is_a_publisher_if_agora_says_so(self, live: Live, room: LiveRoom) -> None:
        for user, host in (("ana", True), ("ben", False)):
            deafly(live, lambda user=user, host=host: room.enter(user, host=host))
        live.wait(minutes=4)
        live.upkeep()
        told = {uid: state.is_publisher for uid, state in room.states.items()}
        assert told == {room.uids["ana", "main"]: True, room.uids["ben", "main"]: False}

    def test_is_found_with_either_device(self, live: Live, room: LiveRoom) -> None:
        room.enter("ben")
        deafly(live, lambda: room.enter("ben", "screen"))
        live.wait(minutes=4)
        live.upkeep()
        assert room.believed == {("ben", "main"), ("ben", "screen")}

    def test_is_found_again_when_all_that_was_told_is_that_everybody_had_left(
        self, live: Live, room: LiveRoom, stream: Stream, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        began = live.seconds()
        room.enter("ana")
        live.wait(minutes=5)
        with monkeypatch.context() as deaf:
            deaf.setattr(live.agora.simulator.notices, "tell", _only(102, live))
            room.leave("ana")
            live.wait(minutes=5)
            room.enter("ana")
        live.wait(minutes=5)
        stream.run()
        assert (room.believed, room.intervals()) == ({("ana", "main")}, [(began, began + 300)])
        assert live.upkeep().fixed == 1
        stream.run()
        assert room.intervals() == [(began, began + 300), (began + 600, None)]
        live.wait(minutes=5)
        assert live.upkeep().fixed == 0

    def test_leaves_when_a_later_notice_says_so(self, live: Live, room: LiveRoom, stream: Stream) -> None:
        began = live.seconds()
        deafly(live, lambda: room.enter("ana"))
        live.wait(minutes=4)
        live.upkeep()
        live.wait(60)
        room.leave("ana")
        live.wait()
        stream.run()
        assert (room.believed, room.intervals()) == (set(), [(began, began + 300)])

    def test_is_no_recorder_and_nobody_of_whom_we_know_nothing(
        self, live: Live, room: LiveRoom, counts: Counter[str]
    ) -> None:
        live.agora.simulator.rooms.enter(room.channel, RECORDER_UIDS.start, is_host=False)
        live.agora.simulator.rooms.enter(room.channel, 77, is_host=True)
        live.wait(minutes=4)
        assert live.upkeep().fixed == 0
        assert (room.states, room.facts) == ({}, [])
        assert counts["UnknownParticipant"] == 1

    def test_who_has_gone_when_asked_about_is_not_in(self, live: Live, room: LiveRoom) -> None:
        deafly(live, lambda: room.enter("ana"))
        live.wait(minutes=4)

        class Late(_Through):
            def users(self, channel: str) -> Users:
                users = super().users(channel)
                deafly(live, lambda: room.leave("ana"))
                return users

        assert live.upkeep(Late(live.rest())).fixed == 0
        assert room.believed == set()


class TestSomebodyWhoIsGone:
    def test_is_out_and_was_there_until_the_last_comparison(self, live: Live, room: LiveRoom, stream: Stream) -> None:
        began = live.seconds()
        room.enter("ana")
        live.wait(minutes=5)
        stream.run()
        assert live.upkeep().fixed == 0
        live.wait(60)
        deafly(live, lambda: room.leave("ana"))
        live.wait(minutes=4)
        assert live.upkeep().fixed == 1
        stream.run()
        assert (room.believed, room.intervals()) == (set(), [(began, began + 300)])

    def test_was_there_as_long_as_any_event_shows_when_never_compared(
        self, live: Live, room: LiveRoom, stream: Stream
    ) -> None:
        began = live.seconds()
        room.enter("ana", host=True)
        live.wait(100)
        live.agora.simulator.become_audience(room.channel, room.uids["ana", "main"])
        live.wait(100)
        deafly(live, lambda: room.leave("ana"))
        live.wait(minutes=4)
        live.upkeep()
        stream.run()
        assert room.intervals() == [(began, began + 100)]

    def test_is_told_so_exactly_by_a_notice_that_comes_later(self, live: Live, room: LiveRoom, stream: Stream) -> None:
        began = live.seconds()
        room.enter("ana")
        live.wait(300)
        live.agora.simulator.misbehave(delay=600.0)
        room.leave("ana")
        live.wait(300)
        live.upkeep()
        stream.run()
        assert room.intervals() == [(began, began)]
        live.wait(600)
        stream.run()
        assert (room.believed, room.intervals()) == (set(), [(began, began + 300)])

    def test_who_joined_just_before_a_comparison_that_missed_them_is_not_dated_by_it(
        self, live: Live, room: LiveRoom, stream: Stream
    ) -> None:
        began = live.seconds()
        live.wait(200)
        room.enter("ana")
        live.wait(30)
        deafly(live, lambda: room.leave("ana"))
        live.wait(70)
        assert live.upkeep().fixed == 0
        live.wait(300)
        assert live.upkeep().fixed == 1
        stream.run()
        assert room.intervals() == [(began + 200, began + 200)]

    def test_comes_back_when_a_later_notice_says_so(self, live: Live, room: LiveRoom) -> None:
        room.enter("ana")
        live.wait(minutes=5)
        deafly(live, lambda: room.leave("ana"))
        live.wait(minutes=5)
        live.upkeep()
        room.enter("ana")
        live.wait()
        assert room.believed == {("ana", "main")}

    def test_is_asked_about_once_more_before_that_is_believed(self, live: Live, room: LiveRoom) -> None:
        room.enter("ana")
        live.wait(minutes=5)

        class Forgetful(_Through):
            def users(self, channel: str) -> Users:
                super().users(channel)
                return Users(exists=False, uids=frozenset(), hosts=frozenset(), is_complete=True)

        assert live.upkeep(Forgetful(live.rest())).fixed == 0
        assert room.believed == {("ana", "main")}

    def test_a_wrong_absence_costs_no_more_than_the_time_until_the_next_comparison(
        self, live: Live, room: LiveRoom, stream: Stream
    ) -> None:
        began = live.seconds()
        room.enter("ana")
        live.wait(300)
        live.upkeep()
        live.wait(300)
        live.upkeep(_Blind())
        live.wait(300)
        assert live.upkeep().fixed == 1
        stream.run()
        assert room.believed == {("ana", "main")}
        assert room.intervals()[-1][1] is None
        live.wait(100)
        room.leave("ana")
        live.wait()
        stream.run()
        assert room.intervals() == [(began, began + 1000)]


class TestWhatIsNotJudged:
    @pytest.mark.parametrize(("age", "fixed"), [(119, 0), (120, 1)])
    def test_a_device_of_which_was_heard_within_two_minutes(
        self, live: Live, room: LiveRoom, age: int, fixed: int
    ) -> None:
        room.enter("ana")
        live.wait()
        deafly(live, lambda: room.leave("ana"))
        live.wait(age)
        assert live.upkeep().fixed == fixed

    def test_nor_one_that_was_out_until_just_now(self, live: Live, room: LiveRoom) -> None:
        room.enter("ana")
        live.wait(60)
        room.leave("ana")
        live.wait()
        deafly(live, lambda: room.enter("ana"))
        live.wait(60)
        assert live.upkeep().fixed == 0

    def test_unless_the_workshop_is_over(self, live: Live, room: LiveRoom) -> None:
        room.enter("ana")
        live.wait()
        room.end()
        deafly(live, lambda: room.leave("ana"))
        live.wait(5)
        assert live.upkeep().fixed == 1
        assert room.believed == set()

    def test_absences_of_audience_where_agora_cuts_the_list_off(self, live: Live, room: LiveRoom) -> None:
        room.enter("ana", host=True)
        room.enter("ben")
        live.wait(minutes=5)
        before = room.room.updated_at
        for user in ("ana", "ben"):
            deafly(live, lambda user=user: room.leave(user))

        class CutOff(_Through):
            def users(self, channel: str) -> Users:
                super().users(channel)
                return Users(exists=True, uids=frozenset(), hosts=frozenset(), is_complete=False)

        assert live.upkeep(CutOff(live.rest())).fixed == 1
        assert room.believed == {("ben", "main")}
        assert room.room.updated_at == before

    def test_what_is_right(self, live: Live, room: LiveRoom, stream: Stream) -> None:
        room.enter("ana")
        room.enter("ben")
        live.wait(60)
        room.leave("ben")
        live.wait(minutes=5)
        stream.run()
        before = room.facts
        run = live.upkeep()
        assert (run.compared, run.fixed, run.failed) == (1, 0, 0)
        assert [fact.key for fact in room.facts] == [fact.key for fact in before]
        assert [name for name, _ in live.agora.simulator.requests] == ["users"]


class TestWhateverHappens:
    def test_two_runs_at_once_mend_once(self, live: Live, room: LiveRoom) -> None:
        _amiss(live, room)
        with ThreadPoolExecutor(2) as threads:
            runs = [done.result() for done in [threads.submit(live.upkeep) for _ in range(2)]]
        assert sum(run.fixed for run in runs) == 2
        assert sum(run.failed for run in runs) == 0
        assert room.believed == {("ben", "main")}
        assert (len(room.told("seen")), len(room.told("absent"))) == (1, 1)

    def test_killed_at_any_write_the_next_run_mends_the_rest(self, live: Live) -> None:
        for killed, n in itertools.product((killed_before, killed_after, answers_lost), (1, 2, 3)):
            room = live.open("ana", "ben")
            _amiss(live, room)
            with killed(n) as fault:
                _until_dead(live)
            assert fault.struck == 1
            assert live.upkeep().failed == 0
            assert room.believed == {("ben", "main")}
            assert room.room.updated_at == live.now()
            _close(live, room)

    def test_a_notice_that_comes_between_reading_and_writing_wins(self, live: Live, room: LiveRoom) -> None:
        room.enter("ana")
        live.wait(minutes=5)
        deafly(live, lambda: room.leave("ana"))
        live.wait(minutes=5)

        class Meanwhile(_Through):
            def user(self, channel: str, uid: int) -> UserState:
                told = super().user(channel, uid)
                room.enter("ana")
                live.wait()
                return told

        assert live.upkeep(Meanwhile(live.rest())).fixed == 0
        assert room.believed == {("ana", "main")}
        assert room.told("absent") == []


class _Through:
    """Agora, with something about it changed."""

    def __init__(self, agora: Channels) -> None:
        self._agora = agora

    def users(self, channel: str) -> Users:
        return self._agora.users(channel)

    def user(self, channel: str, uid: int) -> UserState:
        return self._agora.user(channel, uid)


class _Blind:
    """An Agora that sees nobody."""

    def users(self, channel: str) -> Users:
        return Users(exists=not channel, uids=frozenset(), hosts=frozenset(), is_complete=True)

    def user(self, channel: str, uid: int) -> UserState:
        return UserState(in_channel=not (channel and uid), joined_at=None, is_host=False)


def _only(kind: int, live: Live) -> Any:
    """Tells nothing but one kind of notice."""
    tell = live.agora.simulator.notices.tell
    return lambda product, told, payload: tell(product, told, payload) if told == kind else None


def _amiss(live: Live, room: LiveRoom) -> None:
    """Ana is gone, Ben is in, and we believe the opposite."""
    room.enter("ana")
    live.wait(minutes=5)
    deafly(live, lambda: room.leave("ana"))
    deafly(live, lambda: room.enter("ben"))
    live.wait(minutes=5)
    assert room.believed == {("ana", "main")}


def _close(live: Live, room: LiveRoom) -> None:
    """Ends a workshop, long enough for nobody to care any more."""
    room.end()
    live.wait(minutes=27 * 60)
    live.upkeep()
    assert not room.is_listed


def _until_dead(live: Live) -> None:
    try:
        live.upkeep()
    except Killed:
        return
