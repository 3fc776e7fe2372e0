"""Sending to a queue. A message is a reason to look: whoever receives it reads from the table what is true now."""

import json
import re
from collections.abc import Iterable, Mapping
from itertools import batched
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from atelier import aws, observability

LONGEST_DELAY_S = 900
MOST_PER_BATCH = 10

_REFUSED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def takes(body: str) -> bool:
    """Whether a queue takes a text: one that is not empty, and has only the characters that SQS's SendMessage lists."""
    return bool(body) and not _REFUSED.search(body)


def send(queue_url: str, body: str, *, delay_s: int = 0) -> None:
    """Sends one message, which is received `delay_s` seconds later at the earliest (15 minutes at most).

    Raises botocore's own errors when the queue does not take it.
    """
    aws.client("sqs").send_message(
        QueueUrl=queue_url, MessageBody=body, DelaySeconds=min(max(delay_s, 0), LONGEST_DELAY_S)
    )


def send_task(queue_url: str, task: Mapping[str, Any], *, delay_s: int = 0) -> None:
    """Sends a task, as JSON; see `send`."""
    send(queue_url, json.dumps(task, separators=(",", ":"), sort_keys=True), delay_s=delay_s)


def come_again(queue_url: str, receipt: str, *, delay_s: int) -> None:
    """Makes a message that is being worked on come again after so long, in place of the queue's visibility timeout.

    Raises botocore's own errors; the message then comes again when the queue says so.
    """
    aws.client("sqs").change_message_visibility(QueueUrl=queue_url, ReceiptHandle=receipt, VisibilityTimeout=delay_s)


def let_come_again(queue_url: str, record: Mapping[str, Any], *, first_s: int, longest_s: int) -> None:
    """Makes a message that failed come again after `first_s` seconds, and each time after three times as long, at most
    after `longest_s`. A queue that cannot be told brings it when its own timeout is over.
    """
    tries = int(record["attributes"]["ApproximateReceiveCount"])
    try:
        come_again(queue_url, record["receiptHandle"], delay_s=min(first_s * 3 ** (tries - 1), longest_s))
    except (BotoCoreError, ClientError) as error:
        observability.logger.warning("comes again when the queue says so", reason=type(error).__name__)


class NotQueuedError(RuntimeError):
    """The queue did not take all of the messages."""


def send_many(queue_url: str, bodies: Iterable[str]) -> int:
    """Sends messages, ten to a request, and gives back how many.

    Raises NotQueuedError when the queue refuses some, and botocore's own errors; those before are sent then.
    """
    sent = 0
    for some in batched(bodies, MOST_PER_BATCH, strict=False):
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(some)]
        answer = aws.client("sqs").send_message_batch(QueueUrl=queue_url, Entries=entries)
        if answer.get("Failed"):
            raise NotQueuedError(f"{len(answer['Failed'])} of {len(entries)} messages were refused")
        sent += len(entries)
    return sent
