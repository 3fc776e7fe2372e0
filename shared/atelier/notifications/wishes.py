"""When anybody wants to be reminded: a workshop knows all the minutes before its start that somebody asked for."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from atelier import clock, table
from atelier.notifications.items import Preferences, preferences_key
from atelier.rsvps.items import Attendee, person_key, person_sort
from atelier.table import Item
from atelier.workshops import moments, visibility, writing
from atelier.workshops.items import Workshop, workshop_key

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action

MOST_TRIES = 8

_LISTED_LATE = timedelta(days=1)
"""A workshop that was moved stands at its old time in its people's lists until they were told."""


def of_newcomers(workshop_id: str, user_ids: Iterable[str], *, since: datetime) -> None:
    """Makes a workshop know when people who have just got a place want to be reminded; one read for all of them.

    Those who wait are among them: they may move up in the very minute of a reminder. since: when they got it. What has
    become due since then is still to be done, however late this is.
    """
    # Who changes their wishes meanwhile does so before this read, or else their row is found by `of_person`.
    found = table.read_many(preferences_key(user_id) for user_id in user_ids)
    wanted = {offset for stored in found.values() if isinstance(stored, Preferences) for offset in stored.offsets}
    if wanted:
        _add(workshop_id, wanted, since)


def of_person(user_id: str, wanted: Collection[int], *, since: datetime) -> None:
    """Makes every workshop that a person attends from now on know when they want to be reminded.

    since: when they said so; see `of_newcomers`.
    """
    first, last = person_sort(clock.to_text(since - _LISTED_LATE)), person_sort("~")
    table.connect()
    for row in Item.by_person.query(person_key(user_id), Item.person_sort.between(first, last)):
        if isinstance(row, Attendee) and visibility.has_place(row):
            _add(row.workshop_id, wanted, since)


def _add(workshop_id: str, wanted: Collection[int], since: datetime) -> None:
    for _ in range(MOST_TRIES):
        workshop = cast("Workshop | None", table.read_one(workshop_key(workshop_id)))
        if workshop is None or workshop.is_over or set(wanted) <= moments.offsets(workshop):
            return
        after = writing.with_values(workshop, reminder_offsets=moments.offsets(workshop) | set(wanted))
        moments.set_due(after, _due(workshop, after, since))
        actions: list[Action] = table.setting(after, {"reminder_offsets", "due_at", "due_key", "due_sort"})
        actions.append(Workshop.last_change.set("due"))
        as_read = (Workshop.version == workshop.version) & writing.is_due_as_in(workshop)
        if table.update_or_see(Workshop, workshop.key, actions, as_read) is None:
            return
    raise RuntimeError(f"the reminders of {workshop_id} were written {MOST_TRIES} times by others meanwhile")


def _due(before: Workshop, after: Workshop, since: datetime) -> datetime | None:
    """What was due stays due; a reminder that nobody wanted before is, if it was ahead when somebody wished for it."""
    pending = cast("datetime | None", before.due_at)
    added = moments.reminders(after) - moments.reminders(before)
    ahead = {moment for moment in added if moment > since}
    return min(ahead if pending is None else {*ahead, pending}, default=None)
