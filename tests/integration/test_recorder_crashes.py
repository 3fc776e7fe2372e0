"""A recorder that dies between any two of its steps: never two recordings at once, and never none.

It dies after every write to the table, every call of Agora and every message it sends; to die before one is to die
after the one before. What it was working on is received again when it was hidden long enough. Agora's notices tell
their part meanwhile, or nothing at all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from atelier.agora.rest import AgoraRest
from atelier.recordings.items import Recording
from atelier.recordings.plan import GOING
from tests.live import Live, LiveRoom
from tests.recorders import Studio, killed_after

RECOVERS_WITHIN_MINUTES = 5
ALMOST_GIVEN_UP = timedelta(seconds=85)

type Deed = Callable[[Studio, LiveRoom], None]


@dataclass(frozen=True)
class Case:
    """Something the recorder does. prepare: what goes before; act: what it is that one may die over.

    steps_told, steps: how many those are with notices and without; None: it makes no difference to what is tested.
    is_live: whether it is to record in the end.
    """

    prepare: Deed
    act: Deed
    steps_told: int | None
    steps: int
    is_live: bool = True


def nothing(_studio: Studio, _room: LiveRoom) -> None:
    """Goes before nothing."""


def begin(studio: Studio, room: LiveRoom) -> None:
    studio.nudge(room)
    studio.run(20)


def record(studio: Studio, room: LiveRoom) -> None:
    studio.start(room)


def end(studio: Studio, room: LiveRoom) -> None:
    room.end()
    begin(studio, room)


def begin_and_end(studio: Studio, room: LiveRoom) -> None:
    """The end comes when the recording was asked for and nobody has looked whether it runs."""
    studio.nudge(room)
    studio.run(1)
    room.end()
    studio.nudge(room)
    studio.run(20)


def lose(studio: Studio, room: LiveRoom) -> None:
    """It has been looked for until just before it is given up."""
    recording = studio.start(room)
    studio.live.agora.simulator.lose(studio.sid(room))
    recording.update([Recording.missing_since.set(studio.live.now() - ALMOST_GIVEN_UP)])
    studio.nudge(room)


def fail(studio: Studio, room: LiveRoom) -> None:
    """It has been looked for until just before it is given up."""
    studio.live.agora.simulator.misbehave(lose=1)
    studio.nudge(room)
    studio.run(1)
    [recording] = room.recordings
    recording.update([Recording.start_asked_at.set(studio.live.now() - ALMOST_GIVEN_UP)])


def replace(studio: Studio, _room: LiveRoom) -> None:
    studio.run(20)


CASES = {
    "a start": Case(nothing, begin, 11, 12),
    "an end": Case(record, end, 5, 5, is_live=False),
    "an end right after the start": Case(nothing, begin_and_end, 14, 15, is_live=False),
    "a recorder that was lost": Case(lose, replace, None, 18),
    "a start that comes to nothing": Case(fail, replace, None, 17),
}


@pytest.fixture
def studio(live: Live) -> Studio:
    return Studio(live)


@pytest.mark.parametrize(
    ("name", "hears"),
    [(name, hears) for name, case in CASES.items() for hears in (True, False) if case.steps_told or not hears],
)
def test_a_recorder_that_dies_leaves_one_recording_while_live_and_none_after(
    studio: Studio, name: str, *, hears: bool
) -> None:
    case = CASES[name]
    steps = 0
    while die_after(studio, case, steps + 1, hears=hears):
        steps += 1
    assert steps == (case.steps_told if hears else case.steps)


def test_without_the_rule_two_recorders_would_run(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AgoraRest, "place_rule", lambda *_: 1)
    answered = 5
    with pytest.raises(AssertionError, match="after step 5"):
        die_after(studio, CASES["a start"], answered, hears=False)


def die_after(studio: Studio, case: Case, step: int, *, hears: bool) -> bool:
    """A room of its own, in which the recorder dies after this step; False when there are not so many."""
    room = studio.open()
    studio.live.tasks.clear()
    studio.live.agora.simulator.faults.drop = 0.0 if hears else 1.0
    case.prepare(studio, room)
    with killed_after(studio, step) as fault:
        case.act(studio, room)
    if fault.struck:
        check(studio, room, case, f"after step {step}")
    return bool(fault.struck)


def check(studio: Studio, room: LiveRoom, case: Case, where: str) -> None:
    """Lets everything come to rest, and then ends the workshop if it goes on."""
    studio.run(minutes=RECOVERS_WITHIN_MINUTES)
    assert studio.running(room) == int(case.is_live), (where, states(room))
    if case.is_live:
        assert states(room)[-1] == "recording", (where, states(room))
        room.end()
        studio.nudge(room)
        studio.run(minutes=RECOVERS_WITHIN_MINUTES)
    assert studio.running(room) == 0, (where, states(room))
    assert studio.most_running(room) <= 1, (where, states(room))
    assert not set(states(room)) & set(GOING), (where, states(room))


def states(room: LiveRoom) -> list[str]:
    return [recording.status for recording in room.recordings]
