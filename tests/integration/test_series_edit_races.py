"""Edits of a series that meet each other, the horizon, or people."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from atelier import table
from atelier.errors import RequestInProgressError
from atelier.rsvps.items import Attendee, attendee_key
from atelier.series import carrying, completing, deciding
from atelier.series.items import Series, occurrence_id
from tests.calling import id_of
from tests.deliveries import deliver
from tests.faults import Killed, killed_before, overtaken
from tests.messages import Outbox
from tests.rooms import rsvp
from tests.series import DAY, START, begun, made_by, roll, stored, whole
from tests.series_edits import cancel_by_hand, dates, edit, edit_by_hand, end, on, tuesday
from tests.streaming import Stream

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a small series takes several transactions."""
    monkeypatch.setattr(carrying, "CHUNK", 2)


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_of_two_edits_both_hold_and_the_last_decides(n: int) -> None:
    undisturbed, series_id = begun(time_of_day="20:00"), begun()
    at_eight = {one.scheduled_at for one in made_by(undisturbed)}
    with overtaken(n, lambda: edit(series_id, title="Pit firing", location="Yard 3")) as fault:
        edit(series_id, title="Salt glazing", time_of_day="20:00")
    assert fault.struck == 1
    title = "Salt glazing" if n == 1 else "Pit firing"
    assert {(one.title, one.location) for one in made_by(series_id)} == {(title, "Yard 3")}
    assert {one.scheduled_at for one in made_by(series_id)} == at_eight
    assert stored(series_id).version == 3
    assert {one.version for one in made_by(series_id)} == {3}


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_the_horizon_makes_nothing_by_the_old_rule(n: int) -> None:
    series_id, later = begun(), START + 30 * DAY
    with overtaken(n, lambda: roll(later)) as fault:
        edit(series_id, since=tuesday(5), now=later, title="Pit firing", rrule="FREQ=WEEKLY;BYDAY=TH")
    roll(later)
    assert fault.struck == 1
    wanted = [*map(tuesday, range(5)), *(day for day in whole(series_id, later, later) if day > tuesday(5))]
    assert dates(series_id) == wanted
    assert {one.title for one in made_by(series_id)[5:] if one.status == "scheduled"} == {"Pit firing"}
    assert all(count == 1 for count in Counter(one.series_date for one in made_by(series_id)).values())


def test_an_edit_that_does_not_look_what_was_made_meanwhile_leaves_old_dates(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the decision asks for the version alone."""

    def unguarded(transaction: Any, before: Series, after: Series) -> None:
        actions = table.setting(after, table.differing(before, after))
        transaction.update(before, actions, condition=Series.version == before.version)

    monkeypatch.setattr(deciding, "update", unguarded)
    series_id, later = begun(), START + 30 * DAY
    with overtaken(1, lambda: roll(later)):
        edit(series_id, since=tuesday(5), now=later, rrule="FREQ=WEEKLY;BYDAY=TH")
    assert {day.weekday() for day in dates(series_id) if day > tuesday(5)} == {1, 3}


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("n", [1, 2, 4])
def test_an_edit_by_hand_in_between_stays(n: int) -> None:
    undisturbed, series_id = begun(time_of_day="20:00"), begun()
    at_eight = {one.scheduled_at for one in made_by(undisturbed)}
    with overtaken(n, lambda: edit_by_hand(series_id, tuesday(9), title="Guest evening")):
        edit(series_id, title="Pit firing", time_of_day="20:00")
    assert on(series_id, tuesday(9)).title == "Guest evening"
    assert {one.scheduled_at for one in made_by(series_id)} == at_eight
    assert {one.title for one in made_by(series_id)} == {"Guest evening", "Pit firing"}


@pytest.mark.parametrize("n", [1, 2])
def test_one_that_is_cancelled_by_hand_in_between_stays_cancelled(n: int) -> None:
    series_id = begun()
    with overtaken(n, lambda: cancel_by_hand(series_id, tuesday(9))):
        edit(series_id, title="Pit firing")
    assert on(series_id, tuesday(9)).status == "cancelled"
    assert {one.title for one in made_by(series_id) if one.status == "scheduled"} == {"Pit firing"}


@pytest.mark.parametrize("n", [1, 2])
def test_who_takes_a_seat_in_between_has_it_at_the_new_time(n: int, stream: Stream, sent: Outbox) -> None:
    series_id = begun(max_capacity=5)
    workshop_id = occurrence_id(series_id, tuesday(3))
    at_eight = on(series_id, tuesday(3)).scheduled_at + timedelta(minutes=90)
    with overtaken(n, lambda: rsvp(workshop_id, "ana")):
        edit(series_id, time_of_day="20:00")
    for _ in range(2):
        stream.run()
        deliver(sent, START)
    row = table.read_one(attendee_key(workshop_id, id_of("ana")))
    assert isinstance(row, Attendee)
    assert row.is_seated
    assert row.scheduled_at == on(series_id, tuesday(3)).scheduled_at == at_eight


def test_where_the_last_seats_go_in_between_the_workshop_keeps_its_capacity() -> None:
    series_id = begun(max_capacity=3)
    workshop_id = occurrence_id(series_id, tuesday(3))

    def fill() -> None:
        for user in ("ana", "ben", "cleo"):
            assert rsvp(workshop_id, user).json["status"] == "rsvp"

    with overtaken(2, fill):
        edit(series_id, max_capacity=1, location="Yard 3")
    assert on(series_id, tuesday(3)).max_capacity == 3
    assert {one.location for one in made_by(series_id)} == {"Yard 3"}
    assert Counter(int(one.max_capacity) for one in made_by(series_id)) == {1: 12, 3: 1}
    assert stored(series_id).pending is None


def test_a_series_that_is_ended_in_between_ends() -> None:
    series_id = begun()
    with overtaken(2, lambda: end(series_id)):
        edit(series_id, rrule="FREQ=DAILY")
    roll(START + 100 * DAY)
    assert dates(series_id) == []


def test_a_series_that_ends_while_an_edit_is_completed_keeps_nothing_of_it() -> None:
    series_id = begun()
    with killed_before(2), pytest.raises(Killed):
        edit(series_id, rrule="FREQ=WEEKLY;BYDAY=TU,TH")
    with overtaken(1, lambda: completing.complete(series_id, at=lambda: START)) as fault:
        end(series_id)
    assert fault.struck == 1
    assert dates(series_id) == []
    assert {day.weekday() for day in dates(series_id, "cancelled")} == {1, 3}


def test_from_a_workshop_on_it_is_ended_when_the_edit_is_done() -> None:
    series_id = begun()
    with killed_before(2), pytest.raises(Killed):
        edit(series_id, title="Pit firing")
    with pytest.raises(RequestInProgressError):
        end(series_id, since=tuesday(3))
    completing.complete(series_id, at=lambda: START)
    end(series_id, since=tuesday(3))
    assert dates(series_id) == [*map(tuesday, range(3))]
