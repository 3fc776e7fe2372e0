"""Applies Agora's notices, one by one: a bad one fails alone."""

import traceback
from typing import Any

from atelier import clock, observability, retries, table
from atelier.agora.notices import Notice, UnreadableNoticeError, parse
from atelier.rooms import notices

KEEP_MS = 5000
"""Time kept back for answering, so that a slow table makes a reported failure and not a timeout."""


def handle(event: dict[str, Any], context: Any, *, at: clock.Clock = clock.now) -> dict[str, Any]:
    """Works through a batch; reports the records that failed, which the queue brings again, five times in all."""
    failed: list[str] = []
    changed = 0
    observability.table_use.reset()
    with retries.time_to_start((context.get_remaining_time_in_millis() - KEEP_MS) / 1000):
        for record in event["Records"]:
            notice: Notice | None = None
            try:
                notice = parse(record["body"])
                changed += notices.apply(notice, at=at)
            except Exception as error:
                _tell(error, notice, record)
                failed.append(record["messageId"])
    observability.logger.info(
        "batch",
        records=len(event["Records"]),
        changed=changed,
        failed=len(failed),
        round_trips=observability.table_use.round_trips,
    )
    observability.flush()
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _tell(error: Exception, notice: Notice | None, record: dict[str, Any]) -> None:
    """Logs a failure without what the notice says: an error's message may quote it, so only ours is told."""
    observability.count("NoticeFailed")
    observability.logger.error(
        "notice failed",
        message_id=record["messageId"],
        received=record.get("attributes", {}).get("ApproximateReceiveCount"),
        product=notice.product if notice else None,
        type=notice.type if notice else None,
        error=type(error).__name__,
        aws_code=getattr(error, "cause_response_code", None),
        reason=str(error) if isinstance(error, UnreadableNoticeError) else None,
        where=[f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-4:]],
    )


table.connect_when_configured()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handles one batch of notices."""
    return handle(event, context)
