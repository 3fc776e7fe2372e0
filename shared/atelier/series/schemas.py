"""Series as they go over the wire."""

import re
from datetime import date, datetime, time
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from atelier.series import rules
from atelier.series.wallclock import Note
from atelier.text import Input, Output, Zone

EARLIEST_START, LATEST_START = date(1970, 1, 1), date(2199, 12, 31)

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
    note: Note | None


class SeriesPreview(Output):
    """The first occurrences on or after the start date: fewer than asked for where the rule ends before."""

    items: list[PreviewedOccurrence]
