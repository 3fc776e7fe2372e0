"""The calendar file of one workshop, for whoever may see it."""

from typing import cast

from atelier import table
from atelier.accounts.caller import Caller
from atelier.accounts.items import profile_key
from atelier.calendars import events
from atelier.categories.items import Category, category_key
from atelier.errors import AccountSuspendedError
from atelier.workshops import describing, shapes, viewing, visibility


def look(workshop_id: str, caller: Caller, join: str) -> events.Shown:
    """The workshop as its event shows it, in two round trips.

    Raises NotFoundError for those who may not know it, AccountSuspendedError for suspended people unless it is public.
    """
    sight = viewing.look(workshop_id, caller)
    workshop = visibility.require_visible(sight.workshop, sight.row, caller, sight.invite)
    if workshop.is_private and visibility.is_suspended(sight.profile):
        raise AccountSuspendedError
    missing = {profile_key(workshop.host_id)}
    if workshop.category_id:
        missing.add(category_key(workshop.category_id))
    inherited = describing.inherited_key(workshop)
    if inherited:
        missing.add(inherited)
    found = sight.found | table.read_many(sorted(missing - sight.found.keys()), consistent=inherited is not None)
    category = cast("Category | None", found.get(category_key(workshop.category_id or "")))
    return events.Shown(
        workshop,
        describing.text_of(workshop, found),
        shapes.host_of(workshop, found).display_name,
        join_url=events.join_url(join, workshop.id),
        category=category.name if category else None,
        is_tentative=sight.row is not None and sight.row.status == "waitlisted",
    )


def tag_of(shown: events.Shown) -> str:
    """The entity tag of a file: somebody who moves up from the waitlist has another one of the same workshop."""
    return f'"{int(shown.workshop.version)}{"-waiting" if shown.is_tentative else ""}"'
