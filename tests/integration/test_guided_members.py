"""Members and their roles. The last owner stays, whatever happens at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from atelier.guided import members
from atelier.guided.items import Guided
from tests import faults
from tests.calling import World, id_of
from tests.counting import counted
from tests.guided import (
    NOWHERE,
    ask,
    audit_of,
    join,
    make,
    owners,
    put_member,
    remove_member,
    role_of,
)
from tests.privacy import erase
from tests.rooms import suspend


def roles(guided_id: str, user: str = "owner") -> dict[str, str]:
    """Who is listed, as what."""
    items = ask("GET", f"/{guided_id}/members", user=user).json["items"]
    return {item["user"]["display_name"]: item["role"] for item in items}


def test_who_makes_a_workshop_owns_it(world: World) -> None:
    guided_id = make(world)
    assert roles(guided_id) == {"owner": "owner"}
    assert owners(guided_id) == (1, 1)


def test_an_owner_makes_people_members_and_changes_what_they_are(world: World) -> None:
    guided_id = make(world)
    world.meet("ana")
    made = put_member(guided_id, "ana", "viewer")
    assert (made.status, made.json["role"], made.json["user"]["id"]) == (201, "viewer", id_of("ana"))
    changed = put_member(guided_id, "ana", "editor")
    assert (changed.status, changed.json["role"], changed.json["since"]) == (200, "editor", made.json["since"])
    with counted() as use:
        assert put_member(guided_id, "ana", "editor").status == 200
    assert use.writes == []
    assert roles(guided_id, "ana") == {"owner": "owner", "ana": "editor"}
    assert remove_member(guided_id, "ana").status == 204
    assert roles(guided_id) == {"owner": "owner"}
    assert audit_of(guided_id) == ["guided_member"] * 3


def test_a_member_who_is_taken_off_is_a_stranger_at_once(world: World) -> None:
    guided_id = make(world)
    join(world, guided_id, "ana", "editor")
    remove_member(guided_id, "ana")
    assert ask("GET", f"/{guided_id}", user="ana").status == 404
    assert ask("GET", user="ana").json["items"] == []
    assert remove_member(guided_id, "ana").status == 404


def test_everybody_may_leave_and_only_owners_take_others_off(world: World) -> None:
    guided_id = make(world)
    for user, role in (("viewer", "viewer"), ("editor", "editor"), ("second", "owner")):
        join(world, guided_id, user, role)
    assert remove_member(guided_id, "viewer", by="editor").status == 403
    assert remove_member(guided_id, "editor", by="viewer").status == 403
    for user in ("viewer", "editor", "second"):
        assert remove_member(guided_id, user, by=user).status == 204
    assert owners(guided_id) == (1, 1)


def test_somebody_unknown_cannot_be_a_member(world: World) -> None:
    guided_id = make(world)
    reply = put_member(guided_id, "nobody-ever-seen", "viewer")
    assert (reply.status, reply.code) == (404, "not_found")


@pytest.mark.parametrize("body", [{}, {"role": "admin"}, {"role": None}, {"role": "owner", "since": "x"}])
def test_what_is_no_role_is_refused(world: World, body: object) -> None:
    guided_id = make(world)
    assert ask("PUT", f"/{guided_id}/members/{id_of('owner')}", body=body).status == 422


def test_the_list_is_paged_without_skips_or_repeats(world: World) -> None:
    guided_id = make(world)
    people = [f"person {number}" for number in range(5)]
    for user in people:
        join(world, guided_id, user, "viewer")
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    for _ in range(4):
        page = ask("GET", f"/{guided_id}/members", limit=2, **cursor).json
        seen += [item["user"]["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == sorted(map(id_of, ["owner", *people]))
    other = make(world)
    assert ask("GET", f"/{other}/members", **cursor).code == "bad_cursor"


# ---- The last owner ----


def test_the_last_owner_neither_leaves_nor_steps_down(world: World) -> None:
    guided_id = make(world)
    join(world, guided_id, "editor", "editor")
    for reply in (
        remove_member(guided_id, "owner"),
        put_member(guided_id, "owner", "editor"),
        put_member(guided_id, "owner", "viewer", by="root", admin=True),
        remove_member(guided_id, "owner", by="root", admin=True),
    ):
        assert (reply.status, reply.code) == (409, "last_owner")
    assert owners(guided_id) == (1, 1)


def test_who_had_themselves_erased_is_made_no_owner(world: World) -> None:
    guided_id = make(world)
    world.meet("ana")
    assert erase("ana").status == 204
    assert put_member(guided_id, "ana", "owner").status == 404
    assert (role_of(guided_id, "ana"), owners(guided_id)) == (None, (1, 1))
    assert remove_member(guided_id, "owner", by="owner").code == "last_owner"


def test_an_owner_leaves_once_there_is_another(world: World) -> None:
    guided_id = make(world)
    join(world, guided_id, "second", "owner")
    assert owners(guided_id) == (2, 2)
    assert put_member(guided_id, "owner", "viewer").status == 200
    assert owners(guided_id) == (1, 1)
    assert put_member(guided_id, "second", "viewer", by="owner").status == 403
    assert remove_member(guided_id, "second", by="second").code == "last_owner"


def test_who_steps_down_is_counted_once_though_the_answer_is_lost(world: World) -> None:
    guided_id = make(world)
    join(world, guided_id, "second", "owner")
    with faults.answers_lost(on={"TransactWriteItems"}) as fault:
        assert put_member(guided_id, "second", "viewer").status == 200
    assert fault.struck == 1
    assert owners(guided_id) == (1, 1)


def _both_leave(guided_id: str) -> list[int]:
    """Two owners leave, the second between the first's decision and its writing."""
    replies = []
    with faults.overtaken(1, lambda: replies.append(remove_member(guided_id, "second", by="second"))):
        replies.append(remove_member(guided_id, "owner", by="owner"))
    return [reply.status for reply in replies]


