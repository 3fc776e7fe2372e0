"""Series as they go over the wire."""

import re
from datetime import date, datetime, time
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from atelier.accounts.schemas import User, UserCard
from atelier.rsvps.schemas import AttendeeStatus
from atelier.series import rules
from atelier.series.wallclock import ClockNote
from atelier.text import Input, LongText, Output, Place, Query, Title, Zone, left_out
from atelier.workshops.schemas import LATEST_DAY, Capacity, CategoryRef, Format, Minutes, Reference, Status

EARLIEST_START, LATEST_START = date(1970, 1, 1), LATEST_DAY

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:00)?")


def _rule(text: str) -> str:
    rules.parse(text)
    return rules.canonical(text)


def _date(value: Any) -> date:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("must be a date, such as 2027-03-28")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a date that exists") from None
    if not EARLIEST_START <= day <= LATEST_START:
        raise ValueError(f"must be from {EARLIEST_START} to {LATEST_START}")
    return day


def _time_of_day(value: Any) -> time:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise ValueError("must be a time of day in whole minutes, such as 18:30")
    return time.fromisoformat(value)


type RuleText = Annotated[
    str,
    AfterValidator(_rule),
    Field(
        max_length=rules.LONGEST_RULE,
        description="RFC 5545, section 3.3.10: FREQ is DAILY, WEEKLY, MONTHLY or YEARLY, and no part names a time of "
        "day.",
        examples=["FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;COUNT=10"],
    ),
]
type LocalDate = Annotated[date, BeforeValidator(_date)]
type TimeOfDay = Annotated[
    time,
    BeforeValidator(_time_of_day),
    WithJsonSchema({"type": "string", "pattern": r"^([01][0-9]|2[0-3]):[0-5][0-9](:00)?$", "examples": ["18:30"]}),
]


class SeriesPreviewInput(Input):
    """A rule, and how many of its occurrences to show."""

    rrule: RuleText
    start_date: LocalDate
    time_of_day: TimeOfDay
    timezone: Zone
    count: Annotated[int, Field(ge=1, le=100)] = 10


class PreviewedOccurrence(Output):
    """When one occurrence takes place. `moved_forward`: the clocks skip its time; `repeated_hour`: it comes twice, and
    the first is meant."""

    scheduled_at: datetime
    local: Annotated[
        str, Field(description="What the clocks there show then.", examples=["2027-03-28T18:30:00"], min_length=19)
    ]
    utc_offset: Annotated[str, Field(examples=["+02:00"])]
    note: ClockNote | None


class SeriesPreview(Output):
    """The first occurrences on or after the start date: fewer than asked for where the rule ends before."""

    items: list[PreviewedOccurrence]


class SeriesInput(Input):
    """A series to be made."""

    title: Title
    description: LongText = ""
    category_id: Reference | None = None
    timezone: Annotated[Zone, Field(description="The zone whose clocks the time of day is read from, all year.")]
    duration_minutes: Minutes | None = None
    format: Format = "online"
    location: Place | None = None
    is_private: bool = False
    max_capacity: Capacity | None = None
    waitlist_enabled: bool = True
    records: bool = True
    rrule: RuleText
    start_date: Annotated[LocalDate, Field(description="The local date that the rule counts from; it may be past.")]
    time_of_day: TimeOfDay
    host_id: Annotated[Reference | None, Field(description="Administrators only; everybody else hosts themselves.")] = (
        None
    )


class SeriesPatch(Input):
    """What to change of a series, and of its workshops that have not begun; what is left out stays."""

    title: Title = Field(default_factory=left_out)
    description: LongText = Field(default_factory=left_out)
    category_id: Reference | None = Field(default_factory=left_out)
    timezone: Zone = Field(default_factory=left_out)
    duration_minutes: Minutes | None = Field(default_factory=left_out)
    format: Format = Field(default_factory=left_out)
    location: Place | None = Field(default_factory=left_out)
    is_private: bool = Field(default_factory=left_out)
    max_capacity: Capacity | None = Field(default_factory=left_out)
    waitlist_enabled: bool = Field(default_factory=left_out)
    records: bool = Field(default_factory=left_out)
    rrule: RuleText = Field(default_factory=left_out)
    start_date: LocalDate = Field(
        default_factory=left_out,
        description="Left out beside a new rule, it stays; with `from`, it becomes the date of that workshop.",
    )
    time_of_day: TimeOfDay = Field(default_factory=left_out)


class SeriesEditQuery(Query):
    """Which workshops of a series to edit."""

    since: Annotated[
        Reference | None,
        Field(alias="from", description="A workshop of the series: this and those after it; by default all not begun."),
    ] = None


class ExceptionInput(Input):
    """A date to leave out."""

    date: LocalDate


class SkippedDate(Output):
    """A date that a series leaves out."""

    date: date


class SeriesWorkshop(Output):
    """A workshop that a series has made, in short."""

    id: str
    date: Annotated[date, Field(description="The local date of the rule, whenever it takes place by now.")]
    scheduled_at: datetime
    status: Status
    is_edited: Annotated[bool, Field(description="Whether anything of it was edited apart from its series.")]


class MySeriesPart(Output):
    """What the caller is in a series. `is_following`: they take a place in each of its workshops that they may see,
    new ones included; not while its host bans them.
    """

    is_host: bool
    is_following: bool


class SeriesCard(Output):
    """A series as lists show it."""

    id: str
    title: str
    host: UserCard
    category_id: str | None
    category: CategoryRef | None
    timezone: str
    duration_minutes: int | None
    format: Format
    location: str | None
    is_private: bool
    max_capacity: int | None
    waitlist_enabled: bool
    records: bool
    rrule: str
    start_date: date
    time_of_day: Annotated[str, Field(examples=["18:30"])]
    skipped: Annotated[list[date], Field(description="Local dates that are left out.")]
    is_active: Annotated[bool, Field(description="Until the series is deleted.")]
    is_complete: Annotated[bool, Field(description="No more workshops will be made: the rule has come to its end.")]
    created_at: datetime
    updated_at: datetime
    my: MySeriesPart


class SeriesDetail(SeriesCard):
    """A series in full, with those of its workshops that are not over, soonest first; they are made 90 days ahead."""

    host: User
    description: str
    workshops: list[SeriesWorkshop]


class SeriesPage(Output):
    """A page of series."""

    items: list[SeriesCard]
    next_cursor: str | None


class SeriesPlace(Output):
    """What the caller has in one workshop of a series. `problem`: what keeps them from a place, by the code that an
    RSVP to it would be refused with; `declined`: they gave it up themselves.
    """

    workshop_id: str
    scheduled_at: datetime
    status: AttendeeStatus | None
    position: Annotated[int | None, Field(description="From 1, exact up to 100; null behind that and without a wait.")]
    problem: str | None


class SeriesRsvp(Output):
    """What the caller has in each workshop of a series that has not begun and that they may see, soonest first."""

    series_id: str
    items: list[SeriesPlace]
