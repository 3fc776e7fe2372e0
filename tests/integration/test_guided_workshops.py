"""Guided workshops: making, listing, editing, deleting them, and what a deletion clears away."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from atelier.guided import cleanup
from atelier.guided.definitions import definitions
from atelier.guided.items import STEPS, Guided, ShareLink
from atelier.table import Item
from tests import faults
from tests.calling import Reply, World, call, id_of
from tests.counting import counted
from tests.guided import (
    NOWHERE,
    ask,
    audit_of,
    change,
    join,
    make,
    share,
    stored,
    tokens,
    under,
)
from tests.streaming import Stream

BODY = {"title": "A better waiting room"}


def listed(user: str = "owner", limit: int = 25) -> list[str]:
    """Every page of somebody's list, followed by its cursors to the end."""
    found: list[str] = []
    cursor: dict[str, Any] = {}
    for _ in range(50):
        page = ask("GET", user=user, limit=limit, **cursor).json
        assert len(page["items"]) == limit or page["next_cursor"] is None
        found += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}
    raise AssertionError("the list does not end")


def test_a_guided_workshop_begins_as_a_private_draft_of_free_order(world: World) -> None:
    world.meet("owner")
    made = ask("POST", body={"title": "  A better waiting room "})
    assert made.status == 201
    assert made.headers["location"] == f"/v1/guided-workshops/{made.json['id']}"
    assert made.headers["etag"] == '"1"'
    assert made.json == {
        "id": made.json["id"],
        "title": "A better waiting room",
        "status": "draft",
        "visibility": "private",
        "mode": "free",
        "org_id": None,
        "template_id": None,
        "created_by": id_of("owner"),
        "definitions_version": definitions().version,
        "created_at": made.json["created_at"],
        "updated_at": made.json["created_at"],
        "my": {"role": "owner"},
    }
    read = ask("GET", f"/{made.json['id']}")
    assert (read.json, read.headers["etag"]) == (made.json, '"1"')


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({}, "title"),
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\nb"}, "title"),
        ({**BODY, "status": "live"}, "status"),
        ({**BODY, "visibility": "public"}, "visibility"),
        ({**BODY, "mode": "loose"}, "mode"),
        ({**BODY, "org_id": "x" * 501}, "org_id"),
        ({**BODY, "template_id": 7}, "template_id"),
        ({**BODY, "owner_count": 7}, "owner_count"),
    ],
    ids=str,
)
def test_what_is_no_guided_workshop_is_refused(world: World, body: object, loc: str) -> None:
    reply = ask("POST", body=body)
    assert (reply.status, reply.code) == (422, "validation_failed")
    assert [error["loc"] for error in reply.json["errors"]] == [[loc]]


def test_the_definitions_of_the_ten_steps_are_for_everybody_and_cost_no_read(world: World) -> None:
    with counted() as use:
        reply = call("guided", "GET", "/step-definitions", user="anybody")
    assert use.operations == []
    assert reply.status == 200
    assert [item["id"] for item in reply.json["items"]] == list(STEPS)
    assert set(reply.json["items"][0]) == {"id", "order", "name", "description", "prompt_template"}
    assert (reply.json["version"], reply.headers["etag"]) == (definitions().version, f'"{definitions().version}"')


# ---- The same request twice ----


def _make_with_key(title: str = "A better waiting room") -> Reply:
    return ask("POST", body={"title": title}, headers={"Idempotency-Key": "k"})


def test_a_repeated_request_makes_one_workshop(world: World) -> None:
    world.meet("owner")
    first, again = _make_with_key(), _make_with_key()
    assert (first.status, first.json) == (again.status, again.json)
    assert again.headers["idempotency-replayed"] == "true"
    assert listed() == [first.json["id"]]
    assert _make_with_key("Another").code == "idempotency_key_reused"


def test_of_many_twins_one_makes_it(world: World) -> None:
    world.meet("owner")
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda _: _make_with_key(), range(6)))
    assert {reply.status for reply in replies} == {201}
    assert len({reply.text for reply in replies}) == 1
    assert len(listed()) == 1


@pytest.mark.parametrize("fault", [faults.killed_before, faults.killed_after])
def test_a_process_that_dies_leaves_a_whole_workshop_or_none(world: World, fault: Any) -> None:
    world.meet("owner")
    with fault(1), pytest.raises(faults.Killed):
        _make_with_key()
    made = [item for item in Item.scan() if isinstance(item, Guided)]
    assert len(made) == (fault is faults.killed_after)
    if made:
        assert len(under(made[0].id)) == len(STEPS) + 2
    assert _make_with_key().status == 201
    assert len(listed()) == 1


# ---- Lists ----


def test_a_list_holds_what_one_is_a_member_of_the_newest_first(world: World) -> None:
    mine = [make(world) for _ in range(5)]
    theirs = make(world, "somebody")
    join(world, theirs, "owner", "viewer", by="somebody")
    make(world, "somebody")
    expected = [theirs, *reversed(mine)]
    assert listed(limit=2) == listed(limit=3) == listed(limit=25) == expected
    (item,) = ask("GET", limit=1).json["items"]
    assert item["my"] == {"role": "viewer"}


def test_a_page_is_full_though_the_index_still_lists_what_is_gone(world: World) -> None:
    made = [make(world) for _ in range(6)]
    for guided_id in made[2:5]:
        assert ask("DELETE", f"/{guided_id}").status == 204
    assert listed(limit=2) == [made[5], made[1], made[0]]


