"""What a workshop came to: for whoever may see it, once it has ended."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from atelier.attendance.items import Attendance, attendance_key
from tests.calling import World, id_of
from tests.counting import Use
from tests.recordings import BEGAN, hear, put, whole_session
from tests.rooms import a_workshop, suspend
from tests.streaming import Stream
from tests.workshops import ask, set_in_table

pytestmark = pytest.mark.usefixtures("bucket")


def was_in(workshop_id: str, user: str, *minutes: tuple[int, int]) -> None:
    """A person was in the room in these minutes."""
    began = int(BEGAN.timestamp())
    intervals = [[began + joined * 60, began + left * 60] for joined, left in minutes]
    record = Attendance(
        *attendance_key(workshop_id, id_of(user)), intervals=intervals, facts=2 * len(minutes), updated_at=BEGAN
    )
    record.save()


@pytest.fixture
def workshop_id(world: World, stream: Stream) -> str:
    """A workshop with three seats taken that lasted an hour."""
    made = a_workshop(world, "ended", seated=("ana", "ben", "cleo"), records=False)
    stream.run()
    set_in_table(made, actual_started_at=BEGAN, actual_ended_at=BEGAN + timedelta(hours=1))
    return made


def test_a_summary_says_how_long_it_was_who_stayed_and_what_was_recorded(workshop_id: str) -> None:
    hear(*whole_session(put(workshop_id)))
    was_in(workshop_id, "host", (-10, 60))
    was_in(workshop_id, "ana", (0, 60))
    was_in(workshop_id, "ben", (0, 10), (20, 40))
    reply = ask("GET", f"/{workshop_id}/summary", user="ana")
    assert reply.status == 200, reply.text
    [part] = reply.json["recordings"]
    assert part["url"].startswith("http")
    assert reply.json == {
        "workshop_id": workshop_id,
        "title": "Raku firing",
        "actual_started_at": "2026-11-21T10:00:00Z",
        "actual_ended_at": "2026-11-21T11:00:00Z",
        "duration_seconds": 3600,
        "attendance": {"rsvp_count": 3, "attended_count": 2, "average_seconds": 2700, "average_share": 0.75},
        "recordings": [
            {
                "id": "rec_01",
                "status": "ready",
                "started_at": "2026-11-21T10:00:02Z",
                "offset_ms": 2000,
                "duration_s": 3598,
                "url": part["url"],
            }
        ],
        "next_in_series": None,
    }


def test_a_workshop_that_nobody_came_to_and_nobody_recorded_has_a_summary_too(workshop_id: str) -> None:
    told = ask("GET", f"/{workshop_id}/summary").json
    assert told["attendance"] == {"rsvp_count": 3, "attended_count": 0, "average_seconds": 0, "average_share": 0}
    assert told["recordings"] == []


@pytest.mark.parametrize("status", ["scheduled", "lobby", "live", "cancelled"])
def test_there_is_none_before_the_end_and_none_of_what_was_cancelled(world: World, status: str) -> None:
    reply = ask("GET", f"/{a_workshop(world, status)}/summary")
    assert (reply.status, reply.code) == (409, "workshop_not_over")
    assert status in reply.json["detail"]


def test_a_private_workshop_sums_up_for_those_who_may_see_it(workshop_id: str) -> None:
    assert ask("GET", f"/{workshop_id}/summary", user="stranger").status == 200
    set_in_table(workshop_id, is_private=True)
    assert (ask("GET", f"/{workshop_id}/summary", user="stranger").code) == "not_found"
    assert ask("GET", f"/{workshop_id}/summary", user="ben").status == 200
    assert ask("GET", f"/{workshop_id}/summary", user="root", admin=True).status == 200


def test_a_stranger_does_not_learn_from_a_refusal_that_a_private_workshop_goes_on(world: World) -> None:
    private = a_workshop(world, "live", is_private=True)
    assert ask("GET", f"/{private}/summary", user="stranger").status == 404


def test_a_suspended_person_reads_summaries_of_public_workshops_only(workshop_id: str) -> None:
    suspend("ana")
    assert ask("GET", f"/{workshop_id}/summary", user="ana").status == 200
    set_in_table(workshop_id, is_private=True)
    assert ask("GET", f"/{workshop_id}/summary", user="ana").code == "account_suspended"


def test_a_summary_takes_three_round_trips(
    workshop_id: str, requests_made: Callable[[], AbstractContextManager[Use]]
) -> None:
    hear(*whole_session(put(workshop_id)))
    was_in(workshop_id, "ana", (0, 60))
    with requests_made() as use:
        assert ask("GET", f"/{workshop_id}/summary").status == 200
    assert use.operations == ["BatchGetItem", "Query", "Query"]
