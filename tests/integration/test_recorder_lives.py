"""Random lives of recordings: whatever goes wrong in whatever order, one recorder at most, and the right one at last.

The recorder dies at any step, Agora goes away and comes back, loses recorders, moves them, starts nothing or does not
say that it has, and tells only a part of what happens. Reasons to look come at any time and several at once.
"""

import random
from collections.abc import Callable

import pytest

from atelier.recordings.plan import GOING
from local.agora.rooms import KeptOutError
from tests.live import Live, LiveRoom
from tests.recorders import Studio, killed_after
from tests.sizes import size

UPKEEP_MINUTES = 5
TROUBLED_MINUTES = 25
CALM_MINUTES = 45
LIVES = (*range(size(2, 6)), 46)
"""In 46, a recorder moves during an outage, and again right after it."""

type Trouble = Callable[[Studio, LiveRoom, random.Random], None]


@pytest.fixture
def studio(live: Live) -> Studio:
    live.agora.simulator.pace.progress = 86_400.0
    return Studio(live)


def repeat(studio: Studio, room: LiveRoom, dice: random.Random) -> None:
    studio.nudge(room, dice.randint(1, 4))


def die(studio: Studio, room: LiveRoom, dice: random.Random) -> None:
    studio.nudge(room)
    with killed_after(studio, dice.randint(1, 12)):
        studio.run(dice.choice((1, 10, 60)))


def go_away(studio: Studio, _room: LiveRoom, dice: random.Random) -> None:
    studio.live.agora.simulator.misbehave(down="503")
    studio.run(dice.choice((3, 20, 150)))
    studio.live.agora.simulator.misbehave(down="")


def lose(studio: Studio, room: LiveRoom, _dice: random.Random) -> None:
    for task in studio.live.agora.simulator.recordings.running(room.channel):
        try:
            studio.live.agora.simulator.lose(task.sid)
        except KeptOutError:
            return


def move(studio: Studio, room: LiveRoom, dice: random.Random) -> None:
    studio.live.agora.simulator.pace.failover = dice.choice((1.0, 30.0, 80.0))
    for task in studio.live.agora.simulator.recordings.running(room.channel):
        try:
            studio.live.agora.simulator.fail_over(task.sid)
        except KeptOutError:
            return


def start_nothing(studio: Studio, _room: LiveRoom, _dice: random.Random) -> None:
    studio.live.agora.simulator.faults.lose += 1


def start_without_a_word(studio: Studio, _room: LiveRoom, dice: random.Random) -> None:
    studio.live.agora.simulator.fail("start", status=504, code=62, after=dice.random() < 0.5)


def tell_less(studio: Studio, _room: LiveRoom, dice: random.Random) -> None:
    studio.live.agora.simulator.misbehave(drop=dice.choice((0.0, 0.3, 1.0)))


def pass_time(studio: Studio, _room: LiveRoom, dice: random.Random) -> None:
    studio.run(dice.choice((1, 5, 30, 120)))


TROUBLES: list[Trouble] = [
    repeat, die, go_away, lose, move, start_nothing, start_without_a_word, tell_less, pass_time, pass_time,
]  # fmt: skip


def rest(studio: Studio, room: LiveRoom, minutes: int) -> None:
    """Nothing goes wrong any more, and upkeep sends its reasons to look."""
    studio.live.agora.simulator.misbehave(down="", lose=0)
    studio.live.agora.simulator.faults.failures.clear()
    for _ in range(minutes // UPKEEP_MINUTES):
        studio.nudge(room)
        studio.run(minutes=UPKEEP_MINUTES)


@pytest.mark.parametrize("seed", LIVES)
def test_whatever_happens_one_recorder_runs_while_live_and_none_after(studio: Studio, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - the same life for the same seed
    room = studio.open()
    studio.nudge(room)
    until = studio.live.agora.clock.now + 60 * TROUBLED_MINUTES
    told: list[str] = []
    while studio.live.agora.clock.now < until and len(told) < 60:
        trouble = dice.choice(TROUBLES)
        told.append(trouble.__name__)
        trouble(studio, room, dice)
    if dice.random() < 0.5:
        rest(studio, room, CALM_MINUTES)
        assert studio.running(room) == 1, told
    room.end()
    rest(studio, room, 2 * UPKEEP_MINUTES)
    assert studio.running(room) == 0, told
    assert studio.most_running(room) <= 1, told
    assert not {recording.status for recording in room.recordings} & set(GOING), told
    assert len(studio.live.tasks) <= 3, told
