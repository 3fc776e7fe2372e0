"""Profiles, rights and bans over HTTP."""

import secrets

import pytest

from local.people import describe, email
from tests.e2e.api import Api
from tests.e2e.scenes import NO_WORKSHOP, Table, join, make, need, pages, refused, wanted


def test_the_service_is_healthy_for_anybody(api: Api) -> None:
    answer = api(None, "GET", "/health")
    assert need(answer, 200) == {"status": "ok"}


def test_an_error_is_explained_on_a_page_for_anybody(api: Api) -> None:
    answer = api(None, "GET", "/public/errors/workshop_full")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "workshop_full" in answer.text
    refused(api(None, "GET", "/public/errors/no_such_error"), 404, "not_found")


def test_the_first_sight_of_a_person_makes_their_profile(api: Api) -> None:
    name = f"newcomer-{secrets.token_hex(6)}"
    pool = api.pool
    pool.add(name)
    headers = {"Authorization": f"Bearer {pool.token(name)}"}
    first = api(None, "GET", "/me", headers=headers)
    me = need(first, 200)
    assert first.headers["etag"] == '"1"'
    assert email(name) not in first.text
    assert me.items() >= {"can_host": True, "role": "participant", "status": "active", "timezone": "UTC"}.items()
    profile = Table(api.stack).item(f"USER#{me['id']}", "#PROFILE")
    assert profile is not None
    assert profile["display_name"] == me["display_name"]
    assert need(api(None, "GET", "/me", headers=headers), 200) == me


def test_a_token_of_a_second_sign_in_is_the_same_person(api: Api) -> None:
    name = api.person()
    before = api.id(name)
    assert describe(api.pool, api.stack["api"], [name])[name]["id"] == before


def test_a_person_edits_their_own_profile_and_others_see_it(api: Api) -> None:
    ana, ben = api.people(2)
    tag = api(ana, "GET", "/me").headers["etag"]
    username = f"ana.{api.id(ana)[-12:]}"
    changes = {
        "display_name": "Ana Alves",
        "username": username,
        "bio": "Potter.\nAlso sails.",
        "avatar_color": "#112233",
        "timezone": "Europe/Lisbon",
        "locale": "pt-PT",
    }
    edited = api(ana, "PATCH", "/me", changes, headers={"If-Match": tag})
    assert need(edited, 200).items() >= changes.items()
    assert edited.headers["etag"] != tag
    assert need(api(ben, "GET", f"/users/{api.id(ana)}"), 200) == {
        "id": api.id(ana),
        "display_name": "Ana Alves",
        "username": username,
        "avatar_url": None,
        "avatar_color": "#112233",
        "bio": "Potter.\nAlso sails.",
    }
    refused(api(ana, "PATCH", "/me", {"bio": "stale"}, headers={"If-Match": tag}), 412, "stale_version")


def test_a_username_is_unique_and_free_again_once_it_is_given_up(api: Api) -> None:
    ana, ben = api.people(2)
    name = f"u{api.id(ana)[-12:]}"
    need(api(ana, "PATCH", "/me", {"username": name}), 200)
    refused(api(ben, "PATCH", "/me", {"username": name.upper()}), 409, "username_taken")
    assert need(api(ben, "GET", "/me"), 200)["username"] is None
    need(api(ana, "PATCH", "/me", {"username": f"{name}-2"}), 200)
    assert need(api(ben, "PATCH", "/me", {"username": name}), 200)["username"] == name


def test_nobody_is_found_under_an_unknown_id(api: Api) -> None:
    refused(api(api.person(), "GET", "/users/usr_aaaaaaaaaaaaaaaa"), 404, "not_found")


def test_a_suspended_person_reads_public_things_and_nothing_else(api: Api) -> None:
    host, ana = api.people(2)
    public, private = make(api, host), make(api, host, is_private=True)
    suspended = need(api("admin", "PATCH", f"/users/{api.id(ana)}", {"status": "suspended"}), 200)
    assert suspended["status"] == "suspended"
    need(api(ana, "GET", f"/workshops/{public}"), 200)
    need(api(ana, "GET", "/workshops"), 200)
    need(api(ana, "GET", "/categories"), 200)
    need(api(ana, "GET", f"/users/{api.id(host)}"), 200)
    refused(api(ana, "GET", f"/workshops/{private}"), 404, "not_found")
    for method, path, body in (
        ("GET", "/me", None),
        ("PATCH", "/me", {"bio": "Still here"}),
        ("GET", "/me/bans", None),
        ("GET", "/workshops?my=true", None),
        ("POST", "/workshops", wanted()),
        ("POST", f"/workshops/{public}/rsvp", None),
        ("DELETE", f"/workshops/{public}/rsvp", None),
    ):
        refused(api(ana, method, path, body), 403, "account_suspended")
    need(api("admin", "PATCH", f"/users/{api.id(ana)}", {"status": "active"}), 200)
    assert join(api, public, ana) == ["rsvp"]


def test_rights_are_changed_by_administrators_and_the_change_is_audited(api: Api) -> None:
    ana, ben = api.people(2)
    path = f"/users/{api.id(ana)}"
    refused(api(ben, "PATCH", path, {"can_host": False}), 403, "not_allowed")
    refused(api(ana, "PATCH", path, {"role": "organizer"}), 403, "not_allowed")
    changed = need(api("admin", "PATCH", path, {"can_host": False, "role": "organizer"}), 200)
    assert (changed["can_host"], changed["role"]) == (False, "organizer")
    refused(api(ana, "POST", "/workshops", wanted()), 403, "hosting_revoked")
    (entry,) = Table(api.stack).items(f"AUDIT#{api.id(ana)}")
    assert (entry["action"], entry["actor_id"]) == ("rights_changed", api.id("admin"))
    refused(api("admin", "PATCH", "/users/usr_aaaaaaaaaaaaaaaa", {"can_host": True}), 404, "not_found")


def test_bans_are_listed_page_by_page_and_can_be_undone(api: Api) -> None:
    host, *people = api.people(4)
    workshop, later = make(api, host), make(api, host)
    join(api, workshop, *people)
    for who in people:
        need(api(host, "DELETE", f"/workshops/{workshop}/attendees/{api.id(who)}?ban=true"), 204)
    listed = pages(api, host, "/me/bans?limit=2")
    assert [len(page) for page in listed] == [2, 1]
    banned = [item["user"]["id"] for page in listed for item in page]
    assert banned == sorted(api.id(who) for who in people)
    refused(api(people[0], "POST", f"/workshops/{later}/rsvp"), 403, "banned")
    for _ in range(2):
        need(api(host, "DELETE", f"/me/bans/{api.id(people[0])}"), 204)
    assert join(api, later, people[0]) == ["rsvp"]
    refused(api(people[1], "POST", f"/workshops/{later}/rsvp"), 403, "banned")
    assert len(pages(api, host, "/me/bans")[0]) == 2


@pytest.mark.parametrize("path", [f"/users/{NO_WORKSHOP}", "/users/me", "/users/usr_%00"])
def test_an_id_of_another_shape_names_nobody(api: Api, path: str) -> None:
    refused(api(api.person(), "GET", path), 404, "not_found")
