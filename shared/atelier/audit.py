"""The audit log: one entry per change of a right or of an object's state, in the same transaction as the change."""

from typing import Any

from pynamodb.transactions import TransactWrite

from atelier import clock
from atelier.accounts.items import AuditEntry
from atelier.ids import new_id


def write(
    transaction: TransactWrite,
    *,
    object_id: str,
    actor_id: str,
    action: str,
    change: dict[str, Any],
    at: clock.Clock = clock.now,
) -> None:
    """Adds an entry to the transaction. `change` holds ids and states only, never what people wrote."""
    entry = AuditEntry(
        f"AUDIT#{object_id}", new_id("aud", at=at), actor_id=actor_id, action=action, at=at(), change=change
    )
    transaction.save(entry)
