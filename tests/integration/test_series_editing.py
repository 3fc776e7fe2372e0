"""Editing a series: what it changes of which workshop, and what it leaves as somebody made it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from atelier.calendars import events
from atelier.errors import (
    BadQueryError,
    ValidationFailedError,
)
from atelier.series.items import occurrence_id
from tests.calling import call
from tests.rooms import rsvp
from tests.series import DAY, START, begun, made_by, roll, stored
from tests.series_edits import cancel_by_hand, dates, edit, edit_by_hand, end, on, plan_of, tuesday

pytestmark = pytest.mark.usefixtures("world")


def at_local(day: date, hour: int, minute: int = 0) -> datetime:
    """A winter's time in Berlin."""
    return datetime(day.year, day.month, day.day, hour - 1, minute, tzinfo=UTC)


def description_of(workshop_id: str) -> str:
    reply = call("workshops", "GET", f"/workshops/{workshop_id}", user="ana")
    assert reply.status == 200, reply.text
    text: str = reply.json["description"]
    return text


class TestAll:
    def test_every_workshop_that_has_not_begun_follows_and_so_do_those_made_later(self) -> None:
        series_id = begun()
        edit(series_id, title="Pit firing", time_of_day="20:00", location="Yard 3")
        roll(START + 30 * DAY)
        made = made_by(series_id)
        assert len(made) > 13
        assert {(one.title, one.location) for one in made} == {("Pit firing", "Yard 3")}
        assert on(series_id, tuesday(0)).scheduled_at == at_local(tuesday(0), 20)
        assert stored(series_id).pending is None

    def test_what_has_begun_or_is_over_stays_as_it_was(self) -> None:
        series_id = begun()
        later = START + 8 * DAY
        edit(series_id, title="Pit firing", now=later + 6 * DAY)
        assert on(series_id, tuesday(0)).title == "Raku firing"
        assert on(series_id, tuesday(2)).title == "Pit firing"

    def test_nothing_is_written_where_nothing_differs(self) -> None:
        series_id = begun()
        edit(series_id, title="Raku firing", description="", rrule="FREQ=WEEKLY;BYDAY=TU")
        assert stored(series_id).version == 1
        assert {one.version for one in made_by(series_id)} == {1}

    def test_a_value_that_the_series_has_reaches_the_workshops_that_have_another(self) -> None:
        series_id = begun()
        edit(series_id, since=tuesday(3), title="Pit firing")
        edit(series_id, title="Pit firing")
        assert on(series_id, tuesday(0)).title == "Pit firing"

    def test_the_answer_shows_what_holds_now(self) -> None:
        series_id = begun()
        shape = edit(series_id, rrule="FREQ=WEEKLY;BYDAY=TU,TH;COUNT=4", description="Bring gloves.")
        assert shape.description == "Bring gloves."
        assert [one.date for one in shape.workshops] == [date(2027, 1, day) for day in (5, 7, 12, 14)]
        assert shape.is_complete


