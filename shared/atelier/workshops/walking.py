"""Walking along an index: so many rows after a position, however many of those between do not count.

A position is the sort key of a row, which is unique, never a row's number or DynamoDB's own continuation:
so a walk can go on anywhere, and rows that others write meanwhile neither shift nor repeat the rest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pynamodb.expressions.condition import Condition

from atelier import clock, table
from atelier.table import Item

ROWS_AT_ONCE = 250
MOST_READS = 12

_BEFORE_ALL_TIMES, _AFTER_ALL_TIMES = "0", "~"


@dataclass(frozen=True, slots=True)
class Steps:
    """Rows in order. `reached` is the position up to which every row was looked at; at the end there are no more."""

    rows: list[Item]
    reached: str | None
    is_end: bool


@dataclass(frozen=True, slots=True)
class Walk:
    """One partition of an index, in one direction.

    sort: the name of the index's sort key. prefix: what stands before the position there.
    since: no position before this. until: nothing later than this.
    keep: which rows count; the table itself leaves out the others.
    counts: which of those count after all, where the table cannot tell.
    is_mostly_kept: nearly every row counts, so that the first request reads no more of them than are wanted.
    """

    index: Any
    sort: str
    partition: str
    newest_first: bool = False
    prefix: str = ""
    since: str = _BEFORE_ALL_TIMES
    until: datetime | None = None
    keep: Condition | None = None
    counts: Callable[[Item], bool] | None = None
    is_mostly_kept: bool = False
    is_consistent: bool = False

    def position(self, row: Item) -> str:
        """Where a row stands."""
        return str(getattr(row, self.sort)).removeprefix(self.prefix)

    def after(self, position: str | None, wanted: int) -> Steps:
        """At most so many rows after a position.

        Where every row counts this is one request. Else it is as few as it takes, but not without end: after 12 it
        stops with what it has.
        """
        table.connect()
        rows: list[Item] = []
        for read in range(MOST_READS):
            low, high = self._bounds(position)
            if low > high:
                return Steps(rows, position, is_end=True)
            is_close = self.keep is None or (self.is_mostly_kept and read == 0)
            found, last = self._read(low, high, wanted + 1 if is_close else max(ROWS_AT_ONCE, wanted + 1))
            rows += [row for row in found if self.position(row) != position and (not self.counts or self.counts(row))]
            if len(rows) >= wanted:
                rows = rows[:wanted]
                return Steps(rows, self.position(rows[-1]), is_end=False)
            if last is None:
                return Steps(rows, position, is_end=True)
            position = last
        return Steps(rows, position, is_end=False)

    def page(self, position: str | None, limit: int) -> tuple[list[Item], str | None]:
        """At most so many rows after a position, and the position after which the next page begins; None at the end.

        A page is full, unless it would take more than 12 requests.
        """
        steps = self.after(position, limit + 1)
        if len(steps.rows) > limit:
            return steps.rows[:limit], self.position(steps.rows[limit - 1])
        return steps.rows, None if steps.is_end else steps.reached

    def _bounds(self, position: str | None) -> tuple[str, str]:
        """The first and last sort key worth reading; the row at the position itself is among them."""
        low = self.since
        high = clock.to_text(self.until) + _AFTER_ALL_TIMES if self.until else _AFTER_ALL_TIMES
        if position is not None:
            low, high = (low, min(high, position)) if self.newest_first else (max(low, position), high)
        return self.prefix + low, self.prefix + high

    def _read(self, low: str, high: str, size: int) -> tuple[list[Item], str | None]:
        """One request: the rows that count, and the position it got to, or None at the end of the partition."""
        results = self.index.query(
            self.partition,
            getattr(Item, self.sort).between(low, high),
            filter_condition=self.keep,
            scan_index_forward=not self.newest_first,
            page_size=size,
            consistent_read=self.is_consistent,
        )
        page = next(results.page_iter)
        reached = results.page_iter.last_evaluated_key
        rows = [Item.from_raw_data(raw) for raw in page["Items"]]
        return rows, reached[self.sort]["S"].removeprefix(self.prefix) if reached else None
