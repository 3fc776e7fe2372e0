"""Writing an edit of a workshop that is decided: the workshop, its description, its group, its seats."""

from dataclasses import dataclass

from pynamodb.transactions import TransactWrite

from atelier.groups import membership
from atelier.workshops import writing
from atelier.workshops.items import Description, Workshop, description_key


@dataclass(frozen=True, slots=True)
class Change:
    """An edit that is decided: the workshop before and after, and the new description, or None where it stays."""

    before: Workshop
    after: Workshop
    description: str | None

    def write(self, transaction: TransactWrite) -> None:
        """Adds the whole edit to a transaction."""
        writing.update(transaction, self.before, self.after)
        self._write_beside(transaction)

    def write_capacity(
        self, transaction: TransactWrite, *, was: int | None, max_capacity: int | None, block_count: int, last: bool
    ) -> None:
        """Adds the workshop's part of a change of capacity, which may take several transactions.

        The last carries the edit. Each needs the capacity that the one before it left, and the version and status that
        were read.
        """
        as_left = Workshop.max_capacity.does_not_exist() if was is None else Workshop.max_capacity == was
        step = writing.with_values(
            self.after if last else self.before, max_capacity=max_capacity, block_count=block_count
        )
        step.last_change = "edit"
        writing.update(transaction, self.before, step, always=("max_capacity", "block_count"), also=as_left)
        if last:
            self.after.block_count = block_count
            self._write_beside(transaction)

    def _write_beside(self, transaction: TransactWrite) -> None:
        membership.move(transaction, self.before.id, old=self.before.group_id, new=self.after.group_id)
        if self.description is None:
            return
        item = Description(*description_key(self.before.id), text=self.description)
        # A workshop of a series that has none of its own shows its series', which an empty one keeps from showing.
        if self.description or self.before.series_id:
            transaction.save(item)
        else:
            transaction.delete(item)
