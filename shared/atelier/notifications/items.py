"""What is stored of notifications."""

import hashlib
from datetime import datetime, timedelta
from typing import Literal, cast

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)

from atelier import clock
from atelier.ids import encode
from atelier.table import InstantAttribute, Item, Key
from atelier.workshops.moments import USUAL_OFFSETS

type NotificationType = Literal[
    "workshop_reminder",
    "workshop_cancelled",
    "workshop_invite",
    "workshop_recording",
    "workshop_updated",
    "workshop_started",
    "waitlist_promoted",
    "attendee_removed",
]
TYPES: tuple[NotificationType, ...] = (
    "workshop_reminder",
    "workshop_cancelled",
    "workshop_invite",
    "workshop_recording",
    "workshop_updated",
    "workshop_started",
    "waitlist_promoted",
    "attendee_removed",
)
type AnnouncedType = NotificationType | Literal["rsvp_confirmed"]
GOVERNED_BY: dict[str, NotificationType] = {"rsvp_confirmed": "workshop_updated"}
"""What is told by mail alone, because its person did it themselves, and the wish that says whether it is mailed."""

KEPT_FOR = timedelta(days=180)


class Notification(Item, discriminator="notification"):
    """One thing one person was told. It is put before mail is sent: that it stands there is the mark that it was done.

    made_ms: when it was put, in milliseconds since 1970. is_shown: whether the person wants it in their inbox.
    mail: `none`, `claimed` (sent, or died over it), or `failed`. unsubscribe_hash: of the token in the mail.
    """

    type = UnicodeAttribute()
    entity_type = UnicodeAttribute()
    entity_id = UnicodeAttribute()
    data = JSONAttribute()
    created_at = InstantAttribute()
    made_ms = NumberAttribute()
    read_at = InstantAttribute(null=True)
    is_shown = BooleanAttribute(default=True)
    mail = UnicodeAttribute(default="none")
    unsubscribe_hash = UnicodeAttribute(null=True)

    @property
    def user_id(self) -> str:
        """Whose it is."""
        return self.pk.removeprefix("INBOX#")

    @property
    def id(self) -> str:
        """The id."""
        return self.sk


class InboxMark(Item, discriminator="inbox"):
    """Everything that was put into an inbox up to `read_ms` has been read at once."""

    read_ms = NumberAttribute()


class Preferences(Item, discriminator="preferences"):
    """What a person does not want, by type, and how many minutes before a start they want to be reminded.

    Absent: everything, at the usual times. version: raised by each edit, and 0 where there was none.
    """

    version = NumberAttribute(default=0)
    no_in_app = UnicodeSetAttribute(null=True)
    no_email = UnicodeSetAttribute(null=True)
    reminder_offsets = JSONAttribute(null=True)

    def wants_in_app(self, kind: str) -> bool:
        """Whether notifications of a type go to the inbox."""
        return kind not in (self.no_in_app or ())

    def wants_email(self, kind: str) -> bool:
        """Whether notifications of a type are mailed."""
        return kind not in (self.no_email or ())

    @property
    def offsets(self) -> frozenset[int]:
        """How many minutes before a start the person wants to be reminded."""
        chosen = cast("list[int] | None", self.reminder_offsets)
        return USUAL_OFFSETS if chosen is None else frozenset(chosen)


def notification_id(at: datetime, source: str) -> str:
    """The id of what is told because of a source: always the same, and sortable by the time it is about."""
    digest = int.from_bytes(hashlib.sha256(source.encode()).digest()[:10])
    return f"ntf_{encode(clock.milliseconds(at), 10)}{encode(digest, 16)}"


def notification_key(user_id: str, told_id: str) -> Key:
    """Where a notification stands."""
    return f"INBOX#{user_id}", told_id


def mark_key(user_id: str) -> Key:
    """Where the mark of an inbox stands."""
    return f"INBOX#{user_id}", "#MARK"


def preferences_key(user_id: str) -> Key:
    """Where a person's preferences stand."""
    return f"USER#{user_id}", "#PREFERENCES"
