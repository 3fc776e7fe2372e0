"""What Agora is asked to record, how, and where to: the `clientRequest` of a start.

Composite ("mix") mode, as in "Start recording" of Agora's Cloud Recording reference. It holds a token and the storage's
keys, so it is sent and never logged.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from atelier.agora import storage
from atelier.agora.secrets import StorageAccess
from atelier.agora.tokens import LIFETIMES_S, Credentials, Role, build_token

LIVE_BROADCAST, AUDIO_AND_VIDEO, ADAPTIVE_LAYOUT = 1, 2, 1

MAX_IDLE_S: Final = 300
"""Agora's own advice. Its default, 30 s, ends a recording when the host's connection breaks."""

PICTURE: Final = {"width": 1280, "height": 720, "fps": 15, "bitrate": 1130, "mixedVideoLayout": ADAPTIVE_LAYOUT}
"""Agora's defaults are upright, 360 by 640. The bitrate, in kbit/s, is the one that Agora lists for this size and rate.
"""


@dataclass(frozen=True, slots=True)
class Place:
    """The bucket, and the AWS region it is in."""

    bucket: str
    region: str


def start_request(
    channel: str,
    uid: int,
    folder: str,
    *,
    credentials: Credentials,
    keys: StorageAccess,
    place: Place,
    issued_at: datetime,
) -> dict[str, Any]:
    """The body of a start, for a recorder that enters `channel` as `uid` and writes into `folder` of the bucket.

    Its token lives as long as one can, for it cannot be renewed. Raises UnknownRegionError, InvalidGrantError.
    """
    return {
        "token": build_token(
            credentials,
            channel=channel,
            uid=uid,
            role=Role.SUBSCRIBER,
            lifetime_s=LIFETIMES_S[-1],
            issued_at=int(issued_at.timestamp()),
        ),
        "recordingConfig": {
            "channelType": LIVE_BROADCAST,
            "streamTypes": AUDIO_AND_VIDEO,
            "maxIdleTime": MAX_IDLE_S,
            "transcodingConfig": PICTURE,
        },
        "recordingFileConfig": {"avFileType": ["hls", "mp4"]},
        "storageConfig": {
            "vendor": storage.S3_VENDOR,
            "region": storage.region_number(place.region),
            "bucket": place.bucket,
            "accessKey": keys.storage_access_key,
            "secretKey": keys.storage_secret_key,
            "fileNamePrefix": folder.split("/"),
        },
    }
