"""What the bucket tells of a recording, for when no notice did.

Names are those of "Manage recorded files" in Agora's documentation: `<sid>_<cname>_<utc>.ts`, with the time of the
first frame as yyyymmddHHMMSSmmm, `<sid>_<cname>_<index>.mp4`, and `bak<n>_` before both for what a recorder wrote after
a failover.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

from atelier import aws, clock
from atelier.recordings.files import PLAYLIST, File, united

COMPLETE_AFTER = timedelta(minutes=15)
"""Once nothing was written for so long, the videos that are there are all there will be."""

_VIDEO = re.compile(r"(?P<stem>.+)_(?P<index>\d+)\.mp4")
_SLICE = re.compile(r"(?P<stem>.+)_(?P<utc>\d{17})\.ts")


@dataclass(frozen=True, slots=True)
class Stored:
    """An object in the bucket. size: in bytes. modified: when it was written."""

    key: str
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """A recording's files. started_ms, ended_ms: its first and last frame by the names of slices; None without any."""

    files: list[File]
    started_ms: int | None
    ended_ms: int | None


def listed(bucket: str, folder: str) -> list[Stored]:
    """Every object in a folder, one request per thousand. Raises botocore's own errors."""
    pages = aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{folder}/")
    return [
        Stored(entry["Key"], int(entry["Size"]), entry["LastModified"])
        for page in pages
        for entry in page.get("Contents", ())
    ]


def found(stored: Sequence[Stored], ended_at: datetime, now: datetime) -> Found | None:
    """The videos of a recording that ended about then, or None while some may still be missing.

    A long recording becomes several videos, the last of which is made from the last slices: while a slice is younger
    than every video, another video follows.
    """
    videos = [item for item in stored if _VIDEO.fullmatch(item.key)]
    if not videos:
        return None
    last_slice = max((item.modified for item in stored if _SLICE.fullmatch(item.key)), default=None)
    is_complete = last_slice is None or max(item.modified for item in videos) >= last_slice
    if not is_complete and now - max(item.modified for item in stored) < COMPLETE_AFTER:
        return None
    spans = _spans(stored, ended_at)
    timed = (file for stem, group in _by_stem(videos).items() for file in _timed(group, spans.get(stem)))
    return _found(timed, spans)


def left_over(stored: Sequence[Stored], ended_at: datetime) -> Found | None:
    """The playlists of a recording whose recorder was lost before it made videos, or None without any."""
    spans = _spans(stored, ended_at)
    playlists = [item.key for item in stored if item.key.endswith(PLAYLIST)]
    starts = {key: spans.get(key.removesuffix(PLAYLIST)) for key in playlists}
    timed = [File(key=key, started_ms=span[0] if span else None) for key, span in starts.items()]
    return _found(timed, spans) if timed else None


def _found(timed: Iterable[File], spans: Mapping[str, tuple[int, int]]) -> Found:
    return Found(
        united(timed, ()),
        min((begin for begin, _ in spans.values()), default=None),
        max((end for _, end in spans.values()), default=None),
    )


def _spans(stored: Iterable[Stored], ended_at: datetime) -> dict[str, tuple[int, int]]:
    """When each recorder's first slice began and its last one ended, in milliseconds since 1970."""
    times: dict[str, list[int]] = {}
    for item in stored:
        match = _SLICE.fullmatch(item.key)
        begun = _milliseconds(match["utc"]) if match else None
        if match and begun is not None:
            times.setdefault(match["stem"], []).append(begun)
    return {stem: (min(begun), _end(sorted(begun), ended_at)) for stem, begun in times.items()}


def _end(begun: Sequence[int], ended_at: datetime) -> int:
    """The last slice is taken to be as long as the others; the only one, to last to the end."""
    lengths = [later - earlier for earlier, later in pairwise(begun)]
    return begun[-1] + int(median(lengths)) if lengths else max(begun[-1], clock.milliseconds(ended_at))


def _milliseconds(utc: str) -> int | None:
    try:
        return clock.milliseconds(datetime.strptime(utc, "%Y%m%d%H%M%S%f").replace(tzinfo=UTC))
    except ValueError:
        return None


def _by_stem(videos: Iterable[Stored]) -> dict[str, list[Stored]]:
    groups: dict[str, list[tuple[int, Stored]]] = {}
    for item in videos:
        match = _VIDEO.fullmatch(item.key)
        if match:
            groups.setdefault(match["stem"], []).append((int(match["index"]), item))
    return {
        stem: [item for _, item in sorted(group, key=lambda numbered: numbered[0])] for stem, group in groups.items()
    }


def _timed(videos: Sequence[Stored], span: tuple[int, int] | None) -> Iterator[File]:
    """The videos of one recorder, in their order. Where one ends and the next begins stands in no name: at an even
    bitrate, a video's share of the time is its share of the bytes.
    """
    total = sum(item.size for item in videos) or 1
    before = 0
    for item in videos:
        started = None if span is None else span[0] + (span[1] - span[0]) * before // total
        yield File(key=item.key, started_ms=started)
        before += item.size
