"""The files of a recording, as Agora's notices name them.

Agora's documentation of event 31 shows a list of objects, of events 3 and 4 a text, and of a web recording nothing.
Whether a name includes the folder is not said.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypedDict

from atelier.recordings.numbers import whole_number

VIDEO, PLAYLIST = ".mp4", ".m3u8"


class File(TypedDict):
    """A file in the bucket. started_ms: its first frame, in milliseconds since 1970, where it is known."""

    key: str
    started_ms: int | None


def told(listed: object, folder: str) -> list[File] | None:
    """The files that a notice names, all of them under the recording's folder; None when it names no list at all.

    The empty list is a statement: nothing was recorded.
    """
    entries = _entries(listed)
    return None if entries is None else [_file(entry, folder) for entry in entries if _name(entry)]


def united(one: Iterable[File], other: Iterable[File]) -> list[File]:
    """The playable files of both, in the order of their time: the videos, and only without any of them the playlists.

    It does not matter which list came first, nor how often.
    """
    by_key: dict[str, int | None] = {}
    for file in (*one, *other):
        times = [at for at in (by_key.get(file["key"]), file["started_ms"]) if at is not None]
        by_key[file["key"]] = min(times, default=None)
    for kind in (VIDEO, PLAYLIST):
        files = [File(key=key, started_ms=at) for key, at in by_key.items() if key.endswith(kind)]
        if files:
            return sorted(files, key=_place)
    return []


def _place(file: File) -> tuple[bool, int, str]:
    return file["started_ms"] is None, file["started_ms"] or 0, file["key"]


def _entries(listed: object) -> list[Any] | None:
    if isinstance(listed, str):
        try:
            listed = json.loads(listed)
        except ValueError:
            listed = [name.strip() for name in str(listed).split(";") if name.strip()] or None
    return listed if isinstance(listed, list) else None


def _name(entry: object) -> str:
    # One example of Agora's writes the name with a small n.
    names: Iterator[object] = iter([entry])
    if isinstance(entry, Mapping):
        names = (entry.get(key) for key in ("fileName", "filename"))
    return next((name.strip("/") for name in names if isinstance(name, str)), "")


def _file(entry: object, folder: str) -> File:
    name = _name(entry)
    key = name if name.startswith(f"{folder}/") else f"{folder}/{name}"
    return File(key=key, started_ms=whole_number(entry.get("sliceStartTime")) if isinstance(entry, Mapping) else None)
