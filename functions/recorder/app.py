"""Works off tasks: what is to be brought in line at Agora, recordings and moderation. A bad one fails alone."""

import json
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from atelier import clock, observability, queues, retries, settings, table
from atelier.agora import secrets
from atelier.agora.rest import AgoraRest
from atelier.agora.rest_errors import NotCompletedError, OutageError
from atelier.agora.secrets import RestAccess, StorageAccess
from atelier.agora.tokens import Credentials
from atelier.errors import AgoraUnavailableError, RequestInProgressError
from atelier.recordings import bucket, plan, recorder
from atelier.recordings.bucket import Stored
from atelier.recordings.request import Place, start_request
from atelier.recordings.steps import Means
from atelier.rooms import moderation
from atelier.settings import AgoraSettings, RecorderSettings, RecordingSettings, RestSettings, TokenSettings

KEEP_MS = 5000
"""Time kept back for answering, so that a slow table makes a reported failure and not a timeout."""


def _path() -> str:
    return settings.of(AgoraSettings).agora_parameter_path


access = secrets.stored_at(_path, RestAccess)
credentials = secrets.stored_at(_path, Credentials)
storage = secrets.stored_at(_path, StorageAccess)

_LATER = (OutageError, NotCompletedError, AgoraUnavailableError, RequestInProgressError)


def agora() -> AgoraRest:
    """Agora, by the credentials as they are now."""
    return _line(access.get(), settings.of(RestSettings).agora_urls)


@lru_cache(maxsize=1)
def _line(access: RestAccess, urls: str) -> AgoraRest:
    """Kept from one task to the next, with its connections."""
    return AgoraRest(access, urls.split(","))


def request(channel: str, uid: int, folder: str, issued_at: datetime) -> Mapping[str, Any]:
    """What Agora is asked to record."""
    return start_request(
        channel,
        uid,
        folder,
        credentials=credentials.get(),
        keys=storage.get(),
        place=Place(settings.of(RecordingSettings).recordings_bucket, os.environ["AWS_REGION"]),
        issued_at=issued_at,
    )


def stored(folder: str) -> list[Stored]:
    """What is in a recording's folder."""
    return bucket.listed(settings.of(RecordingSettings).recordings_bucket, folder)


def send(task: Mapping[str, Any], delay_s: int) -> None:
    """Sends a task to come back with."""
    queues.send_task(settings.of(RecorderSettings).recorder_queue_url, task, delay_s=delay_s)


def record(task: Mapping[str, Any], at: clock.Clock) -> None:
    """A workshop's recordings."""
    means = Means(agora, request, stored, at=at)
    recorder.bring_in_line(str(task["workshop_id"]), means, send, tries=int(task.get("tries", 0)))


def moderate(task: Mapping[str, Any], at: clock.Clock) -> None:
    """What a person may not do in a room; in an outage of Agora it comes back later and later."""
    tries = int(task.get("tries", 0))
    try:
        moderation.bring_in_line(
            str(task["workshop_id"]),
            str(task["user_id"]),
            agora(),
            token_lifetime_s=settings.of(TokenSettings).agora_token_lifetime_s,
            at=at,
        )
    except _LATER as error:
        observability.logger.warning(
            "moderation_failed", workshop_id=task["workshop_id"], reason=type(error).__name__, tries=tries
        )
        send({**task, "tries": tries + 1}, plan.whole(plan.growing_delay(tries)))


TASKS: dict[str, Callable[[Mapping[str, Any], clock.Clock], None]] = {"recording": record, "moderation": moderate}


def handle(event: dict[str, Any], context: Any, *, at: clock.Clock = clock.now) -> dict[str, Any]:
    """Works through a batch; reports the tasks that failed, which the queue brings again, five times in all.

    What Agora cannot do now is no failure: it comes back by a message of its own.
    """
    failed: list[str] = []
    with retries.time_to_start((context.get_remaining_time_in_millis() - KEEP_MS) / 1000):
        for message in event["Records"]:
            try:
                task = json.loads(message["body"])
                TASKS[task["task"]](task, at)
            except Exception as error:
                observability.count("RecorderTaskFailed")
                observability.logger.exception(
                    "task failed", message_id=message["messageId"], reason=type(error).__name__
                )
                failed.append(message["messageId"])
    observability.logger.info("batch", records=len(event["Records"]), failed=len(failed))
    observability.flush()
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


table.connect_when_configured()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handles one batch of tasks."""
    return handle(event, context)
