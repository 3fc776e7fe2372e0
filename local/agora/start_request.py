"""Reads the body of a start as Agora does: some mistakes are refused, others kill the recorder without a word."""

import re
from dataclasses import dataclass
from typing import Any

from local.agora import tokens
from local.agora.project import LIVE, Project

DEFAULT_IDLE_SECONDS = 30
IDLE_SECONDS = range(5, 2_592_000 + 1)
LONGEST_PREFIX = 128
FRAME_RATES = (1, 7, 10, 15, 24, 30, 60)
LARGEST_SIDE, HIGHEST_BITRATE = 1920, 6500


class BadStartError(ValueError):
    """A start that Agora refuses with code 2; the message says why."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a recorder is to do. folder: empty, or with a slash at its end. flaw: what will stop it at once, if any."""

    folder: str
    idle_seconds: int
    with_mp4: bool
    flaw: str | None


def read_request(request: object, project: Project, channel: str, uid: int, now: float) -> Plan:
    """What a `clientRequest` asks for. Raises BadStartError."""
    if not isinstance(request, dict):
        raise BadStartError("clientRequest is missing")
    storage, recording = request.get("storageConfig"), request.get("recordingConfig", {})
    if not isinstance(storage, dict) or not isinstance(recording, dict):
        raise BadStartError("storageConfig is missing")
    idle = recording.get("maxIdleTime", DEFAULT_IDLE_SECONDS)
    if type(idle) is not int or idle not in IDLE_SECONDS:
        raise BadStartError("maxIdleTime must be 5 to 2592000")
    kinds = request.get("recordingFileConfig", {}).get("avFileType", ["hls"])
    if kinds not in (["hls"], ["hls", "mp4"]):
        raise BadStartError("avFileType must be hls, or hls and mp4")
    for name in ("subscribeAudioUids", "subscribeVideoUids"):
        if recording.get(name) == []:
            raise BadStartError(f"{name} must not be empty")
    prefix = storage.get("fileNamePrefix", [])
    folder = "".join(f"{part}/" for part in prefix)
    flaw = (
        _wrong_token(request, project, channel, uid, now)
        or _wrong_profile(recording, project)
        or _wrong_storage(storage, project)
        or _wrong_picture(recording.get("transcodingConfig", {}))
    )
    return Plan(folder, idle, "mp4" in kinds, flaw)


def _wrong_token(request: dict[str, Any], project: Project, channel: str, uid: int, now: float) -> str | None:
    try:
        tokens.check(str(request.get("token", "")), project, channel, uid, now)
    except tokens.BadTokenError as error:
        return f"token: {error}"
    return None


def _wrong_profile(recording: dict[str, Any], project: Project) -> str | None:
    expected = 1 if project.profile == LIVE else 0
    return None if recording.get("channelType", 0) == expected else "channelType differs from the channel's profile"


def _wrong_storage(storage: dict[str, Any], project: Project) -> str | None:
    prefix = storage.get("fileNamePrefix", [])
    if not isinstance(prefix, list) or not all(re.fullmatch(r"[A-Za-z0-9]+", str(part)) for part in prefix):
        return "fileNamePrefix takes letters and digits only"
    if len("/".join(map(str, prefix))) > LONGEST_PREFIX:
        return "fileNamePrefix is too long"
    for name, known in (("accessKey", project.storage_access_key), ("secretKey", project.storage_secret_key)):
        if not storage.get(name) or (known and storage[name] != known):
            return f"{name} is wrong"
    numbers = (storage.get("vendor"), storage.get("region"))
    if not storage.get("bucket") or any(type(number) is not int for number in numbers):
        return "vendor, region or bucket is missing"
    return None


def _wrong_picture(picture: dict[str, Any]) -> str | None:
    fine = (
        picture.get("fps", 15) in FRAME_RATES
        and max(picture.get("width", 360), picture.get("height", 640)) <= LARGEST_SIDE
        and picture.get("bitrate", 500) <= HIGHEST_BITRATE
    )
    return None if fine else "transcodingConfig is out of bounds"
