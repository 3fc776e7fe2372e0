"""Nearly a third of Agora's notices lost over many sessions: one comparison later all is as it was."""

import pytest

from tests import streaming
from tests.calling import World
from tests.live import Live
from tests.losses import play, wrong, wrong_recordings
from tests.recorders import Studio
from tests.sizes import size
from tests.streaming import Stream

LOST, SESSIONS = 0.3, size(48, 200)


def test_one_comparison_makes_up_for_everything_that_was_lost(
    world: World, live: Live, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "BATCH", 200)
    world.meet("host")
    live.agora.simulator.misbehave(drop=LOST, shuffle=3.0, seed=1)
    live.agora.simulator.pace.progress = 3600.0  # a notice that nothing follows from, and would be most of them
    studio = Studio(live)
    sessions, history = play(studio, stream, SESSIONS, seed=1)
    lost, told = len(live.agora.simulator.notices.lost), len(live.agora.simulator.sent)
    assert lost / (lost + told) == pytest.approx(LOST, abs=0.05)
    stream.run()
    some = sessions[: SESSIONS // 4]
    assert sum(bool(wrong(session, history)) for session in some) > len(some) / 5
    history.compare()
    studio.run(minutes=20)
    stream.run()
    assert [what for session in sessions for what in wrong(session, history)] == []
    recorded = [session for session in sessions if session.records]
    assert [what for session in recorded for what in wrong_recordings(session, studio)] == []
