"""What stands under a guided workshop, listed the latest first: ids sort by time."""

from atelier.guided.items import guided_key
from atelier.table import Item


def newest[I: Item](kind: type[I], guided_id: str, prefix: str, after: str | None, limit: int) -> tuple[list[I], bool]:
    """So many items whose sort key is this prefix and an id, after an id; and whether there are more.

    The read is consistent: a page that has what was just made is what its maker looks for.
    """
    pk, _ = guided_key(guided_id)
    last = None if after is None else f"{prefix}{after}"
    rows = Item.query(
        pk,
        Item.sk.between(prefix, last or f"{prefix}~"),
        scan_index_forward=False,
        limit=limit + 1 + (last is not None),
        consistent_read=True,
    )
    # The row at the position itself is read again: a range has no open end.
    found = [row for row in rows if isinstance(row, kind) and row.sk != last]
    return found[:limit], len(found) > limit
