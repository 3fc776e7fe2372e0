"""Edits and deletions of categories, their counts, and what a deletion leaves."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest

from atelier import table
from atelier.categories import cleanup, counts
from atelier.categories.items import Category
from atelier.table import Item
from atelier.workshops.items import Workshop, workshop_key
from tests.calling import Reply, World, call
from tests.categories import ask, audit_of, between, catalogue, category_of, guards, names, put_workshop, stored
from tests.counting import counted
from tests.faults import Killed, answers_lost, killed_after, killed_before
from tests.streaming import Stream


def test_a_category_is_edited_and_its_slug_follows_its_name(world: World) -> None:
    made = world.category("Tea", description="Leaves")
    reply = ask("PATCH", made["id"], {"name": "Coffee", "description": None, "sort_order": 7})
    assert (reply.status, reply.headers["etag"]) == (200, '"2"')
    assert reply.json == made | {"name": "Coffee", "slug": "coffee", "description": None, "sort_order": 7}
    assert catalogue().json["items"] == [reply.json]
    assert guards() == {"coffee": made["id"]}
    assert audit_of(made["id"]) == ["category_created", "category_changed"]
    assert world.category("Tea")["slug"] == "tea"


def test_a_name_with_the_same_slug_is_just_a_name(world: World) -> None:
    made = world.category("Cafe")
    assert ask("PATCH", made["id"], {"name": "CAFÉ"}).json["name"] == "CAFÉ"
    assert guards() == {"cafe": made["id"]}


def test_a_category_cannot_take_anothers_slug(world: World) -> None:
    world.category("Tea")
    made = world.category("Ink")
    reply = ask("PATCH", made["id"], {"name": "TEA", "sort_order": 9})
    assert (reply.status, reply.code) == (409, "slug_taken")
    assert (names(), guards()["ink"]) == (["Tea", "Ink"], made["id"])


def test_an_edit_that_changes_nothing_writes_nothing(world: World) -> None:
    made = world.category("Tea")
    world.meet("root")
    with counted() as use:
        reply = ask("PATCH", made["id"], {"name": "Tea", "is_active": True})
    assert (reply.status, reply.headers["etag"]) == (200, '"1"')
    assert use.operations == ["BatchGetItem"]


def test_an_edit_or_deletion_of_an_old_version_is_refused(world: World) -> None:
    made = world.category("Tea")
    ask("PATCH", made["id"], {"sort_order": 5}, headers={"If-Match": '"1"'})
    for method, body in (("PATCH", {"sort_order": 6}), ("DELETE", None)):
        reply = ask(method, made["id"], body, headers={"If-Match": '"1"'})
        assert (reply.status, reply.code) == (412, "stale_version")
    assert ask("DELETE", made["id"], headers={"If-Match": '"2"'}).status == 204


def test_edits_at_once_are_all_applied(world: World) -> None:
    made = world.category("Tea")
    bodies = [{"name": "Coffee"}, {"description": "d"}, {"sort_order": 9}]
    with ThreadPoolExecutor(3) as pool:
        replies = list(pool.map(lambda body: ask("PATCH", made["id"], body), bodies))
    assert {reply.status for reply in replies} == {200}
    [after] = catalogue().json["items"]
    assert (after["name"], after["slug"], after["description"], after["sort_order"]) == ("Coffee", "coffee", "d", 9)
    assert guards() == {"coffee": made["id"]}


def test_an_edit_that_another_comes_before_is_decided_anew(world: World) -> None:
    made = world.category("Tea")

    def other() -> None:
        assert ask("PATCH", made["id"], {"sort_order": 7}).status == 200

    with between("TransactWriteItems", other):
        reply = ask("PATCH", made["id"], {"description": "d"}, headers={"If-Match": '"1"'})
    assert (reply.status, reply.code) == (412, "stale_version")
    with between("TransactWriteItems", other):
        reply = ask("PATCH", made["id"], {"description": "d"})
    assert (reply.status, reply.headers["etag"]) == (200, '"3"')
    assert (reply.json["sort_order"], reply.json["description"]) == (7, "d")


def test_a_count_that_comes_in_between_is_neither_lost_nor_an_edit(world: World) -> None:
    made = world.category("Tea")
    put_workshop(1, made["id"])
    with between("TransactWriteItems", lambda: counts.recount(made["id"])):
        reply = ask("PATCH", made["id"], {"sort_order": 3}, headers={"If-Match": '"1"'})
    assert reply.status == 200
    [after] = catalogue().json["items"]
    assert (after["sort_order"], after["workshop_count"]) == (3, 1)


def test_a_deleted_category_is_gone_and_its_name_is_free(world: World) -> None:
    made = world.category("Tea")
    assert ask("DELETE", made["id"]).status == 204
    assert (names(), guards()) == ([], {})
    assert audit_of(made["id"]) == ["category_created", "category_deleted"]
    for method, body in (("DELETE", None), ("PATCH", {"name": "x"})):
        reply = ask(method, made["id"], body)
        assert (reply.status, reply.code) == (404, "not_found")
    assert world.category("Tea")["slug"] == "tea"


@pytest.mark.parametrize("dying", [killed_before, killed_after])
@pytest.mark.parametrize("change", ["create", "rename", "delete"])
def test_dying_around_a_change_leaves_category_slug_and_audit_entry_in_step(
    world: World, change: str, dying: Any
) -> None:
    world.meet("root")
    made = None if change == "create" else world.category("Tea")

    def do() -> Reply:
        if made is None:
            return ask("POST", body={"name": "Tea"}, headers={"Idempotency-Key": "k"})
        return ask("PATCH", made["id"], {"name": "Ink"}) if change == "rename" else ask("DELETE", made["id"])

    def consistent() -> bool:
        kept = [item for item in Item.scan() if isinstance(item, Category)]
        return guards() == {item.slug: item.id for item in kept}

    with pytest.raises(Killed), dying(1):
        do()
    assert consistent()
    repeated = do()
    done = change == "delete" and dying is killed_after
    assert repeated.status == (404 if done else {"create": 201, "rename": 200, "delete": 204}[change])
    assert consistent()
    category_id = repeated.json["id"] if made is None else made["id"]
    assert len(audit_of(category_id)) == (1 if change == "create" else 2)


def test_a_deletion_whose_answer_was_lost_is_a_deletion(world: World) -> None:
    made = world.category("Tea")
    with answers_lost() as fault:
        assert ask("DELETE", made["id"]).status == 204
    assert fault.struck == 1


def test_a_count_is_of_public_workshops_that_are_not_cancelled(world: World) -> None:
    made, other = world.category("Tea"), world.category("Ink")
    put_workshop(1, made["id"])
    put_workshop(2, made["id"], status="live")
    put_workshop(3, made["id"], status="ended")
    put_workshop(4, made["id"], status="cancelled")
    put_workshop(5, made["id"], is_private=True)
    put_workshop(6, other["id"])
    put_workshop(7, None)
    assert counts.recount(made["id"]) == 3
    assert [item["workshop_count"] for item in catalogue().json["items"]] == [3, 0]


def test_counting_raises_no_version_and_writes_only_what_differs(world: World) -> None:
    made = world.category("Tea")
    put_workshop(1, made["id"])
    with counted() as first:
        counts.recount(made["id"])
    with counted() as again:
        counts.recount(made["id"])
    assert first.writes == ["UpdateItem"]
    assert again.operations == ["GetItem", "Query", "Query"]
    category = stored(made["id"])
    assert category is not None
    assert category.version == 1


def test_an_older_count_does_not_overwrite_a_newer_one(world: World) -> None:
    made = world.category("Tea")
    put_workshop(1, made["id"])

    def newer() -> None:
        put_workshop(2, made["id"])
        assert counts.recount(made["id"]) == 2

    with between("UpdateItem", newer):
        assert counts.recount(made["id"]) == 2
    category = stored(made["id"])
    assert category is not None
    assert category.workshop_count == 2


def test_an_older_count_is_refused_at_once_and_so_harmless_when_it_dies_there(world: World) -> None:
    made = world.category("Tea")
    put_workshop(1, made["id"])

    def newer() -> None:
        put_workshop(2, made["id"])
        counts.recount(made["id"])

    with pytest.raises(Killed), killed_after(3), between("UpdateItem", newer):
        counts.recount(made["id"])
    category = stored(made["id"])
    assert category is not None
    assert category.workshop_count == 2


def test_an_older_count_corrects_itself_when_the_newer_one_had_nothing_to_write(world: World) -> None:
    made = world.category("Tea")
    first = put_workshop(1, made["id"])
    counts.recount(made["id"])
    first.delete()

    def newer() -> None:
        put_workshop(2, made["id"])
        assert counts.recount(made["id"]) == 1

    with between("UpdateItem", newer):
        assert counts.recount(made["id"]) == 1
    category = stored(made["id"])
    assert category is not None
    assert category.workshop_count == 1


def test_a_category_that_is_gone_is_not_counted_into_being(world: World) -> None:
    made = world.category("Tea")
    put_workshop(1, made["id"])
    with between("UpdateItem", lambda: ask("DELETE", made["id"])):
        assert counts.recount(made["id"]) is None
    assert stored(made["id"]) is None


def test_a_deleted_category_is_taken_off_its_public_workshops(world: World) -> None:
    made, other = world.category("Tea"), world.category("Ink")
    mine = [put_workshop(number, made["id"]) for number in range(30)]
    mine += [put_workshop(number, made["id"], status="ended", last_change="counts") for number in range(30, 35)]
    theirs = put_workshop(99, other["id"])
    ask("DELETE", made["id"])
    assert cleanup.clear(made["id"]) == 35
    for workshop in mine:
        after = cast("Workshop", table.read_one(workshop.key))
        assert {after.category_id, after.category_key} == {None}
        assert (after.version, after.last_change, after.feed_key) == (1, "edit", workshop.feed_key)
    assert category_of(theirs) == other["id"]
    assert cleanup.clear(made["id"]) == 0


def test_a_deleted_category_is_taken_off_private_and_cancelled_workshops_and_never_counts_them(world: World) -> None:
    made = world.category("Tea")
    hidden = [put_workshop(1, made["id"], is_private=True), put_workshop(2, made["id"], status="cancelled")]
    hidden.append(put_workshop(3, made["id"], status="ended", is_private=True))
    assert counts.recount(made["id"]) == 0
    ask("DELETE", made["id"])
    assert cleanup.clear(made["id"]) == 3
    assert {category_of(workshop) for workshop in hidden} == {None}


def test_a_private_workshop_that_becomes_public_after_it_stands_in_no_deleted_category(
    world: World, stream: Stream
) -> None:
    made = world.category("Tea")
    workshop_id = world.workshop(category_id=made["id"], is_private=True)["id"]
    ask("DELETE", made["id"])
    stream.run()
    wanted = {"my": True, "category": made["id"]}
    assert call("workshops", "GET", "/workshops", user="host", query=wanted).json["items"] == []
    shown = call("workshops", "PATCH", f"/workshops/{workshop_id}", user="host", body={"is_private": False})
    assert shown.status == 200
    listed = call("workshops", "GET", "/workshops", user="ana", query={"category": made["id"]})
    assert (listed.status, listed.json["items"]) == (200, [])


def test_a_workshop_that_moved_to_another_category_meanwhile_stays_there(world: World) -> None:
    made, other = world.category("Tea"), world.category("Ink")
    put_workshop(1, made["id"])

    def move() -> None:
        put_workshop(1, other["id"])

    with between("UpdateItem", move):
        cleanup.clear(made["id"])
    moved = cast("Workshop", table.read_one(workshop_key(f"wks_{1:026d}")))
    assert (moved.category_id, moved.category_key) == (other["id"], f"CATEGORY#{other['id']}#open")


def test_a_workshop_deleted_meanwhile_is_not_brought_back(world: World) -> None:
    made = world.category("Tea")
    workshop = put_workshop(1, made["id"])
    with between("UpdateItem", workshop.delete):
        cleanup.clear(made["id"])
    assert table.read_one(workshop.key) is None


@pytest.mark.parametrize("dying", [killed_before, killed_after])
def test_taking_a_category_off_goes_on_where_it_was_killed(world: World, dying: Any) -> None:
    made = world.category("Tea")
    workshops = [put_workshop(number, made["id"]) for number in range(5)]
    with pytest.raises(Killed), dying(3):
        cleanup.clear(made["id"])
    cleanup.clear(made["id"])
    assert {category_of(workshop) for workshop in workshops} == {None}
