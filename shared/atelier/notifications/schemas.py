"""Notifications and preferences as they go over the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from atelier.notifications.items import NotificationType
from atelier.text import Input, Output, Paged
from atelier.workshops.moments import REMINDER_OFFSETS

MOST_OFFSETS = 3
MOST_IDS = 100


def _offsets(values: list[int]) -> list[int]:
    if len(set(values)) != len(values):
        raise ValueError("must not repeat a value")
    if not set(values) <= set(REMINDER_OFFSETS):
        raise ValueError(f"must be of {', '.join(map(str, REMINDER_OFFSETS))}")
    return sorted(values, reverse=True)


type ReminderOffsets = Annotated[
    list[int],
    Field(max_length=MOST_OFFSETS, description="Minutes before the start at which to be reminded; empty: never."),
    AfterValidator(_offsets),
]


class NotificationQuery(Paged):
    """Which notifications to list."""

    unread: bool = False


class NotificationItem(Output):
    """Something the caller was told."""

    id: str
    type: NotificationType
    entity_type: Literal["workshop", "series"]
    entity_id: str
    data: dict[str, Any]
    created_at: datetime
    read_at: datetime | None


class NotificationPage(Output):
    """A page of notifications, newest first, and how many are unread."""

    items: list[NotificationItem]
    next_cursor: str | None
    unread_count: int


class ReadNotifications(Input):
    """Which notifications were read: these, or all of them."""

    ids: Annotated[list[str], Field(min_length=1, max_length=MOST_IDS)] | None = None
    all: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "ReadNotifications":
        if (self.ids is None) == (self.all is None):
            raise ValueError("needs either ids or all")
        return self


class UnreadCount(Output):
    """How many notifications are unread now."""

    unread_count: int


class Channels(Output):
    """Where notifications of one type go."""

    in_app: bool
    email: bool


class NotificationPreferences(Output):
    """What the caller is told, and how; and how many minutes before a start they are reminded."""

    types: dict[NotificationType, Channels]
    reminder_offsets: list[int]


class ChannelsInput(Input):
    """Where notifications of one type are to go."""

    in_app: bool = True
    email: bool = True


class NotificationPreferencesInput(Input):
    """What to be told, and how. A type that is left out goes everywhere."""

    types: dict[NotificationType, ChannelsInput] = Field(default_factory=dict)
    reminder_offsets: ReminderOffsets = Field(default_factory=lambda: [60, 15])
