"""Profiles, rights and bans, as their function answers on an emulated table."""

import html
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
from pynamodb.exceptions import PynamoDBException

from atelier import error_pages, errors, table
from atelier.accounts import bans
from atelier.accounts.items import (
    AuditEntry,
    Ban,
    Profile,
    UsernameGuard,
    ban_key,
    profile_key,
    username_key,
)
from atelier.errors import NotFoundError
from atelier.table import Item
from tests.calling import Reply, World, call, claims_of, id_of
from tests.counting import counted
from tests.faults import Killed, answers_lost, dead_table, failing_with, killed_after, killed_before


def me(user: str = "ana", **more: Any) -> Reply:
    return call("accounts", "GET", "/me", user=user, **more)


def edit(body: object, user: str = "ana", version: str | None = None) -> Reply:
    return call("accounts", "PATCH", "/me", user=user, body=body, headers={"If-Match": version} if version else None)


def decide(user: str, body: object, *, by: str = "root", **more: Any) -> Reply:
    return call("accounts", "PATCH", f"/users/{id_of(user)}", user=by, groups=("admin",), body=body, **more)


def profile_of(user: str) -> Profile:
    return cast("Profile", table.read_one(profile_key(id_of(user))))


def audit_of(user: str) -> list[AuditEntry]:
    return cast("list[AuditEntry]", list(Item.query(f"AUDIT#{id_of(user)}")))


def guards() -> dict[str, str]:
    """Who holds which username, by the guards' keys."""
    return {item.pk: item.user_id for item in Item.scan() if isinstance(item, UsernameGuard)}


def own(user: str, *names: str) -> dict[str, str]:
    return {username_key(name)[0]: id_of(user) for name in names}


def test_a_person_gets_a_profile_when_first_seen(world: World) -> None:
    reply = me()
    assert reply.status == 200
    assert reply.headers["etag"] == '"1"'
    assert reply.json == {
        "id": world.id("ana"),
        "display_name": "ana",
        "username": None,
        "avatar_url": None,
        "avatar_color": reply.json["avatar_color"],
        "bio": None,
        "can_host": True,
        "role": "participant",
        "status": "active",
        "email": None,
        "email_verified": False,
        "timezone": "UTC",
        "locale": "en",
    }
    assert me().text == reply.text


def test_reading_me_takes_one_round_trip_and_two_the_first_time(world: World) -> None:
    with counted() as first:
        me()
    with counted() as then:
        me()
    assert first.operations == ["GetItem", "PutItem"]
    assert then.operations == ["GetItem"]
    assert then.read_units == 1


def test_two_first_requests_at_once_make_one_profile(world: World) -> None:
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: me(), range(8)))
    assert {reply.status for reply in replies} == {200}
    assert len({reply.text for reply in replies}) == 1


@pytest.mark.parametrize(
    "told",
    [
        {"username": "ana@example.com"},
        {"name": "Ana (ana@example.com)"},
        {"username": "7d3c0b5e-3a52-4f0e-9d3f-6a0e5b1c2d3e"},
        {"username": "+4915112345678"},
        {"username": "google_115512345678901234567"},
        {"name": " \t"},
        {"name": "\u200b\u0000"},
        {"username": ""},
    ],
)
def test_a_first_name_gives_away_no_address_number_or_internal_id(world: World, told: dict[str, str]) -> None:
    reply = me(claims=claims_of("ana") | {"username": ""} | told)
    assert reply.json["display_name"] == f"Member {world.id('ana')[-4:]}"


def test_a_first_name_is_what_the_issuer_calls_the_person(world: World) -> None:
    told = {"name": "  Ana\u0000 Mari\u0301a ", "preferred_username": "anam"}
    assert me(claims=claims_of("ana") | told).json["display_name"] == "Ana María"
    assert me("ben", claims=claims_of("ben") | {"name": "x" * 300}).json["display_name"] == "x" * 100


