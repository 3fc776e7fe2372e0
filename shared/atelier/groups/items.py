"""What is stored of a group."""

from pynamodb.attributes import UnicodeAttribute

from atelier.table import Entity, Item, Key

ALL_GROUPS = "GROUPS"
"""The list of all groups, by their ids and so by their age."""


class Group(Entity, discriminator="group"):
    """An event group. Who made it owns it."""

    name = UnicodeAttribute()
    description = UnicodeAttribute(null=True)
    owner_id = UnicodeAttribute()

    @property
    def id(self) -> str:
        """The id, which an index row carries in its key alone."""
        return self.pk.removeprefix("GROUP#")


class Membership(Item, discriminator="group_member"):
    """That a workshop belongs to a group, written together with the workshop.

    An index shows a new workshop some moments late. This shows it at once, so that who takes a group apart misses none.
    """

    @property
    def workshop_id(self) -> str:
        """The workshop."""
        return self.sk.removeprefix("WORKSHOP#")


def group_key(group_id: str) -> Key:
    """Where a group stands."""
    return f"GROUP#{group_id}", "#META"


def membership_key(group_id: str, workshop_id: str) -> Key:
    """Where it stands that a workshop belongs to a group."""
    return f"GROUP#{group_id}", f"WORKSHOP#{workshop_id}"
