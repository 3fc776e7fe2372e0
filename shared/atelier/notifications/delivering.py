"""Delivering: the people of one message get what is announced into their inbox, and by mail if they want it.

The notification is put before mail is sent, under an id that follows from what it is about. So whoever delivers it
again puts it nowhere twice, and sends no second mail. Somebody who died between the two sent none: mail is sent at most
once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from pynamodb.exceptions import PynamoDBException

from atelier import clock, observability, table
from atelier.accounts.items import Profile, profile_key
from atelier.notifications import mailing, reasons, unsubscribing
from atelier.notifications.announcements import Announcement, Share
from atelier.notifications.items import (
    KEPT_FOR,
    Notification,
    Preferences,
    notification_id,
    notification_key,
    preferences_key,
)
from atelier.rsvps import rescheduling
from atelier.rsvps.items import Attendee, SeatBlock, attendee_key, block_key
from atelier.table import Key
from atelier.workshops.items import Workshop, workshop_key
from atelier.workshops.moments import USUAL_OFFSETS


class UndeliveredError(RuntimeError):
    """Mail to some people could not be sent now; the message has to come again."""


@dataclass(frozen=True, slots=True)
class _Person:
    """Who is told, and what is known of them."""

    profile: Profile
    preferences: Preferences | None
    row: Attendee | None


def tell(share: Share, mail: mailing.Mail, *, at: clock.Clock = clock.now) -> int:
    """Tells the people of a share; how many were told that had not been.

    Raises UndeliveredError when mail could not be sent to somebody: run again, it tries those alone.
    """
    announcement = share.announcement
    workshop, people = _look(share)
    if workshop is None:
        return 0
    if "moved_from" in announcement.data:
        _move_rows(workshop, people)
    if not reasons.holds(announcement, workshop, at()):
        observability.count("AnnouncementOutdated")
        return 0
    host = cast("Profile | None", table.read_one(profile_key(workshop.host_id))) if mail.is_on else None
    told = undelivered = 0
    for person in people:
        outcome = _tell_one(announcement, workshop, person, mail, host, at())
        told += outcome == "told"
        undelivered += outcome == "undelivered"
    observability.count("Told", told)
    if undelivered:
        raise UndeliveredError(f"{undelivered} mails could not be sent")
    return told


def _look(share: Share) -> tuple[Workshop | None, list[_Person]]:
    """The workshop, and the share's people with their rows: two round trips for 60 people, one more for a block."""
    workshop_id = share.announcement.workshop_id
    ids = share.people if share.block is None else _holders(workshop_id, share.block)
    keys = [key for user_id in ids for key in _keys_of(workshop_id, user_id)]
    found = table.read_many([workshop_key(workshop_id), *keys])
    people = []
    for user_id in ids:
        profile, stored, row = (found.get(key) for key in _keys_of(workshop_id, user_id))
        if isinstance(profile, Profile):
            people.append(_Person(profile, cast("Preferences | None", stored), cast("Attendee | None", row)))
    return cast("Workshop | None", found.get(workshop_key(workshop_id))), people


def _holders(workshop_id: str, number: int) -> tuple[str, ...]:
    block = cast("SeatBlock | None", table.read_one(block_key(workshop_id, number)))
    return tuple(sorted(f"usr_{member}" for member in (block.holders or ()))) if block is not None else ()


def _keys_of(workshop_id: str, user_id: str) -> tuple[Key, Key, Key]:
    return profile_key(user_id), preferences_key(user_id), attendee_key(workshop_id, user_id)


def _move_rows(workshop: Workshop, people: list[_Person]) -> None:
    for person in people:
        if person.row is not None:
            rescheduling.move_row(person.row, workshop)


def _tell_one(
    announcement: Announcement,
    workshop: Workshop,
    person: _Person,
    mail: mailing.Mail,
    host: Profile | None,
    now: datetime,
) -> str:
    user_id = person.profile.user_id
    if not reasons.concerns(announcement, user_id, person.row, workshop.host_id) or person.profile.status != "active":
        return "none"
    offset: int | None = None
    if announcement.type == "workshop_reminder":
        row = cast("Attendee", person.row)
        wanted = person.preferences.offsets if person.preferences is not None else USUAL_OFFSETS
        offset = reasons.due_offset(announcement, workshop, row, wanted)
        if offset is None:
            return "none"
    item, token = _notification(announcement, workshop, person, offset, mail, now)
    if item is None:
        return "none"
    there = cast("Notification | None", table.put_if_absent(item))
    if there is not None and there.mail != "failed":
        return "none"
    if item.mail == "claimed":
        letter = mailing.Occasion(announcement, workshop, host, offset)
        if not mail.send(letter, person.profile, item.id, token):
            _mark_failed(item)
            return "undelivered"
        if there is not None:
            _mark_sent(item)
    return "told"


def _notification(
    announcement: Announcement,
    workshop: Workshop,
    person: _Person,
    offset: int | None,
    mail: mailing.Mail,
    now: datetime,
) -> tuple[Notification | None, str]:
    """The item that marks this as told, and the token of its mail; no item where the person wants neither."""
    user_id = person.profile.user_id
    stored = person.preferences
    wants_it = stored is None or stored.wants_in_app(announcement.type)
    wants_mail = mail.reaches(person.profile) and (stored is None or stored.wants_email(announcement.type))
    if not wants_it and not wants_mail:
        return None, ""
    source = announcement.source if offset is None else f"{announcement.source}#{offset}"
    told_id = notification_id(announcement.at, source)
    token, kept = unsubscribing.new_token(user_id, told_id) if wants_mail else ("", None)
    data: dict[str, Any] = {"title": workshop.title, **announcement.data}
    data.pop("offsets", None)
    if offset is not None:
        data["minutes_before"] = offset
    made = clock.whole_seconds(now)
    item = Notification(
        *notification_key(user_id, told_id),
        type=announcement.type,
        entity_type="workshop",
        entity_id=workshop.id,
        data=data,
        created_at=made,
        made_ms=clock.milliseconds(now),
        is_shown=wants_it,
        mail="claimed" if wants_mail else "none",
        unsubscribe_hash=kept,
        expires_at=int((made + KEPT_FOR).timestamp()),
    )
    return item, token


def _mark_failed(item: Notification) -> None:
    """Mail that SES refused is known not to have been sent, and so may be tried again."""
    Notification(*item.key).update([Notification.mail.set("failed")])


def _mark_sent(item: Notification) -> None:
    """Mail that was tried again carries another link than the one before."""
    try:
        Notification(*item.key).update(
            [Notification.mail.set("claimed"), Notification.unsubscribe_hash.set(item.unsubscribe_hash)],
            condition=Notification.mail == "failed",
        )
    except PynamoDBException as error:
        if not table.condition_failed(error):
            raise
