"""What a recorder leaves in the bucket: names as Agora gives them, and a few KB that players know for media.

As in Agora's "Manage recorded files": `<sid>_<cname>.m3u8`, `<sid>_<cname>_<UTC>.ts`, `<sid>_<cname>_<index>.mp4`; what
a second recorder writes after a failure begins with `bak0_`, a third one's with `bak1_`.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

type Put = Callable[[str, bytes, str], None]
"""Writes a file: its key, its content, its content type."""

PLAYLIST_TYPE, SEGMENT_TYPE, MP4_TYPE = "application/x-mpegURL", "video/MP2T", "video/mp4"

_PACKET = b"\x47\x1f\xff\x10" + b"\xff" * 184  # an empty MPEG-TS packet


@dataclass(frozen=True, slots=True)
class Part:
    """What one recorder wrote without interruption. number: 0 for the first. Times in Unix seconds."""

    number: int
    began: float
    ended: float

    @property
    def prefix(self) -> str:
        """What the names of its files begin with."""
        return f"bak{self.number - 1}_" if self.number else ""


@dataclass(frozen=True, slots=True)
class File:
    """A file. started_ms: its first frame. is_listed: whether Agora names it in its lists."""

    name: str
    content: bytes
    content_type: str
    started_ms: int
    is_listed: bool = True

    def entry(self, folder: str) -> dict[str, Any]:
        """The file in the list of event 31."""
        return {
            "fileName": folder + self.name,
            "trackType": "audio_and_video",
            "uid": "0",
            "mixedAllUser": True,
            "isPlayable": True,
            "sliceStartTime": self.started_ms,
        }


def playlist(part: Part, sid: str, cname: str) -> File:
    """The playlist of a part, with one segment."""
    name = f"{part.prefix}{sid}_{cname}.m3u8"
    seconds = max(part.ended - part.began, 1.0)
    lines = (
        "#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-MEDIA-SEQUENCE:0", "#EXT-X-PLAYLIST-TYPE:VOD",
        f"#EXT-X-TARGETDURATION:{int(seconds) + 1}", f"#EXTINF:{seconds:.3f},", _segment_name(part, sid, cname),
        "#EXT-X-ENDLIST", "",
    )  # fmt: skip
    return File(name, "\n".join(lines).encode(), PLAYLIST_TYPE, int(part.began * 1000))


def segment(part: Part, sid: str, cname: str) -> File:
    """The segment of a part: a stream of empty packets."""
    return File(_segment_name(part, sid, cname), _PACKET * 16, SEGMENT_TYPE, int(part.began * 1000), is_listed=False)


def mp4s(part: Part, sid: str, cname: str, longest: float) -> list[File]:
    """The MP4s of a part, a new one after every `longest` seconds."""
    count = max(1, int(-(-(part.ended - part.began) // longest)))
    content = b"".join(
        struct.pack(">I4s", 8 + len(body), kind) + body
        for kind, body in ((b"ftyp", b"isom\0\0\2\0isomiso2mp41"), (b"free", bytes(2000)), (b"mdat", bytes(2000)))
    )
    return [
        File(
            f"{part.prefix}{sid}_{cname}_{index}.mp4",
            content,
            MP4_TYPE,
            int((part.began + index * longest) * 1000),
        )
        for index in range(count)
    ]


def _segment_name(part: Part, sid: str, cname: str) -> str:
    moment = datetime.fromtimestamp(part.began, UTC).strftime("%Y%m%d%H%M%S%f")[:-3]
    return f"{part.prefix}{sid}_{cname}_{moment}.ts"
