"""A copy of everything that is held about a person, as JSON that they can take elsewhere."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

from atelier import clock, retries, spreadsheets, table
from atelier.accounts import profiles, shapes
from atelier.accounts.caller import Caller
from atelier.accounts.items import Ban
from atelier.attendance.items import Attendance, attendance_key
from atelier.calendars.items import Feed
from atelier.errors import ExportTooLargeError
from atelier.groups.items import ALL_GROUPS, Group
from atelier.guided.items import Guided, Member, guided_key
from atelier.invites.items import KEPT_FOR, AddressInvite, address_invite_key
from atelier.notifications.items import Notification, Preferences
from atelier.privacy.schemas import PersonalData
from atelier.rooms.items import ChatMessage, Note, Spoke
from atelier.rsvps.items import Attendee, Invite, attendee_key, person_key
from atelier.series.items import Follower, Series, SeriesDescription, series_description_key, series_of
from atelier.table import Item
from atelier.workshops.items import Description, Workshop, description_key, host_key, workshop_key

WITHIN_S = 22.0

type Entry = dict[str, Any]


def export(caller: Caller, *, at: clock.Clock = clock.now) -> PersonalData:
    """Everything held about the caller.

    Raises AccountSuspendedError, AccountErasedError, ExportTooLargeError.
    """
    profile = profiles.read(caller)
    try:
        with retries.time_to_start(WITHIN_S):
            held = _held(caller.id, at())
    except retries.OutOfTimeError as error:
        raise ExportTooLargeError from error
    exported_at = clock.whole_seconds(at())
    shape = PersonalData(exported_at=exported_at, first_seen_at=profile.created_at, profile=shapes.me(profile), **held)
    if len(shape.model_dump_json().encode()) > spreadsheets.MOST_BYTES:
        raise ExportTooLargeError
    return shape


def _held(user_id: str, now: datetime) -> Entry:
    own = list(Item.query(f"USER#{user_id}", consistent_read=True))
    listed = list(Item.by_person.query(person_key(user_id)))
    hosted = [row for row in Item.by_host.query(host_key(user_id)) if isinstance(row, Workshop)]
    notes = [item for item in own if isinstance(item, Note)]
    taken_part = {row.workshop_id for row in listed if isinstance(row, Attendee)}
    taken_part |= {row.pk.removeprefix("ATTENDANCE#") for row in listed if isinstance(row, Attendance)}
    spoke_in = {item.workshop_id for item in own if isinstance(item, Spoke)}
    around = sorted(taken_part | spoke_in | {row.id for row in hosted} | {_workshop_of(note) for note in notes})
    return {
        "preferences": next((_preferences(item) for item in own if isinstance(item, Preferences)), None),
        "calendar_feed": next(
            ({"created_at": clock.to_text(item.created_at)} for item in own if isinstance(item, Feed)), None
        ),
        "bans": [
            {"user_id": item.user_id, "created_at": clock.to_text(item.created_at)}
            for item in own
            if isinstance(item, Ban)
        ],
        "workshops_hosted": list(_hosted(hosted)),
        "series_hosted": list(_series(user_id)),
        "groups_owned": [
            {"id": row.id, "name": row.name, "description": row.description}
            for row in Item.by_feed.query(ALL_GROUPS, filter_condition=Group.owner_id == user_id)
            if isinstance(row, Group)
        ],
        "attendance": list(_attendance(user_id, around)),
        "invites": [
            {"workshop_id": row.workshop_id, "scheduled_at": clock.to_text(row.scheduled_at)}
            for row in listed
            if isinstance(row, Invite)
        ],
        "addresses_invited": list(_addresses(user_id, [*hosted, *listed], now)),
        "series_followed": [row.series_id for row in listed if isinstance(row, Follower)],
        "guided_workshops": list(_guided([row for row in listed if isinstance(row, Member)])),
        "notes": [
            {"workshop_id": _workshop_of(note), "content": note.text, "updated_at": clock.to_text(note.updated_at)}
            for note in notes
        ],
        "chat_messages": [message for workshop_id in around for message in _messages(workshop_id, user_id)],
        "notifications": [
            _notification(item)
            for item in Item.query(f"INBOX#{user_id}", consistent_read=True)
            if isinstance(item, Notification)
        ],
    }


def _series(user_id: str) -> Iterator[Entry]:
    listed = [row.key for row in Item.by_person.query(series_of(user_id))]
    for row in table.read_many(listed).values():
        if isinstance(row, Series):
            # An edit puts another description beside the one that earlier workshops keep.
            first = series_description_key(row.id)[1]
            beside = Item.query(row.pk, Item.sk.startswith(first), consistent_read=True)
            texts = [one.text for one in beside if isinstance(one, SeriesDescription)]
            yield {
                "id": row.id,
                "title": row.title,
                "descriptions": texts,
                "rrule": row.rrule,
                "is_active": bool(row.is_active),
            }


def _workshop_of(note: Note) -> str:
    return note.sk.removeprefix("NOTE#")


def _preferences(item: Preferences) -> Entry:
    return {
        "no_in_app": sorted(item.no_in_app or ()),
        "no_email": sorted(item.no_email or ()),
        "reminder_offsets": item.reminder_offsets,
    }


def _hosted(rows: list[Workshop]) -> Iterator[Entry]:
    described = table.read_many(description_key(row.id) for row in rows)
    for row in rows:
        own = described.get(description_key(row.id))
        yield _workshop(row, own.text if isinstance(own, Description) else None)


def _addresses(user_id: str, rows: list[Item], now: datetime) -> Iterator[Entry]:
    """The addresses somebody typed, in the workshops where they may have led, for as long as those are kept."""
    kept = {row.pk for row in rows if isinstance(row, Workshop | Attendee) and row.scheduled_at + KEPT_FOR > now}
    for workshop in sorted(kept):
        of_addresses = Item.sk.startswith(address_invite_key("", "inv_")[1])
        for row in Item.query(workshop, of_addresses, filter_condition=AddressInvite.invited_by == user_id):
            if isinstance(row, AddressInvite):
                at = clock.to_text(row.created_at)
                yield {"workshop_id": row.workshop_id, "address": row.address, "created_at": at}


def _workshop(row: Workshop, description: str | None) -> Entry:
    return {
        "id": row.id,
        "title": row.title,
        "description": description,
        "scheduled_at": clock.to_text(row.scheduled_at),
        "timezone": row.timezone,
        "format": row.format,
        "location": row.location,
        "status": row.status,
        "is_private": bool(row.is_private),
    }


def _attendance(user_id: str, workshop_ids: list[str]) -> Iterator[Entry]:
    """What is known of somebody's coming to each workshop: RSVP, check-in, presence."""
    keys = [(workshop_key(one), attendee_key(one, user_id), attendance_key(one, user_id)) for one in workshop_ids]
    found = table.read_many(key for some in keys for key in some)
    for workshop_id, (about, mine, told) in zip(workshop_ids, keys, strict=True):
        workshop = cast("Workshop | None", found.get(about))
        row, record = cast("Attendee | None", found.get(mine)), cast("Attendance | None", found.get(told))
        if row is None and record is None:
            continue
        yield {
            "workshop_id": workshop_id,
            "title": workshop.title if workshop else None,
            "scheduled_at": clock.to_text(workshop.scheduled_at) if workshop else None,
            "rsvp_status": row.status if row else None,
            "rsvp_at": clock.to_text(row.rsvp_at) if row else None,
            "is_co_host": bool(row.is_co_host) if row else False,
            "checked_in_at": _text(record.checked_in_at) if record else None,
            "intervals": [
                {"joined_at": clock.to_text(clock.from_seconds(joined)), "left_at": _moment(left)}
                for joined, left in (record.intervals or () if record else ())
            ],
        }


