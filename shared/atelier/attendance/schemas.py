"""Attendance as it goes over the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from atelier.accounts.schemas import UserCard
from atelier.attendance.verdict import USUAL_THRESHOLD
from atelier.rsvps.schemas import AttendeeStatus
from atelier.text import Output, Paged, Query


class AttendanceInterval(Output):
    """A time in the room, short reconnects included."""

    joined_at: datetime
    left_at: Annotated[datetime | None, Field(description="Null while the person is in.")]


class AttendanceItem(Output):
    """Who was there, and for how long. `user` is null for a guest and when the account is gone."""

    user: UserCard | None
    guest_name: str | None
    rsvp_status: Annotated[AttendeeStatus | None, Field(description="Null for the host, and without an RSVP.")]
    checked_in_at: datetime | None
    intervals: list[AttendanceInterval]
    total_seconds: Annotated[int, Field(description="In the room, before the start and after the end too.")]
    share: Annotated[float, Field(ge=0, le=1, description="Of the actual duration; so far, while the workshop lasts.")]
    present: Annotated[
        bool, Field(description="Whether the share reaches `threshold`; in person: checked in; hybrid: either.")
    ]


class AttendancePage(Output):
    """A page of a workshop's attendance: accounts by their ids, then guests by theirs."""

    items: list[AttendanceItem]
    next_cursor: str | None


type Threshold = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class AttendanceQuery(Paged):
    """Which share of the actual duration makes somebody present, and the place in the list."""

    threshold: Threshold = USUAL_THRESHOLD


class AttendanceFileQuery(Query):
    """Which share of the actual duration makes somebody present."""

    threshold: Threshold = USUAL_THRESHOLD
