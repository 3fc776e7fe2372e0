"""What is stored of attendance."""

from pynamodb.attributes import JSONAttribute, NumberAttribute

from atelier.table import InstantAttribute, Item, Key


class Attendance(Item, discriminator="attendance"):
    """A person's presence in a workshop, set as a whole whenever a new fact is folded in.

    intervals: pairs of seconds since 1970, joined and left, in order and apart; None for left: still in.
    facts: how many facts it was folded from. There are never fewer than before, so a fold of fewer is an older one.
    """

    intervals = JSONAttribute()
    facts = NumberAttribute()
    updated_at = InstantAttribute()

    @property
    def user_id(self) -> str:
        """The person."""
        return self.sk.removeprefix("USER#")


def attendance_pk(workshop_id: str) -> str:
    """The partition of a workshop's attendance."""
    return f"ATTENDANCE#{workshop_id}"


def attendance_key(workshop_id: str, user_id: str) -> Key:
    """Where a person's attendance stands."""
    return attendance_pk(workshop_id), f"USER#{user_id}"
