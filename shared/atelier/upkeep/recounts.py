"""Counts and seats of workshops to come, looked at anew each night.

Everything here follows from the stream already. What a lost or repeated record left behind, and the sums that grow by
differences where counting is too much for every change, are right again a night later.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from atelier import due, observability, table
from atelier.categories import counts as category_counts
from atelier.categories.items import CATALOGUE, Category
from atelier.retries import OutOfTimeError
from atelier.rsvps import counts, seats
from atelier.table import Item
from atelier.workshops.items import Workshop, workshop_key


@dataclass(slots=True)
class Recount:
    """What a night came to. corrected: workshops whose counts or seats were not as they should be."""

    workshops: int = 0
    corrected: int = 0
    categories: int = 0
    failed: int = 0
    is_cut_short: bool = False


def recount_all() -> Recount:
    """Recounts every category, and every workshop to come, those first for which something is due first.

    One that fails is logged and counted, and the others go on. Raises what the table raises at the first request.
    """
    night = Recount()
    table.connect()
    for category in list(Item.by_feed.query(CATALOGUE)):
        category_counts.recount(cast("Category", category).id)
        night.categories += 1
    for workshop_id in _to_come():
        try:
            night.corrected += _look_at(workshop_id)
            night.workshops += 1
        except OutOfTimeError:
            night.is_cut_short = True
            break
        except Exception:
            observability.logger.exception("workshop not recounted", workshop_id=workshop_id)
            night.failed += 1
    observability.count("Recounted", night.workshops)
    observability.count("RecountCorrected", night.corrected)
    if night.failed:
        observability.count("RecountFailed", night.failed)
    return night


def _to_come() -> Iterator[str]:
    """Every workshop that has not begun, private ones too: something is due for each of them."""
    listed = [row for shard in due.shards() for row in Item.by_due.query(shard)]
    for row in sorted(listed, key=lambda row: row.due_sort or ""):
        yield row.pk.removeprefix("WORKSHOP#")


def _look_at(workshop_id: str) -> bool:
    before = cast("Workshop | None", table.read_one(workshop_key(workshop_id)))
    if before is None:
        return False
    counts.recount(workshop_id, is_exact=True)
    after = cast("Workshop | None", table.read_one(workshop_key(workshop_id)))
    if after is None:
        return False
    has_moved_up = after.waitlist_count > 0 and seats.settle(after)
    return has_moved_up or after.counts_version != before.counts_version
