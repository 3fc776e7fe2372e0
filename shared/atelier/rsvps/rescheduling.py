"""A new time moves the workshop in the lists of the people who attend it."""

from typing import TYPE_CHECKING

from pynamodb.exceptions import PynamoDBException

from atelier import table
from atelier.rsvps.items import Attendee, person_sort
from atelier.workshops.items import Workshop, starts

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action


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