def test_an_address_is_shown_only_to_its_owner_and_only_when_verified(world: World) -> None:
    told = claims_of("ana") | {"email": "ana@example.com"}
    verified = me(claims=told | {"email_verified": "true"}).json
    assert (verified["email"], verified["email_verified"]) == ("ana@example.com", True)
    unverified = me(claims=told | {"email_verified": "false"}).json
    assert (unverified["email"], unverified["email_verified"]) == (None, False)
    assert "example.com" not in call("accounts", "GET", f"/users/{world.id('ana')}", user="ben").text
    assert all("example.com" not in str(item.serialize()) for item in Item.scan())


def test_a_profile_is_edited_field_by_field(world: World) -> None:
    body = {
        "display_name": "  Ana Mari\u0301a ",
        "username": "Ana.M",
        "bio": "I fire\r\nraku.",
        "avatar_url": "https://example.com/ana.png?s=96",
        "avatar_color": "#AABBCC",
        "timezone": "Europe/Madrid",
        "locale": "es-ES",
    }
    reply = edit(body)
    assert reply.status == 200
    assert reply.headers["etag"] == '"2"'
    assert reply.json == me().json
    told = {"display_name": "Ana María", "bio": "I fire\nraku.", "avatar_color": "#aabbcc"}
    assert {name: reply.json[name] for name in body} == body | told


def test_null_takes_a_field_away_where_there_can_be_none(world: World) -> None:
    edit({"username": "ana", "bio": "x", "avatar_url": "https://example.com"})
    reply = edit({"username": None, "bio": None, "avatar_url": None})
    assert (reply.json["username"], reply.json["bio"], reply.json["avatar_url"]) == (None, None, None)
    assert guards() == {}


def test_an_edit_that_changes_nothing_writes_nothing(world: World) -> None:
    edit({"bio": "x"})
    with counted() as use:
        replies = [edit({"bio": "x"}), edit({})]
    assert [(reply.status, reply.headers["etag"]) for reply in replies] == [(200, '"2"')] * 2
    assert use.operations == ["GetItem", "GetItem"]


def test_an_edit_takes_one_read_and_one_transaction(world: World) -> None:
    world.meet("ana")
    with counted() as use:
        edit({"username": "ana", "bio": "x"})
    assert use.operations == ["GetItem", "TransactWriteItems"]


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({"display_name": ""}, "display_name"),
        ({"display_name": "x" * 101}, "display_name"),
        ({"display_name": None}, "display_name"),
        ({"display_name": "a\nb"}, "display_name"),
        ({"username": "ab"}, "username"),
        ({"username": "x" * 31}, "username"),
        ({"username": "ana b"}, "username"),
        ({"username": "ana@example.com"}, "username"),
        ({"username": "a/b/c"}, "username"),
        ({"username": "ana\u200b"}, "username"),
        ({"bio": "x" * 501}, "bio"),
        ({"avatar_url": "javascript:alert(1)"}, "avatar_url"),
        ({"avatar_url": "data:image/svg+xml,x"}, "avatar_url"),
        ({"avatar_url": "//example.com/x"}, "avatar_url"),
        ({"avatar_url": "https://"}, "avatar_url"),
        ({"avatar_url": "https://[::1"}, "avatar_url"),
        ({"avatar_url": "https://example.com/a b"}, "avatar_url"),
        ({"avatar_url": "https://example.com/" + "x" * 2000}, "avatar_url"),
        ({"avatar_color": "red"}, "avatar_color"),
        ({"avatar_color": None}, "avatar_color"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"locale": "e"}, "locale"),
        ({"locale": "../x"}, "locale"),
        ({"email": "ana@example.com"}, "email"),
        ({"can_host": True}, "can_host"),
        ({"role": "organizer"}, "role"),
        ({"status": "active"}, "status"),
        ({"id": "usr_x"}, "id"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_and_changes_nothing(world: World, body: object, loc: str) -> None:
    before = me().text
    reply = edit(body)
    assert (reply.status, reply.code) == (422, "validation_failed")
    assert [entry["loc"] for entry in reply.json["errors"]] == [[loc]]
    assert me().text == before


def test_a_taken_username_is_refused_whatever_its_case(world: World) -> None:
    edit({"username": "Straße.1"})
    for twin in ("Straße.1", "straße.1", "STRASSE.1", "\uff53trasse.1"):
        reply = edit({"username": twin, "bio": "mine"}, user="ben")
        assert (reply.status, reply.code) == (409, "username_taken")
    ben = me("ben").json
    assert (ben["username"], ben["bio"]) == (None, None)
    assert guards() == own("ana", "straße.1")


def test_a_username_can_change_its_case_and_is_still_ones_own(world: World) -> None:
    edit({"username": "ana"})
    assert edit({"username": "ANA"}).json["username"] == "ANA"
    assert guards() == own("ana", "ana")


def test_a_username_that_was_given_up_is_free_for_others(world: World) -> None:
    edit({"username": "first"})
    edit({"username": "second"})
    assert guards() == own("ana", "second")
    assert edit({"username": "first"}, user="ben").status == 200


def test_of_many_who_want_a_username_one_gets_it(world: World) -> None:
    people = [f"person-{number}" for number in range(12)]
    world.meet(*people)
    with ThreadPoolExecutor(12) as pool:
        replies = list(pool.map(lambda user: edit({"username": "wanted"}, user=user), people))
    assert sorted(reply.status for reply in replies) == [200] + [409] * 11
    assert len(guards()) == 1


def test_edits_at_once_are_all_applied(world: World) -> None:
    world.meet("ana")
    fields = [{"bio": "b"}, {"locale": "de"}, {"timezone": "Asia/Tokyo"}, {"display_name": "A"}]
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(edit, fields))
    assert {reply.status for reply in replies} == {200}
    after = me()
    assert after.headers["etag"] == '"5"'
    assert all(after.json[name] == value for field in fields for name, value in field.items())


