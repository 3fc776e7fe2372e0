"""Removing and silencing at Agora: what a token that is still good says is no longer let through, and is again."""

from datetime import UTC, datetime

import pytest

from atelier.rsvps.items import Attendee
from local.agora.rooms import KeptOutError
from tests.agora_simulator import Agora
from tests.calling import World
from tests.counting import counted
from tests.moderated import LIFETIME_S, Room
from tests.rooms import remove, rights, row_of, rsvp
from tests.workshops import run


@pytest.fixture
def room(agora: Agora, world: World) -> Room:
    """A live workshop with three seats taken."""
    return Room(agora, world, "ana", "ben", "cleo")


class TestSomebodyWhoWasRemoved:
    def test_is_put_out_and_cannot_come_back_with_the_token_they_have(self, room: Room) -> None:
        ana, old_token = room.enter("ana")
        ben, _ = room.enter("ben")
        remove(room.id, "ana")
        assert room.inside == {ana, ben}
        room.look()
        assert room.inside == {ben}
        with pytest.raises(KeptOutError, match="a rule"):
            room.agora.simulator.join(room.channel, ana, old_token)

    def test_stays_out_until_the_token_is_worth_nothing_by_itself(self, room: Room) -> None:
        ana, old_token = room.enter("ana")
        remove(room.id, "ana")
        room.agora.clock.advance(600)
        room.look()
        [rule] = room.rules
        assert rule.until - room.agora.clock.now == pytest.approx(LIFETIME_S - 600, abs=2)
        room.agora.clock.advance(rule.until - room.agora.clock.now + 1)
        with pytest.raises(KeptOutError, match="expired"):
            room.agora.simulator.join(room.channel, ana, old_token)

    def test_is_barred_from_this_room_alone_and_nobody_else_is(self, room: Room, world: World) -> None:
        ana, _ = room.enter("ana")
        remove(room.id, "ana")
        room.look()
        [rule] = room.rules
        assert (rule.cname, rule.uid, rule.privileges) == (room.channel, ana, ("join_channel",))
        other = Room(room.agora, world, "ana")
        assert other.enter("ana")[0] in other.inside

    def test_is_barred_with_both_devices(self, room: Room) -> None:
        rights(room.id, "ana", is_co_host=True)
        main, _ = room.enter("ana")
        screen, _ = room.enter("ana", "screen")
        remove(room.id, "ana")
        room.look()
        assert room.inside == set()
        assert {rule.uid for rule in room.rules} == {main, screen}

    def test_is_barred_for_ten_seconds_at_least(self, room: Room) -> None:
        room.enter("ana")
        remove(room.id, "ana")
        row = row_of(room.id, "ana")
        assert row is not None
        room.agora.clock.now = row.updated_at.timestamp() + LIFETIME_S - 3
        room.look()
        [rule] = room.rules
        assert rule.until - room.agora.clock.now == pytest.approx(10)

    def test_was_removed_when_the_row_says_so(self, room: Room) -> None:
        row = row_of(room.id, "ana")
        assert row is not None
        Attendee(*row.key).update([Attendee.updated_at.set(datetime(2026, 1, 1, tzinfo=UTC))])
        uid, _ = room.enter("ana")
        before = datetime.now(UTC).replace(microsecond=0)
        remove(room.id, "ana")
        row = row_of(room.id, "ana")
        assert row is not None
        assert row.updated_at >= before
        assert row.uid_main == uid


