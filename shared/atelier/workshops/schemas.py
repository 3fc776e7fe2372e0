"""Workshops as they go over the wire."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from atelier.accounts.schemas import User, UserCard
from atelier.recordings.schemas import RecordingPart
from atelier.rsvps.schemas import AttendeeStatus
from atelier.text import Input, Instant, LongText, Output, Paged, Place, Query, Title, Zone, left_out

LATEST_DAY = date(2199, 12, 31)
"""No workshop begins later, by UTC: ends, expiries and calendars are reckoned from its time, and years end at 9999."""

type Format = Literal["online", "in_person", "hybrid"]
type Status = Literal["scheduled", "lobby", "live", "ended", "cancelled"]
type Minutes = Annotated[int, Field(ge=5, le=1440)]
type Capacity = Annotated[int, Field(ge=1, le=100_000, description="null = unlimited")]
type Reference = Annotated[str, Field(pattern=r"^[a-z]{2,4}_[0-9a-z]{16,32}$")]


def _begins_at(value: datetime) -> datetime:
    if value.date() > LATEST_DAY:
        raise ValueError(f"must not be later than {LATEST_DAY}")
    return value


def _flag(value: Any) -> Any:
    if isinstance(value, str):
        if value not in ("true", "false"):
            raise ValueError("must be true or false")
        return value == "true"
    return value


type Beginning = Annotated[Instant, AfterValidator(_begins_at)]
type Flag = Annotated[bool, BeforeValidator(_flag)]


class WorkshopInput(Input):
    """A workshop to be made."""

    title: Title
    description: LongText = ""
    category_id: Reference | None = None
    group_id: Annotated[Reference | None, Field(description="A group that the host owns.")] = None
    scheduled_at: Annotated[Beginning, Field(description="At least 15 minutes ahead, and not after 2199.")]
    timezone: Zone
    duration_minutes: Minutes | None = None
    format: Format = "online"
    location: Place | None = None
    is_private: bool = False
    max_capacity: Capacity | None = None
    waitlist_enabled: bool = True
    records: bool = True
    host_id: Annotated[Reference | None, Field(description="Administrators only; everybody else hosts themselves.")] = (
        None
    )


class WorkshopPatch(Input):
    """What to change of a workshop; what is left out stays."""

    title: Title = Field(default_factory=left_out)
    description: LongText = Field(default_factory=left_out)
    category_id: Reference | None = Field(default_factory=left_out)
    group_id: Reference | None = Field(default_factory=left_out, description="A group that the host owns.")
    scheduled_at: Beginning = Field(
        default_factory=left_out, description="A new time must be at least 15 minutes ahead, and not after 2199."
    )
    timezone: Zone = Field(default_factory=left_out)
    duration_minutes: Minutes | None = Field(default_factory=left_out)
    format: Format = Field(default_factory=left_out)
    location: Place | None = Field(default_factory=left_out)
    is_private: bool = Field(default_factory=left_out)
    max_capacity: Capacity | None = Field(default_factory=left_out)
    waitlist_enabled: bool = Field(default_factory=left_out)
    records: bool = Field(default_factory=left_out)


class WorkshopQuery(Paged):
    """Filters of the list of workshops. They combine."""

    category: Reference | None = None
    status: Status | None = None
    host: Annotated[str | None, Field(pattern=r"^(me|usr_[a-z2-7]{16})$", description="A person's id, or `me`.")] = None
    past: Annotated[Flag, Field(description="Ended ones, latest first, in place of open ones, soonest first.")] = False
    my: Annotated[Flag, Field(description="Only what the caller hosts, attends or is invited to.")] = False
    group: Reference | None = None
    series: Reference | None = None


class WorkshopCancelQuery(Query):
    """How much of a series to cancel with a workshop of it."""

    scope: Annotated[
        Literal["this", "following"], Field(description="`following`: the workshops after it as well; the series ends.")
    ] = "this"


class CategoryRef(Output):
    """The category of a workshop."""

    id: str
    name: str
    slug: str


class SeriesRef(Output):
    """The series that made a workshop."""

    id: str
    title: str
    rrule: str


class NextInSeries(Output):
    """The next workshop of the same series that is not cancelled."""

    id: str
    scheduled_at: datetime


class MyRsvp(Output):
    """The caller's place in a workshop."""

    status: AttendeeStatus
    is_co_host: bool
    can_speak: bool


class MyPart(Output):
    """What the caller is in a workshop."""

    is_host: bool
    rsvp: MyRsvp | None


class WorkshopCard(Output):
    """A workshop as lists show it. `attendee_count` counts people with a seat; in lists it may be some seconds old."""

    id: str
    title: str
    host: UserCard
    category: CategoryRef | None
    series_id: str | None
    group_id: str | None
    scheduled_at: datetime
    timezone: str
    duration_minutes: int | None
    format: Format
    location: str | None
    status: Status
    is_private: bool
    max_capacity: int | None
    waitlist_enabled: bool
    records: bool
    attendee_count: int
    waitlist_count: int
    seats_left: int | None
    actual_started_at: datetime | None
    actual_ended_at: datetime | None
    has_recording: bool
    created_at: datetime
    updated_at: datetime
    my: MyPart


class WorkshopDetail(WorkshopCard):
    """A workshop in full."""

    host: User
    description: str
    series: SeriesRef | None
    next_in_series: NextInSeries | None


class WorkshopPage(Output):
    """A page of workshops."""

    items: list[WorkshopCard]
    next_cursor: str | None


class AttendanceTotals(Output):
    """How many came and how long they stayed, the host left out."""

    rsvp_count: int
    attended_count: int
    average_seconds: int
    average_share: Annotated[float, Field(ge=0, le=1, description="Of the actual duration.")]


class WorkshopSummary(Output):
    """What a workshop came to."""

    workshop_id: str
    title: str
    actual_started_at: datetime
    actual_ended_at: datetime
    duration_seconds: int
    attendance: AttendanceTotals
    recordings: list[RecordingPart]
    next_in_series: NextInSeries | None
