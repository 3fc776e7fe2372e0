"""What a deleted category leaves behind: workshops and series that still name it."""

from typing import cast

from atelier import table
from atelier.categories.items import hidden_list, workshop_lists
from atelier.series.items import Series, of_category
from atelier.table import Item
from atelier.workshops.items import Workshop


def clear(category_id: str) -> int:
    """Takes a category off its series and workshops; gives back how many it found. Run again, it goes on where it
    stopped.

    It is not an edit of the workshop or the series: its version stays.
    """
    table.connect()
    found = 0
    for row in Item.by_category.query(of_category(category_id)):
        _clear_series(cast("Series", row), category_id)
        found += 1
    for list_key in (*workshop_lists(category_id), hidden_list(category_id)):
        for row in Item.by_category.query(list_key):
            _clear(cast("Workshop", row), category_id)
            found += 1
    return found


def _clear(workshop: Workshop, category_id: str) -> None:
    table.update_or_see(
        Workshop,
        workshop.key,
        [Workshop.category_id.remove(), Workshop.category_key.remove(), Workshop.last_change.set("edit")],
        Workshop.category_id == category_id,
    )


def _clear_series(series: Series, category_id: str) -> None:
    table.update_or_see(
        Series,
        series.key,
        [Series.category_id.remove(), Series.category_key.remove()],
        Series.category_id == category_id,
    )
