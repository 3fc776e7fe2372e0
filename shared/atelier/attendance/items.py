"""What is stored of attendance."""

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from atelier.table import InstantAttribute, Item, Key


class Attendance(Item, discriminator="attendance"):
    """A person's attendance of a workshop: their presence in its room, their check-in, or both.

    intervals: pairs of seconds since 1970, joined and left, in order and apart; None for left: still in. They are set
    as a whole whenever a new fact is folded in.
    facts: how many facts they were folded from. There are never fewer than before, so a fold of fewer is an older one.
    checked_in_at: the earliest time that is known of. checked_in_by: how that became known: `code` (the person gave the
    code), `host` (the door said who it was), `pass` (the person's own code was scanned), `claim` (they had come as a
    guest).
    """

    intervals = JSONAttribute(null=True)
    facts = NumberAttribute(null=True)
    updated_at = InstantAttribute()
    checked_in_at = InstantAttribute(null=True)
    checked_in_by = UnicodeAttribute(null=True)

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


def came_sort(workshop_id: str) -> str:
    """The place of an attendance in its person's list. It holds no time: that may still become an earlier one."""
    return f"CAME#{workshop_id}"
