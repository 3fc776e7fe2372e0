"""What is stored of invitations beside those of people, which stand with their attendee rows in `rsvps`."""

import hashlib
from datetime import timedelta

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from atelier.ids import encode
from atelier.table import InstantAttribute, Item, Key

NAMED = "named"
"""The ground of an invitation: somebody named the person."""

KEPT_FOR = timedelta(days=30)
"""So long an address that nobody has claimed is kept after the start of its workshop."""


class AddressInvite(Item, discriminator="address_invite"):
    """An address was invited. It stays in the host's list as it was typed, whoever turns out to have it.

    claimed_by: the first person who confirmed the address, once that was seen.
    """

    address = UnicodeAttribute()
    invited_by = UnicodeAttribute()
    created_at = InstantAttribute()
    claimed_by = UnicodeAttribute(null=True)

    @property
    def workshop_id(self) -> str:
        """The workshop."""
        return self.pk.removeprefix("WORKSHOP#")

    @property
    def id(self) -> str:
        """The id."""
        return self.sk.removeprefix("INVITE#")


class AwaitedAddress(Item, discriminator="awaited_address"):
    """A workshop for which an address is invited and not yet claimed: found by the address, of which its key has the
    hash alone.
    """

    @property
    def workshop_id(self) -> str:
        """The workshop."""
        return self.sk.removeprefix("WORKSHOP#")


class InviteLink(Item, discriminator="invite_link"):
    """A link that invites whoever has it: so many people, until it ends. Of its token the hash alone is kept."""

    workshop_id = UnicodeAttribute()
    secret_hash = UnicodeAttribute()
    made_by = UnicodeAttribute()
    created_at = InstantAttribute()
    ends_at = InstantAttribute()
    max_uses = NumberAttribute()
    uses = NumberAttribute(default=0)

    @property
    def id(self) -> str:
        """The id."""
        return self.pk.removeprefix("LINK#")


def address_hash(folded: str) -> str:
    """What stands for a folded address where it is looked up."""
    return hashlib.sha256(folded.encode()).hexdigest()


def address_invite_id(workshop_id: str, folded: str) -> str:
    """The id of the invitation of an address to a workshop: always the same, so inviting it twice makes one."""
    digest = hashlib.sha256(f"{workshop_id}\n{folded}".encode()).digest()
    return f"inv_{encode(int.from_bytes(digest[:16]), 26)}"


def address_invite_key(workshop_id: str, invite_id: str) -> Key:
    """Where the invitation of an address stands, among those of people."""
    return f"WORKSHOP#{workshop_id}", f"INVITE#{invite_id}"


def awaited_pk(folded: str) -> str:
    """The partition of all workshops for which a folded address is awaited."""
    return f"INVITED#{address_hash(folded)}"


def awaited_key(workshop_id: str, folded: str) -> Key:
    """Where it stands that an address is awaited for a workshop."""
    return awaited_pk(folded), f"WORKSHOP#{workshop_id}"


def link_key(link_id: str) -> Key:
    """Where a link stands."""
    return f"LINK#{link_id}", "#LINK"
