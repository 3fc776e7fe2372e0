"""Raised hands: raising and lowering, repeated and at once, and what the host sees of them."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from atelier import clock, table
from atelier.errors import BadCursorError
from atelier.rooms import hands
from atelier.rooms.items import Hand, hand_key
from atelier.text import Paged
from tests.calling import World, id_of
from tests.chatting import after_start, caller, pages, room
from tests.counting import counted
from tests.faults import Killed, answers_lost, killed_after
from tests.rooms import a_workshop, remove, rsvp
from tests.workshops import ask

PEOPLE = ("ana", "ben", "cleo", "dan", "eve")


def lift_at(workshop_id: str, user: str, at: Callable[[], datetime]) -> datetime:
    """Somebody raises their hand at a moment; since when it is up."""
    return hands.lift(workshop_id, caller(user), at=at).raised_at


def up(workshop_id: str, user: str = "host") -> list[str]:
    """The names of those whose hands are up, as the host sees them."""
    reply = room("GET", workshop_id, "hands", user)
    assert reply.status == 200, reply.text
    return [item["user"]["display_name"] for item in reply.json["items"]]


def test_a_hand_is_raised_seen_and_lowered(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    raised = room("POST", workshop_id, "hand")
    assert raised.status == 200
    assert raised.json["user"]["id"] == id_of("ana")
    assert raised.json.keys() == {"user", "raised_at"}
    assert room("GET", workshop_id, "hands", "host").json == {"items": [raised.json], "next_cursor": None}
    assert room("DELETE", workshop_id, "hand").status == 204
    assert up(workshop_id) == []


def test_raising_again_keeps_the_first_time_and_lowering_again_is_fine(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    first, second = after_start(workshop_id, seconds=10), after_start(workshop_id, seconds=20)
    assert lift_at(workshop_id, "ana", first) == first()
    assert lift_at(workshop_id, "ana", second) == first()
    assert [room("DELETE", workshop_id, "hand").status for _ in range(2)] == [204, 204]
    assert lift_at(workshop_id, "ana", second) == second()


def test_of_twins_the_faster_one_says_since_when(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    first, second = after_start(workshop_id, seconds=10), after_start(workshop_id, seconds=20)

    def with_a_twin_between() -> datetime:
        lift_at(workshop_id, "ana", first)
        return second()

    assert lift_at(workshop_id, "ana", with_a_twin_between) == first()


def test_the_longest_raised_comes_first(world: World) -> None:
    workshop_id = a_workshop(world, seated=PEOPLE)
    for seconds, user in enumerate(reversed(PEOPLE)):
        lift_at(workshop_id, user, after_start(workshop_id, seconds=seconds))
    assert up(workshop_id) == list(reversed(PEOPLE))


def test_pages_are_full_and_leave_out_who_lost_their_seat(world: World) -> None:
    workshop_id = a_workshop(world, seated=PEOPLE)
    at = after_start(workshop_id, seconds=1)
    for user in PEOPLE:
        lift_at(workshop_id, user, at)
    remove(workshop_id, "ben")
    rsvp(workshop_id, "dan", "DELETE")
    shown = pages(workshop_id, "hands", limit=2)
    assert [len(page) for page in shown] == [2, 1]
    assert sorted(item["user"]["display_name"] for page in shown for item in page) == ["ana", "cleo", "eve"]


def test_a_page_goes_on_where_the_last_one_ended_whatever_happened_since(world: World) -> None:
    workshop_id = a_workshop(world, seated=PEOPLE)
    for seconds, user in enumerate(("ana", "ben", "cleo", "dan")):
        lift_at(workshop_id, user, after_start(workshop_id, seconds=10 * seconds))
    first = room("GET", workshop_id, "hands", "host", limit=2).json
    room("DELETE", workshop_id, "hand", "ana")
    room("DELETE", workshop_id, "hand", "ben")
    lift_at(workshop_id, "eve", after_start(workshop_id, seconds=25))
    rest = room("GET", workshop_id, "hands", "host", limit=2, cursor=first["next_cursor"]).json
    assert [item["user"]["display_name"] for item in rest["items"]] == ["cleo", "eve"]
    last = room("GET", workshop_id, "hands", "host", limit=2, cursor=rest["next_cursor"]).json
    assert [item["user"]["display_name"] for item in last["items"]] == ["dan"]


def test_a_cursor_is_good_for_its_list_and_its_person_only(world: World) -> None:
    workshop_id, other = (a_workshop(world, seated=("ana", "ben")) for _ in range(2))
    for user in ("ana", "ben"):
        room("POST", workshop_id, "hand", user)
    cursor = room("GET", workshop_id, "hands", "host", limit=1).json["next_cursor"]
    for where, who in ((other, "host"), (workshop_id, "admin")):
        assert room("GET", where, "hands", who, cursor=cursor).code == "bad_cursor"
    with pytest.raises(BadCursorError):
        hands.page_of(workshop_id, caller("host"), Paged(cursor="x"))


def test_after_a_day_a_hand_is_down_whether_it_was_deleted_or_not(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    first = after_start(workshop_id, seconds=1)
    lift_at(workshop_id, "ana", first)
    forgotten = after_start(workshop_id, days=1, seconds=1)
    assert hands.page_of(workshop_id, caller("host"), Paged(), at=forgotten).items == []
    assert lift_at(workshop_id, "ana", forgotten) == forgotten()
    stored = table.read_one(hand_key(workshop_id, id_of("ana")))
    assert isinstance(stored, Hand)
    assert stored.expires_at == (forgotten() + timedelta(days=1)).timestamp()


def test_hands_go_up_in_a_live_room_alone(world: World) -> None:
    for status in ("scheduled", "lobby", "ended"):
        workshop_id = a_workshop(world, status, seated=("ana",))
        reply = room("POST", workshop_id, "hand")
        assert (reply.status, reply.code) == (409, "room_not_open"), status
        assert up(workshop_id) == [], status


def test_when_the_workshop_ends_no_hand_is_up_and_it_can_still_be_lowered(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    room("POST", workshop_id, "hand")
    ask("POST", f"/{workshop_id}/end")
    assert up(workshop_id) == []
    assert room("DELETE", workshop_id, "hand").status == 204


def test_in_person_there_is_no_room_to_raise_a_hand_in(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",), format="in_person")
    assert (room("POST", workshop_id, "hand").code, room("GET", workshop_id, "hands", "host").code) == (
        "no_room",
        "no_room",
    )
    assert room("DELETE", workshop_id, "hand").status == 204


def test_a_process_that_dies_and_an_answer_that_is_lost_change_nothing(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana", "ben"))
    with pytest.raises(Killed), killed_after(1):
        lift_at(workshop_id, "ana", after_start(workshop_id, seconds=1))
    assert lift_at(workshop_id, "ana", after_start(workshop_id, seconds=9)) == after_start(workshop_id, seconds=1)()
    with answers_lost() as fault:
        moment = after_start(workshop_id, seconds=5)
        assert lift_at(workshop_id, "ben", moment) == moment()
    with answers_lost():
        assert room("DELETE", workshop_id, "hand", "ben").status == 204
    assert fault.struck == 1
    assert up(workshop_id) == ["ana"]


def test_hands_cost_what_they_should(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana", "ben"))
    asked = {}
    for name, method, what, user in (
        ("raise", "POST", "hand", "ana"),
        ("raise again", "POST", "hand", "ana"),
        ("list", "GET", "hands", "host"),
        ("lower", "DELETE", "hand", "ana"),
        ("lower again", "DELETE", "hand", "ana"),
        ("list none", "GET", "hands", "host"),
    ):
        with counted() as use:
            assert room(method, workshop_id, what, user).status in (200, 204)
        asked[name] = use.operations
    assert asked == {
        "raise": ["BatchGetItem", "UpdateItem"],
        "raise again": ["BatchGetItem"],
        "list": ["BatchGetItem", "Query", "BatchGetItem"],
        "lower": ["BatchGetItem", "DeleteItem"],
        "lower again": ["BatchGetItem"],
        "list none": ["BatchGetItem", "Query"],
    }


def test_the_time_is_whole_seconds(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    raised = room("POST", workshop_id, "hand").json["raised_at"]
    assert clock.to_text(clock.from_text(raised)) == raised
