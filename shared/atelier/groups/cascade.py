"""What a deleted group leaves behind: its workshops. Those that have not begun are cancelled, the others stay.

What is left to do stands in the table: each workshop's membership goes together with what becomes of the workshop. So
whoever runs this again, after a crash or beside another, goes on with what is left.
"""

from itertools import batched
from typing import TYPE_CHECKING, cast

from atelier import audit, clock, edits, table
from atelier.accounts.items import AuditEntry
from atelier.groups import membership
from atelier.groups.items import Membership, membership_key
from atelier.table import Item
from atelier.workshops import writing
from atelier.workshops.items import Workshop, workshop_key

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action

NOT_BEGUN = ("scheduled", "lobby")
READ_AT_ONCE = 50


def clear(group_id: str, owner_id: str, *, at: clock.Clock = clock.now) -> int:
    """Takes a deleted group's workshops out of it, and cancels those not begun; gives back how many it found.

    Raises OutOfTimeError when there is no time for more: run again, it does the rest.
    """
    table.connect()
    actor_id = _deleted_by(group_id) or owner_id
    found = 0
    for some in batched(membership.workshops_of(group_id), READ_AT_ONCE, strict=False):
        read = table.read_many(workshop_key(workshop_id) for workshop_id in some)
        for workshop_id in some:
            workshop = cast("Workshop | None", read.get(workshop_key(workshop_id)))
            edits.until_applied(_Leaving(group_id, workshop_id, actor_id, workshop, at).attempt)
            found += 1
    return found


class _Leaving:
    """One workshop on its way out of its group, as it was read, and anew where somebody was faster."""

    def __init__(self, group_id: str, workshop_id: str, actor_id: str, read: Workshop | None, at: clock.Clock) -> None:
        self._group_id, self._workshop_id, self._actor_id = group_id, workshop_id, actor_id
        self._read, self._at = read, at

    def attempt(self) -> None:
        workshop, self._read = self._read, None
        if workshop is None:
            workshop = cast("Workshop | None", table.read_one(workshop_key(self._workshop_id)))
        if workshop is None or workshop.group_id != self._group_id:
            Membership(*membership_key(self._group_id, self._workshop_id)).delete()
        elif workshop.status in NOT_BEGUN:
            self._cancel(workshop)
        else:
            self._release(workshop)

    def _cancel(self, workshop: Workshop) -> None:
        change = {"status": "cancelled", "group_id": None}
        after = writing.changed(workshop, change, by=self._actor_id, at=self._at)
        with edits.transaction() as transaction:
            membership.move(transaction, workshop.id, old=self._group_id, new=None)
            writing.update(transaction, workshop, after)
            audit.write(
                transaction,
                object_id=workshop.id,
                actor_id=self._actor_id,
                action="workshop_cancelled",
                change={"from": workshop.status, "to": "cancelled", "group": self._group_id},
                at=self._at,
            )

    def _release(self, workshop: Workshop) -> None:
        """It is no edit of what has begun: its version stays."""
        actions: list[Action] = [
            Workshop.group_id.remove(),
            Workshop.person_key.remove(),
            Workshop.person_sort.remove(),
        ]
        with edits.transaction() as transaction:
            membership.move(transaction, workshop.id, old=self._group_id, new=None)
            transaction.update(workshop, actions, condition=Workshop.group_id == self._group_id)


def _deleted_by(group_id: str) -> str | None:
    """Who deleted the group: its owner, or an administrator."""
    newest = Item.query(f"AUDIT#{group_id}", limit=1, scan_index_forward=False, consistent_read=True)
    entry = next(iter(newest), None)
    return str(entry.actor_id) if isinstance(entry, AuditEntry) and entry.action == "group_deleted" else None
