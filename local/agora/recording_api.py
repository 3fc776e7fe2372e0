"""Cloud Recording over REST: acquire, start, query, update, stop, with the statuses and codes that Agora answers.

As in Agora's "Cloud Recording RESTful API" and its "Response status codes"; codes 432, 433 and 1001 are those of the
older "Common errors".
"""

import re
from dataclasses import dataclass
from typing import Any

from local.agora.recordings import KNOWN, Phase, Recordings, Task
from local.agora.start_request import BadStartError, read_request

type Answer = tuple[int, dict[str, Any]]

CHANNEL_NAME = re.compile(r"[A-Za-z0-9 !#$%&()+\-:;<=.>?@\[\]^_{}|~,]{1,64}")
RESOURCE_HOURS = range(1, 720 + 1)
HIGHEST_UID = 2**32 - 1

NO_ROUTE: Answer = (404, {"message": "no Route matched with those values"})
NO_WORKER: Answer = (404, {"code": 404, "reason": "failed to find worker"})


@dataclass(slots=True)
class Resource:
    """What an acquire gave out."""

    channel: str
    uid: int
    acquired: float
    sid: str | None = None


class RecordingApi:
    """The calls under `/v1/apps/<app id>/cloud_recording/`."""

    def __init__(self, recordings: Recordings) -> None:
        self._recordings = recordings
        self._resources: dict[str, Resource] = {}

    def clear(self) -> None:
        """Forgets all resources."""
        self._resources.clear()

    def answer(self, method: str, path: list[str], body: dict[str, Any]) -> Answer:
        """The answer to a call. path: what follows `cloud_recording`."""
        match method, path:
            case "POST", ["acquire"]:
                return self._acquire(body)
            case "POST", ["resourceid", resource_id, "mode", "mix", "start"]:
                return self._start(resource_id, body)
            case "GET", ["resourceid", resource_id, "sid", sid, "mode", "mix", "query"]:
                return self._query(resource_id, sid)
            case "POST", ["resourceid", resource_id, "sid", sid, "mode", "mix", "update" | "updateLayout"]:
                return self._update(resource_id, sid)
            case "POST", ["resourceid", resource_id, "sid", sid, "mode", "mix", "stop"]:
                return self._stop(resource_id, sid, body)
        return NO_ROUTE

    def _acquire(self, body: dict[str, Any]) -> Answer:
        channel, uid = _named(body)
        request = body.get("clientRequest")
        if not CHANNEL_NAME.fullmatch(channel):
            return 400, {"code": 401, "reason": "invalid_channel_name"}
        if uid is None or not isinstance(request, dict):
            return _bad("acquire: invalid uid or clientRequest")
        if request.get("resourceExpiredHour", 72) not in RESOURCE_HOURS or request.get("scene", 0) != 0:
            return _bad("Acquire: invalid resourceExpiredHour value!")
        resource_id = self._recordings.new_id() + self._recordings.new_id()
        self._resources[resource_id] = Resource(channel, uid, self._recordings.timeline.now())
        return 200, {"resourceId": resource_id}

    def _start(self, resource_id: str, body: dict[str, Any]) -> Answer:
        resource = self._resources.get(resource_id)
        channel, uid = _named(body)
        if resource is None:
            return 400, {"code": 1001, "reason": "cannot parse the resourceId"}
        if uid is None or (channel, uid) != (resource.channel, resource.uid):
            return 400, {"code": 432, "reason": "cname or uid do not match the resourceId"}
        return self._taken(resource) or self._begin(resource_id, resource, body.get("clientRequest"))

    def _taken(self, resource: Resource) -> Answer | None:
        """What is in the way of a start, if anything is."""
        if resource.sid is not None:
            told = {"sid": resource.sid} if self._recordings.faults.tells_sid else {}
            return 201, {"code": 7, "reason": "already started", **told}
        if self._recordings.timeline.now() - resource.acquired > self._recordings.pace.resource:
            return 400, {"code": 433, "reason": "the resourceId has expired"}
        if any(task.first_uid == resource.uid for task in self._recordings.running(resource.channel)):
            return 400, {"code": 53, "reason": "task conflict"}
        return None

    def _begin(self, resource_id: str, resource: Resource, request: object) -> Answer:
        now = self._recordings.timeline.now()
        try:
            plan = read_request(request, self._recordings.rooms.project, resource.channel, resource.uid, now)
        except BadStartError as error:
            return _bad(f"start: {error}")
        task = self._recordings.start(resource_id, resource.channel, resource.uid, plan)
        resource.sid = task.sid
        return 200, _about(task)

    def _query(self, resource_id: str, sid: str) -> Answer:
        task = self._known(resource_id, sid)
        if task is None:
            return NO_WORKER
        names = self._recordings.file_names(task)
        with_mp4 = task.plan.with_mp4
        told = {
            "fileListMode": "json" if with_mp4 else "string",
            "fileList": [_listed(name, task) for name in names] if with_mp4 else "".join(names[:1]),
            "status": task.status,
            "sliceStartTime": int(task.started),
        }
        return 200, {**_about(task), "serverResponse": told}

    def _update(self, resource_id: str, sid: str) -> Answer:
        task = self._known(resource_id, sid)
        return NO_WORKER if task is None else (200, _about(task))

    def _stop(self, resource_id: str, sid: str, body: dict[str, Any]) -> Answer:
        task = self._recordings.tasks.get(sid)
        if task is None or task.resource_id != resource_id:
            return NO_WORKER
        if _named(body) != (task.channel, task.first_uid):
            return _bad("stop: cname or uid do not match the task")
        if task.phase is Phase.STOPPING:
            return 400, {"code": 49, "reason": "invalid operation"}
        if task.phase not in KNOWN:
            return NO_WORKER
        self._recordings.stop(task)
        if not task.has_recorded:
            return 206, {"code": 435, "reason": "no recorded data"}
        is_async = body.get("clientRequest", {}).get("async_stop") is True
        told = {} if is_async else {"fileListMode": "json", "fileList": [], "uploadingStatus": "unknown"}
        return 200, {**_about(task), "serverResponse": told}

    def _known(self, resource_id: str, sid: str) -> Task | None:
        task = self._recordings.tasks.get(sid)
        return task if task and task.resource_id == resource_id and task.phase in KNOWN else None


def _named(body: dict[str, Any]) -> tuple[str, int | None]:
    """The channel and uid that a body names. A uid is a number in text, and not 0."""
    text = body.get("uid")
    good = isinstance(text, str) and text.isascii() and text.isdigit() and 0 < int(text) <= HIGHEST_UID
    return str(body.get("cname", "")), int(str(text)) if good else None


def _bad(reason: str) -> Answer:
    return 400, {"code": 2, "reason": reason}


def _about(task: Task) -> dict[str, Any]:
    return {"cname": task.channel, "uid": str(task.first_uid), "resourceId": task.resource_id, "sid": task.sid}


def _listed(name: str, task: Task) -> dict[str, Any]:
    return {
        "fileName": name, "trackType": "audio_and_video", "uid": "0", "mixedAllUser": True, "isPlayable": True,
        "sliceStartTime": int(task.started),
    }  # fmt: skip
