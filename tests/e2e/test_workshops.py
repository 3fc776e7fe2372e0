"""Workshops over HTTP: made, listed, read, edited, cancelled, and run."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.e2e.api import Api
from tests.e2e.scenes import (
    NO_WORKSHOP,
    Table,
    bring_near,
    detail,
    eventually,
    in_,
    join,
    make,
    make_category,
    make_live,
    my_status,
    need,
    orphan,
    pages,
    refused,
    stream_held,
    wanted,
)


def _ids(found: list[list[dict[str, Any]]]) -> list[str]:
    return [item["id"] for page in found for item in page]


def test_a_new_workshop_is_told_in_full_with_its_address_and_version(api: Api) -> None:
    host, category = api.person(), make_category(api)
    body = wanted(
        title="  Raku\u0301 firing ",
        description="Bring gloves.\r\nAnd time.",
        category_id=category["id"],
        scheduled_at="2199-03-28T19:00:00+02:00",
        duration_minutes=90,
        format="hybrid",
        location="Kiln yard",
        max_capacity=12,
    )
    answer = api(host, "POST", "/workshops", body)
    made = need(answer, 201)
    assert answer.headers["location"] == f"/v1/workshops/{made['id']}"
    assert answer.headers["etag"] == '"1"'
    shown = {name: made[name] for name in ("title", "description", "scheduled_at", "seats_left", "status")}
    assert shown == {
        "title": "Rakú firing",
        "description": "Bring gloves.\nAnd time.",
        "scheduled_at": "2199-03-28T17:00:00Z",
        "seats_left": 12,
        "status": "scheduled",
    }
    assert made["my"] == {"is_host": True, "rsvp": None}
    read = api(host, "GET", f"/workshops/{made['id']}")
    assert need(read, 200) == made
    assert read.headers["etag"] == answer.headers["etag"]


def test_a_repeated_creation_makes_one_workshop(api: Api) -> None:
    host = api.person()
    body, key = wanted(), {"Idempotency-Key": secrets.token_hex(8)}
    first = api(host, "POST", "/workshops", body, headers=key)
    again = api(host, "POST", "/workshops", body, headers=key)
    assert (again.status_code, again.json()) == (201, need(first, 201))
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["etag"] == first.headers["etag"]
    assert "idempotency-replayed" not in first.headers
    changed = {**body, "title": "Another"}
    refused(api(host, "POST", "/workshops", changed, headers=key), 422, "idempotency_key_reused")
    assert _ids(pages(api, host, "/workshops?host=me")) == [first.json()["id"]]


def test_twins_of_one_creation_make_one_workshop(api: Api) -> None:
    host = api.person()

    def create(twin: tuple[dict[str, Any], dict[str, str]]) -> str:
        made: str = need(api(host, "POST", "/workshops", twin[0], headers=twin[1]), 201)["id"]
        return made

    with ThreadPoolExecutor(8) as threads:
        for _ in range(4):
            twin = wanted(), {"Idempotency-Key": secrets.token_hex(8)}
            assert len(set(threads.map(create, [twin] * 8))) == 1
    assert len(_ids(pages(api, host, "/workshops?host=me"))) == 4


def test_pages_follow_each_other_by_their_links(api: Api) -> None:
    host, ana = api.people(2)
    category = make_category(api)["id"]
    made = [make(api, host, category_id=category, scheduled_at=in_(days=1, hours=hour)) for hour in (4, 2, 0, 3, 1)]
    soonest_first = [made[number] for number in (2, 4, 1, 3, 0)]
    eventually(lambda: len(_ids(pages(api, ana, f"/workshops?category={category}"))), 5)
    found = pages(api, ana, f"/workshops?category={category}&limit=2")
    assert [len(page) for page in found] == [2, 2, 1]
    assert _ids(found) == soonest_first
    assert all("description" not in item for page in found for item in page)
    assert set(made) <= set(_ids(pages(api, ana, "/workshops?limit=100")))


def test_lists_are_filtered_by_host_status_category_and_what_is_mine(api: Api) -> None:
    host, ana = api.people(2)
    soon, later = make(api, host, scheduled_at=in_(days=2)), make(api, host, scheduled_at=in_(days=3))
    live, past = make_live(api, host), make_live(api, host)
    need(api(host, "POST", f"/workshops/{past}/end"), 200)
    gone = make(api, host)
    need(api(host, "DELETE", f"/workshops/{gone}"), 204)
    own = make(api, ana, scheduled_at=in_(days=4))
    join(api, later, ana)
    theirs = f"/workshops?host={api.id(host)}"
    for query, who, wish in (
        (theirs, ana, [live, soon, later]),
        (f"{theirs}&status=live", ana, [live]),
        (f"{theirs}&past=true", ana, [past]),
        (f"{theirs}&status=cancelled", ana, []),
        ("/workshops?host=me&status=cancelled", host, [gone]),
        ("/workshops?my=true", ana, [later, own]),
        (f"{theirs}&my=true", ana, [later]),
        ("/workshops?my=true", host, [live, soon, later]),
    ):
        assert _ids(pages(api, who, query)) == wish, query


def test_a_private_workshop_is_known_to_its_host_and_nobody_else(api: Api) -> None:
    host, stranger = api.people(2)
    category = make_category(api)["id"]
    workshop = make(api, host, is_private=True, category_id=category)
    path = f"/workshops/{workshop}"
    for method, tail, body in (
        ("GET", "", None),
        ("PATCH", "", {"title": "Mine"}),
        ("DELETE", "", None),
        ("POST", "/start", None),
        ("POST", "/rsvp", None),
        ("DELETE", "/rsvp", None),
        ("GET", "/attendees", None),
        ("POST", "/token", {"device": "main"}),
    ):
        told = refused(api(stranger, method, path + tail, body), 404, "not_found")
        unknown = refused(api(stranger, method, f"/workshops/{NO_WORKSHOP}{tail}", body), 404, "not_found")
        assert {**told, "request_id": ""} == {**unknown, "request_id": ""}
    for query in (f"?category={category}", f"?host={api.id(host)}", "?limit=100"):
        assert workshop not in _ids(pages(api, stranger, f"/workshops{query}"))
    assert detail(api, host, workshop)["is_private"] is True
    assert _ids(pages(api, host, "/workshops?my=true")) == [workshop]
    assert detail(api, "admin", workshop)["id"] == workshop


def test_an_edit_raises_the_version_and_a_stale_one_changes_nothing(api: Api) -> None:
    host, ana = api.people(2)
    workshop = make(api, host, description="Bring gloves.")
    path = f"/workshops/{workshop}"
    edited = api(host, "PATCH", path, {"title": "Pit firing", "description": ""}, headers={"If-Match": '"1"'})
    assert need(edited, 200)["title"] == "Pit firing"
    assert edited.json()["description"] == ""
    assert edited.headers["etag"] == '"2"'
    assert Table(api.stack).item(f"WORKSHOP#{workshop}", "#DESCRIPTION") is None
    refused(api(host, "PATCH", path, {"title": "Late"}, headers={"If-Match": '"1"'}), 412, "stale_version")
    refused(api(host, "PATCH", path, {"title": "Odd"}, headers={"If-Match": "2"}), 400, "bad_if_match")
    refused(api(ana, "PATCH", path, {"title": "Mine"}), 403, "not_allowed")
    join(api, workshop, ana)
    after = api(host, "GET", path)
    assert (after.json()["title"], after.headers["etag"]) == ("Pit firing", '"2"')
    again = api(host, "PATCH", path, {"title": "Pit firing"}, headers={"If-Match": '"2"'})
    assert again.headers["etag"] == '"2"'


def test_more_seats_go_at_once_to_those_who_wait(api: Api) -> None:
    host, ana, ben, cleo = api.people(4)
    workshop = make(api, host, max_capacity=1)
    assert join(api, workshop, ana, ben, cleo) == ["rsvp", "waitlisted", "waitlisted"]
    table = Table(api.stack)
    with stream_held(api.stack):
        table.put(orphan(workshop))
        need(api(host, "PATCH", f"/workshops/{workshop}", {"max_capacity": 2}), 200)
        assert my_status(api, ben, workshop) == "rsvp"
        assert my_status(api, cleo, workshop) == "waitlisted"
        assert table.waiting(workshop) == [api.id(cleo)]


def test_a_capacity_goes_down_to_the_seats_taken_and_back_to_unlimited(api: Api) -> None:
    host, ana, ben, cleo = api.people(4)
    workshop = make(api, host, max_capacity=3)
    path = f"/workshops/{workshop}"
    join(api, workshop, ana, ben)
    refused(api(host, "PATCH", path, {"max_capacity": 1}), 409, "capacity_below_taken")
    assert need(api(host, "PATCH", path, {"max_capacity": 2}), 200)["seats_left"] == 0
    assert join(api, workshop, cleo) == ["waitlisted"]
    with stream_held(api.stack):
        assert need(api(host, "PATCH", path, {"max_capacity": None}), 200)["seats_left"] is None
        assert my_status(api, cleo, workshop) == "rsvp"
    refused(api(host, "PATCH", path, {"max_capacity": 9}), 409, "capacity_mode_fixed")


def test_a_workshop_goes_through_its_life_once(api: Api) -> None:
    host, ana = api.people(2)
    workshop = make(api, host)
    path = f"/workshops/{workshop}"
    refused(api(host, "POST", f"{path}/start"), 409, "bad_transition")
    bring_near(api.stack, workshop)
    refused(api(ana, "POST", f"{path}/lobby"), 403, "not_allowed")
    refused(api(host, "POST", f"{path}/end"), 409, "bad_transition")
    for step, status in (("lobby", "lobby"), ("start", "live"), ("end", "ended")):
        for _ in range(2):
            assert need(api(host, "POST", f"{path}/{step}"), 200)["status"] == status
        refused(api(host, "PATCH", path, {"title": "Late"}), 409, "not_editable")
    over = detail(api, ana, workshop)
    assert over["actual_started_at"] <= over["actual_ended_at"]
    refused(api(host, "POST", f"{path}/lobby"), 409, "bad_transition")
    refused(api(host, "DELETE", path), 409, "workshop_over")
    refused(api(ana, "POST", f"{path}/rsvp"), 409, "workshop_over")
    done = [entry["action"] for entry in Table(api.stack).items(f"AUDIT#{workshop}")]
    assert done == ["workshop_lobby", "workshop_live", "workshop_ended"]


def test_a_cancelled_workshop_leaves_the_lists_and_stays_readable(api: Api) -> None:
    host, ana = api.people(2)
    category = make_category(api)["id"]
    workshop = make(api, host, category_id=category)
    path = f"/workshops/{workshop}"
    refused(api(ana, "DELETE", path), 403, "not_allowed")
    refused(api(host, "DELETE", path, headers={"If-Match": '"7"'}), 412, "stale_version")
    need(api(host, "DELETE", path), 204)
    assert detail(api, ana, workshop)["status"] == "cancelled"
    assert _ids(pages(api, ana, f"/workshops?category={category}")) == []
    refused(api(ana, "POST", f"{path}/rsvp"), 409, "workshop_over")
    refused(api(host, "DELETE", path), 409, "workshop_over")


def test_an_administrator_makes_workshops_for_others_and_nobody_else_does(api: Api) -> None:
    host, ana = api.people(2)
    made = need(api("admin", "POST", "/workshops", wanted(host_id=api.id(host))), 201)
    assert made["host"]["id"] == api.id(host)
    assert detail(api, host, made["id"])["my"]["is_host"] is True
    problem = refused(api(ana, "POST", "/workshops", wanted(host_id=api.id(host))), 422, "validation_failed")
    assert [error["loc"] for error in problem["errors"]] == [["host_id"]]
    refused(api("admin", "POST", "/workshops", wanted(host_id="usr_aaaaaaaaaaaaaaaa")), 422, "unknown_host")


@pytest.mark.parametrize("category", ["cat_00000000000000000000000000", None])
def test_a_category_has_to_exist_and_be_active(api: Api, category: str | None) -> None:
    host = api.person()
    asked = category or make_category(api, is_active=False)["id"]
    refused(api(host, "POST", "/workshops", wanted(category_id=asked)), 422, "unknown_category")
    assert _ids(pages(api, host, "/workshops?host=me")) == []
