"""The lease on a workshop's recordings: one look at a time works on them.

A lease of 90 s is longer than the function may run, so whoever lost it is gone. It ends by itself when its holder died.
It saves work and calls of Agora. That no two recordings run does not hang on it alone: every step is written on
condition of what it follows from, and of two recordings that were begun at once, whoever sees both ends one first.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atelier import clock, table
from atelier.recordings.items import RecorderLock, lock_key

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action

LASTS_MS = 90_000
_FORGOTTEN_AFTER_S = 2 * 86_400


@dataclass(slots=True)
class Lease:
    """A lease that was taken. look_at_ms: when the next look is due; kept in the lock when the lease is given back."""

    workshop_id: str
    holder: str
    look_at_ms: int | None = None


@contextmanager
def held(workshop_id: str, *, at: clock.Clock = clock.now) -> Iterator[Lease | None]:
    """The lease on the recordings of a workshop for as long as the block lasts; None when somebody else has it.

    One write to take it and one to give it back, on condition that it is still ours.
    """
    lease = _take(workshop_id, clock.milliseconds(at()))
    if lease is None:
        yield None
        return
    try:
        yield lease
    except Exception:
        _give_back(lease)
        raise
    _give_back(lease)


def _take(workshop_id: str, now_ms: int) -> Lease | None:
    lease = Lease(workshop_id, secrets.token_hex(8))
    seen = table.update_or_see(
        RecorderLock,
        lock_key(workshop_id),
        [
            RecorderLock.kind.set(RecorderLock),
            RecorderLock.holder.set(lease.holder),
            RecorderLock.held_until_ms.set(now_ms + LASTS_MS),
            RecorderLock.expires_at.set(now_ms // 1000 + _FORGOTTEN_AFTER_S),
        ],
        RecorderLock.held_until_ms.does_not_exist() | (RecorderLock.held_until_ms < now_ms),
    )
    # A lost answer is asked for again, and then finds our own lease.
    is_ours = seen is None or getattr(seen, "holder", None) == lease.holder
    return lease if is_ours else None


def _give_back(lease: Lease) -> None:
    actions: list[Action] = [RecorderLock.held_until_ms.set(0)]
    if lease.look_at_ms is not None:
        actions.append(RecorderLock.look_at_ms.set(lease.look_at_ms))
    table.update_or_see(RecorderLock, lock_key(lease.workshop_id), actions, RecorderLock.holder == lease.holder)
