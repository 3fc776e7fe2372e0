"""Delivering: the people of one message get what is announced into their inbox, and by mail if they want it.

The notification is put before mail is sent, under an id that follows from what it is about. So whoever delivers it
again puts it nowhere twice, and sends no second mail. Somebody who died between the two sent none: mail is sent at most
once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from atelier import clock, observability, table
from atelier.accounts.items import Profile, profile_key
from atelier.calendars import versions
from atelier.notifications import mailing, reasons, unsubscribing
from atelier.notifications.announcements import Announcement, Share
from atelier.notifications.items import KEPT_FOR, Notification, Preferences, notification_key, preferences_key
from atelier.notifications.telling import Telling, keys_around
from atelier.retries import OutOfTimeError
from atelier.rsvps import rescheduling
from atelier.rsvps.items import Attendee, Invite, SeatBlock, attendee_key, block_key, invite_key
from atelier.series.items import Series, SeriesEdit
from atelier.table import Item, Key
from atelier.workshops.items import Workshop, workshop_key
from atelier.workshops.moments import USUAL_OFFSETS

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action


IN_CALENDARS = ("workshop_updated", "workshop_cancelled")
"""What changes the calendars of all who have a place; those who come and go change theirs by themselves."""


class UndeliveredError(RuntimeError):
    """Mail to some people could not be sent now; the message has to come again."""


@dataclass(frozen=True, slots=True)
class _Person:
    """Who is told, and what is known of them."""

    profile: Profile
    preferences: Preferences | None
    row: Attendee | None
    invite: Invite | None = None


def tell(share: Share, mail: mailing.Mail, *, at: clock.Clock = clock.now) -> int:
    """Tells the people of a share; how many were told that had not been.

    Raises UndeliveredError when mail could not be sent to somebody, or somebody could not be told: run again, it tries
    those alone.
    """
    announcement = share.announcement
    workshop, people, found = _look(share)
    if workshop is None:
        return 0
    edit, series = _series_of(announcement, found)
    if reasons.moves(announcement, workshop):
        _move_rows(workshop, people)
    if announcement.type in IN_CALENDARS:
        versions.touch(person.profile.user_id for person in people)
    if announcement.is_silent:
        return 0
    if not reasons.holds(announcement, workshop, at()):
        observability.count("AnnouncementOutdated")
        return 0
    around = mailing.around(workshop) if mail.is_on else {}
    told = undelivered = 0
    for person in people:
        try:
            told += _tell_one(Telling(announcement, workshop, around, mail, at(), edit, series), person)
        except OutOfTimeError:
            raise
        except Exception as error:
            # What keeps one from being told must not keep the others.
            observability.logger.warning("not told", reason=type(error).__name__, exc_info=True)
            undelivered += 1
    observability.count("Told", told)
    if undelivered:
        raise UndeliveredError(f"{undelivered} people could not be told, or not by mail")
    return told


def _look(share: Share) -> tuple[Workshop | None, list[_Person], Mapping[Key, Item]]:
    """The workshop, the share's people with their rows, and all that was found: two round trips for 60 people, one more
    for a block.
    """
    workshop_id = share.announcement.workshop_id
    ids = share.people if share.block is None else _holders(workshop_id, share.block)
    keys = [key for user_id in ids for key in _keys_of(workshop_id, user_id)]
    if share.announcement.type == "workshop_invite":
        keys += [invite_key(workshop_id, user_id) for user_id in ids]
    found = table.read_many([workshop_key(workshop_id), *keys_around(share.announcement), *keys])
    people = []
    for user_id in ids:
        profile, stored, row = (found.get(key) for key in _keys_of(workshop_id, user_id))
        if isinstance(profile, Profile):
            invite = cast("Invite | None", found.get(invite_key(workshop_id, user_id)))
            people.append(_Person(profile, cast("Preferences | None", stored), cast("Attendee | None", row), invite))
    return cast("Workshop | None", found.get(workshop_key(workshop_id))), people, found


def _series_of(announcement: Announcement, found: Mapping[Key, Item]) -> tuple[SeriesEdit | None, Series | None]:
    """The edit that an announcement is part of, and its series; neither where it is part of none."""
    series, edit = (found.get(key) for key in (*keys_around(announcement),)) if announcement.through else (None, None)
    return cast("SeriesEdit | None", edit), cast("Series | None", series)


def _holders(workshop_id: str, number: int) -> tuple[str, ...]:
    block = cast("SeatBlock | None", table.read_one(block_key(workshop_id, number)))
    return tuple(sorted(f"usr_{member}" for member in (block.holders or ()))) if block is not None else ()


def _keys_of(workshop_id: str, user_id: str) -> tuple[Key, Key, Key]:
    return profile_key(user_id), preferences_key(user_id), attendee_key(workshop_id, user_id)


def _move_rows(workshop: Workshop, people: list[_Person]) -> None:
    for person in people:
        if person.row is not None:
            rescheduling.move_row(person.row, workshop)


def _tell_one(telling: Telling, person: _Person) -> bool:
    """Whether the person was told now. Raises UndeliveredError when the mail to them has to be tried again."""
    announcement, workshop = telling.announcement, telling.workshop
    if not reasons.concerns(announcement, person.profile.user_id, person.row, workshop.host_id, person.invite):
        return False
    if person.profile.status != "active":
        return False
    offset: int | None = None
    if announcement.type == "workshop_reminder":
        row = cast("Attendee", person.row)
        wanted = person.preferences.offsets if person.preferences is not None else USUAL_OFFSETS
        offset = reasons.due_offset(announcement, workshop, row, wanted, telling.now)
        if offset is None:
            return False
    item, token = _notification(telling, person, offset)
    if item is None or not _claims(item):
        return False
    if item.mail == "claimed":
        _send(telling, person, item, token, offset)
    return True


def _notification(telling: Telling, person: _Person, offset: int | None) -> tuple[Notification | None, str]:
    """The item that marks this as told, and the token of its mail; no item where the person wants neither."""
    told = telling.told(person.row, offset)
    user_id = person.profile.user_id
    stored = person.preferences
    wants_it = not told.is_mail_only and (stored is None or stored.wants_in_app(told.kind))
    wants_mail = telling.mail.reaches(person.profile) and (stored is None or stored.wants_email(told.kind))
    if not wants_it and not wants_mail:
        return None, ""
    token, kept = unsubscribing.new_token(user_id, told.id) if wants_mail else ("", None)
    made = clock.whole_seconds(telling.now)
    item = Notification(
        *notification_key(user_id, told.id),
        type=told.kind,
        entity_type=told.entity_type,
        entity_id=told.entity_id,
        data=told.data,
        created_at=made,
        made_ms=clock.milliseconds(telling.now),
        is_shown=wants_it,
        mail="claimed" if wants_mail else "none",
        unsubscribe_hash=kept,
        expires_at=int((made + KEPT_FOR).timestamp()),
    )
    return item, token


def _claims(item: Notification) -> bool:
    """Puts the mark, or takes over the mail that could not be sent under it; False when somebody else did either.

    A put whose answer was lost finds its own mark when it is repeated, and knows it by the link that it alone made.
    """
    there = cast("Notification | None", table.put_if_absent(item))
    if there is None or _is_same(there, item):
        return True
    if there.mail != "failed" or item.mail != "claimed":
        return False
    actions: list[Action] = [Notification.mail.set("claimed"), Notification.unsubscribe_hash.set(item.unsubscribe_hash)]
    there = cast(
        "Notification | None", table.update_or_see(Notification, item.key, actions, Notification.mail == "failed")
    )
    return there is None or _is_same(there, item)


def _is_same(there: Notification, item: Notification) -> bool:
    return item.mail == "claimed" and there.unsubscribe_hash == item.unsubscribe_hash


def _send(telling: Telling, person: _Person, item: Notification, token: str, offset: int | None) -> None:
    try:
        is_done = telling.mail.send(telling.occasion(person.row, offset), person.profile, item.id, token)
    except Exception:
        _mark_failed(item)
        raise
    if not is_done:
        _mark_failed(item)
        raise UndeliveredError("mail could not be sent")


def _mark_failed(item: Notification) -> None:
    """Mail that is known not to have been sent may be tried again."""
    failed: list[Action] = [Notification.mail.set("failed")]
    table.update_or_see(Notification, item.key, failed, Notification.unsubscribe_hash == item.unsubscribe_hash)
