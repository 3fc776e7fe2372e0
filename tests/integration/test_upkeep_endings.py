"""How rooms end: deserted workshops are ended, and settled rooms leave the list of open ones."""

from datetime import timedelta
from typing import Any

import pytest

from atelier.agora.names import RECORDER_UIDS
from atelier.agora.rest import Users, UserState
from atelier.upkeep import endings
from tests.calling import id_of
from tests.live import Live
from tests.workshops import audit_of


class TestAWorkshopThatEverybodyHasLeft:
    def test_is_ended_after_half_an_hour_as_of_when_the_last_one_left(self, live: Live) -> None:
        room = live.open("ana")
        for user in ("host", "ana"):
            room.enter(user)
        live.wait(minutes=20)
        room.leave("host")
        live.wait(minutes=1)
        room.leave("ana")
        left = live.now()
        live.wait(minutes=29)
        assert live.upkeep().ended == 0
        live.wait(minutes=1)
        assert live.upkeep().ended == 1
        assert (room.workshop.status, room.workshop.actual_ended_at) == ("ended", left)
        assert audit_of(room.id) == [("workshop_ended", {"from": "live", "to": "ended"})]
        assert room.workshop.edited_by == endings.SYSTEM

    def test_is_ended_though_every_leave_was_lost_and_never_too_early(self, live: Live) -> None:
        room = live.open()
        room.enter("host")
        live.wait(minutes=5)
        live.upkeep()
        last_seen = live.now()
        live.wait(minutes=4)
        live.agora.simulator.misbehave(drop=1.0)
        room.leave("host")
        left = live.now()
        while room.workshop.status == "live":
            live.wait(minutes=5)
            live.upkeep()
        assert timedelta(minutes=30) <= live.now() - left <= timedelta(minutes=40)
        assert room.workshop.actual_ended_at == last_seen

    def test_goes_on_while_anybody_is_there(self, live: Live) -> None:
        room = live.open("ana")
        room.enter("host")
        room.enter("ana")
        live.wait(minutes=5)
        room.leave("host")
        for _ in range(3):
            live.wait(minutes=30)
            assert live.upkeep().ended == 0

    def test_goes_on_while_somebody_is_there_of_whom_we_know_nothing(self, live: Live) -> None:
        room = live.open()
        live.agora.simulator.rooms.enter(room.channel, 77, is_host=True)
        live.wait(minutes=60)
        assert live.upkeep().ended == 0

    def test_is_ended_though_its_recorder_is_still_there(self, live: Live) -> None:
        room = live.open(records=True)
        room.record(other_uids={"4711"})
        for uid in (RECORDER_UIDS.start, 4711):
            live.agora.simulator.rooms.enter(room.channel, uid, is_host=False)
        live.wait(minutes=31)
        assert live.upkeep().ended == 1

    def test_is_ended_as_of_its_start_when_nobody_ever_came(self, live: Live) -> None:
        room = live.open()
        started = room.workshop.actual_started_at
        live.wait(minutes=30)
        assert live.upkeep().ended == 1
        assert room.workshop.actual_ended_at == started

    def test_is_not_ended_before_it_began(self, live: Live) -> None:
        room = live.open(status="lobby")
        room.enter("host")
        live.wait(60)
        room.leave("host")
        live.wait(minutes=40)
        assert live.upkeep().ended == 0
        room.start()
        started = live.now()
        live.wait(minutes=29)
        assert live.upkeep().ended == 0
        live.wait(minutes=1)
        assert live.upkeep().ended == 1
        assert room.workshop.actual_ended_at == started

    @pytest.mark.parametrize("came", [False, True])
    def test_goes_on_as_a_hybrid_one_unless_somebody_had_been_in_the_room(self, live: Live, *, came: bool) -> None:
        room = live.open(format="hybrid")
        if came:
            room.enter("host")
            live.wait(60)
            room.leave("host")
        live.wait(minutes=60)
        assert live.upkeep().ended == int(came)

    def test_goes_on_when_the_host_returns_just_then(self, live: Live) -> None:
        room = live.open()
        live.wait(minutes=60)

        class Returning:
            def __init__(self) -> None:
                self.asked = 0

            def users(self, channel: str) -> Users:
                self.asked += 1
                if self.asked == 2:
                    room.enter("host")
                return live.rest().users(channel)

            def user(self, channel: str, uid: int) -> UserState:
                return live.rest().user(channel, uid)

        assert live.upkeep(Returning()).ended == 0
        assert room.workshop.status == "live"

    def test_stays_what_the_host_makes_of_it_just_then(self, live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
        room = live.open()
        live.wait(minutes=60)
        real = endings.end

        def ended_first(*given: Any, **named: Any) -> Any:
            room.end()
            return real(*given, **named)

        monkeypatch.setattr(endings, "end", ended_first)
        assert (live.upkeep().ended, live.upkeep().failed) == (0, 0)
        assert room.workshop.edited_by == id_of("host")


class TestASettledRoom:
    def test_leaves_the_list_when_nobody_can_enter_any_more(self, live: Live) -> None:
        room = live.open()
        room.end()
        live.wait(minutes=59)
        live.upkeep()
        assert room.is_listed
        live.wait(minutes=1)
        live.upkeep()
        assert not room.is_listed
        assert live.upkeep().compared == 0

    def test_was_compared_with_whoever_came_after_the_end(self, live: Live) -> None:
        room = live.open("ana")
        room.end()
        live.wait(minutes=50)
        room.enter("ana")
        live.wait(minutes=15)
        live.upkeep()
        assert room.is_listed
        live.agora.simulator.misbehave(drop=1.0)
        room.leave("ana")
        live.wait(minutes=5)
        live.upkeep()
        assert (room.believed, room.is_listed) == (set(), False)

    @pytest.mark.parametrize(("status", "is_listed"), [("processing", True), ("ready", False), ("failed", False)])
    def test_has_every_recording_at_hand(self, live: Live, status: str, *, is_listed: bool) -> None:
        room = live.open()
        room.record(status)
        room.end()
        live.wait(minutes=90)
        live.upkeep()
        assert room.is_listed is is_listed

    def test_is_given_up_after_26_hours_whatever_is_open(self, live: Live) -> None:
        room = live.open("ana")
        room.enter("ana")
        room.record("processing")
        room.end()
        live.wait(minutes=25 * 60)
        live.upkeep()
        assert room.is_listed
        live.wait(minutes=60)
        live.upkeep()
        assert not room.is_listed

    def test_may_be_that_of_a_cancelled_workshop(self, live: Live) -> None:
        room = live.open(status="lobby")
        room.cancel()
        live.wait(minutes=61)
        live.upkeep()
        assert not room.is_listed

    def test_may_be_a_lobby_that_was_forgotten_and_comes_back_with_its_host(self, live: Live) -> None:
        room = live.open(status="lobby")
        live.wait(minutes=24 * 60 - 1)
        live.upkeep()
        assert room.is_listed
        live.wait(minutes=1)
        live.upkeep()
        assert not room.is_listed
        room.start()
        assert room.is_listed
        assert live.upkeep().compared == 1

    def test_is_not_that_of_a_workshop_whose_host_starts_it_just_then(
        self, live: Live, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        room = live.open(status="lobby")
        live.wait(minutes=24 * 60)
        real = endings.note

        def started_first(*given: Any, **named: Any) -> None:
            room.start()
            real(*given, **named)

        monkeypatch.setattr(endings, "note", started_first)
        live.upkeep()
        assert room.is_listed

    def test_may_be_without_a_workshop(self, live: Live) -> None:
        room = live.open()
        room.workshop.delete()
        live.upkeep()
        assert not room.is_listed
