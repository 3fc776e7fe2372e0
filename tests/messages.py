"""What was sent to queues during a test, instead of being sent."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """One message and where it went."""

    queue_url: str
    body: str
    delay_s: int = 0

    @property
    def task(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


class Outbox(list[Message]):
    """Every message, in the order in which they were sent. A test may empty it."""

    def send(self, queue_url: str, body: str, *, delay_s: int = 0) -> None:
        """Takes a message in place of the queue."""
        self.append(Message(queue_url, body, delay_s))

    def send_many(self, queue_url: str, bodies: Iterable[str]) -> int:
        """Takes several in place of the queue."""
        taken = [Message(queue_url, body) for body in bodies]
        self.extend(taken)
        return len(taken)

    def to(self, queue: str) -> list[Any]:
        """The tasks that went to a queue of this name."""
        return [message.task for message in self if message.queue_url.endswith(f"/{queue}")]

    @property
    def tasks(self) -> list[Any]:
        """Every body, read as JSON."""
        return [message.task for message in self]
