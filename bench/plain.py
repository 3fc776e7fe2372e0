"""What each operation needs of the table at least, plainly written: what its handler is held against."""

from datetime import datetime

from atelier.accounts.items import profile_key
from atelier.ids import member
from atelier.rsvps.items import Attendee, SeatBlock, attendee_key, block_key, person_key, person_sort, planned_share
from atelier.table import Item, Key
from atelier.workshops.items import Workshop, starts, workshop_key


def read(keys: list[Key]) -> list[Item]:
    """One BatchGet."""
    return list(Item.batch_get(keys, consistent_read=True))


def rsvp(workshop: Workshop, person: str, number: int, capacity: int, at: datetime) -> None:
    """A seat: one BatchGet, one update of a block, one put."""
    read([workshop_key(workshop.id), profile_key(person), attendee_key(workshop.id, person)])
    share = planned_share(capacity, number)
    block = SeatBlock(*block_key(workshop.id, number))
    block.update(
        [
            SeatBlock.kind.set(SeatBlock),
            SeatBlock.freed.set(SeatBlock.freed | 0),
            SeatBlock.seats_left.set((SeatBlock.seats_left | share) - 1),
            SeatBlock.holders.add([member(person)]),
        ],
        condition=SeatBlock.seats_left.does_not_exist()
        | ((SeatBlock.seats_left > 0) & ~SeatBlock.holders.contains(member(person))),
    )
    row = Attendee(
        *attendee_key(workshop.id, person),
        status="rsvp",
        block=number,
        rsvp_at=at,
        created_at=at,
        updated_at=at,
        host_id=workshop.host_id,
        category_id=workshop.category_id,
        scheduled_at=workshop.scheduled_at,
        person_key=person_key(person),
        person_sort=person_sort(starts(workshop.scheduled_at, workshop.id)),
    )
    row.save(condition=Attendee.pk.does_not_exist())


def list_page(person: str, limit: int) -> None:
    """A page of the public list: one query and one BatchGet of the hosts and the person's own rows."""
    found = Item.by_feed.query(
        "FEED#open", Item.starts.between("0", "~"), page_size=limit + 2, limit=limit + 2, scan_index_forward=True
    )
    workshops = [row for row in found if isinstance(row, Workshop)][:limit]
    keys = {profile_key(row.host_id) for row in workshops} | {attendee_key(row.id, person) for row in workshops}
    read(sorted(keys))
