"""A new time moves the workshop in the lists of the people who attend it."""

from typing import TYPE_CHECKING

from pynamodb.exceptions import PynamoDBException

from atelier import table
from atelier.rsvps.items import Attendee, person_sort
from atelier.workshops.items import Workshop, starts

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action


def move_row(row: Attendee, workshop: Workshop) -> bool:
    """Writes the workshop's time into one row that tells an older one; whether it wrote.

    Of several who move a row at once, the one who read the latest edit of the workshop wins.
    """
    if row.scheduled_at == workshop.scheduled_at and (row.planned_as or 0) >= workshop.version:
        return False
    place = person_sort(starts(workshop.scheduled_at, workshop.id))
    actions: list[Action] = [
        Attendee.scheduled_at.set(workshop.scheduled_at),
        Attendee.planned_as.set(workshop.version),
    ]
    if row.person_sort is not None:
        actions.append(Attendee.person_sort.set(place))
    is_older = Attendee.planned_as.does_not_exist() | (Attendee.planned_as < workshop.version)
    try:
        Attendee(row.pk, row.sk).update(actions, condition=Attendee.pk.exists() & is_older)
    except PynamoDBException as error:
        if table.condition_failed(error):
            return False
        raise
    return True
