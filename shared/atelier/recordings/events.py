"""Notices of Cloud Recording, applied to the recording that they are about."""

from collections.abc import Iterable
from typing import cast

from pynamodb.expressions.condition import Condition

from atelier import clock, observability, table
from atelier.agora.notices import Notice
from atelier.recordings import states
from atelier.recordings.items import Recording
from atelier.recordings.numbers import whole_number
from atelier.rooms.items import Room, room_key
from atelier.table import Item

MOST_TRIES = 8


class OvertakenError(RuntimeError):
    """The recording changed under our hands each time. The notice is applied when the queue brings it again."""


def apply(notice: Notice, *, at: clock.Clock = clock.now) -> bool:
    """Applies a notice; whether it changed a recording.

    At most three round trips: the room by its channel, its recordings, and one update, which a change in between
    repeats. A notice of anything else is counted and has no effect. Raises OvertakenError.
    """
    event = read(notice)
    cname = notice.payload.get("cname")
    if event is None or not isinstance(cname, str) or not cname:
        observability.count("RecordingNoticeIgnored")
        return False
    room = cast("Room | None", table.read_one(room_key(cname)))
    recording = _meant(_recordings(room.workshop_id), event) if room else None
    if recording is None:
        observability.count("RecordingNoticeUnknown")
        return False
    return _write(recording, event, at)


def read(notice: Notice) -> states.Event | None:
    """What a notice says of a task; None when its type tells nothing of a recording, or it names no task."""
    try:
        kind = states.Kind(notice.type)
    except ValueError:
        return None
    payload = notice.payload
    sid, details = payload.get("sid"), payload.get("details")
    if not isinstance(sid, str) or not sid:
        return None
    sent_ms = whole_number(payload.get("sendts")) or whole_number(notice.notified_ms) or 0
    told = details if isinstance(details, dict) else {}
    return states.Event(
        kind, sid, whole_number(payload.get("uid")), whole_number(payload.get("sequence")), sent_ms, told
    )


def _recordings(workshop_id: str) -> list[Recording]:
    found = Item.query(f"WORKSHOP#{workshop_id}", Item.sk.startswith("RECORDING#"), consistent_read=True)
    return [item for item in found if isinstance(item, Recording)]


def _meant(recordings: Iterable[Recording], event: states.Event) -> Recording | None:
    """The recording with this sid; else the one under this uid whose sid was lost.

    A task of another sid under one of our uids is none of its recording's: its end would close what still runs.
    """
    lost: Recording | None = None
    for recording in recordings:
        if recording.sid == event.sid:
            return recording
        uids = {str(int(recording.uid)), *(recording.other_uids or ())}
        if recording.sid is None and str(event.uid) in uids:
            lost = recording
    return lost


def _write(recording: Recording, event: states.Event, at: clock.Clock) -> bool:
    """Writes what follows, on condition that what it follows from is as it was read."""
    for _ in range(MOST_TRIES):
        changes = states.changes(recording, event)
        if not changes:
            return False
        actions = [
            getattr(Recording, name).remove() if value is None else getattr(Recording, name).set(value)
            for name, value in changes.items()
        ]
        actions.append(Recording.updated_at.set(clock.whole_seconds(at())))
        current = table.update_or_see(Recording, recording.key, actions, _is_as(recording))
        if current is None:
            return True
        known = cast("dict[str, object]", current.attribute_values)
        if not known.get("created_at") or known.get("sid") not in (None, event.sid):
            # It was abandoned in the meantime, or turned out to be another task's.
            observability.count("RecordingNoticeUnknown")
            return False
        recording = cast("Recording", current)
    raise OvertakenError(recording.id)


def _is_as(recording: Recording) -> Condition:
    condition: Condition = Recording.pk.exists()
    for name in states.FOLLOWED:
        attribute, value = getattr(Recording, name), getattr(recording, name)
        condition &= attribute.does_not_exist() if value is None else attribute == value
    return condition
