"""The steps of a recording: each asks Agora or the bucket for one thing and saves what came of it.

Whatever may leave a recorder running is saved before Agora is asked. So a step that died is done again, or undone, from
what is stored:

- Between acquire and start, nothing is saved twice: a resource costs nothing and must be started within 2 s. One write
  keeps it together with the intention to start it.
- A start without a known answer is asked for again with the same resource, which Agora answers with "already started"
  or "task conflict" if it was heard. Its sid comes with the first notice. When neither tells, the uid is barred from
  the channel, which ends whatever runs under it, before another recording begins under another uid.
- Stop and bar can be repeated.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from atelier import clock, ids, observability, table
from atelier.agora.names import RECORDER_UIDS
from atelier.agora.rest_errors import (
    AlreadyStartedError,
    ConflictError,
    ExpiredResourceError,
    NotCompletedError,
    OutageError,
    RefusedError,
    TaskGoneError,
)
from atelier.recordings import bucket, files, plan
from atelier.recordings.bucket import Stored
from atelier.recordings.items import Recording, recording_key
from atelier.recordings.plan import What
from atelier.recordings.saving import discard, save
from atelier.workshops.items import Workshop

if TYPE_CHECKING:
    from atelier.agora.rest import AgoraRest

START_WITHIN = timedelta(seconds=2)
FIRST_CHECK_S = 5
AGAIN_S = 3
RULE_SECONDS = 86_400
"""As long as the recorder's token lives, by which it could come back."""

_RECORDS, _ENDS = (4, 5), (6, 7, 8, 20)


@dataclass(frozen=True, slots=True)
class Means:
    """What steps work with. request: the `clientRequest` of a start. stored: the objects of a folder of the bucket."""

    rest: "Callable[[], AgoraRest]"
    request: Callable[[str, int, str, datetime], Mapping[str, Any]]
    stored: Callable[[str], Sequence[Stored]]
    at: clock.Clock = clock.now
    new_id: ids.IdMaker = ids.new_id
    randbelow: Callable[[int], int] = secrets.randbelow


