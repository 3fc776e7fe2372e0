"""What tests of recordings do over and over: a recording of a live workshop, and what Agora tells of it."""

import itertools
from datetime import UTC, datetime
from typing import Any, cast

from atelier import clock, table
from atelier.agora.notices import Notice
from atelier.recordings import events
from atelier.recordings.items import Recording, recording_key
from atelier.table import Item
from tests.workshops import stored

BEGAN = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)
BEGAN_MS = clock.milliseconds(BEGAN)
BUCKET = "atelier-recordings"
SID, UID = "5f0a3c7e9b1d4826a0c4e8f2b6d09371", 2_000_000_017

_numbers = itertools.count(1)


def recording(recording_id: str = "rec_01", workshop_id: str = "wks_01", **values: Any) -> Recording:
    """A recording that was asked for, as it stands in the table before anything is heard of it."""
    fields: dict[str, Any] = {
        "uid": UID,
        "sid": SID,
        "folder": f"recordings/{workshop_id.replace('_', '')}/{recording_id.replace('_', '')}",
        "created_at": BEGAN,
        "updated_at": BEGAN,
        **values,
    }
    return Recording(*recording_key(workshop_id, recording_id), **fields)


def notice(kind: int, cname: str, details: object = None, *, seconds: float = 0, **payload: Any) -> Notice:
    """A notice of Cloud Recording, sent so many seconds after the beginning; every one has an id of its own."""
    number = next(_numbers)
    sent = {
        "cname": cname,
        "uid": str(UID),
        "sid": SID,
        "sequence": kind,
        "sendts": BEGAN_MS + int(seconds * 1000),
        "serviceType": 0,
        "details": details if details is not None else {},
    }
    return Notice(f"notice-{number}", 3, kind, BEGAN_MS + number, {**sent, **payload})


def file(name: str, *, seconds: float = 2) -> dict[str, Any]:
    """An entry of a file list, whose first frame was so many seconds after the beginning."""
    return {
        "fileName": name,
        "trackType": "audio_and_video",
        "uid": "0",
        "mixedAllUser": True,
        "isPlayable": True,
        "sliceStartTime": BEGAN_MS + int(seconds * 1000),
    }


def whole_session(cname: str) -> list[Notice]:
    """Five notices of a recording in which all went well; the video has a file name without its folder."""
    both = [file("take_0.mp4"), file("take.m3u8")]
    return [
        notice(40, cname, {"msgName": "recorder_started", "status": 0}, seconds=1),
        notice(42, cname, {"msgName": "recorder_slice_start", "startUtcMs": BEGAN_MS + 2000}, seconds=2.5),
        notice(41, cname, {"msgName": "recorder_leave", "leaveCode": 16}, seconds=3600),
        notice(31, cname, {"msgName": "uploaded", "status": 0, "fileList": both}, seconds=3620),
        notice(11, cname, {"msgName": "session_exit", "exitStatus": 0}, seconds=3621),
    ]


def put(workshop_id: str, recording_id: str = "rec_01", **values: Any) -> str:
    """A recording in the table; gives the name of its channel, by which notices come."""
    recording(recording_id, workshop_id, **values).save()
    return str(stored(workshop_id).channel)


def read(workshop_id: str, recording_id: str = "rec_01") -> Recording:
    """A recording as it stands in the table."""
    return cast("Recording", table.read_one(recording_key(workshop_id, recording_id)))


def state(recording: Item) -> dict[str, Any]:
    """All there is of a recording, but when it was last written; a set is told in order, for it has none."""
    told = {name: value for name, value in recording.serialize().items() if name != "updated_at"}
    return {name: {"SS": sorted(value["SS"])} if "SS" in value else value for name, value in told.items()}


def hear(*notices: Notice) -> list[bool]:
    """Applies notices in this order."""
    return [events.apply(told, at=lambda: BEGAN) for told in notices]
