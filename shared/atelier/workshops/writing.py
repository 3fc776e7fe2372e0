"""Writing a change of a workshop: what differs, on condition that nobody else changed it."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from atelier import clock, table
from atelier.edits import CollisionError
from atelier.workshops.items import Workshop, place_in_lists


def with_values(workshop: Workshop, **values: Any) -> Workshop:
    """A copy of the workshop with other values."""
    copy = Workshop.from_raw_data(workshop.serialize())
    for name, value in values.items():
        setattr(copy, name, value)
    return copy


def changed(workshop: Workshop, changes: dict[str, Any], *, at: clock.Clock) -> Workshop:
    """The workshop as it is after an edit: with these values, in the lists where it then belongs, one version on."""
    version = int(workshop.version) + 1
    after = with_values(workshop, **changes, version=version, updated_at=clock.whole_seconds(at()), last_change="edit")
    place_in_lists(after)
    return after


def update(
    transaction: TransactWrite,
    before: Workshop,
    after: Workshop,
    *,
    always: Collection[str] = (),
    also: Condition | None = None,
) -> None:
    """Adds the difference to a transaction, which fails unless version and status are still what was read.

    Counts are not edits: they differ in nothing here, and so are not written over.
    `always` names attributes to write though they do not differ, `also` is a further condition. `last_change` is always
    written: counts may have been since the read, and the stream must see this as the edit it is.
    """
    condition = (Workshop.version == before.version) & (Workshop.status == before.status)
    if also is not None:
        condition &= also
    transaction.update(before, list(_differences(before, after, always)), condition=condition)


def _differences(before: Workshop, after: Workshop, always: Collection[str]) -> Iterator[Action]:
    for name, attribute in Workshop.get_attributes().items():
        value = getattr(after, name)
        if name in (*always, "last_change") or value != getattr(before, name):
            yield attribute.remove() if value is None else attribute.set(value)


@contextmanager
def transaction() -> Iterator[TransactWrite]:
    """A transaction whose failed conditions mean that somebody else was faster. Raises CollisionError then."""
    try:
        with table.transaction() as opened:
            yield opened
    except TransactWriteError as error:
        if table.failed_conditions(error):
            raise CollisionError from error
        raise
