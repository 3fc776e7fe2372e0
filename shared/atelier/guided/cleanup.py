"""What a deleted guided workshop leaves behind."""

from collections.abc import Iterator

from atelier import table
from atelier.guided.items import ShareLink, guided_key, member_key, token_key
from atelier.table import Item


def clear(guided_id: str) -> int:
    """Deletes everything that stands under a guided workshop; how many items. Run again, it goes on where it stopped.

    Members go first: whoever still writes does so on condition that they are a member, so nothing comes after them
    that the second look would miss. The files of build packs follow from the deletion of their items.
    """
    table.connect()
    return sum(map(_delete, _rows(guided_id, member_key(guided_id, "")[1]))) + sum(map(_delete, _rows(guided_id, "")))


def _rows(guided_id: str, prefix: str) -> Iterator[Item]:
    pk, meta = guided_key(guided_id)
    under = Item.sk.startswith(prefix) if prefix else None
    return (row for row in Item.query(pk, under, consistent_read=True) if row.sk != meta)


def _delete(row: Item) -> int:
    if isinstance(row, ShareLink):
        # First, for the link is what leads to it when this stops in between.
        Item(*token_key(row.token_hash)).delete()
    row.delete()
    return 1
