"""What deaths, twins, lost answers and outages leave of removing and silencing: what the row says, in the end."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from atelier.agora.rest import OutageError, RefusedError
from atelier.rooms import moderation
from tests.agora_simulator import Agora
from tests.calling import World
from tests.faults import Killed, answers_lost, killed_after, killed_before
from tests.moderated import Meddled, Room, silenced
from tests.rooms import remove, rights


@pytest.fixture
def room(agora: Agora, world: World) -> Room:
    """A live workshop with three seats taken."""
    return Room(agora, world, "ana", "ben", "cleo")


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
        ana, _ = silenced(room)
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
        ana, _ = silenced(room)
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
        ana, _ = silenced(room)
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
        ana, _ = silenced(room)
        room.look()
        room.agora.simulator.rules.clear()
        rights(room.id, "ana", can_speak=True)
        room.look()
        assert room.publishes(ana) == ["audio", "video"]

    def test_two_looks_at_once_forbid_and_one_allows_again(self, room: Room) -> None:
        ana, _ = silenced(room)
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
        ana, _ = silenced(room)

        def meanwhile() -> None:
            rights(room.id, "ana", can_speak=True)
            room.look()

        room.look(rest=Meddled(room.rest, **{step: meanwhile}))
        assert (room.rules, room.publishes(ana)) == ([], ["audio", "video"])

    def test_without_another_look_an_old_row_would_have_the_last_word(
        self, room: Room, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ana, _ = silenced(room)
        real, looks = moderation._look, iter([True])  # noqa: SLF001
        monkeypatch.setattr(moderation, "_look", lambda *who: real(*who) if next(looks, False) else None)
        room.look(rest=Meddled(room.rest, before=partial(rights, room.id, "ana", can_speak=True)))
        assert room.publishes(ana) == []


def _until_dead(look: Any) -> None:
    try:
        look()
    except Killed:
        return
