"""Live rooms for tests: the table, Agora with its notices, the comparison with it, and one clock for all of them."""

import itertools
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, cast
from urllib.parse import urlsplit

from urllib3 import HTTPResponse

from atelier import clock, queues, table
from atelier.accounts.caller import Caller
from atelier.agora.names import RECORDER_UIDS
from atelier.agora.notices import parse
from atelier.agora.rest import AgoraRest
from atelier.attendance.items import Attendance, attendance_key
from atelier.recordings.items import Recording, recording_key
from atelier.rooms import notices
from atelier.rooms.items import (
    HOST_STATUS,
    ChannelUid,
    Participant,
    PresenceFact,
    Room,
    new_room,
    participant_key,
    room_key,
    uid_key,
)
from atelier.rsvps.items import Attendee, attendee_key
from atelier.table import Item
from atelier.upkeep import rooms
from atelier.upkeep.pace import Channels
from atelier.upkeep.rooms import Run
from atelier.workshops import lifecycle
from atelier.workshops.items import Workshop, place_in_lists, workshop_key
from local.agora import Simulator
from tests.agora_simulator import ACCESS, Agora
from tests.calling import id_of
from tests.workshops import stored

QUEUE = "https://sqs.eu-central-1.amazonaws.com/000000000000/recorder"

_numbers = itertools.count(1)
_uids = itertools.count(1001)

type Device = tuple[str, str]
"""A person's name, and `main` or `screen`."""


class _Wire:
    """Takes requests straight to the simulator, as a pool of connections does by way of the network."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def request(self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], **_: Any) -> Any:
        """The answer to a request."""
        address = urlsplit(url)
        target = f"{address.path}?{address.query}"
        told = None if body is None else json.loads(body)
        status, answer = self._simulator.answer(method, target, headers["Authorization"], told)
        return HTTPResponse(BytesIO(json.dumps(answer).encode()), status=status, preload_content=False)


@dataclass
class LiveRoom:
    """A workshop's room, with the numbers that its people's devices have in it."""

    id: str
    channel: str
    live: "Live"
    uids: dict[Device, int]

    def enter(self, user: str, device: str = "main", *, host: bool = False) -> None:
        """Somebody comes in; the host always as one."""
        self.live.agora.join(self.channel, self.uids[user, device], host=host or user == "host")

    def leave(self, user: str, device: str = "main", *, reason: int = 1) -> None:
        """Somebody goes."""
        self.live.agora.simulator.leave(self.channel, self.uids[user, device], reason)

    def crash(self, user: str, device: str = "main") -> None:
        """Somebody's device falls silent."""
        self.live.agora.simulator.crash(self.channel, self.uids[user, device])

    def turn(self, user: str, device: str = "main", *, host: bool) -> None:
        """Somebody begins to publish, or ceases to."""
        agora = self.live.agora.simulator
        (agora.become_host if host else agora.become_audience)(self.channel, self.uids[user, device])

    def start(self) -> None:
        """The host starts the workshop."""
        lifecycle.start(self.id, Caller(id_of("host")), at=self.live.now)

    def end(self) -> None:
        """The host ends the workshop."""
        lifecycle.end(self.id, Caller(id_of("host")), at=self.live.now)

    def cancel(self) -> None:
        """The host cancels the workshop."""
        lifecycle.cancel(self.id, Caller(id_of("host")), at=self.live.now)

    def record(self, status: str = "recording", **values: Any) -> None:
        """Puts a recording into the table."""
        now = clock.whole_seconds(self.live.now())
        key = recording_key(self.id, f"rec_{status}")
        fields: dict[str, Any] = {
            "uid": RECORDER_UIDS.start,
            "folder": "recordings/x/y",
            "created_at": now,
            "updated_at": now,
        }
        Recording(*key, status=status, **(fields | values)).save()

    @property
    def workshop(self) -> Workshop:
        """The workshop as it stands in the table."""
        return stored(self.id)

    @property
    def room(self) -> Room:
        """The room as it stands in the table."""
        return cast("Room", table.read_one(room_key(self.channel)))

    @property
    def is_listed(self) -> bool:
        """Whether it is in the list of open rooms."""
        return self.room.feed_key is not None

    @property
    def states(self) -> dict[int, Participant]:
        """What we believe of each device."""
        found = Item.query(participant_key(self.id, 0)[0], consistent_read=True)
        return {item.uid: item for item in found if isinstance(item, Participant)}

    @property
    def believed(self) -> set[Device]:
        """Who is in, as we believe."""
        names = {uid: device for device, uid in self.uids.items()}
        return {names[uid] for uid, state in self.states.items() if state.is_in}

    @property
    def inside(self) -> set[Device]:
        """Who is in, as Agora knows."""
        names = {uid: device for device, uid in self.uids.items()}
        return {names[uid] for uid in self.live.agora.simulator.uids(self.channel) if uid in names}

    @property
    def facts(self) -> list[PresenceFact]:
        """Every fact of presence."""
        found = Item.query(f"PRESENCE#{self.id}", consistent_read=True)
        return [item for item in found if isinstance(item, PresenceFact)]

    @property
    def recordings(self) -> list[Recording]:
        """Every recording."""
        pk, prefix = recording_key(self.id, "")
        found = Item.query(pk, Item.sk.startswith(prefix), consistent_read=True)
        return [item for item in found if isinstance(item, Recording)]

    def told(self, what: str) -> list[PresenceFact]:
        """The facts of one kind."""
        return [fact for fact in self.facts if fact.what == what]

    def intervals(self, user: str = "ana") -> list[tuple[int, int | None]]:
        """When somebody was there, as far as was folded."""
        found = cast("Attendance | None", table.read_one(attendance_key(self.id, id_of(user))))
        return [(joined, left) for joined, left in found.intervals] if found else []


