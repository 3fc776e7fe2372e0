"""Groups from what is stored to what goes over the wire."""

from collections.abc import Mapping

from atelier.accounts import profiles
from atelier.accounts import shapes as people
from atelier.groups import items, schemas
from atelier.table import Item, Key


def group(stored: items.Group, found: Mapping[Key, Item]) -> schemas.Group:
    """A group as everybody sees it, with its owner out of what was read."""
    return schemas.Group(
        id=stored.id,
        name=stored.name,
        description=stored.description,
        owner=people.user_card(profiles.known(stored.owner_id, found)),
    )
