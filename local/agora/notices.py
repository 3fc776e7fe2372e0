"""The notices: enveloped, signed, sent, and sent again.

As in Agora's "Receive notifications about channel events": the body is signed as it is, by HMAC with SHA-1 and with
SHA-256; whatever is not answered by 200 comes again, at most three times, with another `notifyMs`.
"""

import hashlib
import heapq
import hmac
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.agora.faults import Faults
from local.agora.project import Pace, Project
from local.agora.timeline import Timeline

OK = 200

type Send = Callable[[bytes, Mapping[str, str]], int]
"""Hands a notice over and returns the HTTP status of the answer; 0 when there was none."""


@dataclass(slots=True)
class Notice:
    """A notice to send. secret: what it is signed with. attempt: how many there were."""

    id: str
    product: int
    type: int
    payload: Mapping[str, Any]
    secret: bytes
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """An attempt: what was handed over, and the status of the answer."""

    notice: Notice
    body: bytes
    headers: Mapping[str, str]
    status: int


def sign(body: bytes, secret: bytes) -> dict[str, str]:
    """The headers that a body is sent with."""
    return {
        "Content-Type": "application/json;charset=utf-8",
        "Agora-Signature": hmac.new(secret, body, hashlib.sha1).hexdigest(),
        "Agora-Signature-V2": hmac.new(secret, body, hashlib.sha256).hexdigest(),
    }


@dataclass
class Notices:
    """Everything that is to be told, and was. lost: what was dropped, or answered badly four times."""

    project: Project
    timeline: Timeline
    faults: Faults
    pace: Pace
    sent: list[Sent] = field(default_factory=list)
    lost: list[Notice] = field(default_factory=list)
    _outgoing: list[tuple[float, int, Notice]] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def tell(self, product: int, kind: int, payload: Mapping[str, Any]) -> None:
        """Puts a notice on its way, with whatever is to go wrong with it."""
        secret = self.project.webhook_secret(product)
        notice = Notice(self._new_id(kind), product, kind, payload, secret)
        if self.faults.happens(self.faults.drop):
            self.lost.append(notice)
            return
        self._put(notice)
        if self.faults.happens(self.faults.duplicate):
            other_id = self._new_id(kind) if self.faults.happens(0.5) else notice.id
            self._put(Notice(other_id, product, kind, payload, secret))
        if self.faults.happens(self.faults.forge):
            altered = {key: value + 1 if isinstance(value, int) else value for key, value in payload.items()}
            self._put(Notice(self._new_id(kind), product, kind, altered, b"not the secret"))

    def take_due(self, *, even_if_not_due: bool = False) -> Notice | None:
        """The next notice to send, or None; the caller sends it and says so to `note`."""
        if self._outgoing and (even_if_not_due or self._outgoing[0][0] <= self.timeline.now()):
            return heapq.heappop(self._outgoing)[2]
        return None

    def body_of(self, notice: Notice) -> bytes:
        """The envelope around a notice, as it is sent now."""
        return json.dumps(
            {
                "noticeId": notice.id,
                "productId": notice.product,
                "eventType": notice.type,
                "notifyMs": self.timeline.now_ms(),
                "payload": notice.payload,
            },
            separators=(",", ":"),
        ).encode()

    def note(self, sent: Sent) -> None:
        """Notes an attempt, and plans the next one if the answer was not 200."""
        self.sent.append(sent)
        if sent.status == OK:
            return
        notice = sent.notice
        if notice.attempt >= len(self.pace.retries):
            self.lost.append(notice)
            return
        wait = self.pace.retries[notice.attempt]
        notice.attempt += 1
        self._outgoing_at(self.timeline.now() + wait, notice)

    @property
    def waiting(self) -> int:
        """How many have yet to be sent."""
        return len(self._outgoing)

    def clear(self) -> None:
        """Forgets all of them."""
        self.sent.clear()
        self.lost.clear()
        self._outgoing.clear()

    def _put(self, notice: Notice) -> None:
        late = self.faults.delay + (self.faults.dice.random() * self.faults.shuffle if self.faults.shuffle else 0.0)
        self._outgoing_at(self.timeline.now() + late, notice)

    def _outgoing_at(self, at: float, notice: Notice) -> None:
        heapq.heappush(self._outgoing, (at, next(self._numbers), notice))

    def _new_id(self, kind: int) -> str:
        return f"{2_000_000_000 + next(self._numbers)}:{self.timeline.now_ms() % 100_000}:{kind}"
