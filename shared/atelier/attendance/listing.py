"""Who was there, page by page."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from atelier import clock, table
from atelier.accounts import shapes as account_shapes
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.attendance.people import EXPECTED, Visitor, visitors
from atelier.attendance.record import Frame, frame_of, presence_of
from atelier.attendance.schemas import AttendanceInterval, AttendanceItem, AttendanceQuery
from atelier.attendance.verdict import is_present
from atelier.errors import AccountSuspendedError, NotAllowedError
from atelier.paging import Page, Scope
from atelier.rsvps.items import Attendee, Invite, attendee_key, invite_key
from atelier.workshops import visibility
from atelier.workshops.items import Workshop, workshop_key
from atelier.workshops.standing import standing_of
from atelier.workshops.walking import ROWS_AT_ONCE

if TYPE_CHECKING:
    from atelier.rsvps.schemas import AttendeeStatus

MOST_LOOKED_AT = 3000
"""So many people are looked at for a page, then it ends with those who are listed."""

RSVPS = (*EXPECTED, "waitlisted")


def page_of(
    workshop_id: str, caller: Caller, query: AttendanceQuery, *, at: clock.Clock = clock.now
) -> Page[AttendanceItem]:
    """A page of the attendance, ordered by the people's ids: one BatchGet, two queries, one more at the
    end for guests, and their profiles; more queries past those who only waited, up to 12.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError for all but the host, co-hosts and admins,
    BadCursorError.
    """
    workshop = led(workshop_id, caller)
    scope = Scope(caller.id, f"attendance/{workshop_id}")
    after = scope.position(query.cursor, 1)
    page, reached = _page(workshop_id, after[0] if after else None, query.limit)
    profiles = table.read_many((profile_key(one.id) for one in page if one.user_id), consistent=False)
    frame = frame_of(workshop, at())
    items = [
        _item(one, cast("Profile | None", profiles.get(profile_key(one.id))), frame, workshop, query.threshold)
        for one in page
    ]
    return Page(items, scope.cursor(reached) if reached else None)


def _page(workshop_id: str, after: str | None, limit: int) -> tuple[list[Visitor], str | None]:
    """A page of those who are listed, and whom the next one comes after; short where very many only waited."""
    page: list[Visitor] = []
    for number, one in enumerate(visitors(workshop_id, after, page_size=max(limit + 1, 25), later=ROWS_AT_ONCE)):
        if one.is_listed and len(page) == limit:
            return page, page[-1].id
        if one.is_listed:
            page.append(one)
        elif number >= MOST_LOOKED_AT:
            return page, one.id
    return page, None


def led(workshop_id: str, caller: Caller) -> Workshop:
    """The workshop, for those who lead it, in one round trip.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError for all but the host, co-hosts and admins.
    """
    mine, me, invited = attendee_key(workshop_id, caller.id), profile_key(caller.id), invite_key(workshop_id, caller.id)
    found = table.read_many([workshop_key(workshop_id), mine, me, invited])
    row = cast("Attendee | None", found.get(mine))
    workshop = visibility.require_visible(
        cast("Workshop | None", found.get(workshop_key(workshop_id))),
        row,
        caller,
        cast("Invite | None", found.get(invited)),
    )
    if visibility.is_suspended(cast("Profile | None", found.get(me))):
        raise AccountSuspendedError
    if not standing_of(workshop, row, caller).leads:
        raise NotAllowedError("Only the host and co-hosts see who was there.")
    return workshop


def _item(
    visitor: Visitor, profile: Profile | None, frame: Frame, workshop: Workshop, threshold: float
) -> AttendanceItem:
    presence = presence_of(visitor.record, frame)
    checked_in_at = visitor.checked_in_at
    return AttendanceItem(
        user=account_shapes.user_card(profile) if profile is not None and profile.status != "erased" else None,
        guest_name=visitor.guest.guest_name if visitor.guest is not None else None,
        rsvp_status=rsvp_status(visitor.row),
        checked_in_at=checked_in_at,
        intervals=[
            AttendanceInterval(joined_at=_instant(joined), left_at=None if left is None else _instant(left))
            for joined, left in presence.intervals
        ],
        total_seconds=presence.total_seconds,
        share=presence.share,
        present=is_present(workshop, presence.share, threshold, is_checked_in=checked_in_at is not None),
    )


def rsvp_status(row: Attendee | None) -> "AttendeeStatus | None":
    """What somebody's RSVP came to; None for the host, and without one."""
    return cast("AttendeeStatus", row.status) if row is not None and row.status in RSVPS else None


def _instant(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
