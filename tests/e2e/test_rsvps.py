"""RSVPs, the waitlist, and the people of a workshop over HTTP."""

import pytest

from tests.e2e.api import Api
from tests.e2e.scenes import (
    Table,
    detail,
    eventually,
    join,
    make,
    make_live,
    my_status,
    need,
    orphan,
    pages,
    refused,
    seat_block,
    stream_held,
)


def test_a_seat_is_taken_once_however_often_it_is_asked_for(api: Api) -> None:
    host, ana = api.people(2)
    workshop = make(api, host, max_capacity=2)
    first = api(ana, "POST", f"/workshops/{workshop}/rsvp")
    attendee = need(first, 201)
    assert attendee["user"]["id"] == api.id(ana)
    assert (attendee["status"], attendee["position"]) == ("rsvp", None)
    assert (attendee["is_co_host"], attendee["can_speak"]) == (False, False)
    for _ in range(2):
        again = api(ana, "POST", f"/workshops/{workshop}/rsvp")
        assert (again.json(), again.headers["etag"]) == (attendee, first.headers["etag"])
        assert again.status_code == 200
    assert detail(api, host, workshop)["seats_left"] == 1


def test_whoever_comes_too_late_waits_in_the_order_of_coming(api: Api) -> None:
    host, ana, ben, cleo = api.people(4)
    workshop = make(api, host, max_capacity=1)
    path = f"/workshops/{workshop}/rsvp"
    assert join(api, workshop, ana) == ["rsvp"]
    for place, who in enumerate((ben, cleo), 1):
        attendee = need(api(who, "POST", path), 201)
        assert (attendee["status"], attendee["position"]) == ("waitlisted", place)
    need(api(ben, "DELETE", path), 204)
    assert need(api(cleo, "POST", path), 200)["position"] == 1


def test_a_seat_given_up_goes_to_the_first_who_waits_and_never_to_a_passer_by(api: Api) -> None:
    host, ana, ben, cleo, dora = api.people(5)
    workshop = make(api, host, max_capacity=1)
    path = f"/workshops/{workshop}/rsvp"
    join(api, workshop, ana, ben, cleo)
    with stream_held(api.stack):
        for _ in range(2):
            need(api(ana, "DELETE", path), 204)
        assert my_status(api, ana, workshop) is None
        assert need(api(dora, "POST", path), 201)["status"] == "waitlisted"
        assert my_status(api, ben, workshop) == "rsvp"
        assert my_status(api, cleo, workshop) == "waitlisted"
    assert Table(api.stack).waiting(workshop) == [api.id(cleo), api.id(dora)]
    refused(api(ana, "GET", f"/workshops/{workshop}/attendees"), 403, "not_allowed")


def test_an_entry_that_nobody_stands_behind_does_not_hold_up_the_others(api: Api) -> None:
    host, ana, ben = api.people(3)
    workshop = make(api, host, max_capacity=1)
    join(api, workshop, ana, ben)
    table = Table(api.stack)
    with stream_held(api.stack):
        table.put(orphan(workshop))
        need(api(ana, "DELETE", f"/workshops/{workshop}/rsvp"), 204)
        assert my_status(api, ben, workshop) == "rsvp"
        assert table.waiting(workshop) == []


def test_a_seat_that_was_freed_and_forgotten_goes_to_the_next_who_waits(api: Api) -> None:
    host, ana = api.people(2)
    workshop = make(api, host, max_capacity=1)
    with stream_held(api.stack):
        Table(api.stack).put(seat_block(workshop, freed=1))
        assert join(api, workshop, ana) == ["rsvp"]


def test_without_a_waitlist_a_full_workshop_is_full(api: Api) -> None:
    host, ana, ben = api.people(3)
    workshop = make(api, host, max_capacity=1, waitlist_enabled=False)
    join(api, workshop, ana)
    refused(api(ben, "POST", f"/workshops/{workshop}/rsvp"), 409, "workshop_full")
    need(api(ana, "DELETE", f"/workshops/{workshop}/rsvp"), 204)
    assert join(api, workshop, ben) == ["rsvp"]


def test_an_unlimited_workshop_seats_everybody_without_blocks(api: Api) -> None:
    host, *people = api.people(4)
    workshop = make(api, host)
    assert join(api, workshop, *people) == ["rsvp"] * 3
    eventually(lambda: detail(api, host, workshop)["attendee_count"], 3)
    assert detail(api, host, workshop)["seats_left"] is None
    assert Table(api.stack).block(workshop) is None
    need(api(people[0], "DELETE", f"/workshops/{workshop}/rsvp"), 204)
    eventually(lambda: detail(api, host, workshop)["attendee_count"], 2)


def test_a_host_takes_no_seat_of_their_own(api: Api) -> None:
    host = api.person()
    workshop = make(api, host, max_capacity=1)
    refused(api(host, "POST", f"/workshops/{workshop}/rsvp"), 409, "own_workshop")
    assert detail(api, host, workshop)["seats_left"] == 1


