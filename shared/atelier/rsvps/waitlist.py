"""Places on the waitlist, counted as far as they are shown."""

from atelier import table
from atelier.rsvps.items import Attendee, WaitlistEntry, waitlist_pk

EXACT_UP_TO = 100


def position(row: Attendee) -> int | None:
    """The place of a person who waits, from 1; None for those who do not, and behind place 100."""
    if row.status != "waitlisted":
        return None
    # PynamoDB's own count() takes no notice of a limit and reads the whole list, page after page.
    answer = table.connect().query(
        waitlist_pk(row.workshop_id),
        range_key_condition=table.Item.sk <= row.waiting_as,
        consistent_read=True,
        limit=EXACT_UP_TO + 1,
        select="COUNT",
    )
    ahead: int = answer["Count"]
    return max(1, ahead) if ahead <= EXACT_UP_TO else None


def first_positions(workshop_id: str) -> dict[str, int]:
    """The places of the first 100 people who wait, by user id."""
    entries = table.Item.query(waitlist_pk(workshop_id), limit=EXACT_UP_TO)
    return {entry.user_id: place for place, entry in enumerate(entries, 1) if isinstance(entry, WaitlistEntry)}