@dataclass
class Live:
    """All live rooms. tasks: what the recorder was sent, and when it is to come, in order of sending."""

    agora: Agora
    tasks: list[tuple[float, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.agora.simulator.send = self._hear

    def now(self) -> datetime:
        """The time, of Agora and of everybody else."""
        return datetime.fromtimestamp(self.agora.clock.now, UTC)

    def seconds(self) -> int:
        """The time in whole seconds since 1970."""
        return int(self.agora.clock.now)

    def wait(self, seconds: float = 0, *, minutes: float = 0) -> None:
        """Lets time pass, and Agora tell what there is to tell."""
        self.agora.simulator.deliver()
        self.agora.clock.advance(seconds + 60 * minutes)
        self.agora.simulator.deliver()

    def open(
        self, *people: str, status: str = "live", devices: Iterable[Device] = (), started: bool = True, **values: Any
    ) -> LiveRoom:
        """A workshop of the host's, whose doors opened just now, in which these people have a seat and a number.

        devices: further ones. values: of the workshop.
        """
        now = clock.whole_seconds(self.now())
        number = next(_numbers)
        uids = {device: next(_uids) for device in [*((who, "main") for who in ("host", *people)), *devices]}
        workshop = Workshop(
            *workshop_key(f"wks_{number:026}"),
            version=1,
            created_at=now - timedelta(days=1),
            updated_at=now,
            title="Raku firing",
            host_id=id_of("host"),
            scheduled_at=now,
            timezone="Europe/Berlin",
            format=values.pop("format", "online"),
            status=status,
            is_private=False,
            waitlist_enabled=False,
            records=values.pop("records", False),
            channel=f"channel{number:017}",
            actual_started_at=now if status == "live" and started else None,
            **values,
        )
        place_in_lists(workshop)
        with Item.batch_write() as items:
            items.save(workshop)
            if status != "scheduled":
                items.save(new_room(workshop.channel, workshop.id, workshop.scheduled_at, at=now))
            for user in {user for user, _ in uids}:
                items.save(_row(workshop, user, uids))
            for (user, device), uid in uids.items():
                items.save(ChannelUid(*uid_key(workshop.channel, uid), user_id=id_of(user), device=device))
        return LiveRoom(workshop.id, workshop.channel, self, uids)

    def upkeep(self, agora: Channels | None = None) -> Run:
        """One comparison of the open rooms with Agora."""
        return rooms.compare_all(lambda: agora or self.rest(), QUEUE, at=self.now)

    def rest(self) -> AgoraRest:
        """Agora's REST API without a network between."""
        return AgoraRest(ACCESS, ["https://agora.example.com"], pool=cast("Any", _Wire(self.agora.simulator)))

    def sent(self, task: str = "recording") -> list[str]:
        """The workshops that the recorder was told to look at."""
        return [sent["workshop_id"] for _, sent in self.tasks if sent["task"] == task]

    def queue(self, url: str, body: str, *, delay_s: int = 0) -> None:
        """Stands in for the queue of the recorder; what is meant for other queues is dropped."""
        if url != QUEUE:
            return
        self.tasks.append((self.agora.clock.now + delay_s, json.loads(body)))

    def _hear(self, body: bytes, _headers: Mapping[str, str]) -> int:
        notices.apply(parse(body.decode()), at=self.now)
        return 200


def _row(workshop: Workshop, user: str, uids: Mapping[Device, int]) -> Attendee:
    is_host = user == "host"
    return Attendee(
        *attendee_key(workshop.id, id_of(user)),
        status=HOST_STATUS if is_host else "rsvp",
        is_co_host=(user, "screen") in uids and not is_host,
        rsvp_at=workshop.created_at,
        created_at=workshop.created_at,
        updated_at=workshop.created_at,
        host_id=workshop.host_id,
        scheduled_at=workshop.scheduled_at,
        uid_main=uids[user, "main"],
        uid_screen=uids.get((user, "screen")),
    )


def queued_by(live: Live, monkeypatch: Any) -> None:
    """Lets every task go to the test's own queue."""
    send: Callable[..., None] = live.queue
    monkeypatch.setattr(queues, "send", send)