def test_an_edit_of_a_version_that_is_not_current_is_refused(world: World) -> None:
    world.meet("ana")
    assert edit({"bio": "one"}, version='"1"').status == 200
    reply = edit({"bio": "two"}, version='"1"')
    assert (reply.status, reply.code) == (412, "stale_version")
    assert me().json["bio"] == "one"
    assert edit({"bio": "two"}, version='"1", "2"').status == 200
    assert edit({"bio": "three"}, version="*").status == 200


def test_of_two_edits_of_one_version_one_is_refused(world: World) -> None:
    world.meet("ana")
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda number: edit({"bio": str(number)}, version='"1"'), range(8)))
    assert sorted(reply.status for reply in replies) == [200] + [412] * 7
    assert me().headers["etag"] == '"2"'


def test_an_edit_whose_answer_was_lost_is_not_taken_for_somebody_elses(world: World) -> None:
    world.meet("ana")
    with answers_lost() as fault:
        reply = edit({"username": "ana", "bio": "x"}, version='"1"')
    assert fault.struck == 1
    assert (reply.status, reply.headers["etag"]) == (200, '"2"')
    assert guards() == own("ana", "ana")


def test_a_first_sight_whose_answer_was_lost_is_a_first_sight(world: World) -> None:
    with answers_lost() as fault:
        assert me().status == 200
    assert fault.struck == 1


@pytest.mark.parametrize("dying", [killed_before, killed_after])
@pytest.mark.parametrize("write", [1, 2])
def test_dying_around_any_write_of_an_edit_leaves_all_or_nothing(world: World, dying: Any, write: int) -> None:
    """First write: the profile of somebody unseen. Second: the edit."""
    with pytest.raises(Killed), dying(write):
        edit({"username": "new", "bio": "x"})
    between = cast("Profile | None", table.read_one(profile_key(world.id("ana"))))
    assert guards() == (own("ana", "new") if between is not None and between.username else {})
    assert edit({"username": "new", "bio": "x"}).status == 200
    assert guards() == own("ana", "new")


def test_anybody_signed_in_may_read_a_profile_but_not_its_rights(world: World) -> None:
    edit({"bio": "x", "username": "ana"})
    reply = call("accounts", "GET", f"/users/{world.id('ana')}", user="ben")
    assert reply.status == 200
    assert reply.headers["etag"] == '"2"'
    assert set(reply.json) == {"id", "display_name", "username", "avatar_url", "avatar_color", "bio"}


