"""Limits: at most so many times in any so many seconds, exactly, whoever asks at once.

The times of the last accepted ones stand in one item. Whoever is accepted writes the list anew on condition that it is
still the one they read, in the same transaction as what the limit is for, so the limit counts what happened and nothing
else. Each one comes a whole window after the one `most` places before it. That holds the limit by the times as they are
written, in whatever order: the clocks of two processes may differ.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from pynamodb.attributes import ListAttribute, NumberAttribute
from pynamodb.transactions import TransactWrite

from atelier import clock
from atelier.errors import LimitedError
from atelier.table import Item, Key

KEPT_FOR_S = 60
"""How long the times are kept beyond the window they count in."""


class LimitTimes(Item, discriminator="limit"):
    """When the last ones were accepted, in milliseconds since 1970, oldest first."""

    times_ms = ListAttribute(of=NumberAttribute)


@dataclass(frozen=True, slots=True)
class Limit:
    """What is limited: `most` times in any `within_s` seconds, for each `who`. `refusal`: what one too many is told."""

    what: str
    most: int
    within_s: int
    refusal: type[LimitedError]

    def key(self, *who: str) -> Key:
        """Where the times of somebody, or of somebody in something, stand."""
        return "#".join(("LIMIT", self.what, *who)), "#LIMIT"

    def admit(self, found: Item | None, *who: str, at: datetime) -> "Admission":
        """Lets one more pass, after the item that was read under `key`; it counts once its admission is written.

        Raises the refusal, with the whole seconds until one more will pass.
        """
        before = found if isinstance(found, LimitTimes) else None
        times = [int(time) for time in cast("list[float]", before.times_ms)] if before else []
        now = clock.milliseconds(at)
        last = times[-self.most :]
        wait_ms = last[0] + self.within_s * 1000 - now if len(last) == self.most else 0
        if wait_ms > 0:
            raise self.refusal(-(-wait_ms // 1000))
        return Admission(self, self.key(*who), before, [*last, now])


@dataclass(frozen=True, slots=True)
class Admission:
    """One more that may pass, and has not been counted yet."""

    limit: Limit
    key: Key
    before: LimitTimes | None
    times_ms: list[int]

    def write(self, transaction: TransactWrite) -> None:
        """Counts it with the transaction, which fails when another was counted since the times were read."""
        expires_at = self.times_ms[-1] // 1000 + self.limit.within_s + KEPT_FOR_S
        item = LimitTimes(*self.key, times_ms=self.times_ms, expires_at=expires_at)
        unchanged = (
            Item.pk.does_not_exist() if self.before is None else LimitTimes.times_ms == list(self.before.times_ms)
        )
        transaction.save(item, condition=unchanged)