class TestSomebodyWhoMayNoLongerSpeak:
    def test_is_cut_off_and_stays_in_the_room(self, room: Room) -> None:
        rights(room.id, "ana", can_speak=True)
        ana, _ = room.enter("ana")
        assert room.publishes(ana) == ["audio", "video"]
        rights(room.id, "ana", can_speak=False)
        room.look()
        assert (room.publishes(ana), room.inside) == ([], {ana})

    def test_is_heard_again_once_allowed_again(self, room: Room) -> None:
        rights(room.id, "ana", can_speak=True)
        ana, _ = room.enter("ana")
        for allowed in (False, True, False, True):
            rights(room.id, "ana", can_speak=allowed)
            room.look()
            assert room.publishes(ana) == (["audio", "video"] if allowed else [])
        assert room.rules == []

    def test_is_cut_off_as_a_former_co_host_with_both_devices(self, room: Room) -> None:
        rights(room.id, "ana", is_co_host=True)
        uids = [room.enter("ana", device)[0] for device in ("main", "screen")]
        rights(room.id, "ana", is_co_host=False)
        room.look()
        assert [room.publishes(uid) for uid in uids] == [[], []]

    def test_goes_on_speaking_as_a_co_host(self, room: Room) -> None:
        rights(room.id, "ana", is_co_host=True, can_speak=True)
        ana, _ = room.enter("ana")
        rights(room.id, "ana", can_speak=False)
        room.look()
        assert room.publishes(ana) == ["audio", "video"]

    def test_is_put_out_when_removed_afterwards(self, room: Room) -> None:
        rights(room.id, "ana", can_speak=True)
        ana, _ = room.enter("ana")
        rights(room.id, "ana", can_speak=False)
        room.look()
        remove(room.id, "ana")
        room.look()
        assert room.forbidden(ana) == {"join_channel", "publish_audio", "publish_video"}
        assert room.inside == set()

    def test_is_silent_for_longer_when_silenced_again_before_anybody_looked(self, room: Room) -> None:
        rights(room.id, "ana", can_speak=True)
        ana, _ = room.enter("ana")
        rights(room.id, "ana", can_speak=False)
        room.look()
        row = row_of(room.id, "ana")
        assert row is not None
        later = datetime.fromtimestamp(row.updated_at.timestamp() + 1800, UTC)
        Attendee(*row.key).update([Attendee.updated_at.set(later)])
        room.agora.clock.advance(1800)
        room.look()
        room.agora.clock.advance(LIFETIME_S - 60)
        assert room.publishes(ana) == []
        rights(room.id, "ana", can_speak=True)
        room.look()
        assert room.rules == []

    def test_speaks_again_with_a_new_seat(self, room: Room) -> None:
        rights(room.id, "ana", can_speak=True)
        ana, _ = room.enter("ana")
        rights(room.id, "ana", can_speak=False)
        room.look()
        rsvp(room.id, "ana", "DELETE")
        rsvp(room.id, "ana")
        rights(room.id, "ana", can_speak=True)
        room.look()
        again, _ = room.enter("ana")
        assert (again, room.publishes(again)) == (ana, ["audio", "video"])


class TestNothingIsAskedOfAgora:
    def test_about_somebody_who_may_do_what_they_do(self, room: Room) -> None:
        rights(room.id, "ana", can_speak=True)
        room.enter("ana")
        room.look()
        assert room.agora.simulator.requests == []

    def test_about_somebody_who_never_had_a_token(self, room: Room) -> None:
        remove(room.id, "ana")
        room.look()
        assert room.agora.simulator.requests == []

    def test_about_somebody_without_a_row_who_waits_or_hosts(self, agora: Agora, world: World) -> None:
        room = Room(agora, world, "ben", "ana", max_capacity=1)
        room.enter("host")
        for user in ("ana", "cleo", "host"):
            room.look(user)
        assert agora.simulator.requests == []

    def test_once_every_token_is_worth_nothing(self, room: Room) -> None:
        room.enter("ana")
        remove(room.id, "ana")
        room.agora.clock.advance(LIFETIME_S + 1)
        room.look()
        assert room.agora.simulator.requests == []

    def test_once_the_room_is_closed(self, room: Room) -> None:
        room.enter("ana")
        remove(room.id, "ana")
        run(room.id, "end")
        room.look()
        assert room.agora.simulator.requests == []

    def test_again_about_what_was_placed(self, room: Room) -> None:
        room.enter("ana")
        remove(room.id, "ana")
        room.look()
        before = len(room.agora.simulator.requests)
        with counted() as use:
            room.look()
        assert (len(room.agora.simulator.requests), len(room.rules)) == (before, 1)
        assert use.operations == ["BatchGetItem"]

    def test_in_more_round_trips_than_it_takes(self, room: Room) -> None:
        room.enter("ana")
        remove(room.id, "ana")
        with counted() as use:
            room.look()
        assert use.operations == ["BatchGetItem", "PutItem", "UpdateItem", "BatchGetItem"]
        assert room.agora.simulator.requests == [("rule", 200)]


@pytest.mark.parametrize(("channel", "uid"), [("", 7), ("a1b2", 0), ("", 0), ("a1b2", True)])
def test_a_rule_without_channel_or_uid_never_leaves_the_house(agora: Agora, channel: str, uid: int) -> None:
    with pytest.raises(ValueError, match="channel and a uid"):
        agora.rest().place_rule(channel, uid, ["join_channel"], 60)
    assert agora.simulator.requests == []
