"""The workshops of a series that an edit may concern, as they stand in the table.

Every date that may have one is asked for by the id that follows from it, strongly: an index would lag behind. The index
tells only of those that are still ahead though their date is past: they were moved by hand.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import cast

from atelier import table
from atelier.series.items import Series, occurrence_id
from atelier.workshops.items import Workshop, workshop_key

EARLIEST = date.min


def affected(
    series: Series, upcoming: Iterable[Workshop], *, since: date, first: date, last: date
) -> dict[date, Workshop]:
    """The workshops of the dates from `since` on, in order: all from `first` to `last`, and of the earlier ones those
    that are ahead. One batch read for up to 100 of them.

    upcoming: the workshops of the series that are not over, as the index has them.
    """
    begin = max(since, first)
    ids = [occurrence_id(series.id, begin + timedelta(days=n)) for n in range((last - begin).days + 1)]
    ids += [one.id for one in upcoming if since.isoformat() <= one.series_date < begin.isoformat()]
    found = table.read_many(workshop_key(one) for one in ids)
    workshops = {date.fromisoformat(item.series_date): item for item in cast("list[Workshop]", list(found.values()))}
    return dict(sorted(workshops.items()))
