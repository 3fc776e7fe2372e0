"""Profiles: made on first sight, edited by their owner, as their function answers on an emulated table."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest

from atelier import table
from atelier.accounts.items import (
    Profile,
    profile_key,
)
from tests.accounts import edit, guards, me, own
from tests.calling import World, call, claims_of
from tests.counting import counted
from tests.faults import Killed, answers_lost, killed_after, killed_before


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
        ({"email": "ana.example.com"}, "email"),
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
