"""Recurrence rules of RFC 5545, section 3.3.10: read strictly, and refused with a reason."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal, cast

LONGEST_RULE = 500
LARGEST_INTERVAL = 9_999
LARGEST_COUNT = 999_999

type Frequency = Literal["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]
type Until = date | datetime

FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

_TOO_FINE = ("HOURLY", "MINUTELY", "SECONDLY")
_TIMES = ("BYHOUR", "BYMINUTE", "BYSECOND")
_CHOICES = ("BYMONTH", "BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY", "BYSETPOS")
_KNOWN = frozenset(("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", *_CHOICES))
_REASONS = {name: f"{name} is not for a series: its time of day is told apart from the rule" for name in _TIMES} | {
    "DTSTART": "DTSTART must not stand in it: the start is told apart from the rule"
}
_PREFIX = "RRULE:"
_DAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER = re.compile(r"[+-]?[0-9]{1,3}")
_AMOUNT = re.compile(r"[0-9]{1,9}")
_UNTIL = re.compile(r"([0-9]{8})(?:T([0-9]{6})(Z?))?")


class BadRuleError(ValueError):
    """The rule is not one that Atelier keeps; the message says why."""


@dataclass(frozen=True, slots=True)
class Day:
    """An entry of BYDAY. `weekday` counts from Monday, 0; `ordinal` is None for every such day of the period."""

    weekday: int
    ordinal: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that was read. What it leaves out is None or empty; `until` is a local date or time, or an instant."""

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: Until | None = None
    by_month: tuple[int, ...] = ()
    by_week_number: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[Day, ...] = ()
    by_set_position: tuple[int, ...] = ()
    week_start: int = 0

    @property
    def counts_within_months(self) -> bool:
        """Whether 2TU is the second Tuesday of a month; else it is the year's."""
        return self.frequency == "MONTHLY" or bool(self.by_month)


def canonical(text: str) -> str:
    """The rule as it is kept and shown: in capitals, without the property's name before it."""
    return text.strip().upper().removeprefix(_PREFIX)


def parse(text: str) -> Rule:
    """Reads a rule, with or without `RRULE:` before it; names and values in any case, as RFC 5545 has it.

    Raises BadRuleError with the reason. Whether it ever happens depends on its start: see `recurrence.first_date`.
    """
    if len(text) > LONGEST_RULE:
        raise BadRuleError(f"must be at most {LONGEST_RULE} characters")
    parts = _parts(canonical(text))
    rule = Rule(
        frequency=_frequency(parts),
        interval=_amount(parts, "INTERVAL", LARGEST_INTERVAL) or 1,
        count=_amount(parts, "COUNT", LARGEST_COUNT),
        until=_until(parts.get("UNTIL")),
        by_month=_numbers(parts, "BYMONTH", 12, negative=False),
        by_week_number=_numbers(parts, "BYWEEKNO", 53),
        by_year_day=_numbers(parts, "BYYEARDAY", 366),
        by_month_day=_numbers(parts, "BYMONTHDAY", 31),
        by_day=_days(parts.get("BYDAY")),
        by_set_position=_numbers(parts, "BYSETPOS", 366),
        week_start=_week_start(parts.get("WKST", "MO")),
    )
    _require_sense(rule)
    return rule


def _parts(text: str) -> Mapping[str, str]:
    if text.startswith("DTSTART"):
        raise BadRuleError(_REASONS["DTSTART"])
    if len(text.splitlines()) > 1:
        raise BadRuleError("must be one line, and one rule")
    found: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value:
            raise BadRuleError("must be parts such as FREQ=WEEKLY with semicolons between them")
        if name in found:
            raise BadRuleError(f"{name} stands in it twice")
        if name not in _KNOWN:
            raise BadRuleError(_REASONS.get(name, "has a part that RFC 5545 does not know"))
        found[name] = value
    return found


def _frequency(parts: Mapping[str, str]) -> Frequency:
    value = parts.get("FREQ")
    if value is None:
        raise BadRuleError("FREQ is missing")
    if value in _TOO_FINE:
        raise BadRuleError(f"FREQ={value} is too often: a series happens at most once a day")
    if value not in FREQUENCIES:
        raise BadRuleError("FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY")
    return cast("Frequency", value)


