"""The recordings: resources, tasks, recorders in channels, and what they tell and leave behind.

As in Agora's Cloud Recording reference, in mix mode, and its "Callback events". A task can also be lost: then Agora
knows nothing of it any more, and says nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from local.agora import files
from local.agora.faults import Faults
from local.agora.files import File, Part, Put
from local.agora.notices import Notices
from local.agora.project import CLOUD_RECORDING, Pace
from local.agora.rooms import CLOUD_RECORDING_CLIENT, LINUX, KeptOutError, Rooms
from local.agora.start_request import Plan
from local.agora.timeline import Timeline

SERVICE, RECORDER, UPLOADER = 0, 1, 2
_STATUS_STARTING, _STATUS_READY, _STATUS_RECORDING = 2, 4, 5
_SIGINT, _IDLE = 2, 4
_STORAGE_FAILED = 47
_FATAL = 5
_DONE = 10_000
RANDOM_UIDS = (1, 2**31 - 1)


class Phase(StrEnum):
    """Where a task is. LOST: Agora itself knows nothing of it."""

    STARTING = "starting"
    RECORDING = "recording"
    MOVING = "moving"
    STOPPING = "stopping"
    OVER = "over"
    LOST = "lost"


RUNNING = (Phase.STARTING, Phase.RECORDING, Phase.MOVING)
KNOWN = (Phase.STARTING, Phase.RECORDING)


@dataclass(slots=True)
class Task:
    """One recording. first_uid: that it was started with. uid: that its recorder has now. idle_since: since when nobody
    publishes. parts: those of recorders that were lost on the way. flaw: why it came to nothing.
    """

    sid: str
    resource_id: str
    channel: str
    first_uid: int
    uid: int
    plan: Plan
    started: float
    phase: Phase = Phase.STARTING
    recording_since: float | None = None
    idle_since: float | None = None
    first_file: bool = False
    parts: list[Part] = field(default_factory=list)
    failovers: int = 0
    sequence: int = 0
    flaw: str | None = None

    @property
    def has_recorded(self) -> bool:
        """Whether anybody was recorded yet."""
        return self.recording_since is not None or bool(self.parts)

    @property
    def status(self) -> int:
        """The status that a query tells."""
        if self.phase is Phase.STARTING:
            return _STATUS_STARTING
        return _STATUS_RECORDING if self.first_file else _STATUS_READY

    def shown(self) -> dict[str, Any]:
        """The task for a person who looks."""
        return {
            "channel": self.channel, "uid": self.uid, "first_uid": self.first_uid, "sid": self.sid,
            "resource_id": self.resource_id, "phase": self.phase, "has_recorded": self.has_recorded, "flaw": self.flaw,
        }  # fmt: skip


@dataclass
class Recordings:
    """All tasks. most_running: the most that ever ran at once, by channel. prefix_in_names: whether the names in event
    31 hold the folder, which Agora does not say.
    """

    timeline: Timeline
    notices: Notices
    rooms: Rooms
    faults: Faults
    pace: Pace
    put: Put
    new_id: Callable[[], str]
    prefix_in_names: bool = True
    tasks: dict[str, Task] = field(default_factory=dict)
    most_running: dict[str, int] = field(default_factory=dict)

    def start(self, resource_id: str, channel: str, uid: int, plan: Plan) -> Task:
        """Begins a recording; a flaw in the plan, or a fault, lets it come to nothing without a word."""
        task = Task(self.new_id(), resource_id, channel, uid, uid, plan, self.timeline.now(), flaw=plan.flaw)
        self.tasks[task.sid] = task
        if self.faults.lose:
            self.faults.lose -= 1
            task.flaw = "lost on purpose"
        if task.flaw:
            task.phase = Phase.LOST
            return task
        self.most_running[channel] = max(self.most_running.get(channel, 0), len(self.running(channel)))
        self.timeline.later(self.pace.recorder, lambda: self._enter(task))
        return task

    def stop(self, task: Task, *, leave_code: int = _SIGINT) -> None:
        """Ends a recording; its files follow, if there are any."""
        was_inside = task.phase is Phase.RECORDING
        self._end_part(task)
        task.phase = Phase.STOPPING
        if was_inside:
            if self._is_inside(task):
                self.rooms.leave(task.channel, task.uid)
            self._tell(task, 41, RECORDER, "recorder_leave", leaveCode=leave_code)
        self.timeline.later(self.pace.upload, lambda: self._finish(task))

    def fail_over(self, sid: str) -> None:
        """The recorder's server fails, and after a while another one goes on under a uid of Agora's own choice."""
        task = self._inside(sid)
        self._end_part(task)
        task.phase = Phase.MOVING
        self.rooms.crash(task.channel, task.uid)
        self.timeline.later(self.pace.failover, lambda: self._go_on(task))

    def lose(self, sid: str) -> None:
        """The recorder and all that Agora knows of it are gone; what was uploaded before stays."""
        task = self._inside(sid)
        task.phase, task.flaw = Phase.LOST, "lost on the way"
        self.rooms.crash(task.channel, task.uid)

    def tell_error(self, sid: str) -> None:
        """The recorder reports that it cannot write to the bucket."""
        self._error(self._inside(sid))

    def running(self, channel: str) -> list[Task]:
        """The recordings of a channel that go on."""
        return [task for task in self.tasks.values() if task.channel == channel and task.phase in RUNNING]

    def channel_changed(self, channel: str) -> None:
        """Follows who publishes: begins with the first one, gives up when nobody does for too long."""
        for task in self.running(channel):
            if task.phase is not Phase.RECORDING:
                continue
            if not self._is_inside(task):
                self.stop(task)  # somebody entered under its uid, or a rule put it out
            else:
                self._follow(task)

    def clear(self) -> None:
        """Forgets all of them."""
        self.tasks.clear()
        self.most_running.clear()

    def file_names(self, task: Task) -> list[str]:
        """The playlists that a task has written so far."""
        parts = [*task.parts, *([self._part(task)] if task.recording_since is not None else [])]
        return [files.playlist(part, task.sid, task.channel).name for part in parts] if task.first_file else []

    def _inside(self, sid: str) -> Task:
        task = self.tasks.get(sid)
        if task is None or task.phase is not Phase.RECORDING:
            raise KeptOutError("no recorder of this sid is in a channel")
        return task

    def _enter(self, task: Task) -> None:
        if task.phase is not Phase.STARTING:
            return
        if not self._into_channel(task):
            return
        self._tell(task, 40, RECORDER, "recorder_started", status=0)
        self._tell(task, 30, UPLOADER, "uploader_started", status=0)
        self._tell(task, 3, SERVICE, "cloud_recording_status_update", status=task.status, recordingMode=1, fileList="")
        self._follow(task)
        self.timeline.later(self.pace.progress, lambda: self._progress(task))

    def _go_on(self, task: Task) -> None:
        if task.phase is not Phase.MOVING:
            return
        old_uid, task.uid = task.uid, self.faults.dice.randint(*RANDOM_UIDS)
        task.idle_since = None
        task.failovers += 1
        self._tell(task, 12, SERVICE, "session_failover", uid=old_uid, newUid=task.uid)
        if self._into_channel(task):
            self._follow(task)

    def _into_channel(self, task: Task) -> bool:
        try:
            self.rooms.enter(task.channel, task.uid, is_host=False, platform=LINUX, client_type=CLOUD_RECORDING_CLIENT)
        except KeptOutError as error:
            task.phase, task.flaw = Phase.LOST, str(error)
            return False
        task.phase = Phase.RECORDING
        return True

    def _follow(self, task: Task) -> None:
        if not self.rooms.has_publisher(task.channel):
            if task.idle_since is None:
                task.idle_since = self.timeline.now()
                self.timeline.later(task.plan.idle_seconds, lambda: self._give_up(task))
            return
        task.idle_since = None
        if task.recording_since is None:
            task.recording_since = self.timeline.now()
            self._tell_slice(task)
            self.timeline.later(self.pace.first_file, lambda: self._write_first(task))

    def _give_up(self, task: Task) -> None:
        if task.phase is not Phase.RECORDING or task.idle_since is None:
            return
        if self.timeline.now() - task.idle_since >= task.plan.idle_seconds:
            self.stop(task, leave_code=_IDLE)

    def _tell_slice(self, task: Task) -> None:
        now, ended = self.timeline.now_ms(), task.parts[-1].ended if task.parts else None
        self._tell(
            task, 42, RECORDER, "recorder_slice_start",
            startUtcMs=now, discontinueUtcMs=now if ended is None else int(ended * 1000),
            mixedAllUser=True, streamUid="0", trackType="audio_and_video",
        )  # fmt: skip

    def _write_first(self, task: Task) -> None:
        if task.phase is not Phase.RECORDING or task.recording_since is None:
            return
        part = self._part(task)
        name = files.playlist(part, task.sid, task.channel).name
        if not self._write(task, [files.segment(part, task.sid, task.channel), self._playlist(task, part)]):
            return
        if not task.first_file:
            task.first_file = True
            self._tell(task, 4, UPLOADER, "cloud_recording_file_infos", fileList=name)
            self._tell(
                task, 3, SERVICE, "cloud_recording_status_update", status=task.status, recordingMode=1, fileList=name
            )

    def _progress(self, task: Task) -> None:
        if task.phase in (Phase.RECORDING, Phase.MOVING):
            if task.first_file:
                self._tell(task, 33, UPLOADER, "uploading_progress", progress=_DONE - 1)
            self.timeline.later(self.pace.progress, lambda: self._progress(task))

    def _finish(self, task: Task) -> None:
        task.phase = Phase.OVER
        if task.parts:
            written = [file for part in task.parts for file in self._files(task, part)]
            folder = task.plan.folder if self.prefix_in_names else ""
            listed = [file.entry(folder) for file in written if file.is_listed]
            if self.faults.backup:
                self.timeline.later(self.pace.backup, lambda: self._write_late(task, written))
                self._tell(task, 32, UPLOADER, "backuped", status=0, fileList=listed)
            elif self._write(task, written):
                self._tell(task, 33, UPLOADER, "uploading_progress", progress=_DONE)
                self._tell(task, 31, UPLOADER, "uploaded", status=0, fileList=listed)
        self._tell(task, 11, SERVICE, "session_exit", exitStatus=0)

    def _write_late(self, task: Task, written: list[File]) -> None:
        self._write(task, written)

    def _files(self, task: Task, part: Part) -> list[File]:
        named = task.sid, task.channel
        found = [files.segment(part, *named), self._playlist(task, part)]
        return [*found, *(files.mp4s(part, *named, self.pace.mp4) if task.plan.with_mp4 else [])]

    @staticmethod
    def _playlist(task: Task, part: Part) -> File:
        return files.playlist(part, task.sid, task.channel)

    def _write(self, task: Task, written: list[File]) -> bool:
        try:
            for file in written:
                self.put(task.plan.folder + file.name, file.content, file.content_type)
        except Exception:  # whatever the bucket has against it, Agora tells one thing
            self._error(task)
            return False
        return True

    def _error(self, task: Task) -> None:
        self._tell(
            task, 1, UPLOADER, "cloud_recording_error",
            module=1, errorLevel=_FATAL, errorCode=_STORAGE_FAILED, stat=0, errorMsg="upload failed",
        )  # fmt: skip

    def _part(self, task: Task) -> Part:
        return Part(task.failovers, task.recording_since or 0.0, self.timeline.now())

    def _end_part(self, task: Task) -> None:
        if task.recording_since is not None:
            task.parts.append(self._part(task))
            task.recording_since = None

    def _is_inside(self, task: Task) -> bool:
        occupant = self.rooms.channels.get(task.channel, {}).get(task.uid)
        return occupant is not None and occupant.is_recorder

    def _tell(self, task: Task, kind: int, service: int, name: str, *, uid: int | None = None, **details: Any) -> None:
        payload = {
            "cname": task.channel,
            "uid": str(task.uid if uid is None else uid),
            "sid": task.sid,
            "sequence": task.sequence,
            "sendts": self.timeline.now_ms(),
            "serviceType": service,
            "details": {"msgName": name, **details},
        }
        task.sequence += 1
        self.notices.tell(CLOUD_RECORDING, kind, payload)
