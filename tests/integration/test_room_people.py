"""Who may do what in a live room: every route, asked as every kind of person, told by status and code."""

import pytest

from tests.calling import Reply, World
from tests.chatting import room
from tests.rooms import a_workshop, remove, rights, rsvp, suspend
from tests.workshops import ask, run

PEOPLE = ("stranger", "waiting", "seated", "co-host", "host", "admin", "suspended", "removed", "banned")
"""`waiting` stands for whoever was let in without a seat. `suspended` and `banned` have one; the ban was given in
another workshop of the host's."""

BODIES = {"POST chat": {"message": "Hello"}, "PUT note": {"content": "Mine"}}

NO, GONE, BAN, OUT = "not_allowed", "removed", "banned", "account_suspended"
UNKNOWN = "not_found"

PUBLIC = {
    "POST hand": (NO, NO, 200, 200, NO, NO, OUT, GONE, BAN),
    "DELETE hand": (NO, NO, 204, 204, NO, NO, OUT, GONE, BAN),
    "GET hands": (NO, NO, NO, 200, 200, 200, OUT, NO, NO),
    "POST chat": (NO, NO, 201, 201, 201, 201, OUT, GONE, BAN),
    "GET chat": (200, 200, 200, 200, 200, 200, 200, 200, 200),
    "GET note": (200, 200, 200, 200, 200, 200, OUT, 200, 200),
    "PUT note": (200, 200, 200, 200, 200, 200, OUT, 200, 200),
    "GET room": (NO, NO, NO, 200, 200, 200, OUT, NO, NO),
}
PRIVATE = {
    "POST hand": (UNKNOWN, NO, 200, 200, NO, NO, OUT, GONE, BAN),
    "DELETE hand": (UNKNOWN, NO, 204, 204, NO, NO, OUT, GONE, BAN),
    "GET hands": (UNKNOWN, NO, NO, 200, 200, 200, OUT, UNKNOWN, NO),
    "POST chat": (UNKNOWN, NO, 201, 201, 201, 201, OUT, GONE, BAN),
    "GET chat": (UNKNOWN, 200, 200, 200, 200, 200, OUT, UNKNOWN, 200),
    "GET note": (UNKNOWN, 200, 200, 200, 200, 200, OUT, UNKNOWN, 200),
    "PUT note": (UNKNOWN, 200, 200, 200, 200, 200, OUT, UNKNOWN, 200),
    "GET room": (UNKNOWN, NO, NO, 200, 200, 200, OUT, UNKNOWN, NO),
}
STATUS_OF = {NO: 403, GONE: 403, BAN: 403, OUT: 403, UNKNOWN: 404}


def a_room_with_everybody(world: World, *, is_private: bool) -> str:
    """A live workshop and somebody of each kind."""
    world.meet(*PEOPLE)
    elsewhere = a_workshop(world, seated=("banned",))
    workshop_id = a_workshop(world, "scheduled", seated=("removed",), max_capacity=4)
    remove(workshop_id, "removed")
    for user in ("seated", "co-host", "suspended", "banned", "waiting"):
        assert rsvp(workshop_id, user).status == 201
    rights(workshop_id, "co-host", is_co_host=True)
    remove(elsewhere, "banned", ban=True)
    assert ask("PATCH", f"/{workshop_id}", body={"is_private": is_private}).status == 200
    run(workshop_id, "start")
    suspend("suspended")
    return workshop_id


def asked(workshop_id: str, route: str, user: str) -> Reply:
    """The answer to somebody."""
    method, what = route.split()
    return room(method, workshop_id, what, user, body=BODIES.get(route))


def told(reply: Reply) -> int | str | None:
    """A status, or the code of a refusal."""
    if reply.code is None:
        return reply.status
    assert reply.status == STATUS_OF[reply.code], reply.text
    return reply.code


@pytest.mark.parametrize(("expected", "is_private"), [(PUBLIC, False), (PRIVATE, True)], ids=["public", "private"])
def test_each_route_answers_each_kind_of_person_as_it_should(
    world: World, expected: dict[str, tuple[int | str, ...]], is_private: bool
) -> None:
    workshop_id = a_room_with_everybody(world, is_private=is_private)
    answers = {route: tuple(told(asked(workshop_id, route, user)) for user in PEOPLE) for route in expected}
    assert answers == expected


def test_a_private_workshop_is_to_a_stranger_what_no_workshop_is(world: World) -> None:
    workshop_id = a_room_with_everybody(world, is_private=True)
    for route in PRIVATE:
        unseen, nothing = (
            asked(where, route, "stranger").json for where in (workshop_id, "wks_00000000000000000000000000")
        )
        unseen.pop("request_id"), nothing.pop("request_id")
        assert unseen == nothing, route


def test_who_gave_up_their_seat_is_out_of_the_chat_at_once(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    assert asked(workshop_id, "POST chat", "ana").status == 201
    rsvp(workshop_id, "ana", "DELETE")
    assert told(asked(workshop_id, "POST chat", "ana")) == NO
    assert told(asked(workshop_id, "POST hand", "ana")) == NO


def test_a_co_host_who_is_none_any_more_no_longer_sees_hands_and_room(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    rights(workshop_id, "ana", is_co_host=True)
    assert [asked(workshop_id, route, "ana").status for route in ("GET hands", "GET room")] == [200, 200]
    rights(workshop_id, "ana", is_co_host=False)
    assert [told(asked(workshop_id, route, "ana")) for route in ("GET hands", "GET room")] == [NO, NO]
