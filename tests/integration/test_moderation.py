"""Removing and silencing at Agora: what a token that is still good says is no longer let through, and is again."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from atelier.agora.rest import AgoraRest, OutageError, RefusedError
from atelier.agora.secrets import SecretStore
from atelier.rooms import moderation
from atelier.rsvps.items import Attendee
from functions.tokens import app as tokens
from local.agora.rooms import KeptOutError
from tests.agora_simulator import Agora, running
from tests.calling import World, id_of
from tests.counting import counted
from tests.faults import Killed, answers_lost, killed_after, killed_before
from tests.rooms import CREDENTIALS, a_workshop, remove, rights, row_of, rsvp, token
from tests.workshops import run, stored

LIFETIME_S = 3600


@pytest.fixture
def agora(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Agora]:
    """An Agora whose time begins now, for tokens that the API signs."""
    monkeypatch.setenv("AGORA_PARAMETER_PATH", "/studio/agora")
    monkeypatch.setattr(tokens, "credentials", SecretStore(lambda: CREDENTIALS))
    with running() as agora:
        agora.clock.now = time.time()
        yield agora


class Room:
    """A live workshop with people in it."""

    def __init__(self, agora: Agora, world: World, *people: str, **fields: Any) -> None:
        self.agora = agora
        self.id = a_workshop(world, seated=people, **fields)
        self.channel = stored(self.id).channel
        self.rest: Any = agora.rest()

    def enter(self, user: str, device: str = "main") -> tuple[int, str]:
        """Somebody asks for a token and enters; the uid and the token."""
        reply = token(self.id, user, device=device)
        assert reply.status == 200, reply.text
        uid: int = reply.json["uid"]
        self.agora.simulator.join(self.channel, uid, reply.json["token"])
        return uid, reply.json["token"]

    def look(self, user: str = "ana", rest: Any = None) -> None:
        """The recorder looks at a person."""
        moderation.bring_in_line(self.id, id_of(user), rest or self.rest, token_lifetime_s=LIFETIME_S, at=self.now)

    def now(self) -> datetime:
        """The time at Agora and here."""
        return datetime.fromtimestamp(self.agora.clock.now, UTC)

    @property
    def inside(self) -> set[int]:
        """Who is in the room."""
        return self.agora.simulator.uids(self.channel)

    def publishes(self, uid: int) -> list[str]:
        """What somebody in the room sends to the others."""
        rooms = self.agora.simulator.rooms
        return rooms.publishes(self.channel, rooms.channels[self.channel][uid])

    def forbidden(self, uid: int) -> set[str]:
        """What a uid may not do in the room by Agora's rules."""
        return self.agora.simulator.rules.taken_from(self.channel, uid)

    @property
    def rules(self) -> list[Any]:
        """The rules in force at Agora."""
        return self.agora.simulator.rules.in_force()


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


