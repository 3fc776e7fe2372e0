"""Watching recordings: the parts of a workshop's recordings, and addresses to watch them at."""

from datetime import UTC, datetime
from typing import cast

from atelier import aws, clock, settings
from atelier.accounts.caller import Caller
from atelier.recordings import files
from atelier.recordings.items import Recording
from atelier.recordings.schemas import RecordingPart, RecordingStatus
from atelier.table import Item
from atelier.workshops import viewing
from atelier.workshops.items import Workshop, workshop_key

WATCHED_FOR_S = 900
_CONTENT_TYPES = {files.VIDEO: "video/mp4", files.PLAYLIST: "application/vnd.apple.mpegurl"}


def view(workshop_id: str, caller: Caller) -> list[RecordingPart]:
    """The parts of a workshop's recordings, for whoever may see the workshop, in two round trips.

    Raises NotFoundError for everybody else, AccountSuspendedError for suspended people unless it is public.
    """
    return parts_of(viewing.require_seen(workshop_id, caller))


def parts_of(workshop: Workshop) -> list[RecordingPart]:
    """The parts of a workshop's recordings, oldest first: the caller may see them. One round trip."""
    pk, _ = workshop_key(workshop.id)
    found = Item.query(pk, Item.sk.startswith("RECORDING#"), consistent_read=True)
    return [part for item in found if isinstance(item, Recording) for part in _parts(item, workshop)]


def _parts(recording: Recording, workshop: Workshop) -> list[RecordingPart]:
    began_ms = _began_ms(recording)
    playable = files.united(recording.files or (), ()) if recording.status == "ready" else []
    if not playable:
        return [_part(recording, workshop, recording.id, (began_ms, _ended_ms(recording)), None)]
    starts = [file["started_ms"] for file in playable]
    if starts[0] is None:
        starts[0] = began_ms
    ends = [*starts[1:], _ended_ms(recording)]
    return [
        _part(recording, workshop, f"{recording.id}-{n}" if n > 1 else recording.id, (start, end), file["key"])
        for n, (file, start, end) in enumerate(zip(playable, starts, ends, strict=True), start=1)
    ]


def _part(
    recording: Recording, workshop: Workshop, part_id: str, span: tuple[int | None, int | None], key: str | None
) -> RecordingPart:
    start, end = span
    workshop_began: datetime | None = workshop.actual_started_at
    return RecordingPart(
        id=part_id,
        status=cast("RecordingStatus", recording.status),
        started_at=None if start is None else clock.whole_seconds(datetime.fromtimestamp(start / 1000, UTC)),
        offset_ms=None if start is None or workshop_began is None else start - clock.milliseconds(workshop_began),
        duration_s=None if start is None or end is None or end < start else round((end - start) / 1000),
        url=None if key is None else address(key),
    )


def _began_ms(recording: Recording) -> int | None:
    """The first frame; where no notice told it, when the recorder was first seen at work."""
    return _known_ms(recording.started_ms, recording.verified_at)


def _ended_ms(recording: Recording) -> int | None:
    """The last frame; where no notice told it, when the recorder was asked to stop."""
    return _known_ms(recording.ended_ms, recording.stop_asked_at)


def _known_ms(told_ms: float | None, otherwise: datetime | None) -> int | None:
    if told_ms is not None:
        return int(told_ms)
    return None if otherwise is None else clock.milliseconds(otherwise)


def address(key: str) -> str:
    """An address at which a file can be watched for 15 minutes. It is signed here: nobody is asked for it."""
    content_type = _CONTENT_TYPES[files.VIDEO if key.endswith(files.VIDEO) else files.PLAYLIST]
    wanted = {
        "Bucket": settings.of(settings.RecordingSettings).recordings_bucket,
        "Key": key,
        "ResponseContentType": content_type,
    }
    url: str = aws.client("s3").generate_presigned_url("get_object", Params=wanted, ExpiresIn=WATCHED_FOR_S)
    return url