class TestThisAndFollowing:
    def test_earlier_ones_are_left_alone(self) -> None:
        series_id = begun(description="Bring clay.")
        before = plan_of(series_id)
        edit(series_id, since=tuesday(4), title="Pit firing", time_of_day="09:15", description="Bring gloves.")
        after = plan_of(series_id)
        first = tuesday(4).isoformat()
        assert {day: plan for day, plan in after.items() if day < first} == {
            day: plan for day, plan in before.items() if day < first
        }
        assert {plan["title"] for day, plan in after.items() if day >= first} == {"Pit firing"}
        assert description_of(occurrence_id(series_id, tuesday(3))) == "Bring clay."
        assert description_of(occurrence_id(series_id, tuesday(4))) == "Bring gloves."

    def test_those_made_later_follow_as_well(self) -> None:
        series_id = begun(description="Bring clay.")
        edit(series_id, since=tuesday(4), title="Pit firing", description="Bring gloves.")
        roll(START + 60 * DAY)
        last = made_by(series_id)[-1]
        assert last.title == "Pit firing"
        assert description_of(last.id) == "Bring gloves."

    def test_a_later_edit_of_something_else_does_not_undo_it(self) -> None:
        series_id = begun()
        edit(series_id, since=tuesday(4), title="Pit firing")
        edit(series_id, location="Yard 3")
        assert {one.location for one in made_by(series_id)} == {"Yard 3"}
        assert on(series_id, tuesday(3)).title == "Raku firing"

    def test_a_new_time_for_all_keeps_the_dates_that_an_earlier_rule_gave(self) -> None:
        series_id = begun()
        edit(series_id, since=tuesday(2), rrule="FREQ=WEEKLY;BYDAY=TH")
        edit(series_id, time_of_day="20:00")
        assert dates(series_id)[:3] == [tuesday(0), tuesday(1), tuesday(2) + 2 * DAY]
        assert {(one.scheduled_at.hour, one.scheduled_at.minute) for one in made_by(series_id)[:2]} == {(19, 0)}

    def test_a_new_rule_counts_from_the_workshop_it_begins_with(self) -> None:
        series_id = begun()
        edit(series_id, since=tuesday(4), rrule="FREQ=WEEKLY;INTERVAL=2;COUNT=3")
        assert dates(series_id) == [*map(tuesday, range(4)), tuesday(4), tuesday(6), tuesday(8)]
        assert stored(series_id).start_date == tuesday(4).isoformat()

    def test_four_stay_four_whatever_is_edited_and_however_often(self) -> None:
        series_id = begun(rrule="FREQ=WEEKLY;COUNT=4", start_date="2027-01-05")
        edit(series_id, since=tuesday(1), time_of_day="20:00")
        edit(series_id, since=tuesday(2), title="Pit firing", time_of_day="21:00", now=START + 8 * DAY)
        for days in (20, 90, 200):
            roll(START + days * DAY)
        assert [one.series_date for one in made_by(series_id)] == [tuesday(n).isoformat() for n in range(4)]

    def test_every_other_week_stays_every_other_week(self) -> None:
        series_id = begun(rrule="FREQ=WEEKLY;INTERVAL=2;BYDAY=TU")
        edit(series_id, since=tuesday(2), time_of_day="20:00", now=START + 8 * DAY)
        roll(START + 40 * DAY)
        assert dates(series_id) == [tuesday(n) for n in range(0, 2 * len(dates(series_id)), 2)]

    def test_reminders_and_calendars_move_and_the_event_stays_the_same_one(self) -> None:
        series_id = begun()
        before = on(series_id, tuesday(3))
        edit(series_id, since=tuesday(3), time_of_day="10:00")
        after = on(series_id, tuesday(3))
        assert after.due_at == after.scheduled_at - timedelta(minutes=60) == at_local(tuesday(3), 9)
        assert (before.sequence, after.sequence) == (0, 1)
        assert events.uid_of(after.id) == events.uid_of(before.id)
        assert on(series_id, tuesday(2)).sequence == 0

    def test_it_begins_with_a_workshop_of_this_series(self) -> None:
        series_id, other = begun(), begun()
        asked = {"from": occurrence_id(other, tuesday(0))}
        reply = call("series", "PATCH", f"/series/{series_id}", user="host", body={"title": "X"}, query=asked)
        assert (reply.status, reply.code) == (400, "bad_query")
        with pytest.raises(BadQueryError):
            edit(series_id, since=tuesday(0) + DAY, title="X")


