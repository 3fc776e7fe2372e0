"""Categories from what is stored to what goes over the wire."""

from atelier.categories import items, schemas


def category(stored: items.Category) -> schemas.Category:
    """A category as everybody sees it."""
    return schemas.Category(
        id=stored.id,
        name=stored.name,
        slug=stored.slug,
        description=stored.description,
        sort_order=int(stored.sort_order),
        is_active=bool(stored.is_active),
        workshop_count=int(stored.workshop_count),
    )
