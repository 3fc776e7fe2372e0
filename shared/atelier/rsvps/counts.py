"""How many have a seat and how many wait, written to the workshop for the lists.

Counts are set absolutely, from the blocks or by counting rows. A count is written only if no other one was since the
workshop was read, and the workshop is read first: so a slow count never overwrites a newer one.
"""

from typing import cast

from atelier import table
from atelier.rsvps.items import SEATED, Attendee, SeatBlock, block_key, waitlist_pk
from atelier.workshops.items import Workshop, workshop_key

COUNTED_UP_TO = 2000
MOST_TRIES = 8


def recount(workshop_id: str, *, seats_changed: int = 0, waiting_changed: int = 0, is_exact: bool = False) -> None:
    """Brings both counts of a workshop up to date.

    Above 2,000 rows counting costs more than it is worth: there the given changes are added instead. A repeated
    stream record can then add twice; the error is bounded by the repeats and lasts until the exact count that is
    made each night.
    """
    for _ in range(MOST_TRIES):
        workshop = cast("Workshop | None", table.read_one(workshop_key(workshop_id)))
        if workshop is None:
            return
        seated = _seated(workshop, None if is_exact else seats_changed)
        waiting = _waiting(workshop, None if is_exact else waiting_changed)
        if (seated, waiting) == (workshop.attendee_count, workshop.waitlist_count):
            return
        stale = table.update_or_see(
            Workshop,
            workshop_key(workshop_id),
            [
                Workshop.attendee_count.set(seated),
                Workshop.waitlist_count.set(waiting),
                Workshop.counts_version.set(Workshop.counts_version + 1),
                Workshop.last_change.set("counts"),
            ],
            Workshop.counts_version == workshop.counts_version,
        )
        if stale is None:
            return
    raise RuntimeError(f"the counts of {workshop_id} were written {MOST_TRIES} times by others meanwhile")


def _seated(workshop: Workshop, change: int | None) -> int:
    if workshop.capacity is not None:
        keys = [block_key(workshop.id, number) for number in range(int(workshop.block_count))]
        blocks = cast("list[SeatBlock]", list(table.read_many(keys).values()))
        return sum(len(block.holders or ()) for block in blocks)
    if change is not None and workshop.attendee_count > COUNTED_UP_TO:
        return max(0, int(workshop.attendee_count) + change)
    return _count(workshop.pk, prefix="ATTENDEE#", seated_only=True)


def _waiting(workshop: Workshop, change: int | None) -> int:
    if change is not None and workshop.waitlist_count > COUNTED_UP_TO:
        return max(0, int(workshop.waitlist_count) + change)
    return _count(waitlist_pk(workshop.id))


def _count(pk: str, *, prefix: str | None = None, seated_only: bool = False) -> int:
    return table.Item.count(
        pk,
        range_key_condition=table.Item.sk.startswith(prefix) if prefix else None,
        filter_condition=Attendee.status.is_in(*SEATED) if seated_only else None,
        consistent_read=True,
    )
