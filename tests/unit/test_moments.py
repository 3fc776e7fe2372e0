"""When something has to happen by itself, and what an edit does to it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from atelier import due
from atelier.workshops import moments
from atelier.workshops.items import Workshop, workshop_key

START = datetime(2027, 3, 28, 17, 0, tzinfo=UTC)


def a_workshop(**fields: Any) -> Workshop:
    usual = {"scheduled_at": START, "format": "online", "status": "scheduled", "duration_minutes": None}
    return Workshop(*workshop_key("wks_1"), **{**usual, **fields})


def before_start(minutes: float) -> datetime:
    return START - timedelta(minutes=minutes)


def placed(workshop: Workshop, now: datetime, before: Workshop | None = None) -> datetime | None:
    moments.place(workshop, before, now=now)
    return workshop.due_at


def test_a_new_workshop_is_looked_at_when_the_first_reminder_is_due() -> None:
    workshop = a_workshop()
    assert placed(workshop, before_start(1440)) == before_start(60)
    assert workshop.due_key in set(due.shards())
    assert workshop.due_sort == "2027-03-28T16:00:00Z#wks_1"


def test_what_is_past_when_a_workshop_is_made_is_never_due() -> None:
    assert placed(a_workshop(), before_start(59)) == before_start(15)


def test_a_room_that_nobody_opened_is_due_a_quarter_of_an_hour_after_its_time() -> None:
    assert placed(a_workshop(), before_start(14)) == START + timedelta(minutes=15)
    assert placed(a_workshop(format="hybrid"), START) == START + timedelta(minutes=15)
    assert placed(a_workshop(status="lobby"), START) is None


def test_what_takes_place_in_person_begins_and_ends_by_itself() -> None:
    assert placed(a_workshop(format="in_person"), before_start(10)) == START
    assert placed(a_workshop(format="in_person", status="live"), START) == START + timedelta(minutes=60)
    long = a_workshop(format="in_person", status="live", duration_minutes=90)
    assert placed(long, START) == START + timedelta(minutes=90)


@pytest.mark.parametrize("status", ["ended", "cancelled"])
def test_nothing_is_due_for_what_is_over(status: str) -> None:
    workshop = a_workshop(status=status)
    assert placed(workshop, before_start(100)) is None
    assert not workshop.due_key
    assert not workshop.due_sort


def test_an_edit_keeps_due_what_was_due_and_not_done() -> None:
    before = a_workshop()
    placed(before, before_start(1440))
    late = before_start(58)
    assert placed(a_workshop(title="Another"), late, before) == before_start(60)
    assert placed(a_workshop(status="lobby"), late, before) == before_start(60)


def test_who_works_on_it_is_not_forgotten_by_an_edit_meanwhile() -> None:
    before = a_workshop()
    placed(before, before_start(1440))
    before.due_sort = due.sort_of(before_start(55), before.id)
    assert placed(a_workshop(title="Another"), before_start(58), before) == before_start(60)


@pytest.mark.parametrize("change", [{"duration_minutes": 90}, {"format": "hybrid"}, {"format": "in_person"}])
def test_a_change_of_anything_but_the_start_keeps_a_reminder_due(change: dict[str, Any]) -> None:
    before = a_workshop()
    placed(before, before_start(1440))
    assert placed(a_workshop(**change), before_start(60) + timedelta(seconds=10), before) == before_start(60)


def test_what_takes_place_in_person_since_after_its_time_begins_at_once() -> None:
    before = a_workshop()
    late = START + timedelta(minutes=5)
    placed(before, late)
    assert placed(a_workshop(format="in_person"), late, before) == START


def test_a_state_that_should_be_over_by_now_stays_due_however_late_it_is() -> None:
    a_day_later = START + timedelta(days=1)
    assert moments.next_moment(a_workshop(), a_day_later) == START + timedelta(minutes=15)
    assert moments.next_moment(a_workshop(format="in_person"), a_day_later) == START
    live = a_workshop(format="in_person", status="live")
    assert moments.next_moment(live, a_day_later) == START + timedelta(minutes=60)


def test_a_new_time_makes_due_what_is_ahead_of_it_alone() -> None:
    before = a_workshop()
    placed(before, before_start(1440))
    later = a_workshop(scheduled_at=START + timedelta(days=1))
    assert placed(later, before_start(30), before) == START + timedelta(days=1, minutes=-60)
    sooner = a_workshop(scheduled_at=before_start(20))
    assert placed(sooner, before_start(40), before) == before_start(35)


def test_a_reminder_that_somebody_wants_earlier_is_due_earlier() -> None:
    workshop = a_workshop(reminder_offsets={1440, 15})
    assert placed(workshop, before_start(2000)) == before_start(1440)
    assert moments.next_moment(workshop, before_start(1440)) == before_start(15)


def test_subjects_are_spread_over_all_partitions() -> None:
    assert {due.shard_of(f"wks_{number}") for number in range(100)} == set(due.shards())
