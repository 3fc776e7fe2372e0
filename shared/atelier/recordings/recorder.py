"""The recorder: brings what is recorded at Agora in line with what should be, one look at a time.

A task is only a reason to look. A look reads the workshop and its recordings, does what `plan` says, and comes back
when there is more to see, by sending the same task again with a delay. So it may come twice, late, or out of order.

There is no shared circuit breaker for Agora's outages. A look that fails comes back later and later, once a minute at
last, and the queue runs few looks at once (MaximumConcurrency): the load of an outage is one call a minute for a live
workshop, and when Agora is back, each workshop finds out by itself within that minute.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from atelier import clock, observability, retries, table
from atelier.agora.rest_errors import NotCompletedError, OutageError, RefusedError
from atelier.errors import AgoraUnavailableError
from atelier.recordings import lease, plan
from atelier.recordings.items import RecorderLock, Recording, lock_key
from atelier.recordings.lease import Lease
from atelier.recordings.saving import ChangedError
from atelier.recordings.steps import Job, Means
from atelier.table import Item
from atelier.workshops.items import Workshop, workshop_key

TAKEN_COME_BACK_S = 5
MOST_ROUNDS = 8
NEEDS_S = 30.0
"""A step may wait for Agora four times: acquire and start, or stop and a rule, at two hosts each."""

EARLY_MS = 2000
"""A message may arrive a little before the time at which it is expected, by another machine's clock."""

type Send = Callable[[Mapping[str, Any], int], None]
"""Sends a task to the recorder's own queue, to be received so many seconds later."""

_FOR_LATER = (OutageError, NotCompletedError, RefusedError, AgoraUnavailableError, BotoCoreError, ClientError)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a look found."""

    workshop: Workshop | None
    recordings: list[Recording]
    look_at_ms: int


def bring_in_line(workshop_id: str, means: Means, send: Send, *, tries: int = 0) -> None:
    """Looks at a workshop's recordings and does what is to be done now. tries: how many looks in a row have failed.

    Four round trips for a look at which nothing is to be done (lease, workshop, recordings, lease), one more for each
    step. What fails at Agora is tried again later; errors of the table are raised, and the queue brings the task again.
    """
    with lease.held(workshop_id, at=means.at) as held:
        if held is None:
            send(_task(workshop_id, tries), TAKEN_COME_BACK_S)
            return
        wait_s, failed, expected_ms = _work(workshop_id, means)
        if failed:
            wait_s = min(wait_s if wait_s is not None else plan.LONGEST_WAIT_S, plan.growing_delay(tries))
        if wait_s is not None:
            _come_back(held, _task(workshop_id, tries + 1 if failed else 0), wait_s, expected_ms, means, send)


def _task(workshop_id: str, tries: int) -> dict[str, Any]:
    return {"task": "recording", "workshop_id": workshop_id} | ({"tries": tries} if tries else {})


def _work(workshop_id: str, means: Means) -> tuple[float | None, bool, int]:
    """Does what is to be done until there is something to wait for.

    Seconds to wait, or None; whether anything failed; when another look is expected.
    """
    for _ in range(MOST_ROUNDS):
        seen = _look(workshop_id)
        if seen.workshop is None:
            return None, False, seen.look_at_ms
        waits, failed = _round(seen.workshop, seen.recordings, means)
        wait_s = min((wait for wait in waits if wait is not None), default=None)
        if failed or wait_s != 0 or retries.time_left() < NEEDS_S:
            break
    return wait_s, failed, seen.look_at_ms


def _round(workshop: Workshop, recordings: list[Recording], means: Means) -> tuple[list[float | None], bool]:
    job = Job(workshop, recordings, means)
    waits: list[float | None] = []
    failed = False
    for step in plan.steps(workshop, recordings, means.at()):
        recording_id = step.recording.id if step.recording else None
        try:
            waits.append(job.carry_out(step))
        except ChangedError:
            # Nothing else is done by what was read: another recording may be begun only when this one is seen to end.
            return [0], False
        except _FOR_LATER as error:
            failed = True
            observability.logger.warning(
                "recording_step_failed",
                workshop_id=workshop.id,
                recording_id=recording_id,
                step=step.what.name,
                reason=type(error).__name__,
            )
            if isinstance(error, RefusedError):
                observability.count("RecordingRefused")
        else:
            observability.logger.info(
                "recording_step",
                workshop_id=workshop.id,
                recording_id=recording_id,
                step=step.what.name,
                wait_s=waits[-1],
            )
    return waits, failed


def _look(workshop_id: str) -> _Seen:
    """The workshop, its lock and its recordings, strongly consistent, in two round trips."""
    found = table.read_many([workshop_key(workshop_id), lock_key(workshop_id)])
    lock = cast("RecorderLock | None", found.get(lock_key(workshop_id)))
    rows = Item.query(f"WORKSHOP#{workshop_id}", Item.sk.startswith("RECORDING#"), consistent_read=True)
    recordings = [row for row in rows if isinstance(row, Recording)]
    workshop = cast("Workshop | None", found.get(workshop_key(workshop_id)))
    return _Seen(workshop, recordings, int(lock.look_at_ms or 0) if lock else 0)


def _come_back(held: Lease, task: Mapping[str, Any], wait_s: float, expected_ms: int, means: Means, send: Send) -> None:
    """Sends the task for another look, unless a message that was sent before arrives by then.

    Without that, every repeated message would begin a chain of looks of its own. The message goes first and the note of
    it second: when we die in between, one look too many is made.
    """
    now_ms = clock.milliseconds(means.at())
    look_at_ms = now_ms + 1000 * plan.whole(wait_s)
    if now_ms + EARLY_MS < expected_ms <= look_at_ms + EARLY_MS:
        return
    send(task, plan.whole(wait_s))
    held.look_at_ms = look_at_ms
