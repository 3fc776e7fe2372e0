"""Many sessions of which Agora tells only a part, and the judgement whether our books are right all the same.

What really happened is read off the simulator, which knows every notice, the lost ones too. What may be expected of the
books follows from what was told of it and from the comparisons with Agora.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, Literal, cast

from atelier.attendance.items import Attendance, attendance_pk
from atelier.recordings.items import Recording
from atelier.recordings.plan import GOING
from atelier.rooms.items import HOST_STATUS
from atelier.rsvps.items import Attendee
from atelier.table import Item
from atelier.workshops.items import Workshop, workshop_key
from local.agora.project import RTC
from tests.calling import id_of
from tests.live import Device, Live, LiveRoom
from tests.recorders import Studio
from tests.streaming import Stream

if TYPE_CHECKING:
    from datetime import datetime

JOINS, LEAVES, ROLES = (103, 105, 107), (104, 106, 108), (111, 112)
NETWORK, TIMEOUT = 10, 2
BRIDGED, BRIDGED_S = (2, 4, 9, 10, 99), 60
SURELY_FRESH_S = 130
QUIET_S, LONG_GONE_S = 300, 2400

type Fate = Literal["goes on", "ends", "is deserted"]
type Span = tuple[float, float]
type Deed = tuple[float, Callable[[], None]]


@dataclass(slots=True)
class Visit:
    """One connection of a device, as it was. left: infinite while it lasts.

    told_join, told_leave: whether that was heard. turned: when it was heard to publish, or to cease.
    """

    joined: int
    left: float = inf
    reason: int = 0
    told_join: bool = False
    told_leave: bool = False
    turned: list[int] = field(default_factory=list)

    @property
    def shown_from(self) -> int:
        """The first instant at which anything heard can show the device to be there, where its join is not told."""
        return self.joined if self.told_join or self.told_leave or not self.turned else self.turned[0]


@dataclass(frozen=True, slots=True)
class Session:
    """A workshop's room, and what becomes of it."""

    room: LiveRoom
    fate: Fate
    records: bool


class History:
    """Everything that happens in the rooms from now on, what was told of it, and when Agora was asked."""

    def __init__(self, live: Live, stream: Stream) -> None:
        self.live = live
        self._stream = stream
        self.compared_at: list[int] = []
        self._visits: dict[tuple[str, int], list[Visit]] = defaultdict(list)
        self._told_at: dict[tuple[str, int], list[int]] = defaultdict(list)
        notices = live.agora.simulator.notices
        tell = notices.tell

        def overhear(product: int, kind: int, payload: Any) -> None:
            lost = len(notices.lost)
            tell(product, kind, payload)
            if product == RTC and "uid" in payload:
                self._note(kind, payload, is_told=len(notices.lost) == lost)

        notices.tell = overhear  # type: ignore[method-assign]

    def _note(self, kind: int, said: dict[str, Any], *, is_told: bool) -> None:
        at, key = int(said["ts"]), (str(said["channelName"]), int(said["uid"]))
        visits = self._visits[key]
        if kind in JOINS:
            visits.append(Visit(at, told_join=is_told))
        elif kind in LEAVES:
            visits[-1].left, visits[-1].reason, visits[-1].told_leave = at, int(said["reason"]), is_told
        elif kind in ROLES and is_told:
            visits[-1].turned.append(at)
        if is_told:
            self._told_at[key].append(at)

    def visits(self, room: LiveRoom, device: Device) -> list[Visit]:
        """The connections of a device, the first one first."""
        return self._visits[room.channel, room.uids[device]]

    def judged(self, room: LiveRoom, device: Device, after: float, before: float) -> list[int]:
        """The comparisons within a time that certainly said something of a device."""
        told = self._told_at[room.channel, room.uids[device]]
        return [
            at
            for at in self.compared_at
            if after < at < before and not any(0 <= at - on < SURELY_FRESH_S for on in told)
        ]

    def compare(self) -> None:
        """One run of the comparison, and what follows from it."""
        self._stream.run()
        run = self.live.upkeep()
        assert (run.failed, run.left) == (0, 0), run
        self.compared_at.append(self.live.seconds())
        self._stream.run()


