"""Rules by chance: however the time is cut into windows, the pieces are the whole, and it is what the rule says."""

from datetime import date, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as some

from atelier.series import recurrence, rules
from atelier.series.items import occurrence_id
from atelier.series.wallclock import occurrence

ZONES = (
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Pacific/Auckland",
    "Asia/Tokyo",
    "America/Santiago",
    "Asia/Tehran",
)
SPAN = timedelta(days=800)

numbers = some.integers


def _chosen(entries: some.SearchStrategy[object]) -> some.SearchStrategy[str]:
    return some.lists(entries, min_size=1, max_size=4, unique=True).map(lambda them: ",".join(map(str, them)))


days = some.sampled_from(rules.WEEKDAYS)
month_days = numbers(-31, 31).filter(bool)


@some.composite
def _rules(draw: some.DrawFn, *, plain: bool = False) -> str:
    """Rules that are read; some of them never happen. Plain ones have no numbered days, no positions and no end."""
    frequency = draw(some.sampled_from(rules.FREQUENCIES))
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(numbers(1, 6))}", f"WKST={draw(days)}"]
    if draw(some.booleans()):
        numbered = some.builds(lambda n, day: f"{n}{day}", some.sampled_from((1, 2, -1)), days)
        parts.append(
            "BYDAY=" + draw(_chosen(days | numbered if frequency in ("MONTHLY", "YEARLY") and not plain else days))
        )
    if frequency != "WEEKLY" and draw(some.booleans()):
        parts.append("BYMONTHDAY=" + draw(_chosen(month_days)))
    if draw(some.booleans()):
        parts.append("BYMONTH=" + draw(_chosen(numbers(1, 12))))
    if plain:
        return ";".join(parts)
    if len(parts) > 3 and draw(some.booleans()):
        parts.append("BYSETPOS=" + draw(_chosen(some.sampled_from((1, 2, -1)))))
    ends = some.just("") | numbers(1, 40).map("COUNT={}".format) | some.just("UNTIL=20280315T023000Z")
    return ";".join(part for part in [*parts, draw(ends)] if part)


starts = some.dates(date(2026, 1, 1), date(2028, 6, 30))
times = some.builds(time, numbers(0, 23), some.sampled_from((0, 15, 30, 45)))
zones = some.sampled_from(ZONES).map(ZoneInfo)


@given(_rules(), starts, times, zones, some.lists(numbers(0, SPAN.days), max_size=6))
def test_windows_one_after_the_other_make_the_whole(
    text: str, start: date, at: time, zone: ZoneInfo, cuts: list[int]
) -> None:
    rule = rules.parse(text)
    whole = list(recurrence.dates(rule, start, at, zone, first=start, last=start + SPAN))
    edges = [start, *sorted(start + timedelta(days=cut) for cut in set(cuts) - {0}), start + SPAN + timedelta(days=1)]
    pieces = [
        day
        for opens, closes in pairwise(edges)
        for day in recurrence.dates(rule, start, at, zone, first=opens, last=closes - timedelta(days=1))
    ]
    assert pieces == whole


@given(_rules(), starts, times, zones)
def test_dates_come_in_order_once_each_and_no_two_are_one_workshop(
    text: str, start: date, at: time, zone: ZoneInfo
) -> None:
    rule = rules.parse(text)
    found = list(recurrence.dates(rule, start, at, zone, first=start, last=start + SPAN))
    assert all(earlier < later for earlier, later in pairwise([start - timedelta(days=1), *found]))
    assert rule.count is None or len(found) <= rule.count
    instants = [occurrence(day, at, zone).scheduled_at for day in found]
    assert all(earlier < later for earlier, later in pairwise(instants))
    assert len({occurrence_id("ser_1", day) for day in found}) == len(found)


def _fits(rule: rules.Rule, start: date, day: date) -> bool:
    """RFC 5545 read day by day, for plain rules."""
    last_of_month = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    week_began = start - timedelta(days=(start.weekday() - rule.week_start) % 7)
    steps = {
        "DAILY": (day - start).days,
        "WEEKLY": (day - week_began).days // 7,
        "MONTHLY": (day.year - start.year) * 12 + day.month - start.month,
        "YEARLY": day.year - start.year,
    }
    weekdays = {entry.weekday for entry in rule.by_day}
    return (
        steps[rule.frequency] % rule.interval == 0
        and (not rule.by_month or day.month in rule.by_month)
        and (not weekdays or day.weekday() in weekdays)
        and (
            not rule.by_month_day
            or day.day in rule.by_month_day
            or day.day - last_of_month.day - 1 in rule.by_month_day
        )
        and bool(weekdays or rule.by_month_day or rule.frequency == "DAILY" or _is_as_the_start(rule, start, day))
    )


def _is_as_the_start(rule: rules.Rule, start: date, day: date) -> bool:
    if rule.frequency == "WEEKLY":
        return day.weekday() == start.weekday()
    return day.day == start.day and (rule.frequency == "MONTHLY" or bool(rule.by_month) or day.month == start.month)


@given(_rules(plain=True), starts, times, zones)
def test_a_rule_happens_on_the_days_that_fit_it_one_by_one(text: str, start: date, at: time, zone: ZoneInfo) -> None:
    rule = rules.parse(text)
    every_day = [start + timedelta(days=number) for number in range(SPAN.days + 1)]
    found = list(recurrence.dates(rule, start, at, zone, first=start, last=every_day[-1]))
    assert found == [day for day in every_day if _fits(rule, start, day)]