class TestByHand:
    def test_what_was_edited_by_hand_stays_and_the_rest_follows(self) -> None:
        series_id = begun()
        moved = at_local(tuesday(3) + DAY, 9)
        edit_by_hand(series_id, tuesday(2), title="Guest evening")
        edit_by_hand(series_id, tuesday(3), scheduled_at=moved.isoformat())
        edit(series_id, title="Pit firing", time_of_day="20:00")
        assert on(series_id, tuesday(2)).title == "Guest evening"
        assert on(series_id, tuesday(2)).scheduled_at == at_local(tuesday(2), 20)
        assert on(series_id, tuesday(3)).title == "Pit firing"
        assert on(series_id, tuesday(3)).scheduled_at == moved
        assert on(series_id, tuesday(3)).series_date == tuesday(3).isoformat()

    def test_a_description_of_its_own_stays_even_an_empty_one(self) -> None:
        series_id = begun(description="Bring clay.")
        edit_by_hand(series_id, tuesday(1), description="Bring nothing.")
        edit_by_hand(series_id, tuesday(2), description="")
        edit(series_id, description="Bring gloves.")
        shown = [description_of(occurrence_id(series_id, tuesday(n))) for n in range(4)]
        assert shown == ["Bring gloves.", "Bring nothing.", "", "Bring gloves."]

    def test_it_is_by_hand_only_where_it_differs(self) -> None:
        series_id = begun(description="Bring clay.")
        edit_by_hand(series_id, tuesday(1), title="Raku firing", description="Bring clay.")
        assert on(series_id, tuesday(1)).version == 1
        edit(series_id, title="Pit firing")
        assert on(series_id, tuesday(1)).title == "Pit firing"

    def test_what_was_cancelled_by_hand_stays_cancelled(self) -> None:
        series_id = begun()
        cancel_by_hand(series_id, tuesday(2))
        edit(series_id, title="Pit firing", rrule="FREQ=WEEKLY;BYDAY=TU,TH")
        edit(series_id, rrule="FREQ=WEEKLY;BYDAY=TU")
        roll(START + 30 * DAY)
        assert on(series_id, tuesday(2)).status == "cancelled"
        assert on(series_id, tuesday(2)).title == "Raku firing"

    @pytest.mark.parametrize(("rrule", "status"), [("FREQ=DAILY", "scheduled"), ("FREQ=WEEKLY;BYDAY=FR", "cancelled")])
    def test_one_that_was_moved_stays_while_the_rule_has_its_date(self, rrule: str, status: str) -> None:
        series_id = begun()
        moved = at_local(tuesday(3) + 4 * DAY, 9)
        edit_by_hand(series_id, tuesday(3), scheduled_at=moved.isoformat())
        edit(series_id, since=tuesday(1), rrule=rrule)
        assert on(series_id, tuesday(3)).status == status
        assert on(series_id, tuesday(3)).scheduled_at == moved

    def test_one_of_a_past_date_that_was_put_off_is_edited_with_the_others(self) -> None:
        series_id = begun()
        edit_by_hand(series_id, tuesday(0), scheduled_at=at_local(tuesday(3), 9).isoformat())
        edit(series_id, title="Pit firing", time_of_day="20:00", now=START + 10 * DAY)
        late = on(series_id, tuesday(0))
        assert (late.title, late.scheduled_at) == ("Pit firing", at_local(tuesday(3), 9))
        end(series_id, now=START + 10 * DAY)
        assert on(series_id, tuesday(0)).status == "cancelled"


class TestRule:
    def test_dates_that_go_are_cancelled_and_dates_that_come_are_made(self) -> None:
        series_id = begun()
        edit(series_id, rrule="FREQ=WEEKLY;BYDAY=TH")
        assert {day.weekday() for day in dates(series_id)} == {3}
        assert {day.weekday() for day in dates(series_id, "cancelled")} == {1}
        assert len(dates(series_id)) == len(dates(series_id, "cancelled")) == 13

    def test_dates_that_come_back_bring_their_workshops_and_people_back(self) -> None:
        series_id = begun(max_capacity=5)
        assert rsvp(occurrence_id(series_id, tuesday(1)), "ana").status == 201
        edit(series_id, rrule="FREQ=WEEKLY;BYDAY=TH")
        edit(series_id, rrule="FREQ=WEEKLY;BYDAY=TU", time_of_day="20:00")
        back = on(series_id, tuesday(1))
        assert (back.status, back.scheduled_at) == ("scheduled", at_local(tuesday(1), 20))
        assert back.feed_key == "FEED#open"
        assert back.due_at is not None
        assert rsvp(back.id, "ana").status == 200
        assert {day.weekday() for day in dates(series_id)} == {1}

    def test_another_zone_moves_every_workshop_to_the_time_of_its_clocks(self) -> None:
        series_id = begun()
        edit(series_id, timezone="America/New_York")
        shown = on(series_id, tuesday(2))
        assert shown.scheduled_at == datetime(2027, 1, 19, 23, 30, tzinfo=UTC)
        assert shown.timezone == "America/New_York"

    def test_a_shorter_rule_ends_the_series_and_a_longer_one_brings_it_back_to_life(self) -> None:
        series_id = begun()
        edit(series_id, rrule="FREQ=WEEKLY;BYDAY=TU;COUNT=3")
        assert stored(series_id).feed_key is None
        edit(series_id, rrule="FREQ=WEEKLY;BYDAY=TU")
        roll(START + 30 * DAY)
        assert len(dates(series_id)) == 18

    def test_a_rule_that_never_happens_is_refused(self) -> None:
        series_id = begun()
        with pytest.raises(ValidationFailedError):
            edit(series_id, rrule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")
        assert stored(series_id).version == 1
