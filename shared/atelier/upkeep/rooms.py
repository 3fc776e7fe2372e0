"""The open rooms, compared with Agora one by one: who is in, whether they should be over, whether they record.

A run can be cut short or run twice at once: the rooms that waited
longest come first, and a room counts as compared only when all of it went well.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from atelier import clock, observability, queues, table
from atelier.agora.rest_errors import OutageError
from atelier.attendance.items import Attendance, attendance_pk
from atelier.recordings.items import UNFINISHED, Recording, recording_key
from atelier.retries import OutOfTimeError
from atelier.rooms.items import OPEN_ROOMS, Participant, Room, participant_key
from atelier.upkeep import endings, presence
from atelier.upkeep.pace import Channels
from atelier.upkeep.presence import Look
from atelier.workshops.items import Workshop, workshop_key


@dataclass(slots=True)
class Run:
    """What a run came to. left: rooms it did not get to. has_outage: whether Agora could not be reached."""

    compared: int = 0
    fixed: int = 0
    ended: int = 0
    failed: int = 0
    left: int = 0
    has_outage: bool = False


def compare_all(connect: Callable[[], Channels], recorder_queue_url: str, *, at: clock.Clock = clock.now) -> Run:
    """Compares every open room with Agora, as long as there is time.

    connect: gives Agora, and is called when there is anything to ask. A room that fails is logged and counted, and the
    others go on; an outage of Agora ends the run. Raises what `connect`, and the table at the first request, raise.
    """
    run = Run()
    rooms = _open_rooms()
    if not rooms:
        return run
    agora = connect()
    for number, room in enumerate(rooms):
        try:
            _compare(room, agora, recorder_queue_url, run, at)
            run.compared += 1
        except (OutageError, OutOfTimeError) as error:
            run.has_outage = isinstance(error, OutageError)
            run.left = len(rooms) - number
            break
        except Exception:
            observability.logger.exception("room not compared", channel=room.channel)
            run.failed += 1
    _tell(run)
    return run


def _tell(run: Run) -> None:
    observability.logger.info(
        "rooms", compared=run.compared, fixed=run.fixed, ended=run.ended, failed=run.failed, left=run.left
    )
    observability.count("RoomsCompared", run.compared)
    observability.count("ReconcileFixed", run.fixed)
    if run.failed:
        observability.count("ReconcileFailed", run.failed)
    if run.has_outage:
        observability.count("AgoraOutage")


def _open_rooms() -> list[Room]:
    """The open rooms as the index has them, those first that were compared longest ago."""
    table.connect()
    rooms = [cast("Room", room) for room in table.Item.by_feed.query(OPEN_ROOMS)]
    return sorted(rooms, key=lambda room: (room.updated_at, room.pk))


def _compare(listed: Room, agora: Channels, recorder_queue_url: str, run: Run, at: clock.Clock) -> None:
    workshop_id = (listed.starts or "").rpartition("#")[2]
    found = table.read_many([listed.key, workshop_key(workshop_id)])
    room = cast("Room | None", found.get(listed.key))
    workshop = cast("Workshop | None", found.get(workshop_key(workshop_id)))
    if room is None or room.feed_key is None:
        return
    if workshop is None:
        endings.note(room, None, clock.whole_seconds(at()), is_settled=True)
        return
    recordings = _recordings(workshop_id)
    look = _look(workshop, room, recordings, agora, at)
    seen = presence.mend(look, agora)
    run.fixed += seen.fixed
    if endings.is_deserted(workshop, seen, look.asked_at) and not presence.shown(look, agora.users(room.channel)):
        ended = endings.end(workshop, seen, at=at)
        run.ended += ended is not None
        workshop = ended or workshop
    unfinished = any(recording.status in UNFINISHED for recording in recordings)
    if unfinished or (workshop.status == "live" and workshop.records and workshop.format != "in_person"):
        queues.send_task(recorder_queue_url, {"task": "recording", "workshop_id": workshop_id})
    is_settled = endings.is_settled(workshop, room, look.asked_at, is_quiet=seen.is_empty and not unfinished)
    # A list that Agora cut off says nothing of many: it is no comparison that a later one could refer to.
    if look.users.is_complete or is_settled:
        endings.note(room, workshop, look.asked_at, is_settled=is_settled)


def _recordings(workshop_id: str) -> list[Recording]:
    pk, prefix = recording_key(workshop_id, "")
    found = table.Item.query(pk, table.Item.sk.startswith(prefix), consistent_read=True)
    return [cast("Recording", item) for item in found]


def _look(workshop: Workshop, room: Room, recordings: list[Recording], agora: Channels, at: clock.Clock) -> Look:
    pk, _ = participant_key(workshop.id, 0)
    participants = [cast("Participant", item) for item in table.Item.query(pk, consistent_read=True)]
    # The instant before Agora is asked: of whoever comes later, its answer tells nothing.
    asked_at = clock.whole_seconds(at())
    users = agora.users(room.channel)
    return Look(
        workshop_id=workshop.id,
        channel=room.channel,
        participants=participants,
        users=users,
        recorders={int(uid) for recording in recordings for uid in recording.other_uids or ()},
        attending=_attending(workshop.id) if users.uids else (),
        asked_at=asked_at,
        last=room.updated_at,
        is_over=workshop.is_over,
    )


def _attending(workshop_id: str) -> set[str]:
    found = cast("list[Attendance]", list(table.Item.query(attendance_pk(workshop_id))))
    return {person.user_id for person in found if person.intervals and person.intervals[-1][1] is None}
