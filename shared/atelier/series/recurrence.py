"""The dates of a rule, counted from the day it starts on: whenever and wherever they are asked for, they are the same.

dateutil's `rrule` finds the days that the BY parts of a rule name, year by year. What depends on the start is done
here: the steps of INTERVAL, the choice of BYSETPOS, COUNT and UNTIL. Left to `rrule`, a rule that never happens would
be walked to the year 9999, and BYSETPOS would count the first week from the start instead of from its first day.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from dateutil import rrule

from atelier.series.rules import BadRuleError, Rule
from atelier.series.wallclock import occurrence

CALENDAR_CYCLE_YEARS = 400
"""After so many years, or 20,871 weeks, the Gregorian calendar repeats itself."""


def dates(
    rule: Rule, start_date: date, time_of_day: time, zone: ZoneInfo, *, first: date, last: date
) -> Iterator[date]:
    """The local dates of the rule from `first` to `last`, both included, in order.

    The rule is counted from `start_date`, which is a date of its own only where the rule says so. UNTIL includes what
    it names: a date its whole day, a local time what the clock would show, an instant what really happens by then.
    Takes time in proportion to the years from `start_date` to `last`.
    """
    left = rule.count
    for day in _days(rule, start_date, last):
        if left == 0 or not _is_in_time(rule, day, time_of_day, zone):
            return
        if left is not None:
            left -= 1
        if day >= first:
            yield day


def first_date(rule: Rule, start_date: date, time_of_day: time, zone: ZoneInfo) -> date:
    """The first date of the rule. Raises BadRuleError when it does not happen within 400 years."""
    if not _is_possible(rule, start_date):
        raise BadRuleError("names days that do not exist, so it never happens")
    found = dates(rule, start_date, time_of_day, zone, first=start_date, last=furthest_date(start_date))
    day = next(found, None)
    if day is None:
        raise BadRuleError("never happens on or after the start date")
    return day


def furthest_date(start_date: date) -> date:
    """How far a rule is looked ahead where nothing else ends it: one cycle of the calendar."""
    return date(start_date.year + CALENDAR_CYCLE_YEARS, 12, 31)


def _days(rule: Rule, start_date: date, last: date) -> Iterator[date]:
    """The days of the rule up to `last`, without regard to COUNT and UNTIL."""
    period_of = _period_of(rule)
    started = period_of(start_date)
    # A week may have begun in the year before: BYSETPOS counts in whole ones.
    named = _named_days(rule, start_date, (start_date - timedelta(days=6)).year)
    for period, days in groupby(named, period_of):
        if period > period_of(last):
            return
        if period >= started and (period - started) % rule.interval == 0:
            yield from (day for day in _chosen(rule, list(days)) if start_date <= day <= last)


def _named_days(rule: Rule, start_date: date, year: int) -> Iterator[date]:
    """Every day that the BY parts name, from the first of January of a year to the end of the year 9999."""
    new_year = datetime.combine(date(year, 1, 1), time())
    return (
        moment.date()
        for moment in rrule.rrule(
            rrule.YEARLY,
            dtstart=new_year,
            wkst=rule.week_start,
            bymonth=_months(rule, start_date),
            byweekno=rule.by_week_number or None,
            byyearday=rule.by_year_day or None,
            bymonthday=_month_days(rule, start_date),
            byweekday=_weekdays(rule, start_date),
        )
    )


def _is_possible(rule: Rule, start_date: date) -> bool:
    """Whether the BY parts name any day at all: what is not in the last 400 years that there are is in none."""
    return next(_named_days(rule, start_date, date.max.year - CALENDAR_CYCLE_YEARS + 1), None) is not None


def _months(rule: Rule, start_date: date) -> Sequence[int] | None:
    if rule.by_month:
        return rule.by_month
    if rule.frequency == "MONTHLY":
        return range(1, 13)
    return (start_date.month,) if rule.frequency == "YEARLY" and not _names_days(rule) else None


def _month_days(rule: Rule, start_date: date) -> Sequence[int] | None:
    if rule.by_month_day:
        return rule.by_month_day
    return (start_date.day,) if rule.frequency in ("MONTHLY", "YEARLY") and not _names_days(rule) else None


def _weekdays(rule: Rule, start_date: date) -> list[rrule.weekday] | None:
    """BYDAY for dateutil, which would take plain days and numbered ones together as "both", not as "either"."""
    if rule.by_day:
        numbers = _ordinals(rule) if any(day.ordinal for day in rule.by_day) else (None,)
        return [
            rrule.weekday(day.weekday, number)
            for day in rule.by_day
            for number in (numbers if day.ordinal is None else (day.ordinal,))
        ]
    if rule.frequency == "DAILY":
        return [rrule.weekday(number) for number in range(7)]
    if rule.frequency == "WEEKLY" or (rule.by_week_number and not (rule.by_month_day or rule.by_year_day)):
        return [rrule.weekday(start_date.weekday())]
    return None


def _ordinals(rule: Rule) -> Sequence[int]:
    return range(1, 6) if rule.counts_within_months else range(1, 54)


def _names_days(rule: Rule) -> bool:
    """Whether the rule itself says which days; else RFC 5545 takes them from the start."""
    return bool(rule.by_day or rule.by_month_day or rule.by_year_day or rule.by_week_number)


def _period_of(rule: Rule) -> Callable[[date], int]:
    """Numbers the periods of the rule's frequency one after the other, so that INTERVAL can be counted in them."""
    match rule.frequency:
        case "DAILY":
            return date.toordinal
        case "WEEKLY":
            # The first of January of the year 1 was a Monday, and is day 1.
            return lambda day: (day.toordinal() - 1 - rule.week_start) // 7
        case "MONTHLY":
            return lambda day: day.year * 12 + day.month
        case "YEARLY":
            return lambda day: day.year


def _chosen(rule: Rule, days: Sequence[date]) -> Iterable[date]:
    """BYSETPOS: some of a period's days by their place among all of them, those before the start included."""
    if not rule.by_set_position:
        return days
    places = {place - 1 if place > 0 else len(days) + place for place in rule.by_set_position}
    return (day for place, day in enumerate(days) if place in places)


def _is_in_time(rule: Rule, day: date, time_of_day: time, zone: ZoneInfo) -> bool:
    if rule.until is None:
        return True
    if not isinstance(rule.until, datetime):
        return day <= rule.until
    if rule.until.tzinfo is None:
        return datetime.combine(day, time_of_day) <= rule.until
    return occurrence(day, time_of_day, zone).scheduled_at <= rule.until
