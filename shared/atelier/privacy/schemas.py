"""A copy of what is held about a person, as it goes over the wire."""

from datetime import datetime
from typing import Any

from atelier.accounts.schemas import Me
from atelier.text import Output


class PersonalData(Output):
    """Everything that is held about a person. Entries may get more fields."""

    exported_at: datetime
    first_seen_at: datetime
    profile: Me
    preferences: dict[str, Any] | None
    calendar_feed: dict[str, Any] | None
    bans: list[dict[str, Any]]
    workshops_hosted: list[dict[str, Any]]
    series_hosted: list[dict[str, Any]]
    groups_owned: list[dict[str, Any]]
    attendance: list[dict[str, Any]]
    invites: list[dict[str, Any]]
    addresses_invited: list[dict[str, Any]]
    series_followed: list[str]
    guided_workshops: list[dict[str, Any]]
    notes: list[dict[str, Any]]
    chat_messages: list[dict[str, Any]]
    notifications: list[dict[str, Any]]
