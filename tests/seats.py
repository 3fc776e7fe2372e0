"""What tests of seats do over and over: ask, look at everything a workshop has of seats, and judge it."""

from dataclasses import dataclass
from typing import Any, cast

from atelier import table
from atelier.ids import member
from atelier.rsvps import requests
from atelier.rsvps.dry import dry_blocks
from atelier.rsvps.items import SEATED, Attendee, SeatBlock, WaitlistEntry, attendee_key, planned_share, waitlist_pk
from atelier.table import Item
from atelier.workshops.items import Workshop
from tests.calling import Reply, World, call, id_of
from tests.streaming import Stream
from tests.workshops import ask, stored


def rsvp(workshop_id: str, user: str = "ana") -> Reply:
    """An RSVP."""
    return call("rsvps", "POST", f"/workshops/{workshop_id}/rsvp", user=user)


def withdraw(workshop_id: str, user: str = "ana") -> Reply:
    """The withdrawal of an RSVP."""
    return call("rsvps", "DELETE", f"/workshops/{workshop_id}/rsvp", user=user)


def attendees(workshop_id: str, user: str = "host", *, admin: bool = False, **query: object) -> Reply:
    """A page of the attendee list."""
    groups = ("admin",) if admin else ()
    return call("rsvps", "GET", f"/workshops/{workshop_id}/attendees", user=user, query=query, groups=groups)


def change(workshop_id: str, user: str, by: str = "host", **rights: object) -> Reply:
    """A change of somebody's rights."""
    return call("rsvps", "PATCH", f"/workshops/{workshop_id}/attendees/{id_of(user)}", user=by, body=rights)


def remove(workshop_id: str, user: str, by: str = "host", **query: object) -> Reply:
    """A removal; `ban=True` bans as well."""
    return call("rsvps", "DELETE", f"/workshops/{workshop_id}/attendees/{id_of(user)}", user=by, query=query)


def resize(workshop_id: str, capacity: int | None) -> Reply:
    """A change of the capacity."""
    return ask("PATCH", f"/{workshop_id}", body={"max_capacity": capacity})


def open_workshop(world: World, *people: str, **fields: Any) -> str:
    """A workshop in which these people ask for a seat, one after the other."""
    workshop_id: str = world.workshop(**fields)["id"]
    for user in people:
        reply = rsvp(workshop_id, user)
        assert reply.status == 201, reply.text
    return workshop_id


def status_of(workshop_id: str, user: str) -> str | None:
    """What somebody's row says; None without one."""
    row = row_of(workshop_id, user)
    return None if row is None else row.status


def row_of(workshop_id: str, user: str) -> Attendee | None:
    """Somebody's row."""
    return requests.read_row(workshop_id, id_of(user))


def forget_what_was_dry() -> None:
    """Makes this process a new one, as far as seats go."""
    dry_blocks._seen.clear()  # noqa: SLF001 - nothing but a test starts a process within a process


@dataclass(frozen=True)
class Seats:
    """Everything a workshop has of seats, read at one moment at which nobody writes."""

    workshop: Workshop
    blocks: dict[int, SeatBlock]
    rows: list[Attendee]
    waiting: list[WaitlistEntry]

    @property
    def held(self) -> list[tuple[int, str]]:
        """Every seat that is held: block and holder."""
        return sorted((number, who) for number, block in self.blocks.items() for who in block.holders or ())

    @property
    def seated(self) -> list[Attendee]:
        """Every row that says it has a seat."""
        return [row for row in self.rows if row.status in SEATED]

    @property
    def free(self) -> int:
        """The seats that are for whoever comes, those of blocks that nobody made yet included."""
        planned = int(self.workshop.planned_capacity or 0)
        return sum(
            int(self.blocks[number].seats_left) if number in self.blocks else planned_share(planned, number)
            for number in range(int(self.workshop.block_count))
        )

    @property
    def freed(self) -> int:
        """The seats that are parked for the waitlist."""
        return sum(int(block.freed) for block in self.blocks.values())

    @property
    def queue(self) -> list[str]:
        """The ids of the people who wait, first come first."""
        return [entry.user_id for entry in self.waiting]


def look(workshop_id: str) -> Seats:
    """Reads everything a workshop has of seats."""
    workshop = stored(workshop_id)
    pk, prefix = attendee_key(workshop_id, "")
    rows = table.Item.query(pk, Item.sk.startswith(prefix), consistent_read=True)
    waiting = table.Item.query(waitlist_pk(workshop_id), consistent_read=True)
    return Seats(
        workshop,
        requests.read_blocks(workshop_id, range(int(workshop.block_count))),
        [cast("Attendee", row) for row in rows],
        [cast("WaitlistEntry", entry) for entry in waiting],
    )


def wrong_at_any_time(seats: Seats) -> list[str]:
    """What must never be, not even between two writes of one request."""
    found = []
    capacity = seats.workshop.capacity
    holders = [who for _, who in seats.held]
    if capacity is not None and seats.free + seats.freed + len(holders) != capacity:
        found.append(f"{capacity} seats, but {seats.free} free + {seats.freed} freed + {len(holders)} held")
    if any(block.seats_left < 0 or block.freed < 0 for block in seats.blocks.values()):
        found.append("a negative number of seats")
    if capacity is not None and len(seats.seated) > capacity:
        found.append(f"{len(seats.seated)} rows with a seat, {capacity} seats")
    if len(set(seats.queue)) != len(seats.queue):
        found.append("somebody waits twice")
    return found


def wrong_at_rest(seats: Seats) -> list[str]:
    """What must not be once every request has ended, or died, and the stream has run."""
    found = wrong_at_any_time(seats)
    named = sorted((row.seat_block, member(row.user_id)) for row in seats.seated if row.seat_block is not None)
    if named != seats.held:
        found.append(f"rows say {named}, blocks say {seats.held}")
    if len({who for _, who in seats.held}) != len(seats.held):
        found.append("somebody holds two seats")
    wait = sorted((row.waiting_as or "", row.user_id) for row in seats.rows if row.status == "waitlisted")
    if wait != sorted((entry.sk, entry.user_id) for entry in seats.waiting):
        found.append("rows and entries of the waitlist differ")
    if seats.freed:
        found.append(f"{seats.freed} freed seats were not handed on")
    if seats.waiting and (seats.free or seats.workshop.capacity is None):
        found.append("somebody waits though there is a seat")
    counts = (int(seats.workshop.attendee_count), int(seats.workshop.waitlist_count))
    if counts != (len(seats.seated), len(seats.waiting)):
        found.append(f"the counts say {counts}, there are {len(seats.seated)} and {len(seats.waiting)}")
    return found


def settle(workshop_id: str, stream: Stream) -> Seats:
    """Lets the stream run and gives back what is there then, which must be in order."""
    stream.run()
    seats = look(workshop_id)
    assert wrong_at_rest(seats) == []
    return seats