def _amount(parts: Mapping[str, str], name: str, largest: int) -> int | None:
    value = parts.get(name)
    if value is None:
        return None
    if not _AMOUNT.fullmatch(value) or not 1 <= int(value) <= largest:
        raise BadRuleError(f"{name} must be a number from 1 to {largest}")
    return int(value)


def _numbers(parts: Mapping[str, str], name: str, largest: int, *, negative: bool = True) -> tuple[int, ...]:
    value = parts.get(name)
    if value is None:
        return ()
    found = set()
    for text in value.split(","):
        number = int(text) if _NUMBER.fullmatch(text) else 0
        if not 1 <= (abs(number) if negative else number) <= largest:
            raise BadRuleError(f"{name} must be numbers from 1 to {largest}{', or as many from the end' * negative}")
        found.add(number)
    return tuple(sorted(found))


def _days(value: str | None) -> tuple[Day, ...]:
    if value is None:
        return ()
    found = []
    for text in value.split(","):
        match = _DAY.fullmatch(text)
        if match is None:
            raise BadRuleError("BYDAY must be days such as MO, or 2TU and -1FR within a month or a year")
        day = Day(WEEKDAYS.index(match[2]), int(match[1]) if match[1] else None)
        if day.ordinal == 0:
            raise BadRuleError("BYDAY counts from 1, or from -1 backwards")
        if day not in found:
            found.append(day)
    return tuple(found)


def _week_start(value: str) -> int:
    if value not in WEEKDAYS:
        raise BadRuleError("WKST must be one of MO, TU, WE, TH, FR, SA and SU")
    return WEEKDAYS.index(value)


def _until(value: str | None) -> Until | None:
    if value is None:
        return None
    match = _UNTIL.fullmatch(value)
    try:
        if match is None:
            raise ValueError(value)
        if match[2] is None:
            return datetime.strptime(match[1], "%Y%m%d").replace(tzinfo=UTC).date()
        moment = datetime.strptime(match[1] + match[2], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise BadRuleError("UNTIL must be a date or a time that exists, such as 20270628 or 20270628T160000Z") from None
    return moment if match[3] else moment.replace(tzinfo=None)


def _require_sense(rule: Rule) -> None:
    """Raises BadRuleError for parts that do not go together; where RFC 5545 says "MUST NOT", it is named."""
    for reason, is_so in _CLASHES.items():
        if is_so(rule):
            raise BadRuleError(reason)


def _ordinals(rule: Rule) -> list[int]:
    return [abs(day.ordinal) for day in rule.by_day if day.ordinal is not None]


def _has_choice(rule: Rule) -> bool:
    return bool(rule.by_month or rule.by_week_number or rule.by_year_day or rule.by_month_day or rule.by_day)


_CLASHES: Mapping[str, Callable[[Rule], bool]] = {
    "COUNT and UNTIL must not both stand in it": lambda rule: rule.count is not None and rule.until is not None,
    "BYDAY takes numbers, as in 2TU, with FREQ=MONTHLY and FREQ=YEARLY only": lambda rule: (
        bool(_ordinals(rule)) and rule.frequency not in ("MONTHLY", "YEARLY")
    ),
    "BYDAY takes no numbers, as in 2TU, together with BYWEEKNO": lambda rule: bool(
        _ordinals(rule) and rule.by_week_number
    ),
    "BYDAY counts to 5 within a month": lambda rule: (
        rule.counts_within_months and max(_ordinals(rule), default=1) > 5  # noqa: PLR2004 - as the sentence says
    ),
    "BYDAY counts to 53 within a year": lambda rule: max(_ordinals(rule), default=1) > 53,  # noqa: PLR2004
    "BYMONTHDAY must not stand beside FREQ=WEEKLY": lambda rule: bool(rule.by_month_day) and rule.frequency == "WEEKLY",
    "BYYEARDAY and BYWEEKNO are for FREQ=YEARLY only": lambda rule: (
        bool(rule.by_year_day or rule.by_week_number) and rule.frequency != "YEARLY"
    ),
    "BYSETPOS chooses among the days of another BY part, and there is none": lambda rule: (
        bool(rule.by_set_position) and not _has_choice(rule)
    ),
}
