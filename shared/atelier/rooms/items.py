"""What is stored of the people in a room, beside their row of the workshop."""

from pynamodb.attributes import UnicodeAttribute

from atelier.table import Item, Key

HOST_STATUS = "host"
"""The status of the host's own row, which is no RSVP: it takes no seat, stands in no list, and keeps their uids."""


class ChannelUid(Item, discriminator="uid"):
    """Who a number in a channel is. Never deleted: nobody else gets it, and old notices still name their person."""

    user_id = UnicodeAttribute()
    device = UnicodeAttribute()


def uid_key(channel: str, uid: int) -> Key:
    """Where a number of a channel stands."""
    return f"CHANNEL#{channel}", f"UID#{uid}"
