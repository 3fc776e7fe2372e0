"""Attendance as files for spreadsheet programs: of one workshop, and of all workshops of a group.

Rows are written while the lists are read, a page of each at a time, so that the length of a list takes time and not
memory.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched
from typing import cast
from zoneinfo import ZoneInfo

from atelier import clock, retries, table
from atelier.accounts import profiles
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.attendance.listing import led, rsvp_status
from atelier.attendance.people import Visitor, visitors
from atelier.attendance.record import frame_of, presence_of
from atelier.attendance.verdict import is_present
from atelier.errors import ExportTooLargeError, NotAllowedError, NotFoundError
from atelier.groups.items import Group, group_key
from atelier.groups.membership import workshops_of
from atelier.spreadsheets import Sheet
from atelier.table import Item
from atelier.workshops.items import Workshop, workshop_key

COLUMNS = (
    "person",
    "name",
    "username",
    "role",
    "rsvp_status",
    "checked_in_at",
    "first_joined_at",
    "last_left_at",
    "timezone",
    "checked_in_local",
    "first_joined_local",
    "last_left_local",
    "total_seconds",
    "share",
    "present",
)
"""What is told of a person. Times are in UTC, and again in the workshop's time zone as its clocks showed them."""

COLUMNS_OF_WORKSHOP = ("workshop_id", "workshop", "started_at", "ended_at")

WITHIN_S = 22.0
"""The API answers within 30 s or not at all; an export that has to be longer is refused in time."""

PEOPLE_AT_ONCE, ITEMS_AT_ONCE = 100, 500

_KEY = ("pk", "sk", "kind")


@dataclass(frozen=True, slots=True)
class File:
    """A finished file and what it is to be called."""

    name: str
    content: bytes


def of_workshop(
    workshop_id: str, caller: Caller, threshold: float, *, is_compressed: bool, at: clock.Clock = clock.now
) -> File:
    """The attendance of a workshop, one row per person.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError for all but the host, co-hosts and admins,
    ExportTooLargeError.
    """
    workshop = led(workshop_id, caller)
    sheet = Sheet(COLUMNS, is_compressed=is_compressed)
    with _in_time():
        sheet.add(_rows(workshop, threshold, at()))
    return File(f"{workshop.title} {clock.to_text(workshop.scheduled_at)[:10]} attendance", sheet.finish())


def of_group(
    group_id: str, caller: Caller, threshold: float, *, is_compressed: bool, at: clock.Clock = clock.now
) -> File:
    """The attendance of all workshops of a group that have begun, by their time: one row per workshop and person.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError for all but its owner and admins, ExportTooLargeError.
    """
    me = profile_key(caller.id)
    found = table.read_many([me, group_key(group_id)])
    if isinstance(profile := found.get(me), Profile):
        profiles.require_active(profile)
    group = found.get(group_key(group_id))
    if not isinstance(group, Group):
        raise NotFoundError
    if group.owner_id != caller.id and not caller.is_admin:
        raise NotAllowedError("Only the owner of a group sees who was there.")
    sheet = Sheet((*COLUMNS_OF_WORKSHOP, *COLUMNS), is_compressed=is_compressed)
    with _in_time():
        for workshop in _begun(group_id):
            about = (
                workshop.id,
                workshop.title,
                _utc(workshop.actual_started_at),
                _utc(cast("datetime | None", workshop.actual_ended_at)),
            )
            sheet.add((*about, *row) for row in _rows(workshop, threshold, at()))
    return File(f"{group.name} attendance", sheet.finish())


@contextmanager
def _in_time() -> Iterator[None]:
    """Gives the block more time than a request has. Raises ExportTooLargeError when that is over too."""
    try:
        with retries.time_to_start(WITHIN_S):
            yield
    except retries.OutOfTimeError as error:
        raise ExportTooLargeError from error


def _begun(group_id: str) -> list[Workshop]:
    """The workshops of a group that have begun: of others there is no attendance yet, and never will be."""
    found = table.read_many((workshop_key(each) for each in workshops_of(group_id)), consistent=False).values()
    begun = [one for one in found if isinstance(one, Workshop) and one.actual_started_at is not None]
    return sorted(begun, key=lambda one: (one.scheduled_at, one.id))


def _rows(workshop: Workshop, threshold: float, now: datetime) -> Iterator[Sequence[str]]:
    frame, zone = frame_of(workshop, now), ZoneInfo(workshop.timezone)
    listed = (one for one in visitors(workshop.id, page_size=ITEMS_AT_ONCE) if one.is_listed)
    for some in batched(listed, PEOPLE_AT_ONCE, strict=False):
        known = _names(one.id for one in some if one.user_id)
        for one in some:
            presence = presence_of(one.record, frame)
            checked_in_at = one.checked_in_at
            joined_at = _instant(presence.intervals[0][0]) if presence.intervals else None
            left_at = _instant(presence.intervals[-1][1]) if presence.intervals else None
            times = (checked_in_at, joined_at, left_at)
            there = is_present(workshop, presence.share, threshold, is_checked_in=checked_in_at is not None)
            yield (
                *_who(one, known),
                _role(one, workshop),
                rsvp_status(one.row) or "",
                *(_utc(time) for time in times),
                workshop.timezone,
                *(_local(time, zone) for time in times),
                str(presence.total_seconds),
                f"{presence.share:.4f}",
                "yes" if there else "no",
            )


def _names(user_ids: Iterable[str]) -> dict[str, Profile]:
    """What people are called, by their ids; up to 100 in one round trip."""
    keys = [profile_key(user_id) for user_id in user_ids]
    found = Item.batch_get(keys, attributes_to_get=[*_KEY, "status", "display_name", "username"]) if keys else ()
    return {
        item.pk.removeprefix("USER#"): item for item in found if isinstance(item, Profile) and item.status != "erased"
    }


def _who(visitor: Visitor, known: dict[str, Profile]) -> tuple[str, str, str]:
    """Who it is, what they are called, and their username.

    Somebody whose account is gone is nobody any more, but still one person, and the same in every workshop.
    """
    if visitor.guest is not None:
        return visitor.id, visitor.guest.guest_name or "", ""
    profile = known.get(visitor.id)
    if profile is not None:
        return visitor.id, profile.display_name, profile.username or ""
    return f"gone-{hashlib.sha256(visitor.id.encode()).hexdigest()[:12]}", "", ""


def _role(visitor: Visitor, workshop: Workshop) -> str:
    if visitor.guest is not None:
        return "guest"
    if visitor.id == workshop.host_id:
        return "host"
    return "co_host" if visitor.row is not None and visitor.row.is_co_host else "attendee"


def _instant(second: int | None) -> datetime | None:
    return None if second is None else datetime.fromtimestamp(second, UTC)


def _utc(instant: datetime | None) -> str:
    return "" if instant is None else clock.to_text(instant)


def _local(instant: datetime | None, zone: ZoneInfo) -> str:
    """The time as clocks in the zone showed it, in a form that spreadsheet programs take for a time."""
    return "" if instant is None else instant.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
