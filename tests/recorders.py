"""What tests of the recorder do over and over: a room that is recorded, the recorder's queue on the test's clock, a
bucket that remembers when what was written, and a process that dies wherever a test says so.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from atelier import queues, table
from atelier.agora.rest import AgoraRest
from atelier.agora.secrets import StorageAccess
from atelier.recordings import recorder
from atelier.recordings.bucket import Stored
from atelier.recordings.items import Recording
from atelier.recordings.request import Place, start_request
from atelier.recordings.steps import Means
from tests.agora_simulator import STORAGE_ACCESS_KEY, STORAGE_SECRET_KEY
from tests.counting import READS
from tests.faults import Fault, Killed
from tests.live import QUEUE, Live, LiveRoom
from tests.recordings import BUCKET
from tests.rooms import CREDENTIALS

KEYS = StorageAccess(STORAGE_ACCESS_KEY, STORAGE_SECRET_KEY)
PLACE = Place(BUCKET, "eu-central-1")
VISIBILITY_S = 90.0


class _Watched:
    """A client of Agora that tells of each call, before it is made and when it was answered."""

    def __init__(self, rest: AgoraRest, asks: Callable[[str], None], is_answered: Callable[[str], None]) -> None:
        self._rest = rest
        self._asks = asks
        self._is_answered = is_answered

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._rest, name)

        def watched(*args: Any) -> Any:
            self._asks(name)
            answer = call(*args)
            self._is_answered(name)
            return answer

        return watched


@dataclass
class Studio:
    """The recorder of all live rooms. calls: what Agora was asked. looks: how many were begun. keys:
    what Agora is given for the bucket.

    on_step: told of each call of Agora that was answered and each message that was sent; it may raise Killed.
    """

    live: Live
    keys: StorageAccess = KEYS
    calls: list[str] = field(default_factory=list)
    on_step: Callable[[str], None] = lambda _: None
    is_at_work: bool = False
    looks: int = 0
    _written: dict[str, tuple[int, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.live.agora.simulator.put = self._put

    @property
    def means(self) -> Means:
        """What the recorder works with."""
        rest = cast("AgoraRest", _Watched(self.live.rest(), self.calls.append, self.on_step))
        return Means(lambda: rest, self._request, self._stored, at=self.live.now)

    def open(self, *people: str, status: str = "live", **values: Any) -> LiveRoom:
        """A room that is recorded, whose host is in and publishes."""
        room = self.live.open(*people, status=status, records=values.pop("records", True), **values)
        room.enter("host")
        return room

    def nudge(self, room: LiveRoom, times: int = 1) -> None:
        """Somebody sees a reason to look at a room's recordings, and sends it so often."""
        for _ in range(times):
            self.live.tasks.append((self.live.agora.clock.now, {"task": "recording", "workshop_id": room.id}))

    def look(self, room: LiveRoom, *, tries: int = 0) -> None:
        """One look of the recorder, whatever is in the queue."""
        recorder.bring_in_line(room.id, self.means, self._send, tries=tries)

    def run(self, seconds: float = 0, *, minutes: float = 0) -> None:
        """Works off what comes within a time, and lets it pass to its end."""
        until = self.live.agora.clock.now + seconds + 60 * minutes
        while (task := self._next(until)) is not None:
            self.work_off(task)
        self.live.wait(max(0.0, until - self.live.agora.clock.now))

    def work_off(self, task: dict[str, Any]) -> None:
        """One message. Whoever dies over it leaves it to be received again."""
        self.is_at_work = True
        self.looks += 1
        try:
            recorder.bring_in_line(task["workshop_id"], self.means, self._send, tries=int(task.get("tries", 0)))
        except Killed:
            self.live.tasks.append((self.live.agora.clock.now + VISIBILITY_S, task))
        finally:
            self.is_at_work = False

    def start(self, room: LiveRoom) -> Recording:
        """Lets a recording come about that records."""
        self.nudge(room)
        self.run(20)
        [recording] = room.recordings
        assert (recording.status, self.running(room)) == ("recording", 1)
        return recording

    def running(self, room: LiveRoom) -> int:
        """How many recorders of a room record, as Agora knows."""
        return self.live.agora.simulator.running(room.channel)

    def most_running(self, room: LiveRoom) -> int:
        """The most of them there ever were at once."""
        return self.live.agora.simulator.most_running(room.channel)

    def sid(self, room: LiveRoom) -> str:
        """The task that goes on, as Agora knows."""
        [task] = self.live.agora.simulator.recordings.running(room.channel)
        return task.sid

    def put(self, key: str, size: int = 1000, *, at: float | None = None) -> None:
        """Puts a file into the bucket."""
        self._written[key] = (size, self.live.agora.clock.now if at is None else at)

    def forget_files(self) -> None:
        """Empties the bucket."""
        self._written.clear()

    def _next(self, until: float) -> dict[str, Any] | None:
        """The next message to work off, at its time; Agora goes on and tells what it has to tell meanwhile."""
        if not self.live.tasks:
            return None
        due = min(at for at, _ in self.live.tasks)
        if due > until:
            return None
        self.live.wait(max(0.0, due - self.live.agora.clock.now))
        position = next(number for number, (at, _) in enumerate(self.live.tasks) if at == due)
        return self.live.tasks.pop(position)[1]

    def _send(self, task: Mapping[str, Any], delay_s: int) -> None:
        queues.send_task(QUEUE, task, delay_s=delay_s)
        self.on_step("send")

    def _request(self, channel: str, uid: int, folder: str, issued_at: datetime) -> Mapping[str, Any]:
        return start_request(
            channel, uid, folder, credentials=CREDENTIALS, keys=self.keys, place=PLACE, issued_at=issued_at
        )

    def _put(self, key: str, content: bytes, _content_type: str) -> None:
        self.put(key, len(content), at=self.live.agora.simulator.timeline.now())

    def _stored(self, folder: str) -> list[Stored]:
        return [
            Stored(key, size, datetime.fromtimestamp(at, UTC))
            for key, (size, at) in self._written.items()
            if key.startswith(f"{folder}/")
        ]


@contextmanager
def killed_after(studio: Studio, n: int) -> Iterator[Fault]:
    """The recorder dies when its n-th step is done, and does not know that it is.

    A step is a write, a call of Agora or a message; the writes of others are none.
    """
    fault = Fault()

    def die(name: str) -> None:
        if fault.strikes(n, 1):
            raise Killed(f"after step {n}, {name}")

    def written(model: Any, **_: Any) -> None:
        if studio.is_at_work and model.name not in READS:
            die(model.name)

    events = table.connect().connection.client.meta.events
    studio.on_step = die
    events.register("after-call.dynamodb", written)
    try:
        yield fault
    finally:
        studio.on_step = lambda _: None
        events.unregister("after-call.dynamodb", written)
