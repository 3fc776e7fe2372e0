"""What the stream shows of seats: a crash after any single write leaves a trace here, and is healed from it.

A request that dies may leave a seat without a row, a row without a seat, a seat beside a waitlist entry, a freed seat
nobody handed on, or an entry nobody looked for a seat for. Each leaves a change of exactly one item behind, and each
change is looked at here, later than the write and against the state as it is then.
"""

from collections.abc import Mapping
from datetime import datetime

from atelier.rsvps import requests, seats
from atelier.rsvps.items import Attendee, SeatBlock, WaitlistEntry, waitlist_pk
from atelier.workshops.items import Workshop

MOST_TRIES = 10


def heal_holder(workshop: Workshop, number: int, user_id: str, *, at: datetime) -> None:
    """Brings a person's row into line with the seat they were seen to take: puts it, ends their waiting, or gives the
    seat back.
    """
    for _ in range(MOST_TRIES):
        block = requests.read_blocks(workshop.id, [number]).get(number)
        if block is None or seats.holder_of({number: block}, user_id) is None:
            return
        row = requests.read_row(workshop.id, user_id)
        if row is None:
            row = seats.new_row(workshop, user_id, at=at)
            row.block = number
            healed = requests.adopt(row, number)
        elif row.status == "waitlisted":
            entry = WaitlistEntry(waitlist_pk(workshop.id), row.waiting_as, user_id=user_id)
            healed = requests.seat_held(workshop.id, number, entry)
        elif row.is_seated and row.block == number:
            return
        else:
            healed = requests.return_seat(workshop.id, number, user_id)
        if healed:
            return


def heal_row(row: Attendee) -> None:
    """Deletes a row that names a block in which its person holds no seat."""
    if row.is_seated and row.block is not None:
        number = int(row.block)
        block = requests.read_blocks(row.workshop_id, [number]).get(number)
        if block is None or seats.holder_of({number: block}, row.user_id) is None:
            requests.drop_ghost(row, number)


def hand_on(workshop: Workshop, blocks: Mapping[int, SeatBlock]) -> None:
    """Hands on the freed seats of blocks that were read just now."""
    for number, block in blocks.items():
        if block.freed > 0:
            seats.promote(workshop.id, number)
