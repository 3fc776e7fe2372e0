"""Lobby, start, end and cancelling."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from atelier import clock
from atelier.accounts.caller import Caller
from atelier.errors import BadTransitionError
from atelier.workshops import lifecycle
from tests.calling import World, call, id_of
from tests.workshops import ask, audit_of, bring_near, everything, ids, in_, run, set_in_table, stored, walk

HOST = Caller(id_of("host"))


def test_a_workshop_goes_through_lobby_and_live_to_its_end(world: World) -> None:
    workshop = world.workshop()
    bring_near(workshop["id"])
    version = int(ask("GET", f"/{workshop['id']}").headers["etag"].strip('"'))
    for step, status in (("lobby", "lobby"), ("start", "live"), ("end", "ended")):
        reply = ask("POST", f"/{workshop['id']}/{step}")
        version += 1
        assert (reply.status, reply.json["status"], reply.headers["etag"]) == (200, status, f'"{version}"')
        assert ask("GET", f"/{workshop['id']}").json == reply.json
    started, ended = reply.json["actual_started_at"], reply.json["actual_ended_at"]
    assert workshop["created_at"] <= started <= ended
    assert audit_of(workshop["id"]) == [
        ("workshop_lobby", {"from": "scheduled", "to": "lobby"}),
        ("workshop_live", {"from": "lobby", "to": "live"}),
        ("workshop_ended", {"from": "live", "to": "ended"}),
    ]


def test_a_workshop_can_start_without_a_lobby(world: World) -> None:
    workshop = world.workshop()
    run(workshop["id"], "start")
    assert stored(workshop["id"]).status == "live"


def test_asking_for_the_state_it_has_changes_nothing(world: World) -> None:
    workshop = world.workshop()
    bring_near(workshop["id"])
    for step in ("lobby", "start", "end"):
        first = ask("POST", f"/{workshop['id']}/{step}")
        before = everything()
        again = ask("POST", f"/{workshop['id']}/{step}")
        assert (again.status, again.text, again.headers["etag"]) == (200, first.text, first.headers["etag"])
        assert everything() == before


@pytest.mark.parametrize(
    ("status", "step"),
    [
        ("scheduled", "end"),
        ("lobby", "end"),
        ("live", "lobby"),
        ("ended", "lobby"),
        ("ended", "start"),
        ("cancelled", "lobby"),
        ("cancelled", "start"),
        ("cancelled", "end"),
    ],
)
def test_there_is_no_other_way(world: World, status: str, step: str) -> None:
    workshop = world.workshop()
    bring_near(workshop["id"])
    set_in_table(workshop["id"], status=status)
    before = everything()
    reply = ask("POST", f"/{workshop['id']}/{step}")
    assert (reply.status, reply.code) == (409, "bad_transition")
    assert everything() == before


@pytest.mark.parametrize("step", [lifecycle.open_lobby, lifecycle.start])
def test_nothing_opens_earlier_than_15_minutes_before_its_time(world: World, step: Any) -> None:
    workshop = world.workshop()
    opens_at = clock.from_text(workshop["scheduled_at"]) - timedelta(minutes=15)
    with pytest.raises(BadTransitionError, match=clock.to_text(opens_at)):
        step(workshop["id"], HOST, at=lambda: opens_at - timedelta(microseconds=1))
    shape, version = step(workshop["id"], HOST, at=lambda: opens_at)
    assert (shape.status in ("lobby", "live"), version) == (True, 2)


def test_a_lobby_that_is_open_can_start_at_any_time(world: World) -> None:
    workshop = world.workshop()
    set_in_table(workshop["id"], status="lobby")
    assert ask("POST", f"/{workshop['id']}/start").status == 200


def test_start_and_end_are_stamped_with_the_clock(world: World) -> None:
    workshop = world.workshop()
    at = clock.from_text(workshop["scheduled_at"])
    lifecycle.start(workshop["id"], HOST, at=lambda: at)
    shape, _ = lifecycle.end(workshop["id"], HOST, at=lambda: at + timedelta(minutes=50, seconds=7.5))
    assert (shape.actual_started_at, shape.actual_ended_at) == (at, at + timedelta(minutes=50, seconds=7))


def test_what_takes_place_in_person_has_no_lobby(world: World) -> None:
    workshop = world.workshop(format="in_person", location="Kiln yard")
    bring_near(workshop["id"])
    reply = ask("POST", f"/{workshop['id']}/lobby")
    assert (reply.status, reply.code) == (409, "bad_transition")
    assert ask("POST", f"/{workshop['id']}/start").status == 200


def test_only_the_host_and_administrators_run_a_workshop(world: World) -> None:
    workshop = world.workshop()
    bring_near(workshop["id"])
    assert call("rsvps", "POST", f"/workshops/{workshop['id']}/rsvp", user="ana").status == 201
    path = f"/workshops/{workshop['id']}/attendees/{id_of('ana')}"
    assert call("rsvps", "PATCH", path, user="host", body={"is_co_host": True}).status == 200
    for user in ("ana", "ben"):
        for method, path in (("POST", "/lobby"), ("POST", "/start"), ("POST", "/end"), ("DELETE", "")):
            reply = ask(method, f"/{workshop['id']}{path}", user=user)
            assert (reply.status, reply.code) == (403, "not_allowed")
    assert ask("POST", f"/{workshop['id']}/start", user="root", admin=True).status == 200
    assert ask("POST", f"/{workshop['id']}/end", user="root", admin=True).status == 200


def test_live_ones_stay_listed_and_ended_ones_move_to_the_past(world: World) -> None:
    category = world.category()
    workshop = world.workshop(category_id=category["id"])
    bring_near(workshop["id"])
    for step in ("lobby", "start"):
        assert ask("POST", f"/{workshop['id']}/{step}").status == 200
        assert walk() == walk(category=category["id"]) == walk(host=id_of("host")) == [[workshop["id"]]]
        assert walk(past=True) == [[]]
    assert ask("POST", f"/{workshop['id']}/end").status == 200
    assert walk() == walk(category=category["id"]) == walk(host=id_of("host")) == [[]]
    past = [walk(past=True), walk(past=True, category=category["id"]), walk(past=True, host=id_of("host"))]
    assert past == [[[workshop["id"]]]] * 3


def test_a_live_workshop_stays_listed_though_its_time_is_over(world: World) -> None:
    workshop = world.workshop()
    set_in_table(workshop["id"], status="live", scheduled_at=datetime(2026, 1, 1, tzinfo=UTC))
    later = world.workshop()
    assert walk() == [[workshop["id"], later["id"]]]
    assert walk(status="live") == [[workshop["id"]]]


@pytest.mark.parametrize("status", ["scheduled", "lobby", "live"])
def test_cancelling_takes_a_workshop_out_of_every_public_list(world: World, status: str) -> None:
    category = world.category()
    workshop = world.workshop(category_id=category["id"])
    set_in_table(workshop["id"], status=status)
    version = stored(workshop["id"]).version
    reply = ask("DELETE", f"/{workshop['id']}")
    assert (reply.status, reply.text) == (204, "")
    assert walk() == walk(category=category["id"]) == walk(host=id_of("host")) == walk(past=True) == [[]]
    assert ids(ask("GET", host="me", status="cancelled")) == [workshop["id"]]
    assert stored(workshop["id"]).version == version + 1
    assert audit_of(workshop["id"]) == [("workshop_cancelled", {"from": status, "to": "cancelled"})]


def test_cancelling_what_is_over_is_refused(world: World) -> None:
    ended, cancelled = world.workshop(), world.workshop()
    run(ended["id"], "start", "end")
    ask("DELETE", f"/{cancelled['id']}")
    before = everything()
    for workshop in (ended, cancelled):
        reply = ask("DELETE", f"/{workshop['id']}")
        assert (reply.status, reply.code) == (409, "workshop_over")
    assert everything() == before


def test_an_administrator_cancels_anybody_s_workshop(world: World) -> None:
    workshop = world.workshop()
    assert ask("DELETE", f"/{workshop['id']}", user="root", admin=True).status == 204


def test_cancelling_a_version_that_is_no_longer_current_is_refused(world: World) -> None:
    workshop = world.workshop()
    assert ask("PATCH", f"/{workshop['id']}", body={"scheduled_at": in_(days=2)}).status == 200
    reply = ask("DELETE", f"/{workshop['id']}", headers={"If-Match": '"1"'})
    assert (reply.status, reply.code) == (412, "stale_version")
    assert ask("DELETE", f"/{workshop['id']}", headers={"If-Match": '"2"'}).status == 204


def test_the_attendees_of_a_cancelled_workshop_keep_their_rows(world: World) -> None:
    workshop = world.workshop()
    call("rsvps", "POST", f"/workshops/{workshop['id']}/rsvp", user="ana")
    ask("DELETE", f"/{workshop['id']}")
    assert walk(user="ana", my=True) == [[]]
    assert walk(user="ana", my=True, status="cancelled") == [[workshop["id"]]]


def test_each_step_takes_two_reads_at_most_and_one_transaction(world: World, requests_made: Any) -> None:
    category = world.category()
    workshop = world.workshop(category_id=category["id"], max_capacity=60)
    bring_near(workshop["id"])
    for step in ("lobby", "start", "end"):
        with requests_made() as use:
            assert ask("POST", f"/{workshop['id']}/{step}").status == 200
        assert use.operations == ["BatchGetItem", "TransactWriteItems", "BatchGetItem"]