def test_the_host_sees_everybody_in_full_and_attendees_see_who_is_seated(api: Api) -> None:
    host, stranger, *people = api.people(6)
    ana, *_, last = people
    workshop = make(api, host, max_capacity=3)
    assert join(api, workshop, *people) == ["rsvp", "rsvp", "rsvp", "waitlisted"]
    path = f"/workshops/{workshop}/attendees"
    listed = pages(api, host, f"{path}?limit=3")
    assert [len(page) for page in listed] == [3, 1]
    rows = {row["user"]["id"]: row for page in listed for row in page}
    assert rows.keys() == {api.id(who) for who in people}
    assert rows[api.id(last)].items() >= {"status": "waitlisted", "position": 1, "joined_at": None}.items()
    assert [row["user"]["id"] for row in pages(api, host, f"{path}?status=waitlisted")[0]] == [api.id(last)]
    cards = pages(api, ana, f"{path}?limit=2")
    assert [len(page) for page in cards] == [2, 1]
    assert all(card.keys() == {"user", "status"} for page in cards for card in page)
    assert {card["status"] for page in cards for card in page} == {"rsvp"}
    refused(api(last, "GET", path), 403, "not_allowed")
    refused(api(stranger, "GET", path), 403, "not_allowed")


def test_hosts_make_co_hosts_and_co_hosts_let_people_speak(api: Api) -> None:
    host, ana, ben, cleo = api.people(4)
    workshop = make(api, host, max_capacity=2)
    join(api, workshop, ana, ben, cleo)
    path = f"/workshops/{workshop}/attendees"
    refused(api(ana, "PATCH", f"{path}/{api.id(ben)}", {"can_speak": True}), 403, "not_allowed")
    assert need(api(host, "PATCH", f"{path}/{api.id(ana)}", {"is_co_host": True}), 200)["is_co_host"] is True
    assert need(api(ana, "PATCH", f"{path}/{api.id(ben)}", {"can_speak": True}), 200)["can_speak"] is True
    refused(api(ana, "PATCH", f"{path}/{api.id(ben)}", {"is_co_host": True}), 403, "not_allowed")
    refused(api(host, "PATCH", f"{path}/{api.id(cleo)}", {"can_speak": True}), 409, "not_seated")
    refused(api(host, "PATCH", f"{path}/{api.id(host)}", {"can_speak": True}), 404, "not_found")
    assert len(pages(api, ana, path)[0]) == 3
    assert detail(api, ben, workshop)["my"]["rsvp"] == {"status": "rsvp", "is_co_host": False, "can_speak": True}
    done = Table(api.stack).items(f"AUDIT#{workshop}")
    assert [(entry["actor_id"], entry["action"]) for entry in done] == [
        (api.id(host), "attendee_rights"),
        (api.id(ana), "attendee_rights"),
    ]


def test_a_removed_person_stays_out_and_their_seat_is_handed_on(api: Api) -> None:
    host, ana, ben = api.people(3)
    workshop = make(api, host, max_capacity=1)
    join(api, workshop, ana, ben)
    path = f"/workshops/{workshop}"
    refused(api(ben, "DELETE", f"{path}/attendees/{api.id(ana)}"), 403, "not_allowed")
    with stream_held(api.stack):
        for _ in range(2):
            need(api(host, "DELETE", f"{path}/attendees/{api.id(ana)}"), 204)
        assert my_status(api, ben, workshop) == "rsvp"
    refused(api(ana, "POST", f"{path}/rsvp"), 403, "removed")
    need(api(ana, "DELETE", f"{path}/rsvp"), 204)
    refused(api(ana, "POST", f"{path}/rsvp"), 403, "removed")
    statuses = {row["user"]["id"]: row["status"] for row in pages(api, host, f"{path}/attendees")[0]}
    assert statuses == {api.id(ana): "removed", api.id(ben): "rsvp"}


def test_a_ban_keeps_somebody_out_of_all_workshops_of_a_host(api: Api) -> None:
    host, other, ana, ben = api.people(4)
    here, there, elsewhere = make(api, host), make(api, host), make(api, other)
    join(api, here, ana, ben)
    path = f"/workshops/{here}/attendees"
    need(api(host, "PATCH", f"{path}/{api.id(ben)}", {"is_co_host": True}), 200)
    refused(api(ben, "DELETE", f"{path}/{api.id(ana)}?ban=true"), 403, "not_allowed")
    need(api(host, "DELETE", f"{path}/{api.id(ana)}?ban=true"), 204)
    refused(api(ana, "POST", f"/workshops/{there}/rsvp"), 403, "banned")
    assert join(api, elsewhere, ana) == ["rsvp"]


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_after_the_end_places_stay_as_they_were(api: Api, method: str) -> None:
    host, ana = api.people(2)
    workshop = make_live(api, host)
    join(api, workshop, ana)
    need(api(host, "POST", f"/workshops/{workshop}/end"), 200)
    refused(api(ana, method, f"/workshops/{workshop}/rsvp"), 409, "workshop_over")
    assert my_status(api, ana, workshop) == "rsvp"