def play(studio: Studio, stream: Stream, count: int, seed: int, *, minutes: int = 75) -> tuple[list[Session], History]:
    """Lets so many sessions take place, with one comparison half-way, up to where everybody has been quiet for minutes.

    People join, leave, fall out, come back, reload; some hosts end their workshop, and in some rooms everybody just
    goes. A fifth of the workshops is recorded.
    """
    live = studio.live
    dice = random.Random(seed)  # noqa: S311 - the same sessions for the same seed
    history, began, seconds = History(live, stream), live.agora.clock.now, minutes * 60
    sessions: list[Session] = []
    deeds: list[Deed] = [(seconds / 2, history.compare)]
    fates: tuple[Fate, ...] = ("goes on", "ends", "is deserted")
    for number in range(count):
        people = dice.choices(([], ["ana"], ["ana", "ben"]), (4, 5, 1))[0]
        screens = [("host", "screen")] if dice.random() < 0.1 else []
        records = dice.random() < 1 / 5
        room = live.open(*people, devices=screens, status="scheduled", records=records)
        sessions.append(Session(room, fates[number % 3], records=records))
        deeds += _plan(sessions[-1], studio, dice, seconds)
    for at, deed in sorted(deeds, key=lambda deed: deed[0]):
        studio.run(max(0.0, began + at - live.agora.clock.now))
        deed()
    studio.run(max(0.0, began + seconds - live.agora.clock.now))
    return sessions, history


def _plan(session: Session, studio: Studio, dice: random.Random, seconds: int) -> Iterator[Deed]:
    """What happens in a room, and when: it opens in the first third, and is quiet in the last minutes."""
    room, fate = session.room, session.fate
    opens = dice.uniform(0, seconds / 3)
    last = seconds - (LONG_GONE_S if fate == "is deserted" else QUIET_S)
    yield opens, room.start
    if session.records:
        yield opens, partial(studio.nudge, room)
    for device in room.uids:
        is_in, at = False, opens + dice.uniform(1, 200)
        while at < last:
            deed, is_in = _step(room, device, dice, is_in=is_in)
            yield at, deed
            at += _pause(dice, is_in=is_in)
        stays = {
            "goes on": device == ("host", "main") or dice.random() < 0.5,
            "ends": dice.random() < 0.1,
            "is deserted": False,
        }[fate]
        if is_in != stays:
            yield last + dice.uniform(0, 60), partial(room.enter if stays else room.leave, *device)
    if fate == "ends":
        yield last + 120, room.end
        if session.records:
            yield last + 120, partial(studio.nudge, room)
    if fate == "goes on":
        yield last + 100, partial(room.turn, "host", host=True)


def _pause(dice: random.Random, *, is_in: bool) -> float:
    """How long it takes until somebody does the next thing. Nobody is away for half an hour: their workshop would be
    taken to be deserted.
    """
    if dice.random() < 0.3:
        return dice.uniform(5, 50)
    return dice.uniform(1200, 3600) if is_in else dice.uniform(300, 1700)


def _step(room: LiveRoom, device: Device, dice: random.Random, *, is_in: bool) -> tuple[Callable[[], None], bool]:
    """What somebody does next, and whether they are in then; whoever fell silent is out ten seconds later."""
    if not is_in:
        return partial(room.enter, *device), True
    match dice.choices(("leave", "drop", "crash", "reload", "turn"), (4, 2, 2, 1, 2))[0]:
        case "leave":
            return partial(room.leave, *device), False
        case "drop":
            return partial(room.leave, *device, reason=NETWORK), False
        case "crash":
            return partial(room.crash, *device), False
        case "turn" if device[0] == "host":
            return partial(room.turn, *device, host=dice.random() < 0.5), True
        case _:
            return partial(room.enter, *device), True


