"""Runs of the horizon that die, fail, meet an edit, or meet each other."""

import threading
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from atelier import retries, table
from atelier.accounts.items import Profile, profile_key
from atelier.ids import new_id
from atelier.series import making
from atelier.series.items import Series
from atelier.upkeep import series as upkeep
from tests.calling import id_of
from tests.faults import Killed, killed_after, killed_before, overtaken
from tests.series import DAY, START, begun, dates_of, made_by, roll, set_series, stored, whole


@pytest.mark.usefixtures("world")
class TestKilled:
    @pytest.mark.parametrize("n", [1, 2, 3, 4])
    @pytest.mark.parametrize("killed", [killed_before, killed_after])
    def test_at_any_write_and_run_again_it_makes_nothing_twice_and_misses_nothing(self, killed: Any, n: int) -> None:
        ids = [begun(rrule=rrule) for rrule in ("FREQ=DAILY", "FREQ=WEEKLY")]
        late = START + 120 * DAY
        with killed(n) as fault:
            try:
                roll(late)
            except Killed:
                assert fault.struck == 1
        roll(late)
        for series_id in ids:
            whole_now = [day for day in whole(series_id, late, late) if day > START.date() + 91 * DAY]
            found = dates_of(series_id)
            assert Counter(found).most_common(1)[0][1] == 1
            assert found[-len(whole_now) :] == whole_now
            assert stored(series_id).starts > late.isoformat()
        assert fault.struck == (n <= 3)


def run_at_once(number: int, *, late: datetime) -> None:
    together = threading.Barrier(number)

    def work() -> None:
        together.wait()
        roll(late)

    threads = [threading.Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.usefixtures("world")
class TestAtOnce:
    def test_nothing_is_made_twice_and_nothing_is_missed(self) -> None:
        ids = [begun(rrule="FREQ=DAILY;INTERVAL=7") for _ in range(6)]
        late = START + 50 * DAY
        run_at_once(3, late=late)
        for series_id in ids:
            assert dates_of(series_id) == whole(series_id, START, late)

    def test_without_derived_ids_and_conditions_they_would_come_twice(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ids = [begun(rrule="FREQ=DAILY;INTERVAL=7") for _ in range(6)]
        together = threading.Barrier(3)

        def careless(_before: Series, after: Series, made: list[Any]) -> int:
            together.wait(5)
            for item in (*made, after):
                item.save()
            return len(made)

        monkeypatch.setattr(making, "occurrence_id", lambda *_: new_id("wks"))
        monkeypatch.setattr(upkeep, "_write", careless)
        late = START + 50 * DAY
        run_at_once(3, late=late)
        assert any(max(Counter(dates_of(series_id)).values()) > 1 for series_id in ids)

    def test_an_edit_that_comes_between_is_what_the_new_ones_begin_with(self) -> None:
        series_id = begun()

        def edit() -> None:
            set_series(series_id, title="Salt firing", version=2)

        with overtaken(1, edit, on={"TransactWriteItems"}):
            run = roll(START + 30 * DAY)
        titles = [workshop.title for workshop in made_by(series_id)]
        assert titles == ["Raku firing"] * (len(titles) - run.made) + ["Salt firing"] * run.made
        assert run.made == 5
        assert stored(series_id).title == "Salt firing"

    def test_what_is_there_already_is_left_as_it_is(self) -> None:
        series_id = begun()
        day = date(2027, 4, 13)
        mine = making.occurrence(stored(series_id), day, now=START)
        mine.title = "Mine"
        mine.save()
        assert roll(START + 20 * DAY).made == 2
        assert [one.title for one in made_by(series_id) if one.series_date == day.isoformat()] == ["Mine"]
        assert dates_of(series_id) == whole(series_id, START, START + 20 * DAY)


def set_host(**values: Any) -> None:
    actions = [getattr(Profile, name).set(value) for name, value in values.items()]
    table.update_or_see(Profile, profile_key(id_of("host")), actions, Profile.pk.exists())


@pytest.mark.usefixtures("world")
class TestAHostWhoMayNotHost:
    @pytest.mark.parametrize(
        ("taken", "given"), [({"can_host": False}, {"can_host": True}), ({"status": "suspended"}, {"status": "active"})]
    )
    def test_gets_no_new_workshops_until_they_may_again(self, taken: Any, given: Any) -> None:
        series_id = begun()
        before = everything_made(series_id)
        set_host(**taken)
        late = START + 30 * DAY
        assert roll(late) == upkeep.Run(waiting=1)
        assert roll(late + timedelta(hours=1)) == upkeep.Run()
        assert everything_made(series_id) == before
        set_host(**given)
        assert roll(late + DAY).made == 5
        assert dates_of(series_id) == whole(series_id, START, late + DAY)


def everything_made(series_id: str) -> list[Any]:
    return [workshop.serialize() for workshop in made_by(series_id)]


@pytest.mark.usefixtures("world")
class TestMany:
    def test_one_that_fails_is_put_off_and_the_others_go_on(
        self, monkeypatch: pytest.MonkeyPatch, counts: Counter[str]
    ) -> None:
        ids = [begun() for _ in range(4)]
        real = making.occurrence

        def broken(series: Series, *given: Any, **named: Any) -> Any:
            if series.id == ids[0]:
                raise RuntimeError("this one is broken")
            return real(series, *given, **named)

        late = START + 30 * DAY
        with monkeypatch.context() as patch:
            patch.setattr(making, "occurrence", broken)
            run = roll(late)
            assert (run.failed, run.extended, run.made) == (1, 3, 15)
            assert counts["SeriesFailed"] == 1
            assert roll(late + timedelta(minutes=59)) == upkeep.Run()
            assert roll(late + timedelta(minutes=60)).failed == 1
        assert roll(late + timedelta(hours=3)).made == 5
        assert dates_of(ids[0]) == whole(ids[0], START, late)

    def test_who_is_furthest_behind_comes_first_and_nobody_is_left_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(upkeep, "ROWS_AT_ONCE", 10)
        model = stored(begun())
        ids = [one_of_many(model, number) for number in range(35)]
        set_series(ids[-1], starts=f"2027-01-01T00:00:00Z#{ids[-1]}")
        left = 0.0
        order: list[str] = []
        real = making.occurrence

        def time_left() -> float:
            nonlocal left
            left -= 1
            return left

        def noted(series: Series, *given: Any, **named: Any) -> Any:
            order.append(series.id)
            return real(series, *given, **named)

        monkeypatch.setattr(retries, "time_left", time_left)
        monkeypatch.setattr(making, "occurrence", noted)
        late = START + 10 * DAY
        runs: list[upkeep.Run] = []
        while not runs or runs[-1].is_cut_short:
            left = 15.0
            runs.append(roll(late))
        assert order[0] == ids[-1]
        assert len(runs) == 3
        assert all(dates_of(series_id) == whole(series_id, START, late)[-2:] for series_id in ids)

    def test_no_time_means_no_work(self) -> None:
        begun()
        late = START + 30 * DAY
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(retries, "time_left", lambda: 0.0)
            assert roll(late) == upkeep.Run(is_cut_short=True)
        assert roll(late).made == 5


def one_of_many(model: Series, number: int) -> str:
    """One of many series that stand alike, with nothing made of them but what is to come."""
    series = Series.from_raw_data(model.serialize())
    series.pk = f"SERIES#ser_{number:026d}"
    series.starts = str(model.starts).partition("#")[0] + f"#{series.id}"
    series.save()
    return series.id