def _guided(members: list[Member]) -> Iterator[Entry]:
    ids = [row.pk.removeprefix("GUIDED#") for row in members]
    found = table.read_many([key for row, one in zip(members, ids, strict=True) for key in (row.key, guided_key(one))])
    for row, guided_id in zip(members, ids, strict=True):
        member, guided = found.get(row.key), found.get(guided_key(guided_id))
        if isinstance(member, Member) and isinstance(guided, Guided):
            yield {"id": guided_id, "title": guided.title, "role": member.role, "since": clock.to_text(member.since)}


def _messages(workshop_id: str, user_id: str) -> Iterator[Entry]:
    for message in Item.query(f"CHAT#{workshop_id}", filter_condition=ChatMessage.user_id == user_id):
        if isinstance(message, ChatMessage):
            at = clock.to_text(message.created_at)
            yield {"workshop_id": workshop_id, "message": message.text, "created_at": at}


def _notification(item: Notification) -> Entry:
    return {
        "type": item.type,
        "entity_type": item.entity_type,
        "entity_id": item.entity_id,
        "data": item.data,
        "created_at": clock.to_text(item.created_at),
        "read_at": _text(item.read_at),
    }


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else clock.to_text(instant)


def _moment(second: int | None) -> str | None:
    return None if second is None else clock.to_text(clock.from_seconds(second))
