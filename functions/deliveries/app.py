"""Receives what people are to be told, and tells them: into the inbox and by mail."""

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

from atelier import observability, queues, retries, settings, table
from atelier.accounts.items import Profile, profile_key
from atelier.invites import moving
from atelier.notifications import bounces, delivering, fan_out, mailing
from atelier.notifications.announcements import Announcement, Share
from atelier.series import keeping
from atelier.settings import DeliverySettings
from atelier.workshops.items import Workshop, workshop_key

KEEP_MS = 3000
"""Time kept back for answering, so that a slow table makes a reported failure and not a timeout."""


FIRST_PAUSE_S, LONGEST_PAUSE_S = 20, 360
"""What failed comes again after 20 s, 1 min, 3 min, and then as the queue has it: the queue alone would wait 6 minutes,
and the last reminder is only 5 minutes ahead.
"""


class UnknownTaskError(ValueError):
    """The message is none of ours."""


def _announce(task: Mapping[str, Any]) -> None:
    announcement = Announcement.from_task(task)
    workshop = cast("Workshop | None", table.read_one(workshop_key(announcement.workshop_id)))
    if workshop is not None:
        fan_out.fan_out(announcement, workshop)


def _tell(task: Mapping[str, Any]) -> None:
    delivering.tell(Share.from_task(task), mailing.Mail())


def _send_code(task: Mapping[str, Any]) -> None:
    profile = cast("Profile | None", table.read_one(profile_key(task["user_id"])))
    mail = mailing.Mail()
    is_current = profile is not None and profile.pending_email and profile.email_code == task["code"]
    if profile is not None and is_current and mail.is_on and not mail.send_code(profile):
        raise delivering.UndeliveredError("a code could not be sent")


_TASKS: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "announce": _announce,
    "tell": _tell,
    "code": _send_code,
    "follower": keeping.bring_in_line,
    "followers": keeping.seat_followers,
    "move_invites": moving.move,
}


def _carry_out(body: str) -> None:
    task = json.loads(body)
    if "detail-type" in task:
        bounces.note(task)
        return
    try:
        carry_out = _TASKS[task["task"]]
    except (KeyError, TypeError) as error:
        raise UnknownTaskError from error
    carry_out(task)


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Carries out a batch of tasks; reports those that failed, and they alone come again."""
    failed: list[str] = []
    with retries.time_to_start((context.get_remaining_time_in_millis() - KEEP_MS) / 1000):
        for record in event["Records"]:
            try:
                _carry_out(record["body"])
            except Exception:
                observability.logger.exception("delivery failed", message_id=record["messageId"])
                observability.count("DeliveryFailed")
                failed.append(record["messageId"])
                queue_url = settings.of(DeliverySettings).deliveries_queue_url
                queues.let_come_again(queue_url, record, first_s=FIRST_PAUSE_S, longest_s=LONGEST_PAUSE_S)
    observability.logger.info("batch", records=len(event["Records"]), failed=len(failed))
    observability.flush()
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


table.connect_when_configured()
mailing.say_if_off()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handles one batch of messages."""
    return handle(event, context)
