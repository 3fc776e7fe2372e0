"""A new time moves the workshop in the lists of the people who attend it."""

from typing import TYPE_CHECKING, cast

from pynamodb.exceptions import PynamoDBException

from atelier import table
from atelier.rsvps.items import Attendee, attendee_key, person_sort
from atelier.workshops.items import Workshop, starts, workshop_key

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action


def move(workshop_id: str) -> int:
    """Writes the workshop's current time into every row that tells another one; how many it wrote.

    It can be stopped and run again: a row that is right is left alone, and a row that has gone meanwhile stays gone.
    """
    workshop = cast("Workshop | None", table.read_one(workshop_key(workshop_id)))
    if workshop is None:
        return 0
    written = 0
    pk, prefix = attendee_key(workshop_id, "")
    for row in table.Item.query(pk, table.Item.sk.startswith(prefix), consistent_read=True):
        if isinstance(row, Attendee):
            written += move_row(row, workshop)
    return written


def move_row(row: Attendee, workshop: Workshop) -> bool:
    """Writes the workshop's time into one row that tells another one; whether it wrote."""
    if row.scheduled_at == workshop.scheduled_at:
        return False
    place = person_sort(starts(workshop.scheduled_at, workshop.id))
    actions: list[Action] = [Attendee.scheduled_at.set(workshop.scheduled_at)]
    if row.person_sort is not None:
        actions.append(Attendee.person_sort.set(place))
    try:
        Attendee(row.pk, row.sk).update(actions, condition=Attendee.pk.exists())
    except PynamoDBException as error:
        if table.condition_failed(error):
            return False
        raise
    return True
