"""A standard queue of SQS with its dead-letter queue, in this process and on a clock of its own.

As "Amazon SQS standard queues" have it: messages come in no order, now and then twice; what was received is hidden for
the visibility timeout and comes again unless it is deleted; what was received too often without that is set aside.
"""

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

VISIBILITY_S = 120
MOST_RECEIVES = 5
BATCH = 10
OFTEN_TWICE = 0.05

type Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


@dataclass(slots=True)
class Queued:
    """A message. received: when it was received, by the queue's clock."""

    id: str
    body: str
    visible_at: float = 0.0
    received: list[float] = field(default_factory=list)


class Queue:
    """A queue. Failed messages go to `failures` after five tries."""

    def __init__(self, seed: int) -> None:
        self.now = 0.0
        self.failures: list[Queued] = []
        self.done: list[Queued] = []
        self._messages: dict[str, Queued] = {}
        self._dice = random.Random(seed)  # noqa: S311 - not a secret
        self._ids = itertools.count(1)

    def send(self, body: str) -> None:
        """Takes a message."""
        message = Queued(f"m{next(self._ids)}", body, self.now)
        self._messages[message.id] = message

    def redrive(self) -> int:
        """Takes back what failed, as new messages; how many those are."""
        failed, self.failures = self.failures, []
        for message in failed:
            self.send(message.body)
        return len(failed)

    def run(self, handler: Handler, context: Any) -> None:
        """Hands everything on, in batches and as often as it takes, until the queue is empty."""
        while self._messages:
            visible = [message for message in self._messages.values() if message.visible_at <= self.now]
            if not visible:
                self.now = min(message.visible_at for message in self._messages.values())
                continue
            self._hand_on(self._receive(visible), handler, context)
            self.now += 0.1

    def _receive(self, visible: Sequence[Queued]) -> list[Queued]:
        received = self._dice.sample(visible, min(BATCH, len(visible)))
        taken = []
        for message in received:
            if len(message.received) == MOST_RECEIVES:
                self.failures.append(self._messages.pop(message.id))
                continue
            message.received.append(self.now)
            message.visible_at = self.now + VISIBILITY_S
            taken.append(message)
        return taken

    def _hand_on(self, taken: Sequence[Queued], handler: Handler, context: Any) -> None:
        if not taken:
            return
        event = {"Records": [_record(message) for message in taken]}
        if self._dice.random() < OFTEN_TWICE:
            handler(event, context)
        answer = handler(event, context)
        failed = {entry["itemIdentifier"] for entry in answer["batchItemFailures"]}
        assert failed <= {message.id for message in taken}, "an id that is not of the batch fails all of it"
        for message in taken:
            if message.id not in failed:
                self.done.append(self._messages.pop(message.id))


def _record(message: Queued) -> dict[str, Any]:
    attributes = {"ApproximateReceiveCount": str(len(message.received))}
    return {"messageId": message.id, "body": message.body, "attributes": attributes, "eventSource": "aws:sqs"}
