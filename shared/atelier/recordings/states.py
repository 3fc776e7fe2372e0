"""The life of one recording, as Agora's notices tell it.

Notices come in any order, repeated, or not at all, so nothing here depends on what came before. Every notice adds to
what is known, each in a way that is the same in any order: the earliest time, the union of files, the most telling
reason. The status is what follows from all that is known, and never lower than it was:

    starting < recording < processing < failed < ready

`ready` is the last: files that arrive late mend a recording that was given up. What follows from the absence of
notices (a task that never began, files that never came) is not decided here but by whoever can ask Agora.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any, Final

from atelier import clock
from atelier.agora.names import UIDS
from atelier.recordings import files
from atelier.recordings.items import Recording
from atelier.recordings.numbers import whole_number

ORDER: Final = ("starting", "recording", "processing", "failed", "ready")

FOLLOWED: Final = (
    "status",
    "sid",
    "other_uids",
    "verified_at",
    "exited",
    "files",
    "started_ms",
    "ended_ms",
    "sequence",
    "reason",
)
"""What notices change, and what a change follows from."""

REASONS: Final = (
    "storage_refused",
    "upload_failed",
    "upload_timeout",
    "start_timeout",
    "recorder_error",
    "abnormal_exit",
    "nothing_recorded",
)
"""Why a recording failed, the most telling first: one that has several reasons keeps the first of them."""

_REASON_OF_ERROR: Final = {
    32: "storage_refused",
    47: "upload_failed",
    50: "upload_timeout",
    51: "upload_failed",
    52: "start_timeout",
}
_FATAL: Final = 5
_RECORDS: Final = (4, 5)
_IS_OVER: Final = (7, 8)
_BROKE_OFF: Final = 20


class Kind(IntEnum):
    """The events of Cloud Recording (`productId` 3) that tell something of a recording, by Agora's numbers.

    Those in the second group tell no more than that the task is there.
    """

    ERROR = 1
    STATUS = 3
    SESSION_EXIT = 11
    FAILOVER = 12
    UPLOADED = 31
    BACKED_UP = 32
    RECORDER_STARTED = 40
    RECORDER_LEFT = 41
    SLICE_STARTED = 42

    FILE_INFOS = 4
    UPLOADER_STARTED = 30
    UPLOADING = 33


@dataclass(frozen=True, slots=True)
class Event:
    """What one notice says of a task. sent_ms: when it happened by the recorder's clock, in ms since 1970."""

    kind: Kind
    sid: str
    uid: int | None
    sequence: int | None
    sent_ms: int
    details: Mapping[str, Any] = field(default_factory=dict)

    def number(self, name: str) -> int | None:
        """A number of the details, however it is written."""
        return whole_number(self.details.get(name))


def changes(recording: Recording, event: Event) -> dict[str, Any]:
    """What an event of this recording changes in it, by attribute; nothing when all of it was known."""
    after = Recording.from_raw_data(recording.serialize())
    after.sid = recording.sid or event.sid
    after.sequence = _latest(after.sequence, event.sequence)
    _add_uid(after, event.uid)
    _hear(after, event)
    _conclude(after)
    return {name: getattr(after, name) for name in FOLLOWED if getattr(after, name) != getattr(recording, name)}


def _hear(after: Recording, event: Event) -> None:
    match event.kind:
        case Kind.RECORDER_STARTED if event.number("status") == 0:
            _verify(after, event)
        case Kind.SLICE_STARTED:
            _verify(after, event)
            after.started_ms = _earliest(after.started_ms, event.number("startUtcMs"))
        case Kind.STATUS:
            _hear_status(after, event)
        case Kind.RECORDER_LEFT:
            _end(after, event)
        case Kind.SESSION_EXIT:
            _end(after, event)
            if event.number("exitStatus") == 1:
                _blame(after, "abnormal_exit")
        case Kind.FAILOVER:
            _add_uid(after, event.number("newUid"))
        case Kind.ERROR if event.number("errorLevel") == _FATAL:
            _blame(after, _REASON_OF_ERROR.get(event.number("errorCode") or 0, "recorder_error"))
        case Kind.UPLOADED | Kind.BACKED_UP:
            _hear_files(after, event)


def _hear_status(after: Recording, event: Event) -> None:
    status = event.number("status")
    if status in _RECORDS:
        _verify(after, event)
    elif status in _IS_OVER:
        _end(after, event)
    elif status == _BROKE_OFF:
        _end(after, event)
        _blame(after, "abnormal_exit")


def _hear_files(after: Recording, event: Event) -> None:
    """Event 31: every file is in the bucket; 32: not every one yet.

    31 may come with an empty list and 32 with the names: an empty list that was kept says that 31 was here.
    """
    listed = files.told(event.details.get("fileList"), after.folder)
    if listed is None:
        return
    is_uploaded = event.kind is Kind.UPLOADED or after.files == []
    united = files.united(after.files or (), listed)
    if united or is_uploaded:
        after.files = united
    if united and is_uploaded:
        _raise(after, "ready")


def _conclude(after: Recording) -> None:
    if after.exited:
        _raise(after, "processing")
        if after.files == []:
            _raise(after, "failed")
            _blame(after, "nothing_recorded")
    elif after.verified_at is not None:
        _raise(after, "recording")
    if after.status == "ready":
        after.reason = None


def _raise(after: Recording, status: str) -> None:
    after.status = max(after.status, status, key=ORDER.index)


def _verify(after: Recording, event: Event) -> None:
    at = clock.whole_seconds(datetime.fromtimestamp(event.sent_ms / 1000, UTC))
    known: datetime | None = after.verified_at
    after.verified_at = at if known is None else min(known, at)


def _end(after: Recording, event: Event) -> None:
    after.exited = True
    after.ended_ms = _earliest(after.ended_ms, event.sent_ms)


def _add_uid(after: Recording, uid: int | None) -> None:
    """After a failover, the recorder has a uid that Agora chose."""
    if uid is not None and uid in UIDS and uid != after.uid:
        after.other_uids = {*(after.other_uids or ()), str(uid)}


def _blame(after: Recording, reason: str) -> None:
    """Keeps the more telling of two reasons. One that is not told by notices is the recorder's own, and stays."""
    known: str | None = after.reason
    if known is None or (known in REASONS and REASONS.index(reason) < REASONS.index(known)):
        after.reason = reason


def _earliest(*instants: float | None) -> float | None:
    return min((at for at in instants if at is not None), default=None)


def _latest(*numbers: float | None) -> float | None:
    return max((number for number in numbers if number is not None), default=None)