def test_reading_a_profile_takes_one_round_trip(world: World) -> None:
    world.meet("ana", "ben")
    with counted() as use:
        call("accounts", "GET", f"/users/{world.id('ben')}")
    assert use.operations == ["BatchGetItem"]


def test_ones_own_public_profile_is_there_before_anything_else(world: World) -> None:
    assert call("accounts", "GET", f"/users/{world.id('ana')}").status == 200


@pytest.mark.parametrize("user_id", ["usr_aaaaaaaaaaaaaaaa", "cat_aaaaaaaaaaaaaaaaaaaaaaaaaa", "nobody", "me"])
def test_nobody_is_not_found(world: World, user_id: str) -> None:
    reply = call("accounts", "GET", f"/users/{user_id}")
    assert (reply.status, reply.code) == (404, "not_found")


def test_an_administrator_changes_rights_and_the_audit_log_says_so(world: World) -> None:
    world.meet("ben")
    reply = decide("ben", {"can_host": False, "role": "organizer"})
    assert reply.status == 200
    assert reply.headers["etag"] == '"2"'
    assert (reply.json["can_host"], reply.json["role"], reply.json["status"]) == (False, "organizer", "active")
    assert me("ben").json["can_host"] is False
    [entry] = audit_of("ben")
    assert (entry.action, entry.actor_id) == ("rights_changed", world.id("root"))
    assert entry.change == {
        "from": {"can_host": True, "role": "participant"},
        "to": {"can_host": False, "role": "organizer"},
    }


def test_a_decision_that_changes_nothing_is_not_logged(world: World) -> None:
    world.meet("ben")
    reply = decide("ben", {"status": "active"})
    assert (reply.status, reply.headers["etag"]) == (200, '"1"')
    assert audit_of("ben") == []


def test_a_decision_takes_one_read_and_one_transaction(world: World) -> None:
    world.meet("ben", "root")
    with counted() as use:
        decide("ben", {"can_host": False})
    assert use.operations == ["BatchGetItem", "TransactWriteItems"]


def test_only_administrators_decide(world: World) -> None:
    world.meet("ben")
    for user in ("ana", "ben"):
        reply = call("accounts", "PATCH", f"/users/{world.id('ben')}", user=user, body={"role": "organizer"})
        assert (reply.status, reply.code) == (403, "not_allowed")
    reply = call("accounts", "PATCH", "/users/usr_aaaaaaaaaaaaaaaa", body={"role": "organizer"})
    assert (reply.status, reply.code) == (403, "not_allowed")
    assert me("ben").json["role"] == "participant"


def test_a_decision_about_nobody_or_an_old_version_is_refused(world: World) -> None:
    assert decide("nobody", {"can_host": False}).code == "not_found"
    world.meet("ben")
    assert decide("ben", {"can_host": False}, headers={"If-Match": '"7"'}).code == "stale_version"
    for body in ({"status": "gone"}, {"role": "admin"}, {"can_host": "no"}, {"display_name": "x"}, {"can_host": None}):
        assert decide("ben", body).status == 422
    assert me("ben").headers["etag"] == '"1"'


@pytest.mark.parametrize("dying", [killed_before, killed_after])
def test_dying_around_a_decision_leaves_right_and_audit_entry_or_neither(world: World, dying: Any) -> None:
    world.meet("ben", "root")
    with pytest.raises(Killed), dying(1):
        decide("ben", {"can_host": False})
    assert len(audit_of("ben")) == (not profile_of("ben").can_host)
    assert decide("ben", {"can_host": False}).status == 200
    assert len(audit_of("ben")) == 1


def test_a_decision_whose_answer_was_lost_is_logged_once(world: World) -> None:
    world.meet("ben")
    with answers_lost(2) as fault:
        assert decide("ben", {"can_host": False}).status == 200
    assert fault.struck == 1
    assert len(audit_of("ben")) == 1