def test_of_two_owners_who_leave_at_once_one_stays(world: World) -> None:
    guided_id = make(world)
    join(world, guided_id, "second", "owner")
    assert _both_leave(guided_id) == [204, 409]
    assert owners(guided_id) == (1, 1)


def test_without_its_condition_nobody_would_be_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    guided_id = make(world)
    join(world, guided_id, "second", "owner")
    monkeypatch.setattr(members, "_owners_as_in", lambda _: Guided.pk.exists())
    assert _both_leave(guided_id) == [204, 204]
    assert owners(guided_id) == (0, 0)


def test_of_many_owners_who_leave_at_once_one_stays(world: World) -> None:
    guided_id = make(world)
    people = ["owner", *(f"owner {number}" for number in range(4))]
    for user in people[1:]:
        join(world, guided_id, user, "owner")

    def leave(user: str) -> int:
        while (reply := remove_member(guided_id, user, by=user)).code == "request_in_progress":
            pass
        return reply.status

    with ThreadPoolExecutor(5) as pool:
        statuses = list(pool.map(leave, people))
    assert sorted(statuses) == [204] * 4 + [409]
    assert owners(guided_id) == (1, 1)


def test_of_two_owners_who_take_each_other_off_one_stays(world: World) -> None:
    guided_id = make(world)
    join(world, guided_id, "second", "owner")
    with faults.overtaken(1, lambda: remove_member(guided_id, "owner", by="second")) as fault:
        reply = remove_member(guided_id, "second", by="owner")
    assert fault.struck == 1
    assert reply.status == 404, "who was taken off meanwhile is a stranger"
    assert (role_of(guided_id, "owner"), role_of(guided_id, "second")) == (None, "owner")
    assert owners(guided_id) == (1, 1)


def test_an_owner_made_at_once_by_two_is_counted_once(world: World) -> None:
    guided_id = make(world)
    world.meet("ana")
    with faults.overtaken(1, lambda: put_member(guided_id, "ana", "owner")) as fault:
        assert put_member(guided_id, "ana", "owner").status == 200
    assert fault.struck == 1
    assert owners(guided_id) == (2, 2)


@pytest.mark.parametrize("fault", [faults.killed_before, faults.killed_after])
def test_the_count_and_the_owners_agree_though_the_process_dies(world: World, fault: Any) -> None:
    guided_id = make(world)
    join(world, guided_id, "second", "owner")
    with fault(1), pytest.raises(faults.Killed):
        remove_member(guided_id, "second")
    expected = 1 if fault is faults.killed_after else 2
    assert owners(guided_id) == (expected, expected)


# ---- Administrators, suspended people ----


def test_an_administrator_does_what_an_owner_does(world: World) -> None:
    guided_id = make(world)
    world.meet("root", "ana")
    assert put_member(guided_id, "ana", "owner", by="root", admin=True).status == 201
    assert owners(guided_id) == (2, 2)
    assert put_member(guided_id, "owner", "editor", by="root", admin=True).status == 200
    assert put_member(guided_id, "root", "viewer", by="root", admin=True).status == 201
    assert put_member(guided_id, "root", "owner", by="root", admin=True).status == 200
    assert owners(guided_id) == (2, 2)
    assert remove_member(guided_id, "root", by="root", admin=True).status == 204
    assert owners(guided_id) == (1, 1)


def test_a_suspended_owner_can_be_taken_off_and_does_nothing(world: World) -> None:
    guided_id = make(world)
    join(world, guided_id, "second", "owner")
    suspend("second")
    for reply in (
        ask("GET", f"/{guided_id}", user="second"),
        ask("GET", user="second"),
        ask("POST", user="second", body={"title": "Mine"}),
        put_member(guided_id, "owner", "viewer", by="second"),
        remove_member(guided_id, "second", by="second"),
    ):
        assert (reply.status, reply.code) == (403, "account_suspended")
    assert remove_member(guided_id, "second").status == 204


def test_members_of_no_workshop_are_not_found(world: World) -> None:
    world.meet("owner")
    assert ask("GET", f"/{NOWHERE}/members").status == 404
    assert put_member(NOWHERE, "owner", "owner").status == 404
    assert remove_member(NOWHERE, "owner").status == 404


def test_changing_a_member_takes_a_read_and_a_transaction(world: World) -> None:
    guided_id = make(world)
    world.meet("ana")
    with counted() as use:
        put_member(guided_id, "ana", "editor")
        remove_member(guided_id, "ana")
        ask("GET", f"/{guided_id}/members")
    transaction = ["BatchGetItem", "TransactWriteItems"]
    assert use.operations == [*transaction, *transaction, "BatchGetItem", "Query", "BatchGetItem"]
