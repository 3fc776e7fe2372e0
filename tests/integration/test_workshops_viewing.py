"""Reading one workshop: who sees it, what they see, what it costs."""

from typing import Any

import pytest

from atelier import table
from atelier.accounts.items import profile_key
from atelier.categories.items import category_key
from atelier.rsvps.items import SeatBlock, block_key
from tests.calling import World, call, id_of
from tests.workshops import ask, run, set_in_table, walk


def rsvp(workshop: dict[str, Any], *users: str) -> None:
    for user in users:
        assert call("rsvps", "POST", f"/workshops/{workshop['id']}/rsvp", user=user).status == 201


def remove(workshop: dict[str, Any], user: str) -> None:
    path = f"/workshops/{workshop['id']}/attendees/{id_of(user)}"
    assert call("rsvps", "DELETE", path, user="host").status == 204


def suspend(user: str) -> None:
    call("accounts", "PATCH", f"/users/{id_of(user)}", user="root", groups=("admin",), body={"status": "suspended"})


def hide(workshop: dict[str, Any]) -> None:
    assert ask("PATCH", f"/{workshop['id']}", body={"is_private": True}).status == 200


def test_everybody_reads_a_public_workshop(world: World) -> None:
    workshop = world.workshop(description="Bring gloves.")
    reply = ask("GET", f"/{workshop['id']}", user="ana")
    assert reply.status == 200
    assert reply.headers["etag"] == '"1"'
    assert reply.json == workshop | {"my": {"is_host": False, "rsvp": None}}


def test_nobody_in_particular_reads_nothing(world: World) -> None:
    workshop = world.workshop()
    assert call("workshops", "GET", f"/workshops/{workshop['id']}", user=None).status == 401
    assert call("workshops", "GET", "/workshops", user=None).status == 401


@pytest.mark.parametrize(
    "path", ["/wks_01m7xynacfb6psa2z6yk4pjm35", "/nonsense", "/..%2f", "/WKS_01M7XYNACFB6PSA2Z6YK4PJM35"]
)
def test_what_does_not_exist_is_not_found(world: World, path: str) -> None:
    for method in ("GET", "DELETE"):
        reply = ask(method, path)
        assert (reply.status, reply.code) == (404, "not_found")
    assert ask("PATCH", path, body={"title": "x"}).status == 404
    assert ask("POST", f"{path}/start").status == 404


def test_a_private_workshop_is_there_for_its_host_administrators_and_those_with_a_place(world: World) -> None:
    workshop = world.workshop(max_capacity=1)
    rsvp(workshop, "ana", "ben")
    hide(workshop)
    seen = {user: ask("GET", f"/{workshop['id']}", user=user).status for user in ("host", "ana", "ben", "cleo")}
    assert seen == {"host": 200, "ana": 200, "ben": 200, "cleo": 404}
    assert ask("GET", f"/{workshop['id']}", user="root", admin=True).status == 200


def test_a_private_workshop_answers_strangers_as_one_that_does_not_exist(world: World) -> None:
    workshop = world.workshop(is_private=True)
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"title": "x"}),
        ("DELETE", "", None),
        ("POST", "/lobby", None),
        ("POST", "/start", None),
        ("POST", "/end", None),
    ):
        reply = ask(method, f"/{workshop['id']}{path}", user="cleo", body=body)
        nothing = ask(method, f"/wks_01m7xynacfb6psa2z6yk4pjm35{path}", user="cleo", body=body)
        assert reply.status == 404
        assert {**reply.json, "request_id": ""} == {**nothing.json, "request_id": ""}


def test_a_removed_person_sees_a_private_workshop_no_more(world: World) -> None:
    workshop = world.workshop()
    rsvp(workshop, "ana")
    remove(workshop, "ana")
    assert ask("GET", f"/{workshop['id']}", user="ana").json["my"]["rsvp"]["status"] == "removed"
    hide(workshop)
    assert ask("GET", f"/{workshop['id']}", user="ana").status == 404


def test_somebody_who_gave_up_their_seat_sees_a_private_workshop_no_more(world: World) -> None:
    workshop = world.workshop()
    rsvp(workshop, "ana")
    hide(workshop)
    assert call("rsvps", "DELETE", f"/workshops/{workshop['id']}/rsvp", user="ana").status == 204
    assert ask("GET", f"/{workshop['id']}", user="ana").status == 404


def test_a_suspended_person_reads_what_is_public_and_nothing_else(world: World) -> None:
    public, private, strange = world.workshop(), world.workshop(), world.workshop("ben", is_private=True)
    rsvp(private, "ana")
    hide(private)
    suspend("ana")
    assert ask("GET", f"/{public['id']}", user="ana").status == 200
    assert walk(user="ana") == [[public["id"]]]
    reply = ask("GET", f"/{private['id']}", user="ana")
    assert (reply.status, reply.code) == (403, "account_suspended")
    assert ask("GET", f"/{strange['id']}", user="ana").status == 404
    for query in ({"my": True}, {"host": "me"}):
        reply = call("workshops", "GET", "/workshops", user="ana", query=query)
        assert (reply.status, reply.code) == (403, "account_suspended")


