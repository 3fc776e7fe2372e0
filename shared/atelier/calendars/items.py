"""What is stored of calendars."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from atelier.table import InstantAttribute, Item, Key


class Feed(Item, discriminator="feed"):
    """A person's calendar feed. token_hash: of the secret in its address.

    version: raised whenever anything in it changes, so that an unchanged feed is known by this item alone.
    """

    token_hash = UnicodeAttribute()
    version = NumberAttribute(default=1)
    created_at = InstantAttribute()


def feed_item_key(user_id: str) -> Key:
    """Where a person's feed stands."""
    return f"USER#{user_id}", "#CALENDAR"
