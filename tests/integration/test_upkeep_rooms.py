"""Runs over the open rooms: in which order, what each does about recordings, and what becomes of one that is cut short,
doubled, or cannot reach what it needs.
"""

import itertools
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from atelier import queues, retries
from atelier.agora.rest import RefusedError, Users, UserState
from atelier.agora.secrets import SecretStore
from atelier.errors import AgoraUnavailableError
from atelier.upkeep import endings
from atelier.upkeep.pace import Paced
from functions.upkeep import app
from tests.agora_simulator import ACCESS
from tests.calling import Context
from tests.counting import counted
from tests.faults import Killed, answers_lost, failing_with, killed_after, killed_before
from tests.live import Live
from tests.streaming import Stream
from tests.template import ROOT
from tests.workshops import audit_of


class TestARecording:
    def test_is_looked_at_while_the_workshop_is_live(self, live: Live) -> None:
        rooms = [live.open(records=records) for records in (True, False)]
        rooms.append(live.open(status="lobby", records=True))
        live.upkeep()
        assert live.sent() == [rooms[0].id]

    @pytest.mark.parametrize("status", ["starting", "recording", "processing", "ready", "failed"])
    def test_is_looked_at_after_the_end_until_it_is_at_hand(self, live: Live, status: str) -> None:
        room = live.open()
        room.end()
        room.record(status)
        live.upkeep()
        assert live.sent() == ([room.id] if status not in ("ready", "failed") else [])

    def test_is_looked_at_in_the_next_run_when_the_queue_is_out_of_order(
        self, live: Live, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        room = live.open(records=True)
        before = room.room.updated_at
        live.wait(minutes=5)
        with monkeypatch.context() as broken:
            broken.setattr(queues, "send", _no_queue)
            assert live.upkeep().failed == 1
        assert room.room.updated_at == before
        assert live.upkeep().failed == 0
        assert live.sent() == [room.id]


class TestARun:
    def test_begins_with_the_room_that_waited_longest(self, live: Live) -> None:
        rooms = []
        for _ in range(4):
            rooms.append(live.open())
            live.wait(7)
        asked: list[str] = []

        class Listening:
            def users(self, channel: str) -> Users:
                asked.append(channel)
                return live.rest().users(channel)

            def user(self, channel: str, uid: int) -> UserState:
                return live.rest().user(channel, uid)

        endings.note(rooms[1].room, rooms[1].workshop, live.now(), is_settled=False)
        live.upkeep(Listening())
        assert asked == [rooms[number].channel for number in (0, 2, 3, 1)]

    def test_stops_when_its_time_is_over_and_the_next_one_goes_on_with_the_rest(self, live: Live) -> None:
        rooms = {live.open().channel for _ in range(12)}
        live.wait(minutes=5)
        asked: list[str] = []

        class Timed:
            """Answers so many questions in its time."""

            def __init__(self, questions: int) -> None:
                self.left = questions

            def users(self, channel: str) -> Users:
                if not self.left:
                    raise retries.OutOfTimeError("no time is left to ask Agora")
                self.left -= 1
                asked.append(channel)
                return live.rest().users(channel)

            def user(self, channel: str, uid: int) -> UserState:
                return live.rest().user(channel, uid)

        first = live.upkeep(Timed(5))
        assert (first.compared, first.left, first.failed) == (5, 7, 0)
        live.wait(1)
        done = set(asked)
        asked.clear()
        assert live.upkeep(Timed(12)).left == 0
        assert set(asked[:7]) == rooms - done

    def test_asks_nothing_more_when_its_time_is_over(self, live: Live) -> None:
        channel = live.open().channel
        with retries.time_to_start(-1.0), pytest.raises(retries.OutOfTimeError):
            Paced(live.rest()).users(channel)

    def test_asks_agora_eight_times_a_second(self, live: Live) -> None:
        passed: list[float] = []
        paced = Paced(live.rest(), monotonic=lambda: sum(passed), sleep=passed.append)
        for _ in range(17):
            paced.users("nobody")
        assert sum(passed) == pytest.approx(2.0)

    def test_does_not_stop_at_a_room_that_fails(self, live: Live, counts: Counter[str]) -> None:
        rooms = [live.open() for _ in range(3)]
        live.wait(minutes=5)

        class Refusing:
            def users(self, channel: str) -> Users:
                if channel == rooms[1].channel:
                    raise RefusedError(400, None, "no")
                return live.rest().users(channel)

            def user(self, channel: str, uid: int) -> UserState:
                return live.rest().user(channel, uid)

        run = live.upkeep(Refusing())
        assert (run.compared, run.failed) == (2, 1)
        assert counts["ReconcileFailed"] == 1
        assert [room.room.updated_at == live.now() for room in rooms] == [True, False, True]

    def test_does_not_stop_at_a_fault_of_the_table_either(self, live: Live) -> None:
        for _ in range(3):
            live.open()
        live.wait(minutes=5)
        with failing_with("ValidationException", 1, on={"BatchGetItem"}):
            run = live.upkeep()
        assert (run.compared, run.failed) == (2, 1)

    def test_ends_early_when_agora_is_out_of_order(self, live: Live, counts: Counter[str]) -> None:
        rooms = [live.open() for _ in range(3)]
        live.wait(minutes=5)
        live.agora.simulator.misbehave(down="503")
        run = live.upkeep()
        assert (run.compared, run.failed, run.left, run.has_outage) == (0, 0, 3, True)
        assert counts["AgoraOutage"] == 1
        live.agora.simulator.misbehave(down="")
        assert live.upkeep().compared == 3
        assert {room.room.updated_at for room in rooms} == {live.now()}

    def test_takes_a_few_round_trips_per_room(self, live: Live, stream: Stream) -> None:
        room = live.open("ana")
        live.wait(minutes=5)
        with counted() as use:
            live.upkeep()
        assert use.operations == ["Query", "BatchGetItem", "Query", "Query", "UpdateItem"]
        room.enter("ana")
        live.wait(minutes=5)
        stream.run()
        with counted() as use:
            live.upkeep()
        assert use.operations == ["Query", "BatchGetItem", "Query", "Query", "Query", "UpdateItem"]

    @pytest.mark.usefixtures("table")
    def test_asks_nobody_anything_while_no_room_is_open(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(app, "access", SecretStore(_no_secrets))
        assert _invoke(monkeypatch)["compared"] == 0
        with counted() as use:
            _invoke(monkeypatch)
        assert use.operations == ["Query"]

    def test_twice_at_once_ends_and_settles_once(self, live: Live) -> None:
        deserted, over = live.open(), live.open()
        over.end()
        live.wait(minutes=70)
        with ThreadPoolExecutor(2) as threads:
            runs = [done.result() for done in [threads.submit(live.upkeep) for _ in range(2)]]
        assert sum(run.ended for run in runs) == 1
        assert sum(run.failed for run in runs) == 0
        assert [action for action, _ in audit_of(deserted.id)] == ["workshop_ended"]
        assert (deserted.is_listed, over.is_listed) == (True, False)

    def test_killed_at_any_write_is_made_up_for_by_the_next(self, live: Live) -> None:
        for killed, n in itertools.product((killed_before, killed_after, answers_lost), (1, 2, 3)):
            deserted = live.open(records=True)
            deserted.record()
            live.wait(1)
            over = live.open()
            over.end()
            live.wait(minutes=70)
            with killed(n) as fault:
                _until_dead(live)
            assert fault.struck == 1, (killed, n)
            live.tasks.clear()
            assert live.upkeep().failed == 0
            assert deserted.workshop.status == "ended"
            assert [action for action, _ in audit_of(deserted.id)] == ["workshop_ended"]
            assert live.sent() == [deserted.id]
            assert (deserted.is_listed, over.is_listed) == (True, False)
            live.wait(minutes=27 * 60)
            live.upkeep()


class TestTheFunction:
    def test_compares_the_open_rooms(self, live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
        room = live.open("ana")
        live.agora.simulator.misbehave(drop=1.0)
        room.enter("ana")
        monkeypatch.setattr(app, "access", SecretStore(lambda: ACCESS))
        monkeypatch.setenv("AGORA_URLS", f"{live.agora.url},https://nowhere.invalid")
        told = _invoke(monkeypatch)
        assert (told["compared"], told["fixed"], told["failed"]) == (1, 1, 0)
        assert room.believed == {("ana", "main")}

    @pytest.mark.parametrize("event", [{}, {"task": "room"}, {"task": None}])
    @pytest.mark.usefixtures("table")
    def test_knows_no_other_task(self, event: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="there is no task"):
            app.lambda_handler(event, Context("upkeep", "schedule"))

    def test_fails_when_agoras_secrets_cannot_be_read(self, live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
        live.open()
        monkeypatch.setattr(app, "access", SecretStore(_no_secrets))
        with pytest.raises(AgoraUnavailableError):
            _invoke(monkeypatch)


def _invoke(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("RECORDER_QUEUE_URL", "https://sqs.example.com/recorder")
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda _: 240_000)
    event = json.loads((ROOT / "events" / "upkeep" / "rooms.json").read_text(encoding="utf-8"))
    return app.lambda_handler(event, Context("upkeep", "schedule"))


def _no_secrets() -> Any:
    raise retries.OutOfTimeError("no time")


def _no_queue(*_: Any, **__: Any) -> None:
    raise ConnectionError("no queue")


def _until_dead(live: Live) -> None:
    try:
        live.upkeep()
    except Killed:
        return
