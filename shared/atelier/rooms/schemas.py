"""What goes over the wire of rooms: join tokens, hands, chat, notes, who is in now."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from atelier.accounts.schemas import UserCard
from atelier.text import Clean, Input, LongText, ManyLines, Output, Paged

LATEST_OFFSET_MS = 10**12 - 1
"""The largest offset that a message's key has room for: over thirty years."""

type Device = Literal["main", "screen"]
type RoomRole = Literal["publisher", "subscriber"]
type MessageText = Annotated[str, Clean, StringConstraints(min_length=1, max_length=1000), ManyLines]


class JoinRequest(Input):
    """What a person wants to enter the room with."""

    device: Annotated[Device, Field(description="`screen` is a second entry, for hosts and co-hosts.")] = "main"


class JoinToken(Output):
    """A token to enter the room with. Ask for another from `renew_at` on: the uid stays the same."""

    app_id: str
    channel: str
    uid: int
    token: str
    token_version: Literal["006", "007"]
    role: RoomRole
    expires_at: datetime
    renew_at: datetime


class Hand(Output):
    """A raised hand."""

    user: UserCard
    raised_at: datetime


class HandPage(Output):
    """A page of raised hands, the longest raised first."""

    items: list[Hand]
    next_cursor: str | None


class MessageInput(Input):
    """What to write in the chat."""

    message: MessageText


class Message(Output):
    """A message in the chat. `offset_ms` counts from the start of the workshop."""

    id: str
    user: UserCard
    message: str
    offset_ms: int
    created_at: datetime


class MessagePage(Output):
    """A page of the chat, oldest first."""

    items: list[Message]
    next_cursor: str | None


class ChatQuery(Paged):
    """From where on to read the chat."""

    from_offset_ms: Annotated[
        int, Field(ge=0, le=LATEST_OFFSET_MS, description="Leaves out what was written before.")
    ] = 0


class NoteInput(Input):
    """What to keep as one's note."""

    content: LongText


class Note(Output):
    """The caller's own note on a workshop; empty, and never updated, until there is one."""

    content: str
    updated_at: datetime | None


class Inside(Output):
    """A device that is in the room. `role` is null until Agora has told it; `joined_at` is since when the person is
    there, short interruptions not counted.
    """

    user: UserCard
    device: Device
    uid: int
    role: RoomRole | None
    joined_at: datetime


class InsidePage(Output):
    """A page of who is in the room now."""

    items: list[Inside]
    next_cursor: str | None
