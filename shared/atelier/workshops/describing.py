"""What a workshop says of itself: in its own words, or in those of its series.

A workshop of a series has no description of its own until somebody gives it one, which may be an empty one.
"""

from collections.abc import Mapping

from atelier.series.items import SeriesDescription, series_description_key
from atelier.table import Item, Key
from atelier.workshops.items import Description, Workshop, description_key


def inherited_key(workshop: Workshop) -> Key | None:
    """Where the description stands that a workshop has from its series; None for one that no series has made."""
    if not workshop.series_id:
        return None
    return series_description_key(workshop.series_id, workshop.described_as)


def keys_of(workshop: Workshop) -> list[Key]:
    """Where a workshop's description may stand."""
    inherited = inherited_key(workshop)
    own = description_key(workshop.id)
    return [own] if inherited is None else [own, inherited]


def text_of(workshop: Workshop, found: Mapping[Key, Item]) -> str:
    """The description of a workshop, from what stands under its keys."""
    for key in keys_of(workshop):
        described = found.get(key)
        if isinstance(described, (Description, SeriesDescription)):
            return str(described.text)
    return ""
