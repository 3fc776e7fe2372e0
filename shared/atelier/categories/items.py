"""What is stored of a category."""

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from atelier.table import Entity, Item, Key

CATALOGUE = "CATEGORIES"


class Category(Entity, discriminator="category"):
    """A category. `workshop_count` counts public workshops that are not cancelled; `projections` alone writes it.

    counts_version: raised by each write of the count, so that a slow count cannot overwrite a newer one.
    """

    name = UnicodeAttribute()
    slug = UnicodeAttribute()
    description = UnicodeAttribute(null=True)
    sort_order = NumberAttribute()
    is_active = BooleanAttribute(default=True)
    workshop_count = NumberAttribute(default=0)
    counts_version = NumberAttribute(default=0)

    @property
    def id(self) -> str:
        """The id, which an index row carries in its key alone."""
        return self.pk.removeprefix("CATEGORY#")


class SlugGuard(Item, discriminator="slug"):
    """Makes a slug unique: whoever puts it first has it."""

    category_id = UnicodeAttribute()


def category_key(category_id: str) -> Key:
    """Where a category stands."""
    return f"CATEGORY#{category_id}", "#META"


def slug_key(slug: str) -> Key:
    """Where the guard of a slug stands."""
    return f"SLUG#{slug}", "#GUARD"


def catalogue_order(sort_order: int, category_id: str) -> str:
    """The sort key of a category in the catalogue."""
    return f"{sort_order:010d}#{category_id}"


def place_in_catalogue(category: Category) -> None:
    """Sets the index keys from what the category is now; one that is not active stands in no list."""
    category.feed_key = CATALOGUE if category.is_active else None
    category.starts = catalogue_order(int(category.sort_order), category.id)


def workshop_lists(category_id: str) -> tuple[str, str]:
    """The lists of the category's public workshops: open ones, and those that have ended."""
    return f"CATEGORY#{category_id}#open", f"CATEGORY#{category_id}#closed"


def hidden_list(category_id: str) -> str:
    """The list of the category's private and cancelled workshops. It is shown to nobody and counts for nothing."""
    return f"CATEGORY#{category_id}#other"
