"""RSVPs and attendees as they go over the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from atelier.accounts.schemas import UserCard
from atelier.text import Input, Output, Paged, Query

type AttendeeStatus = Literal["rsvp", "waitlisted", "joined", "left", "removed"]


class Attendee(Output):
    """A person's place in a workshop. `position` is the place on the waitlist, exact up to 100, else null."""

    user: UserCard
    status: AttendeeStatus
    position: int | None
    is_co_host: bool
    can_speak: bool
    rsvp_at: datetime
    joined_at: datetime | None
    left_at: datetime | None


class AttendeeCard(Output):
    """What one attendee may know of another."""

    user: UserCard
    status: AttendeeStatus


class AttendeePage(Output):
    """A page of attendees: in full for the host and co-hosts, users and status of those seated for attendees."""

    items: list[Attendee] | list[AttendeeCard]
    next_cursor: str | None


class AttendeeQuery(Paged):
    """Filters of the attendee list."""

    status: AttendeeStatus | None = None


class AttendeePatch(Input):
    """The rights of an attendee; what is left out stays."""

    is_co_host: Annotated[bool, Field(description="The host only.")] = False
    can_speak: Annotated[bool, Field(description="The host and co-hosts.")] = False


class RemovalQuery(Query):
    """How to remove an attendee."""

    ban: bool = False
