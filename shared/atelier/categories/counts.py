"""How many workshops a category has: counted anew each time, so that no lost or repeated event can make it drift."""

from typing import cast

from atelier import table
from atelier.categories.items import Category, category_key, workshop_lists
from atelier.table import Item

MOST_ROUNDS = 5


def recount(category_id: str) -> int | None:
    """Sets the category's count to what its lists hold, and gives it back; None for a category that is gone.

    It counts again after each write until it finds what stands there. So of two that count at once, the one that
    counted first and writes last sees its mistake, though the other wrote nothing, for its count stood there already.
    The lists follow the table by moments: whoever calls this on a change must call it again when that change shows.
    """
    count = None
    for _ in range(MOST_ROUNDS):
        category = cast("Category | None", table.read_one(category_key(category_id)))
        if category is None:
            return None
        count = sum(Item.by_category.count(list_key) for list_key in workshop_lists(category_id))
        if count == category.workshop_count:
            break
        version = int(category.counts_version)
        table.update_or_see(
            Category,
            category.key,
            [Category.workshop_count.set(count), Category.counts_version.set(version + 1)],
            Category.counts_version == version,
        )
    return count
