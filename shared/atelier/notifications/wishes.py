"""When anybody wants to be reminded: a workshop knows all the minutes before its start that somebody asked for."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, cast

from atelier import clock, table
from atelier.notifications.items import Preferences, preferences_key
from atelier.rsvps.items import person_key, person_sort
from atelier.table import Item
from atelier.workshops import moments, writing
from atelier.workshops.items import Workshop, workshop_key

if TYPE_CHECKING:
    from pynamodb.expressions.condition import Condition
    from pynamodb.expressions.update import Action

MOST_TRIES = 8


def of_newcomers(workshop_id: str, user_ids: Iterable[str], *, now: datetime) -> None:
    """Makes a workshop know when people who have just got a seat want to be reminded; one read for all of them."""
    found = table.read_many((preferences_key(user_id) for user_id in user_ids), consistent=False)
    wanted = {offset for stored in found.values() if isinstance(stored, Preferences) for offset in stored.offsets}
    if wanted:
        _add(workshop_id, wanted, now)


def of_person(user_id: str, wanted: Collection[int], *, now: datetime) -> None:
    """Makes every workshop that a person attends from now on know when they want to be reminded."""
    first, last = person_sort(clock.to_text(now)), person_sort("~")
    table.connect()
    for row in Item.by_person.query(person_key(user_id), Item.person_sort.between(first, last)):
        _add(row.pk.removeprefix("WORKSHOP#"), wanted, now)


def _add(workshop_id: str, wanted: Collection[int], now: datetime) -> None:
    for _ in range(MOST_TRIES):
        workshop = cast("Workshop | None", table.read_one(workshop_key(workshop_id)))
        if workshop is None or workshop.is_over or set(wanted) <= moments.offsets(workshop):
            return
        after = writing.with_values(workshop, reminder_offsets=moments.offsets(workshop) | set(wanted))
        moments.place(after, workshop, now=now)
        actions: list[Action] = table.setting(after, {"reminder_offsets", "due_at", "due_key", "due_sort"})
        actions.append(Workshop.last_change.set("due"))
        as_read = (Workshop.version == workshop.version) & _same_due(workshop)
        if table.update_or_see(Workshop, workshop.key, actions, as_read) is None:
            return
    raise RuntimeError(f"the reminders of {workshop_id} were written {MOST_TRIES} times by others meanwhile")


def _same_due(workshop: Workshop) -> "Condition":
    if workshop.due_sort is None:
        return Workshop.due_sort.does_not_exist()
    return Workshop.due_sort == workshop.due_sort