@dataclass(frozen=True, slots=True)
class Books:
    """What the table says of a room: read in two queries, for there are many rooms."""

    workshop: Workshop
    rows: dict[str, Attendee]
    spans: dict[str, list[Span]]

    @classmethod
    def of(cls, room: LiveRoom) -> "Books":
        """What it says now."""
        items = list(Item.query(workshop_key(room.id)[0], consistent_read=True))
        [workshop] = [item for item in items if isinstance(item, Workshop)]
        rows = {item.user_id: item for item in items if isinstance(item, Attendee)}
        attended = Item.query(attendance_pk(room.id), consistent_read=True)
        spans = {item.user_id: _spans(item) for item in attended if isinstance(item, Attendance)}
        return cls(workshop, rows, spans)


def _spans(item: Attendance) -> list[Span]:
    return [(float(joined), inf if left is None else float(left)) for joined, left in item.intervals]


def wrong(session: Session, history: History) -> list[str]:
    """What is not right about a room: who is in, when everybody was, what has become of the workshop."""
    room, books, found = session.room, Books.of(session.room), list[str]()
    believed, inside = room.believed, room.inside
    if believed != inside:
        found.append(f"in are {sorted(inside)}, we believe {sorted(believed)}")
    for user in sorted({user for user, _ in room.uids}):
        found += [f"{user}: {what}" for what in _wrong_times(room, user, books, history)]
    found += _wrong_status(session, books.workshop, history)
    return [f"{room.id} ({session.fate}): {what}" for what in found]


def _wrong_times(room: LiveRoom, user: str, books: Books, history: History) -> Iterator[str]:
    had = books.spans.get(id_of(user), [])
    devices = [device for device in room.uids if device[0] == user]
    visits = [visit for device in devices for visit in history.visits(room, device)]
    must = _united(span for device in devices for span in _certain(room, device, history))
    may = _bridged(_united(span for device in devices for span in _possible(room, device, history)), visits)
    if (had[-1][1] == inf if had else False) != any(visit.left == inf for visit in visits):
        yield f"{had} is open, or not, as nobody is"
    yield from (f"{span} of {had} was not there: {may}" for span in had if not _within(span, may))
    yield from (f"{span} is missing in {had}" for span in must if not _within(span, had))
    joins = {visit.joined for visit in visits} | {visit.shown_from for visit in visits}
    yield from (f"{joined} of {had} is no join" for joined, _ in had if joined not in joins)
    leaves = {visit.left for visit in visits if visit.told_leave}
    lost = [(visit.joined, visit.left) for visit in visits if not visit.told_leave]
    for _, left in had:
        if left not in leaves and not _within((left, left), lost):
            yield f"{left} of {had} is no leave"
    if all(visit.told_join and (visit.told_leave or visit.left == inf) for visit in visits) and had != may:
        yield f"everything was told, {may}, and yet it is {had}"
    yield from _wrong_row(books.rows[id_of(user)], had)


def _wrong_row(row: Attendee, had: list[Span]) -> Iterator[str]:
    is_in = bool(had) and had[-1][1] == inf
    if row.status not in (HOST_STATUS, "joined" if is_in else "left" if had else "rsvp"):
        yield f"the row says {row.status}, and it was {had}"
    told = [
        None if at is None else at.timestamp() for at in cast("list[datetime | None]", [row.joined_at, row.left_at])
    ]
    if told != [had[0][0] if had else None, None if is_in or not had else had[-1][1]]:
        yield f"the row says {told}, and it was {had}"