def test_a_suspended_person_reads_what_is_public_and_nothing_else(world: World) -> None:
    world.meet("ana", "ben")
    decide("ana", {"status": "suspended"})
    refused: list[tuple[str, str, object]] = [
        ("GET", "/me", None),
        ("PATCH", "/me", {"bio": "x"}),
        ("GET", "/me/bans", None),
        ("DELETE", f"/me/bans/{world.id('ben')}", None),
        ("PATCH", f"/users/{world.id('ben')}", {"role": "organizer"}),
    ]
    for method, path, body in refused:
        reply = call("accounts", method, path, body=body, groups=("admin",))
        assert (reply.status, reply.code) == (403, "account_suspended"), path
    assert call("accounts", "GET", f"/users/{world.id('ben')}").status == 200
    assert call("accounts", "GET", "/health", user=None).status == 200
    decide("ana", {"status": "active"})
    assert me().status == 200


def test_a_ban_stands_with_the_host_and_in_the_profile_and_raises_no_version(world: World) -> None:
    world.meet("host", "ben")
    bans.ban(world.id("host"), world.id("ben"), actor_id=world.id("host"))
    bans.ban(world.id("host"), world.id("ben"), actor_id=world.id("host"))
    profile = profile_of("ben")
    assert profile.barred_by == {world.id("host")}
    assert profile.version == 1
    assert isinstance(table.read_one(ban_key(world.id("host"), world.id("ben"))), Ban)
    assert [entry.action for entry in audit_of("ben")] == ["banned"]


def test_nobody_cannot_be_banned(world: World) -> None:
    with pytest.raises(NotFoundError):
        bans.ban(world.id("host"), world.id("nobody"), actor_id=world.id("host"))
    assert list(Item.scan()) == []


def test_a_host_lists_whom_they_banned_and_nobody_elses_bans(world: World) -> None:
    world.meet("ben", "cleo")
    bans.ban(world.id("host"), world.id("ben"), actor_id=world.id("host"))
    bans.ban(world.id("other"), world.id("cleo"), actor_id=world.id("other"))
    reply = call("accounts", "GET", "/me/bans", user="host")
    assert reply.status == 200
    [item] = reply.json["items"]
    assert set(item) == {"user", "created_at"}
    assert item["user"]["id"] == world.id("ben")
    assert item["created_at"].endswith("Z")
    assert reply.json["next_cursor"] is None
    assert "link" not in reply.headers


def test_a_list_of_bans_is_walked_page_by_page(world: World) -> None:
    people = sorted(f"person-{number}" for number in range(7))
    world.meet("host", *people)
    for user in people:
        bans.ban(world.id("host"), world.id(user), actor_id=world.id("host"))
    found: list[str] = []
    query: dict[str, object] = {"limit": 3}
    sizes = []
    while True:
        with counted() as use:
            page = call("accounts", "GET", "/me/bans", user="host", query=query)
        assert use.operations == ["Query", "BatchGetItem"]
        sizes.append(len(page.json["items"]))
        found += [item["user"]["id"] for item in page.json["items"]]
        if page.json["next_cursor"] is None:
            break
        query = {"limit": 3, "cursor": page.json["next_cursor"]}
        assert page.headers["link"] == f'</v1/me/bans?limit=3&cursor={page.json["next_cursor"]}>; rel="next"'
    assert sizes == [3, 3, 1]
    assert found == sorted(world.id(user) for user in people)


def test_a_cursor_of_somebody_else_is_refused(world: World) -> None:
    world.meet("ben", "cleo")
    for user in ("ben", "cleo"):
        bans.ban(world.id("host"), world.id(user), actor_id=world.id("host"))
    cursor = call("accounts", "GET", "/me/bans", user="host", query={"limit": 1}).json["next_cursor"]
    reply = call("accounts", "GET", "/me/bans", user="ana", query={"limit": 1, "cursor": cursor})
    assert (reply.status, reply.code) == (400, "bad_cursor")


def test_a_ban_is_undone_once_and_for_all(world: World) -> None:
    world.meet("host", "ben")
    bans.ban(world.id("host"), world.id("ben"), actor_id=world.id("host"))
    path = f"/me/bans/{world.id('ben')}"
    with counted() as first:
        assert call("accounts", "DELETE", path, user="host").status == 204
    with counted() as again:
        assert call("accounts", "DELETE", path, user="host").status == 204
    assert first.operations == ["BatchGetItem", "TransactWriteItems"]
    assert again.operations == ["BatchGetItem"]
    assert not profile_of("ben").barred_by
    assert call("accounts", "GET", "/me/bans", user="host").json["items"] == []
    assert [entry.action for entry in audit_of("ben")] == ["banned", "unbanned"]


