"""What is stored of an erasure."""

from atelier.table import InstantAttribute, Item, Key


class Erasure(Item, discriminator="erasure"):
    """That somebody's things are being erased, until all of them are."""

    since = InstantAttribute()

    @property
    def user_id(self) -> str:
        """Whose."""
        return self.pk.removeprefix("USER#")


def erasure_key(user_id: str) -> Key:
    """Where it stands that somebody's things are being erased."""
    return f"USER#{user_id}", "#ERASURE"