def _wrong_status(session: Session, workshop: Workshop, history: History) -> Iterator[str]:
    room = session.room
    visits = [visit for device in room.uids for visit in history.visits(room, device)]
    if session.fate == "goes on" and workshop.status != "live":
        yield f"it is {workshop.status}"
    if session.fate == "ends" and workshop.status != "ended":
        yield f"it is {workshop.status}"
    if session.fate != "is deserted":
        return
    is_told = all(visit.told_leave for visit in visits)
    if workshop.status == "live" and is_told:
        yield "it is live, and we knew that everybody had left"
    if workshop.status == "ended":
        ended, left = workshop.actual_ended_at.timestamp(), max(visit.left for visit in visits)
        if not workshop.actual_started_at.timestamp() <= ended <= left or (is_told and ended != left):
            yield f"it ended at {ended}, and the last one left at {left}"


def wrong_recordings(session: Session, studio: Studio) -> list[str]:
    """What is not right about the recordings of a room, at Agora and here."""
    room, found = session.room, list[str]()
    workshop, recordings, running = room.workshop, room.recordings, studio.running(room)
    going = [recording for recording in recordings if recording.status in GOING]
    if studio.most_running(room) > 1:
        found.append(f"{studio.most_running(room)} were running at once")
    if workshop.is_over and (going or running):
        found.append(f"it is over, and {running} are running, and {len(going)} going on here")
    if session.records and session.fate == "goes on":
        if [recording.status for recording in going] != ["recording"] or running != 1:
            found.append(f"it goes on, and {running} are running, and {[each.status for each in going]} here")
        elif going[0].sid != studio.sid(room):
            found.append("another one is running than the one that we know")
    for recording in recordings:
        found += _wrong_files(recording, studio)
    if workshop.has_recording != any(recording.status == "ready" for recording in recordings):
        found.append(f"the workshop says {workshop.has_recording} of its recordings")
    return [f"{room.id} ({session.fate}): {what}" for what in found]


def _wrong_files(recording: Recording, studio: Studio) -> Iterator[str]:
    """A recording that is over is ready with all its videos, or has none: one without is waited for a day."""
    stored = [item.key for item in studio.means.stored(recording.folder)]
    videos = sorted(key for key in stored if key.endswith(".mp4"))
    told = sorted(file["key"] for file in recording.files or ())
    if recording.status not in GOING and (told != videos or (recording.status == "ready") != bool(videos)):
        yield f"{recording.id} is {recording.status} with {told}, and there are {videos}"


def _certain(room: LiveRoom, device: Device, history: History) -> Iterator[Span]:
    """The times that a device must be credited: those that anything heard, or a comparison, shows."""
    for visit in history.visits(room, device):
        compared = history.judged(room, device, visit.joined, visit.left)
        if visit.told_leave or visit.left == inf:
            yield visit.shown_from, visit.left
        elif visit.told_join or visit.turned or compared:
            yield visit.shown_from, max([visit.shown_from, *visit.turned, *compared])


def _possible(room: LiveRoom, device: Device, history: History) -> Iterator[Span]:
    """The times that a device may be credited: when it was there, and gaps that nothing told of.

    Those begin with a lost leave, and end before any comparison: nobody can know that the device was away.
    """
    visits = history.visits(room, device)
    for visit, following in zip(visits, [*visits[1:], None], strict=True):
        is_silent = following and not visit.told_leave
        if following and is_silent and not history.judged(room, device, visit.left, following.joined):
            yield visit.joined, following.joined
        yield visit.joined, visit.left


def _united(spans: Iterable[Span]) -> list[Span]:
    united: list[Span] = []
    for start, end in sorted(spans):
        if united and start <= united[-1][1]:
            united[-1] = united[-1][0], max(united[-1][1], end)
        else:
            united.append((start, end))
    return united


def _bridged(spans: list[Span], visits: list[Visit]) -> list[Span]:
    """The spans without the short gaps after a connection was lost."""
    drops = {visit.left for visit in visits if visit.told_leave and visit.reason in BRIDGED}
    bridged: list[Span] = []
    for start, end in spans:
        if bridged and bridged[-1][1] in drops and start - bridged[-1][1] <= BRIDGED_S:
            bridged[-1] = bridged[-1][0], end
        else:
            bridged.append((start, end))
    return bridged


def _within(span: Span, spans: Iterable[Span]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in spans)
