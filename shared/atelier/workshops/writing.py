"""Writing a change of a workshop: what differs, on condition that nobody else changed it."""

from collections.abc import Collection
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.transactions import TransactWrite

from atelier import clock, table
from atelier.workshops import moments
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
    moments.place(after, workshop, now=at())
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
    names = table.differing(before, after) | {*always, "last_change"}
    transaction.update(before, table.setting(after, names), condition=condition)
