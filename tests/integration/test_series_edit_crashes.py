"""Edits of a series that die; and what an edit asks of the table."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

import pytest

from atelier.series import carrying, completing
from atelier.series.items import occurrence_id
from tests.counting import Use
from tests.faults import Killed, failing_with, killed_after, killed_before
from tests.rooms import rsvp
from tests.series import DAY, START, begun, made_by, roll, stored
from tests.series_edits import dates, edit, end, plan_of, tuesday
from tests.streaming import Stream

pytestmark = pytest.mark.usefixtures("world")

FIVE = "FREQ=WEEKLY;BYDAY=TU;COUNT=5"
MOVED: dict[str, Any] = {"title": "Pit firing", "rrule": "FREQ=WEEKLY;BYDAY=TU,TH;COUNT=5", "time_of_day": "20:00"}
"""Of five Tuesdays, three get another time, and two go; two Thursdays come."""

type Completing = Callable[[str, Stream], object]


def by_stream(series_id: str, stream: Stream) -> None:
    stream.run()


def by_upkeep(series_id: str, stream: Stream) -> None:
    roll(START)


def by_the_next_edit(series_id: str, stream: Stream) -> None:
    edit(series_id, records=True)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a small series takes several transactions."""
    monkeypatch.setattr(carrying, "CHUNK", 2)


class TestKilled:
    @pytest.mark.usefixtures("small_chunks")
    @pytest.mark.parametrize(
        ("n", "killed", "completed"),
        [
            *((n, killed, by_stream) for n in range(1, 6) for killed in (killed_before, killed_after)),
            *((n, killed_before, completed) for n in (2, 5) for completed in (by_upkeep, by_the_next_edit)),
        ],
    )
    def test_at_any_write_the_rest_is_done_and_nothing_twice(
        self, stream: Stream, n: int, killed: Any, completed: Completing
    ) -> None:
        undisturbed, series_id = begun(rrule=FIVE), begun(rrule=FIVE)
        edit(undisturbed, **MOVED)
        with killed(n) as fault, pytest.raises(Killed):
            edit(series_id, **MOVED)
        assert fault.struck == 1
        completed(series_id, stream)
        decided = n > 1 or killed is killed_after
        assert stored(series_id).version == (2 if decided else 1)
        assert stored(series_id).pending is None
        if decided:
            assert plan_of(series_id) == plan_of(undisturbed)
            assert stored(series_id).feed_key == stored(undisturbed).feed_key
        else:
            assert {one.version for one in made_by(series_id)} == {1}

    @pytest.mark.usefixtures("small_chunks")
    def test_where_nobody_completes_it_something_is_missing(self) -> None:
        """The negative control."""
        series_id = begun(rrule=FIVE)
        with killed_before(3), pytest.raises(Killed):
            edit(series_id, title="Pit firing")
        assert Counter(one.title for one in made_by(series_id)) == {"Pit firing": 2, "Raku firing": 3}
        assert completing.complete(series_id, at=lambda: START)
        assert {one.title for one in made_by(series_id)} == {"Pit firing"}
        assert not completing.complete(series_id, at=lambda: START)

    @pytest.mark.usefixtures("small_chunks")
    @pytest.mark.parametrize("n", [1, 2, 3, 4])
    def test_a_series_that_ends_is_ended_whoever_dies_over_it(self, n: int) -> None:
        series_id = begun(rrule="FREQ=MONTHLY;BYMONTHDAY=1,15")
        with killed_after(n), pytest.raises(Killed):
            end(series_id)
        roll(START)
        roll(START + 200 * DAY)
        assert dates(series_id) == []
        assert len(dates(series_id, "cancelled")) == 6
        assert stored(series_id).feed_key is None

    @pytest.mark.parametrize("n", [1, 2, 3, 5, 7])
    def test_seats_are_added_once(self, n: int) -> None:
        series_id = begun(max_capacity=1, rrule="FREQ=WEEKLY;BYDAY=TU;COUNT=2")
        workshop_id = occurrence_id(series_id, tuesday(0))
        assert [rsvp(workshop_id, user).json["status"] for user in ("ana", "ben", "cleo")][2] == "waitlisted"
        try:
            with killed_after(n):
                edit(series_id, max_capacity=2, location="Yard 3")
        except Killed:
            completing.complete(series_id, at=lambda: START)
        for user in ("dora", "emil"):
            rsvp(workshop_id, user)
        statuses = [rsvp(workshop_id, user).json["status"] for user in ("ana", "ben", "cleo")]
        assert statuses == ["rsvp", "rsvp", "waitlisted"]
        assert {(one.max_capacity, one.location, one.version) for one in made_by(series_id)} == {(2, "Yard 3", 2)}

    def test_what_the_table_does_not_take_now_is_left_to_the_stream(self, stream: Stream) -> None:
        series_id = begun()
        read_and_decided = 5
        with failing_with("InternalServerError", float("inf"), first=read_and_decided + 1):
            assert edit(series_id, title="Pit firing").title == "Pit firing"
        assert stored(series_id).pending is not None
        stream.run()
        assert {one.title for one in made_by(series_id)} == {"Pit firing"}


class TestBudgets:
    def test_thirteen_weekly_ones(self, requests_made: Callable[[], AbstractContextManager[Use]]) -> None:
        series_id = begun()
        with requests_made() as use:
            edit(series_id, title="Pit firing", time_of_day="20:00")
        assert use.operations == [
            "BatchGetItem",
            "Query",
            "BatchGetItem",
            "BatchGetItem",
            "TransactWriteItems",
            "TransactWriteItems",
        ]
        assert use.write_units <= 13 * 10 + 10

    def test_ninety_daily_ones(self, requests_made: Callable[[], AbstractContextManager[Use]]) -> None:
        series_id = begun(rrule="FREQ=DAILY")
        assert len(made_by(series_id)) == 91
        with requests_made() as use:
            edit(series_id, since=date(2027, 1, 5), title="Pit firing", time_of_day="20:00")
        assert Counter(use.operations)["TransactWriteItems"] == 1 + 2
        assert use.round_trips == 7
        assert Counter(one.title for one in made_by(series_id)) == {"Pit firing": 90, "Raku firing": 1}

    def test_ending_ninety_daily_ones(self, requests_made: Callable[[], AbstractContextManager[Use]]) -> None:
        series_id = begun(rrule="FREQ=DAILY")
        with requests_made() as use:
            end(series_id)
        assert use.operations == ["BatchGetItem", "Query", "BatchGetItem", *["TransactWriteItems"] * 4]
        assert dates(series_id) == []
