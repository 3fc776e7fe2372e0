"""The rolling horizon: what it makes and when, whenever it runs."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from atelier.upkeep import series as upkeep
from functions.upkeep import app
from tests.calling import Context, World
from tests.series import DAY, START, begun, dates_of, made_by, roll, set_series, stored, whole
from tests.sizes import size
from tests.workshops import everything

RULES = [
    ("FREQ=DAILY", "Europe/Berlin", "02:30"),
    ("FREQ=WEEKLY;BYDAY=MO,TH", "America/New_York", "18:30"),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;WKST=SU", "Pacific/Auckland", "00:00"),
    ("FREQ=MONTHLY;BYDAY=-1FR", "Asia/Kathmandu", "23:45"),
    ("FREQ=MONTHLY;BYMONTHDAY=31", "Australia/Lord_Howe", "02:00"),
    ("FREQ=DAILY;INTERVAL=10;COUNT=17", "Africa/Casablanca", "09:00"),
    ("FREQ=YEARLY;BYMONTH=3,7;BYDAY=1SU", "America/Santiago", "12:00"),
    ("FREQ=WEEKLY;UNTIL=20270601T000000Z", "Pacific/Apia", "08:00"),
]

LAST_DAY = size(110, 200)


@pytest.mark.parametrize(("rrule", "zone", "time_of_day"), RULES)
def test_whenever_it_runs_the_same_workshops_come_of_it(world: World, rrule: str, zone: str, time_of_day: str) -> None:
    fields = {"rrule": rrule, "timezone": zone, "time_of_day": time_of_day, "start_date": "2027-01-04"}

    def history(begins: int, *days: int) -> list[date]:
        series_id = begun(START + begins * DAY, **fields)
        for day in days:
            roll(START + day * DAY)
        expected = whole(series_id, START + begins * DAY, START + LAST_DAY * DAY)
        assert dates_of(series_id) == expected
        set_series(series_id, feed_key="done")
        return expected

    often = history(0, *range(1, LAST_DAY, size(7, 3)), LAST_DAY)
    assert history(0, 20, LAST_DAY // 2, LAST_DAY - 20, LAST_DAY) == often
    for begins in (1, 20, LAST_DAY // 2 + 20):
        later = history(begins, *range(begins + 80, LAST_DAY, 80), LAST_DAY)
        assert later == often[len(often) - len(later) :]


def test_four_are_four_for_ever(world: World) -> None:
    series_id = begun(rrule="FREQ=WEEKLY;COUNT=4", start_date="2027-01-05")
    assert stored(series_id).feed_key is None
    for day in (1, 30, 80, 200, 700):
        assert roll(START + day * DAY) == upkeep.Run()
    assert dates_of(series_id) == [date(2027, 1, 5) + 7 * n * DAY for n in range(4)]


def test_a_series_that_comes_to_its_end_later_leaves_the_list_then(world: World) -> None:
    series_id = begun(rrule="FREQ=MONTHLY;COUNT=6", start_date="2027-01-31")
    for day in range(0, 300, 10):
        roll(START + day * DAY)
    assert dates_of(series_id) == [date(2027, month, 31) for month in (1, 3, 5, 7, 8, 10)]
    assert stored(series_id).feed_key is None
    assert stored(series_id).is_active


def test_it_keeps_the_time_on_the_wall_when_the_clocks_are_changed(world: World) -> None:
    series_id = begun(rrule="FREQ=DAILY", time_of_day="02:30")
    roll(START + 10 * DAY)
    zone = ZoneInfo("Europe/Berlin")
    shown = {workshop.scheduled_at.astimezone(zone).strftime("%H:%M") for workshop in made_by(series_id)}
    [moved] = [one for one in made_by(series_id) if one.series_date == "2027-03-28"]
    assert shown == {"02:30", "03:30"}
    assert moved.scheduled_at == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)


@pytest.mark.usefixtures("world")
class TestAfterAnOutage:
    def test_what_is_past_is_not_made_any_more(self) -> None:
        series_id = begun(rrule="FREQ=DAILY", start_date="2027-01-05", time_of_day="10:10")
        late = START + 300 * DAY
        run = roll(late)
        new = dates_of(series_id)[90:]
        # It is 10:00 in Berlin: the workshop of this day would begin within 15 minutes.
        assert new == [late.date() + n * DAY for n in range(1, 91)]
        assert run.made == 90

    def test_no_transaction_is_larger_than_dynamodb_takes(self, requests_made: Any) -> None:
        series_id = begun(rrule="FREQ=DAILY")
        with requests_made() as use:
            run = roll(START + 300 * DAY)
        assert (run.extended, run.made, run.is_cut_short) == (2, 91, False)
        assert use.writes == ["TransactWriteItems"] * 2
        assert len(set(dates_of(series_id))) == len(dates_of(series_id)) == 182


@pytest.mark.usefixtures("world")
class TestItsBudget:
    def test_a_look_at_series_none_of_which_is_behind_is_one_query(self, requests_made: Any) -> None:
        begun()
        with requests_made() as use:
            assert roll(START) == upkeep.Run()
        assert use.operations == ["Query"]

    def test_an_occurrence_takes_two_writes_with_the_series_own(self, requests_made: Any) -> None:
        series_id = begun(rrule="FREQ=DAILY")
        before = everything()
        with requests_made() as use:
            assert roll(START + DAY).made == 1
        assert use.operations == ["Query", "BatchGetItem", "TransactWriteItems", "BatchGetItem", "Query"]
        now = everything()
        written = [key for key in now if now[key] != before.get(key)]
        assert sorted(pk for pk, _ in written) == sorted(
            [f"SERIES#{series_id}", f"WORKSHOP#{made_by(series_id)[-1].id}"]
        )


def test_the_schedule_runs_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "KEEP_MS", 1000)
    begun(datetime.now(UTC) - 30 * DAY, rrule="FREQ=DAILY")
    answer = app.lambda_handler({"task": "series"}, Context("upkeep", "1"))
    assert answer == {"extended": 1, "made": 30, "waiting": 0, "failed": 0, "is_cut_short": False}