def test_a_suspended_host_changes_nothing(world: World) -> None:
    workshop = world.workshop()
    suspend("host")
    for method, path, body in (("PATCH", "", {"title": "x"}), ("DELETE", "", None), ("POST", "/start", None)):
        reply = ask(method, f"/{workshop['id']}{path}", body=body)
        assert (reply.status, reply.code) == (403, "account_suspended")


def test_my_part_tells_my_place(world: World) -> None:
    workshop = world.workshop(max_capacity=1)
    rsvp(workshop, "ana", "ben")
    path = f"/workshops/{workshop['id']}/attendees/{id_of('ana')}"
    assert call("rsvps", "PATCH", path, user="host", body={"is_co_host": True, "can_speak": True}).status == 200
    mine = {user: ask("GET", f"/{workshop['id']}", user=user).json["my"] for user in ("host", "ana", "ben", "cleo")}
    assert mine == {
        "host": {"is_host": True, "rsvp": None},
        "ana": {"is_host": False, "rsvp": {"status": "rsvp", "is_co_host": True, "can_speak": True}},
        "ben": {"is_host": False, "rsvp": {"status": "waitlisted", "is_co_host": False, "can_speak": False}},
        "cleo": {"is_host": False, "rsvp": None},
    }


def test_seats_are_exact_at_once(world: World) -> None:
    workshop = world.workshop(max_capacity=60)
    rsvp(workshop, "ana", "ben", "cleo")
    told = ask("GET", f"/{workshop['id']}").json
    assert (told["attendee_count"], told["seats_left"]) == (3, 57)


def test_counts_and_my_part_do_not_move_the_etag(world: World) -> None:
    workshop = world.workshop(max_capacity=60)
    rsvp(workshop, "ana")
    for user in ("host", "ana"):
        assert ask("GET", f"/{workshop['id']}", user=user).headers["etag"] == '"1"'


def test_a_large_or_unlimited_workshop_shows_the_counts_that_are_kept(world: World) -> None:
    for capacity, left in ((500, 493), (None, None)):
        workshop = world.workshop(max_capacity=capacity)
        set_in_table(workshop["id"], attendee_count=7)
        told = ask("GET", f"/{workshop['id']}").json
        assert (told["attendee_count"], told["seats_left"]) == (7, left)


def test_seats_left_are_never_fewer_than_none(world: World) -> None:
    workshop = world.workshop(max_capacity=1)
    block = SeatBlock(*block_key(workshop["id"], 0), seats_left=0, holders={"a" * 16, "b" * 16})
    block.save()
    assert ask("GET", f"/{workshop['id']}").json["seats_left"] == 0


def test_a_category_that_is_gone_is_none(world: World) -> None:
    category = world.category()
    workshop = world.workshop(category_id=category["id"])
    gone = table.read_one(category_key(category["id"]))
    assert gone is not None
    gone.delete()
    assert ask("GET", f"/{workshop['id']}", user="ana").json["category"] is None
    assert call("workshops", "GET", "/workshops").json["items"][0]["category"] is None


def test_a_host_without_a_profile_is_told_by_their_id(world: World) -> None:
    workshop = world.workshop()
    gone = table.read_one(profile_key(id_of("host")))
    assert gone is not None
    gone.delete()
    assert ask("GET", f"/{workshop['id']}", user="ana").json["host"]["id"] == id_of("host")
    assert walk() == [[workshop["id"]]]


def test_reading_takes_two_round_trips(world: World, requests_made: Any) -> None:
    category = world.category()
    workshop = world.workshop(category_id=category["id"], max_capacity=8 * 48, description="x")
    rsvp(workshop, "ana")
    with requests_made() as use:
        assert ask("GET", f"/{workshop['id']}", user="ana").status == 200
    assert use.operations == ["BatchGetItem", "BatchGetItem"]


def test_a_stranger_s_question_takes_one_round_trip(world: World, requests_made: Any) -> None:
    workshop = world.workshop(is_private=True)
    with requests_made() as use:
        assert ask("GET", f"/{workshop['id']}", user="ana").status == 404
    assert use.operations == ["BatchGetItem"]


def test_an_ended_and_a_cancelled_workshop_can_still_be_read(world: World) -> None:
    ended, cancelled = world.workshop(), world.workshop()
    run(ended["id"], "start", "end")
    assert ask("DELETE", f"/{cancelled['id']}").status == 204
    told = [ask("GET", f"/{workshop['id']}", user="ana").json["status"] for workshop in (ended, cancelled)]
    assert told == ["ended", "cancelled"]