@dataclass(frozen=True, slots=True)
class Job:
    """A workshop and all its recordings, as they were read, to do a step with."""

    workshop: Workshop
    recordings: Sequence[Recording]
    means: Means

    def carry_out(self, step: plan.Step) -> float | None:
        """Does a step. Seconds until the next look at the recording: 0 at once, None if nothing more is to be seen.

        Raises ChangedError, and for a later time OutageError, RefusedError, AgoraUnavailableError and botocore's own.
        """
        match step:
            case plan.Step(What.WAIT):
                return step.wait_s
            case plan.Step(What.BEGIN):
                return self._begin()
            case plan.Step(what, Recording() as recording):
                done = {
                    What.START: self._start,
                    What.ASK_AGAIN: self._ask_again,
                    What.CHECK: self._check,
                    What.STOP: self._stop,
                    What.BAR: self._bar,
                    What.DISCARD: self._discard,
                    What.CLOSE: self._close,
                }
                if what in done:
                    return done[what](recording)
                return (self._stop_again if what is What.STOP_AGAIN else self._collect)(recording, step.wait_s)
        raise AssertionError(step)

    def _begin(self) -> float:
        """A new recording, under a uid that none of the workshop's recorders had."""
        at = clock.whole_seconds(self.means.at())
        recording_id = self.means.new_id("rec")
        workshop_part, own_part = (name.partition("_")[2] for name in (self.workshop.id, recording_id))
        table.put_if_absent(
            Recording(
                *recording_key(self.workshop.id, recording_id),
                uid=self._new_uid(),
                folder=f"recordings/{workshop_part}/{own_part}",
                created_at=at,
                updated_at=at,
            )
        )
        return 0

    def _new_uid(self) -> int:
        used = {uid for item in self.recordings for uid in _uids(item)}
        while True:
            uid = RECORDER_UIDS.start + self.means.randbelow(len(RECORDER_UIDS))
            if uid not in used:
                return uid

    def _start(self, recording: Recording) -> float:
        at = self.means.at
        try:
            # The keys and the token first: what is acquired must be started within 2 s.
            request = self._request(recording)
            resource_id = self._acquire(recording)
            acquired_at = at()
            save(recording, at(), resource_id=resource_id, resource_at=acquired_at, start_asked_at=at())
            if at() - acquired_at > START_WITHIN:
                # The table was slow. Nothing was started yet, so another resource takes the place of this one.
                resource_id, acquired_at = self._acquire(recording), at()
                save(recording, at(), resource_id=resource_id, resource_at=acquired_at)
            sid = self._rest.start(self.workshop.channel, int(recording.uid), resource_id, request)
        except (RefusedError, ExpiredResourceError) as error:
            return self._refused(recording, error)
        except AlreadyStartedError as error:
            return self._adopt(recording, error.sid)
        except (ConflictError, NotCompletedError):
            return AGAIN_S
        except OutageError:
            if recording.start_asked_at is None:
                raise
            return AGAIN_S
        save(recording, at(), sid=sid)
        return FIRST_CHECK_S

    def _ask_again(self, recording: Recording) -> float:
        """Asks for the same start again, of which the first answer is not known: it either finds that it was heard, or
        starts now. Agora runs one task for a resource, and for a channel and uid.
        """
        wait_s = plan.delay_of_asking(recording.start_asked_at, self.means.at())
        request, resource_id = self._request(recording), str(recording.resource_id)
        try:
            sid = self._rest.start(self.workshop.channel, int(recording.uid), resource_id, request)
        except AlreadyStartedError as error:
            return self._adopt(recording, error.sid, wait_s)
        except (ConflictError, NotCompletedError, ExpiredResourceError, RefusedError, OutageError):
            # What became of the first one stays unknown until its time is over.
            return wait_s
        save(recording, self.means.at(), sid=sid)
        return FIRST_CHECK_S

    def _adopt(self, recording: Recording, sid: str | None, wait_s: float = AGAIN_S) -> float:
        if sid is None:
            return wait_s
        save(recording, self.means.at(), sid=sid)
        return FIRST_CHECK_S

    def _refused(self, recording: Recording, error: Exception) -> float:
        """Nothing was started: the recording is given up. What Agora refuses, a person must mend."""
        is_refusal = isinstance(error, RefusedError)
        save(recording, self.means.at(), status="failed", reason=plan.REFUSED if is_refusal else "expired")
        if is_refusal:
            observability.count("RecordingRefused")
        return 0

    def _check(self, recording: Recording) -> float | None:
        now = self.means.at()
        try:
            status = self._rest.query(str(recording.resource_id), str(recording.sid)).status
        except NotCompletedError:
            return AGAIN_S
        except TaskGoneError:
            return self._miss(recording)
        except OutageError:
            # Nobody knows whether it recorded meanwhile, so it has to be missing for the whole time anew.
            if recording.missing_since is not None:
                save(recording, now, missing_since=None)
            raise
        if status in _RECORDS:
            if recording.status == "starting" or recording.missing_since is not None:
                known: datetime | None = recording.verified_at
                save(recording, now, status="recording", verified_at=known or now, missing_since=None)
            return None
        return self._give_up(recording) if status in _ENDS else self._miss(recording)

    def _miss(self, recording: Recording) -> float:
        """A task that should record and is not to be found: it may be about to begin, or move to another server."""
        now = self.means.at()
        since = recording.start_asked_at if recording.status == "starting" else recording.missing_since
        if since is None:
            save(recording, now, missing_since=now)
            since = now
        if now - since >= plan.RECORDS_WITHIN:
            return self._give_up(recording)
        return plan.delay_of_check(since, now)

    def _give_up(self, recording: Recording) -> float:
        observability.count("RecordingLost")
        return self._bar(recording)

    def _stop(self, recording: Recording) -> float:
        try:
            has_recorded = self._ask_to_stop(recording)
        except NotCompletedError:
            return AGAIN_S
        except TaskGoneError:
            if plan.should_run(self.workshop):
                # Another part follows at once, and must not meet this one where it went.
                return self._miss(recording)
            # One that was never seen to record may only be about to begin.
            if recording.verified_at is None:
                return self._bar(recording)
            has_recorded = True
        except RefusedError:
            return self._bar(recording)
        return self._over(recording, has_recorded=has_recorded)

    def _bar(self, recording: Recording) -> float:
        """Makes certain that nothing runs under the recording's uids, now or later, whatever became of its task."""
        if recording.sid is not None:
            try:
                self._ask_to_stop(recording)
            except (TaskGoneError, NotCompletedError, RefusedError):
                observability.logger.info("recorder_not_stopped", recording_id=recording.id)
        for uid in sorted(_uids(recording)):
            self._rest.place_rule(self.workshop.channel, uid, ("join_channel",), RULE_SECONDS)
        if recording.verified_at is not None:
            return self._over(recording, has_recorded=True)
        reason = recording.reason or ("unanswered" if recording.sid is None else "never_recorded")
        save(recording, self.means.at(), status="failed", reason=reason, stop_asked_at=self.means.at())
        return 0

    def _over(self, recording: Recording, *, has_recorded: bool) -> float:
        now = self.means.at()
        if has_recorded:
            save(recording, now, status="processing", stop_asked_at=now)
        else:
            save(recording, now, status="failed", reason="nothing_recorded", stop_asked_at=now)
        return 0

    def _close(self, recording: Recording) -> float:
        return self._over(recording, has_recorded=True)

    def _discard(self, recording: Recording) -> float:
        discard(recording)
        return 0

    def _stop_again(self, recording: Recording, wait_s: float) -> float:
        try:
            has_recorded = self._ask_to_stop(recording)
        except (TaskGoneError, NotCompletedError, RefusedError):
            return wait_s
        return wait_s if has_recorded else self._over(recording, has_recorded=False)

    def _collect(self, recording: Recording, wait_s: float) -> float | None:
        """Looks whether the files are in the bucket; after a day, for whatever there is."""
        now, ended_at = self.means.at(), plan.ended_at(recording)
        stored = self.means.stored(recording.folder)
        found = bucket.found(stored, ended_at, now)
        if found is None and now - ended_at < plan.UPLOADED_WITHIN:
            return wait_s
        found = found or bucket.left_over(stored, ended_at)
        if found is None:
            save(recording, now, status="failed", reason=recording.reason or "never_uploaded")
            return None
        save(
            recording,
            now,
            status="ready",
            reason=None,
            files=files.united(recording.files or (), found.files),
            started_ms=recording.started_ms or found.started_ms,
            ended_ms=recording.ended_ms or found.ended_ms or clock.milliseconds(ended_at),
        )
        return None

    @property
    def _rest(self) -> "AgoraRest":
        return self.means.rest()

    def _request(self, recording: Recording) -> Mapping[str, Any]:
        return self.means.request(self.workshop.channel, int(recording.uid), recording.folder, self.means.at())

    def _acquire(self, recording: Recording) -> str:
        return self._rest.acquire(self.workshop.channel, int(recording.uid))

    def _ask_to_stop(self, recording: Recording) -> bool:
        channel, uid = self.workshop.channel, int(recording.uid)
        return self._rest.stop(channel, uid, str(recording.resource_id), str(recording.sid))


def _uids(recording: Recording) -> set[int]:
    """The numbers its recorder has had; the further ones are Agora's choice, after a failover."""
    return {int(recording.uid), *map(int, recording.other_uids or ())}
