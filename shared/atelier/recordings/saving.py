"""Saving a step of a recording, on condition that what it follows from is still as it was read.

Notices write to the same item meanwhile: whoever comes second reads again and decides anew, so nothing is overwritten
and no status goes back.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pynamodb.exceptions import DeleteError
from pynamodb.expressions.condition import Condition

from atelier import clock, table
from atelier.recordings.items import Recording
from atelier.table import Item

GUARDED = ("status", "sid", "resource_id", "start_asked_at", "stop_asked_at", "exited", "files")


class ChangedError(Exception):
    """The recording is not what was read: look again."""


def save(recording: Recording, at: datetime, **changes: Any) -> None:
    """Writes a step; None removes a value. Raises ChangedError."""
    changes["updated_at"] = clock.whole_seconds(at)
    after = Recording.from_raw_data(recording.serialize())
    for name, value in changes.items():
        setattr(after, name, value)
    actions = table.setting(after, changes)
    seen = table.update_or_see(Recording, recording.key, actions, _as_read(recording))
    # A lost answer is asked for again, and then finds what we wrote ourselves.
    if seen is not None and not _says(seen, after, changes):
        raise ChangedError(recording.id)
    for name, value in changes.items():
        setattr(recording, name, value)


def discard(recording: Recording) -> None:
    """Deletes a recording that Agora was never asked to start. Raises ChangedError."""
    try:
        recording.delete(condition=_as_read(recording))
    except DeleteError as error:
        if table.condition_failed(error):
            raise ChangedError(recording.id) from error
        raise


def _says(seen: Item, wanted: Recording, names: Iterable[str]) -> bool:
    stored, sent = seen.serialize(), wanted.serialize()
    return all(stored.get(name) == sent.get(name) for name in names)


def _as_read(recording: Recording) -> Condition:
    condition: Condition = Recording.pk.exists()
    for name in GUARDED:
        attribute, value = getattr(Recording, name), getattr(recording, name)
        condition &= attribute.does_not_exist() if value is None else attribute == value
    return condition