def test_nobody_elses_list_goes_on_with_a_cursor(world: World) -> None:
    for _ in range(2):
        make(world)
    world.meet("ana")
    cursor = ask("GET", limit=1).json["next_cursor"]
    assert ask("GET", user="ana", cursor=cursor).code == "bad_cursor"


def test_reading_takes_one_round_trip_and_a_list_two(world: World) -> None:
    guided_id = make(world)
    with counted() as use:
        ask("GET", f"/{guided_id}")
        ask("GET")
    assert use.operations == ["BatchGetItem", "Query", "BatchGetItem"]


# ---- Edits ----


def test_an_owner_edits_what_the_patch_sets_and_nothing_else(world: World) -> None:
    guided_id = make(world, org_id="org-7", template_id="t-1")
    reply = ask(
        "PATCH", f"/{guided_id}", body={"title": "Quiet", "status": "active", "org_id": None, "template_id": ""}
    )
    assert (reply.status, reply.headers["etag"]) == (200, '"2"')
    shown = reply.json
    assert (shown["title"], shown["status"], shown["org_id"], shown["template_id"]) == ("Quiet", "active", None, None)
    assert ask("GET", f"/{guided_id}").json == shown
    same = ask("PATCH", f"/{guided_id}", body={"title": "Quiet"})
    assert (same.headers["etag"], same.json) == ('"2"', shown)
    assert audit_of(guided_id) == ["guided_changed"]


def test_of_two_owners_who_edit_one_is_told(world: World) -> None:
    guided_id = make(world)
    first = ask("PATCH", f"/{guided_id}", body={"title": "One"}, headers={"If-Match": '"1"'})
    second = ask("PATCH", f"/{guided_id}", body={"title": "Two"}, headers={"If-Match": '"1"'})
    assert (first.status, second.status) == (200, 412)
    assert ask("DELETE", f"/{guided_id}", headers={"If-Match": '"1"'}).status == 412
    assert ask("DELETE", f"/{guided_id}", headers={"If-Match": '"2"'}).status == 204


def test_two_edits_at_once_are_both_kept(world: World) -> None:
    guided_id = make(world)
    with faults.overtaken(1, lambda: ask("PATCH", f"/{guided_id}", body={"title": "Theirs"})) as fault:
        assert ask("PATCH", f"/{guided_id}", body={"mode": "strict"}).status == 200
    assert fault.struck == 1
    shown = ask("GET", f"/{guided_id}").json
    assert (shown["title"], shown["mode"]) == ("Theirs", "strict")


def test_neither_owners_nor_sessions_raise_the_version(world: World) -> None:
    guided_id = make(world)
    join(world, guided_id, "second", "owner")
    ask("POST", f"/{guided_id}/sessions")
    change(guided_id, "define", output="x")
    assert ask("GET", f"/{guided_id}").headers["etag"] == '"1"'


# ---- Deletion ----


def _filled(world: World) -> str:
    guided_id = make(world, visibility="shared")
    join(world, guided_id, "ana", "editor")
    change(guided_id, "define", output="x")
    ask("POST", f"/{guided_id}/sessions")
    share(guided_id, "steps")
    return guided_id


def test_a_deleted_workshop_is_gone_at_once_and_cleared_away_afterwards(world: World, stream: Stream) -> None:
    guided_id, other = _filled(world), _filled(world)
    kept = {item.key for item in under(other)}
    assert ask("DELETE", f"/{guided_id}").status == 204
    assert ask("GET", f"/{guided_id}").status == 404
    assert ask("DELETE", f"/{guided_id}").status == 404
    assert listed() == listed("ana") == [other]
    stream.run()
    assert under(guided_id) == []
    assert len(tokens()) == 1
    assert {item.key for item in under(other)} == kept
    assert "guided_deleted" in audit_of(guided_id)


def test_clearing_away_goes_on_where_it_stopped(world: World) -> None:
    guided_id = _filled(world)
    ask("DELETE", f"/{guided_id}")
    killed = 0
    for writes in range(1, 8):
        left = len(under(guided_id))
        with faults.killed_after(writes) as fault, suppress(faults.Killed):
            cleanup.clear(guided_id)
        killed += fault.struck
        assert len(under(guided_id)) <= max(0, left - writes + 1)
        if not [item for item in under(guided_id) if isinstance(item, ShareLink)]:
            assert tokens() == [], "nothing leads to a token any more"
    assert killed > 3
    assert under(guided_id) == []
    assert cleanup.clear(guided_id) == 0


@pytest.mark.parametrize("admin", [False, True])
def test_nothing_is_added_to_a_workshop_that_is_being_deleted(world: World, *, admin: bool) -> None:
    """Who was let in before the deletion and writes after it would leave something behind that nobody can see."""
    guided_id = make(world)
    join(world, guided_id, "ana", "editor")
    world.meet("root")

    def vanish() -> None:
        assert ask("DELETE", f"/{guided_id}").status == 204
        cleanup.clear(guided_id)

    user = "root" if admin else "ana"
    with faults.overtaken(1, vanish) as fault:
        reply = ask("PATCH", f"/{guided_id}/steps/define", user=user, admin=admin, body={"output": "too late"})
    assert fault.struck == 1
    assert reply.status == 404
    assert under(guided_id) == []


def test_no_workshop_is_made_by_editing_one_that_is_gone(world: World) -> None:
    guided_id = make(world)
    with faults.overtaken(1, lambda: ask("DELETE", f"/{guided_id}")) as fault:
        reply = ask("PATCH", f"/{guided_id}", body={"title": "Ghost"})
    assert (fault.struck, reply.status) == (1, 404)
    assert stored(guided_id) is None
    assert ask("GET", f"/{NOWHERE}").status == 404