class TestWhateverHappens:
    @pytest.mark.parametrize("n", [1, 2])
    @pytest.mark.parametrize("killed", [killed_before, killed_after, answers_lost])
    def test_the_next_look_forbids_what_a_dead_one_did_not(self, room: Room, killed: Any, n: int) -> None:
        ana, _ = room.enter("ana")
        remove(room.id, "ana")
        with killed(n) as fault:
            _until_dead(room.look)
        assert fault.struck == 1
        room.look()
        assert (room.forbidden(ana), room.inside) == ({"join_channel"}, set())

    @pytest.mark.parametrize("n", [1, 2])
    @pytest.mark.parametrize("killed", [killed_before, killed_after])
    def test_what_a_dead_look_forbade_is_allowed_again(self, room: Room, killed: Any, n: int) -> None:
        ana, _ = _silenced(room)
        with killed(n) as fault:
            _until_dead(room.look)
        assert fault.struck == 1
        rights(room.id, "ana", can_speak=True)
        room.look()
        assert (room.rules, room.publishes(ana)) == ([], ["audio", "video"])

    @pytest.mark.parametrize("then_speaks", [True, False])
    @pytest.mark.parametrize("n", [1, 2])
    @pytest.mark.parametrize("killed", [killed_before, killed_after, answers_lost])
    def test_a_look_that_died_while_allowing_leaves_what_the_next_one_says(
        self, room: Room, killed: Any, n: int, *, then_speaks: bool
    ) -> None:
        ana, _ = _silenced(room)
        room.look()
        rights(room.id, "ana", can_speak=True)
        with killed(n) as fault:
            _until_dead(room.look)
        assert fault.struck == 1
        if not then_speaks:
            rights(room.id, "ana", can_speak=False)
        room.look()
        assert room.publishes(ana) == (["audio", "video"] if then_speaks else [])

    def test_an_answer_of_agoras_that_was_lost_is_made_up_for(self, room: Room) -> None:
        ana, _ = _silenced(room)
        room.agora.simulator.fail("rule", status=504, after=True)
        with pytest.raises(OutageError):
            room.look()
        room.look()
        assert room.publishes(ana) == []
        rights(room.id, "ana", can_speak=True)
        room.look()
        assert (room.rules, room.publishes(ana)) == ([], ["audio", "video"])

    def test_an_outage_is_told_and_the_next_look_goes_on(self, room: Room) -> None:
        room.enter("ana")
        remove(room.id, "ana")
        room.agora.simulator.misbehave(down="503")
        for _ in range(2):
            with pytest.raises(OutageError):
                room.look()
        room.agora.simulator.misbehave(down="")
        room.look()
        assert room.inside == set()

    def test_a_refusal_is_told(self, room: Room) -> None:
        room.enter("ana")
        remove(room.id, "ana")
        room.agora.simulator.fail("rule", status=400, reason="appid is invalid")
        with pytest.raises(RefusedError):
            room.look()

    def test_a_rule_that_agora_forgot_is_not_waited_for(self, room: Room) -> None:
        ana, _ = _silenced(room)
        room.look()
        room.agora.simulator.rules.clear()
        rights(room.id, "ana", can_speak=True)
        room.look()
        assert room.publishes(ana) == ["audio", "video"]

    def test_two_looks_at_once_forbid_and_one_allows_again(self, room: Room) -> None:
        ana, _ = _silenced(room)
        for allowed in (False, True):
            rights(room.id, "ana", can_speak=allowed)
            with ThreadPoolExecutor(3) as threads:
                for done in [threads.submit(room.look) for _ in range(3)]:
                    done.result()
            assert room.publishes(ana) == (["audio", "video"] if allowed else [])
        assert room.rules == []

    @pytest.mark.parametrize("step", ["before", "after"])
    def test_a_look_that_saw_an_old_row_undoes_what_it_did(self, room: Room, step: str) -> None:
        """While one look silences somebody, they are allowed to speak again and another look is done with that."""
        ana, _ = _silenced(room)

        def meanwhile() -> None:
            rights(room.id, "ana", can_speak=True)
            room.look()

        room.look(rest=Meddled(room.rest, **{step: meanwhile}))
        assert (room.rules, room.publishes(ana)) == ([], ["audio", "video"])

    def test_without_another_look_an_old_row_would_have_the_last_word(
        self, room: Room, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ana, _ = _silenced(room)
        real, looks = moderation._look, iter([True])  # noqa: SLF001
        monkeypatch.setattr(moderation, "_look", lambda *who: real(*who) if next(looks, False) else None)
        room.look(rest=Meddled(room.rest, before=partial(rights, room.id, "ana", can_speak=True)))
        assert room.publishes(ana) == []


@pytest.mark.parametrize(("channel", "uid"), [("", 7), ("a1b2", 0), ("", 0), ("a1b2", True)])
def test_a_rule_without_channel_or_uid_never_leaves_the_house(agora: Agora, channel: str, uid: int) -> None:
    with pytest.raises(ValueError, match="channel and a uid"):
        agora.rest().place_rule(channel, uid, ["join_channel"], 60)
    assert agora.simulator.requests == []


class Meddled:
    """An Agora at which something happens before or after the first rule is placed."""

    def __init__(self, rest: AgoraRest, before: Any = None, after: Any = None) -> None:
        self._rest, self._before, self._after = rest, before, after
        self.rules, self.lift_rule = rest.rules, rest.lift_rule

    def place_rule(self, channel: str, uid: int, privileges: Sequence[str], seconds: int) -> int:
        """Places a rule."""
        before, self._before = self._before, None
        if before:
            before()
        placed = self._rest.place_rule(channel, uid, privileges, seconds)
        after, self._after = self._after, None
        if after:
            after()
        return placed


def _silenced(room: Room) -> tuple[int, str]:
    """Ana, inside with a token to publish, and no longer allowed to; nobody has looked yet."""
    rights(room.id, "ana", can_speak=True)
    entered = room.enter("ana")
    rights(room.id, "ana", can_speak=False)
    return entered


def _until_dead(look: Any) -> None:
    try:
        look()
    except Killed:
        return
