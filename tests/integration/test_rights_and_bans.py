"""Rights and bans, health and the pages of errors, as their function answers on an emulated table."""

import html
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pynamodb.exceptions import PynamoDBException

from atelier import error_pages, errors, table
from atelier.accounts import bans
from atelier.accounts.items import (
    Ban,
    ban_key,
    profile_key,
)
from atelier.errors import NotFoundError
from atelier.table import Item
from tests.accounts import audit_of, decide, me, profile_of
from tests.calling import World, call
from tests.counting import counted
from tests.faults import Killed, answers_lost, dead_table, failing_with, killed_after, killed_before


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