def test_undoing_a_ban_leaves_other_hosts_bans(world: World) -> None:
    world.meet("ben")
    for host in ("host", "other"):
        bans.ban(world.id(host), world.id("ben"), actor_id=world.id(host))
    call("accounts", "DELETE", f"/me/bans/{world.id('ben')}", user="host")
    assert profile_of("ben").barred_by == {world.id("other")}


def test_a_ban_of_somebody_who_is_gone_can_be_undone(world: World) -> None:
    world.meet("host", "ben")
    bans.ban(world.id("host"), world.id("ben"), actor_id=world.id("host"))
    profile_of("ben").delete()
    assert call("accounts", "GET", "/me/bans", user="host").json["items"] == []
    assert call("accounts", "DELETE", f"/me/bans/{world.id('ben')}", user="host").status == 204
    assert table.read_one(profile_key(world.id("ben"))) is None
    assert table.read_one(ban_key(world.id("host"), world.id("ben"))) is None


def test_bans_undone_at_once_are_undone_once(world: World) -> None:
    world.meet("host", "ben")
    bans.ban(world.id("host"), world.id("ben"), actor_id=world.id("host"))
    path = f"/me/bans/{world.id('ben')}"
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda _: call("accounts", "DELETE", path, user="host"), range(6)))
    assert {reply.status for reply in replies} == {204}
    assert [entry.action for entry in audit_of("ben")] == ["banned", "unbanned"]


@pytest.mark.parametrize("dying", [killed_before, killed_after])
def test_dying_around_undoing_a_ban_leaves_both_places_alike(world: World, dying: Any) -> None:
    world.meet("host", "ben")
    bans.ban(world.id("host"), world.id("ben"), actor_id=world.id("host"))
    path = f"/me/bans/{world.id('ben')}"
    with pytest.raises(Killed), dying(1):
        call("accounts", "DELETE", path, user="host")
    stands = table.read_one(ban_key(world.id("host"), world.id("ben"))) is not None
    assert bool(profile_of("ben").barred_by) == stands
    assert call("accounts", "DELETE", path, user="host").status == 204
    assert not profile_of("ben").barred_by


def test_health_takes_one_read_and_needs_no_token(world: World) -> None:
    with counted() as use:
        reply = call("accounts", "GET", "/health", user=None)
    assert (reply.status, reply.json) == (200, {"status": "ok"})
    assert use.operations == ["GetItem"]


def test_health_says_when_the_table_cannot_be_read(world: World) -> None:
    with dead_table("refused"):
        reply = call("accounts", "GET", "/health", user=None)
    assert (reply.status, reply.code) == (503, "table_unavailable")
    assert int(reply.headers["retry-after"]) > 0


def test_a_mistake_of_ours_is_not_called_unavailability(world: World) -> None:
    with failing_with("ValidationException"), pytest.raises(PynamoDBException):
        call("accounts", "GET", "/health", user=None)


def test_every_code_has_a_page_without_a_token_or_a_read(world: World) -> None:
    with counted() as use:
        for kind in errors.catalogue():
            reply = call("accounts", "GET", f"/public/errors/{kind.code}", user=None)
            assert reply.status == 200
            assert reply.headers["content-type"] == "text/html; charset=utf-8"
            assert reply.headers["content-security-policy"] == error_pages.HEADERS["Content-Security-Policy"]
            assert kind.title in html.unescape(reply.text)
    assert use.operations == []


@pytest.mark.parametrize("code", ["no_such_code", "NOT_FOUND", "<script>", "x" * 65])
def test_an_unknown_code_has_no_page(world: World, code: str) -> None:
    reply = call("accounts", "GET", f"/public/errors/{code}", user=None)
    assert (reply.status, reply.code) == (404, "not_found")
    assert code not in reply.text
