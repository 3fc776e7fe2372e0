"""Join tokens as they go over the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from atelier.text import Input, Output

type Device = Literal["main", "screen"]
type RoomRole = Literal["publisher", "subscriber"]


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
