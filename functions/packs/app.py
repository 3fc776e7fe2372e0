"""Makes the files of build packs, and takes away those of packs that are gone."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from atelier import observability, queues, retries, settings, table
from atelier.packs import files, finishing, pdf
from atelier.packs.document import Document
from atelier.settings import PackQueueSettings

FONTS = Path(__file__).with_name("fonts")
KEEP_MS = 3000
"""Time kept back for answering, so that a slow table makes a reported failure and not a timeout."""

MOST_TRIES = 5
"""As often as the queue gives a message out before it sets it aside."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 10, 300
"""What failed comes again after 10 s, 30 s, 90 s and 270 s: the queue alone would wait for 18 minutes."""


class UnknownTaskError(ValueError):
    """The message is none of ours."""


def _carry_out(task: Mapping[str, Any], tries: int) -> None:
    match task:
        case {"task": "make", "guided_id": str() as guided_id, "pack_id": str() as pack_id}:
            if tries >= MOST_TRIES:
                # Said beforehand, for a try that takes too much memory or time says nothing afterwards.
                finishing.give_up(guided_id, pack_id)
            finishing.finish(guided_id, pack_id, _render_pdf)
        case {"task": "forget", "object_key": str() as object_key}:
            files.forget(object_key)
        case _:
            raise UnknownTaskError


def _render_pdf(document: Document) -> bytes:
    return pdf.render(document, FONTS)


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Carries out a batch of tasks; reports those that failed, and they alone come again."""
    failed: list[str] = []
    with retries.time_to_start((context.get_remaining_time_in_millis() - KEEP_MS) / 1000):
        for record in event["Records"]:
            tries = int(record["attributes"]["ApproximateReceiveCount"])
            try:
                _carry_out(json.loads(record["body"]), tries)
            except Exception:
                observability.logger.exception("build pack failed", message_id=record["messageId"], tries=tries)
                observability.count("BuildPackFailed")
                failed.append(record["messageId"])
                queue_url = settings.of(PackQueueSettings).packs_queue_url
                queues.let_come_again(queue_url, record, first_s=FIRST_PAUSE_S, longest_s=LONGEST_PAUSE_S)
    observability.logger.info("batch", records=len(event["Records"]), failed=len(failed))
    observability.flush()
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


table.connect_when_configured()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handles one batch of messages."""
    return handle(event, context)
