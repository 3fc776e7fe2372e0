"""What is stored of seats, attendees and people waiting."""

from datetime import datetime
from typing import cast

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute

from atelier import clock
from atelier.ids import encode
from atelier.table import Entity, InstantAttribute, Item, Key

SEATS_PER_BLOCK = 48
"""So many holders of 16 characters, with the rest of the block, fit in 1 KB, the unit DynamoDB bills a write by."""

SEATED = ("rsvp", "joined", "left")


class SeatBlock(Item, discriminator="seats"):
    """Up to 48 seats and who holds them: one plain update takes a seat, and shows who took it.

    seats_left: free for whoever comes; freed: given back or added, and for the waitlist first: nobody else sees them.
    """

    seats_left = NumberAttribute()
    freed = NumberAttribute(default=0)
    holders = UnicodeSetAttribute(null=True)


class Attendee(Entity, discriminator="attendee"):
    """A person's place in a workshop: seated, waiting or removed. The host has a row too, once they entered the room,
    for their uids.

    joined_at, left_at: first in the room, last out of it (None while in). presence_facts: how many facts they follow
    from, so that an older state never overwrites a newer one. planned_as: the version of the workshop whose time the
    row tells, for the same reason. through_series: it follows from their RSVP to the whole series, and goes with it.
    """

    status = UnicodeAttribute()
    block = NumberAttribute(null=True)
    waiting_as = UnicodeAttribute(null=True)
    is_co_host = BooleanAttribute(default=False)
    can_speak = BooleanAttribute(default=False)
    rsvp_at = InstantAttribute()
    joined_at = InstantAttribute(null=True)
    left_at = InstantAttribute(null=True)
    presence_facts = NumberAttribute(null=True)
    host_id = UnicodeAttribute()
    category_id = UnicodeAttribute(null=True)
    scheduled_at = InstantAttribute()
    planned_as = NumberAttribute(null=True)
    uid_main = NumberAttribute(null=True)
    uid_screen = NumberAttribute(null=True)
    through_series = BooleanAttribute(null=True)

    @property
    def workshop_id(self) -> str:
        """The workshop, which an index row carries in its key alone."""
        return self.pk.removeprefix("WORKSHOP#")

    @property
    def user_id(self) -> str:
        """The person."""
        return self.sk.removeprefix("ATTENDEE#")

    @property
    def seat_block(self) -> int | None:
        """The number of the block the seat stands in; None where seats are not counted, or there is none."""
        block = cast("float | None", self.block)
        return None if block is None else int(block)

    @property
    def is_seated(self) -> bool:
        """Whether the person has a seat."""
        return self.status in SEATED


class Invite(Item, discriminator="invite"):
    """Somebody may see a workshop and take a place in it, whoever else may not. It stays when they took one.

    grounds: why it stands: `named` (somebody named them), the ids of links they came by, the ids of invitations of
    addresses that turned out to be theirs. Without any it is revoked, and kept for what was told and to whom.
    invited_by: who gave the first ground. told_as: since when they know; who is revoked and invited again within a day
    is not told again. planned_as: as an attendee's.
    """

    grounds = UnicodeSetAttribute(null=True)
    invited_by = UnicodeAttribute()
    created_at = InstantAttribute()
    told_as = InstantAttribute()
    revoked_at = InstantAttribute(null=True)
    host_id = UnicodeAttribute()
    scheduled_at = InstantAttribute()
    planned_as = NumberAttribute(null=True)

    @property
    def workshop_id(self) -> str:
        """The workshop, which an index row carries in its key alone."""
        return self.pk.removeprefix("WORKSHOP#")

    @property
    def user_id(self) -> str:
        """Who is invited."""
        return self.sk.removeprefix("INVITE#")

    @property
    def stands(self) -> bool:
        """Whether it was not revoked."""
        return bool(self.grounds)


class WaitlistEntry(Item, discriminator="waiting"):
    """A place on the waitlist; its sort key is its order."""

    user_id = UnicodeAttribute()


def block_key(workshop_id: str, number: int) -> Key:
    """Where a seat block stands: each under its own partition key, so that each takes 1,000 writes a second."""
    return f"SEATS#{workshop_id}#{number}", "#BLOCK"


def attendee_key(workshop_id: str, user_id: str) -> Key:
    """Where a person's row of a workshop stands."""
    return f"WORKSHOP#{workshop_id}", f"ATTENDEE#{user_id}"


def invite_key(workshop_id: str, user_id: str) -> Key:
    """Where a person's invitation to a workshop stands."""
    return f"WORKSHOP#{workshop_id}", f"INVITE#{user_id}"


def waitlist_pk(workshop_id: str) -> str:
    """The partition of a workshop's waitlist."""
    return f"WAITLIST#{workshop_id}"


def waiting_as(at: datetime, random: int, user_id: str) -> str:
    """The sort key of a waitlist entry: server milliseconds, then chance, then the person."""
    return f"{clock.milliseconds(at):015d}#{encode(random, 8)}#{user_id}"


def person_key(user_id: str) -> str:
    """The list of everything a person attends."""
    return f"USER#{user_id}"


def person_sort(starts: str) -> str:
    """The place of a workshop in a person's list, from its `starts`."""
    return f"ATTENDING#{starts}"


def invited_sort(starts: str) -> str:
    """The place of a workshop in the list of what a person is invited to, from its `starts`."""
    return f"INVITED#{starts}"


def planned_share(planned_capacity: int, number: int) -> int:
    """The seats of a block that nobody made yet: it follows from the capacity at creation alone, so every taker
    agrees on it.
    """
    return max(0, min(SEATS_PER_BLOCK, planned_capacity - SEATS_PER_BLOCK * number))


def blocks_for(capacity: int) -> int:
    """How many blocks hold so many seats."""
    return -(-capacity // SEATS_PER_BLOCK)
