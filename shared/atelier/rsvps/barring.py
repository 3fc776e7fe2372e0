"""What follows a ban: the person's places in the host's workshops that have not begun go to others."""

from datetime import timedelta

from atelier import clock, table
from atelier.accounts.items import ban_key
from atelier.rsvps import seats
from atelier.rsvps.items import Attendee, person_key, person_sort
from atelier.table import Item
from atelier.workshops.items import Workshop, workshop_key

NOT_BEGUN = ("scheduled", "lobby")

LATEST_BEGIN = timedelta(days=1)
"""How long after its time a workshop may still not have begun, at the very most."""


def give_up_places(host_id: str, user_id: str, *, at: clock.Clock = clock.now) -> int:
    """Gives up a banned person's places in the workshops of a host that have not begun; in how many they had one.

    Nothing where the ban was undone meanwhile. They are given up one by one, so that it may die anywhere and come
    again. Their rows go, and do not stay as removed: once the ban is undone they may come back.
    """
    table.connect()
    if table.read_one(ban_key(host_id, user_id)) is None:
        return 0
    since = person_sort(clock.to_text(at() - LATEST_BEGIN))
    listed = Item.by_person.query(person_key(user_id), Item.person_sort.between(since, person_sort("~")))
    rows = [row for row in listed if isinstance(row, Attendee) and row.host_id == host_id]
    found = table.read_many(key for row in rows for key in (workshop_key(row.workshop_id), row.key))
    given_up = 0
    for listed_row in rows:
        workshop, row = found.get(workshop_key(listed_row.workshop_id)), found.get(listed_row.key)
        if isinstance(workshop, Workshop) and isinstance(row, Attendee) and workshop.status in NOT_BEGUN:
            given_up += seats.give_up(workshop, user_id, row) is not None
    return given_up
