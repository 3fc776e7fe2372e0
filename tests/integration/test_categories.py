"""The catalogue of categories, as its function answers on an emulated table; its counts and what a deletion leaves."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, cast

import pytest

from atelier import clock, table
from atelier.accounts.items import AuditEntry
from atelier.categories import cleanup, counts
from atelier.categories.items import Category, SlugGuard, category_key
from atelier.table import Item
from atelier.workshops.items import Workshop, place_in_lists, workshop_key
from tests.calling import Reply, World, call
from tests.counting import counted
from tests.faults import Killed, answers_lost, killed_after, killed_before


def ask(method: str, category_id: str | None = None, body: object = None, **more: Any) -> Reply:
    """A request of an administrator, unless `more` says otherwise."""
    path = "/categories" if category_id is None else f"/categories/{category_id}"
    sender: dict[str, Any] = {"user": "root", "groups": ("admin",)}
    return call("categories", method, path, body=body, **(sender | more))


def catalogue(**query: object) -> Reply:
    return call("categories", "GET", "/categories", query=query)


def names() -> list[str]:
    return [item["name"] for item in catalogue(limit=100).json["items"]]


def stored(category_id: str) -> Category | None:
    return cast("Category | None", table.read_one(category_key(category_id)))


def guards() -> dict[str, str]:
    return {item.pk.removeprefix("SLUG#"): item.category_id for item in Item.scan() if isinstance(item, SlugGuard)}


def audit_of(category_id: str) -> list[str]:
    return [entry.action for entry in Item.query(f"AUDIT#{category_id}") if isinstance(entry, AuditEntry)]


def put_workshop(number: int, category_id: str | None, **fields: Any) -> Workshop:
    """A workshop as it is stored, with no more than the lists need."""
    now = clock.now()
    standing: dict[str, Any] = {"status": "scheduled", "is_private": False} | fields
    workshop = Workshop(
        *workshop_key(f"wks_{number:026d}"),
        created_at=now,
        updated_at=now,
        title="Raku",
        host_id="usr_host",
        category_id=category_id,
        scheduled_at=now,
        timezone="UTC",
        format="online",
        waitlist_enabled=True,
        records=True,
        channel="x",
        **standing,
    )
    place_in_lists(workshop)
    workshop.save()
    return workshop


def category_of(workshop: Workshop) -> str | None:
    return cast("Workshop", table.read_one(workshop.key)).category_id


@contextmanager
def between(operation: str, do: Any) -> Iterator[None]:
    """Does something just before the first request of this kind is sent."""
    waiting = [do]

    def act(**_: Any) -> None:
        if waiting:
            waiting.pop()()

    events = table.connect().connection.client.meta.events
    events.register(f"before-send.dynamodb.{operation}", act)
    try:
        yield
    finally:
        events.unregister(f"before-send.dynamodb.{operation}", act)


def test_an_administrator_makes_a_category(world: World) -> None:
    reply = ask("POST", body={"name": "  Café & Crème ", "description": "Warm\r\nthings"})
    assert reply.status == 201
    made = reply.json
    assert reply.headers["location"] == f"/v1/categories/{made['id']}"
    assert reply.headers["etag"] == '"1"'
    assert made == {
        "id": made["id"],
        "name": "Café & Crème",
        "slug": "cafe-creme",
        "description": "Warm\nthings",
        "sort_order": 1,
        "is_active": True,
        "workshop_count": 0,
    }
    assert catalogue().json == {"items": [made], "next_cursor": None}
    assert audit_of(made["id"]) == ["category_created"]


def test_making_a_category_takes_a_read_a_look_at_the_last_and_a_transaction(world: World) -> None:
    world.meet("root")
    with counted() as use:
        ask("POST", body={"name": "Tea"})
        ask("POST", body={"name": "Ink", "sort_order": 1}, headers={"Idempotency-Key": "k"})
    assert use.operations == ["BatchGetItem", "Query", "TransactWriteItems", "BatchGetItem", "TransactWriteItems"]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Ceramics", "ceramics"),
        ("  UX / UI -- Design!  ", "ux-ui-design"),
        ("Élan vital", "elan-vital"),
        ("Straße", "strasse"),
        ("\uff13\uff24 print", "3d-print"),
        ("½ day", "1-2-day"),
        ("日本 pottery", "pottery"),
        ("a\u2014b\u2019s", "a-b-s"),
        ("a" * 100, "a" * 100),
    ],
)
def test_a_slug_is_what_ascii_leaves_of_the_name(world: World, name: str, slug: str) -> None:
    assert world.category(name)["slug"] == slug


@pytest.mark.parametrize("name", ["日本語", "🏺", "---", "!"])
def test_a_name_that_leaves_nothing_gets_its_slug_from_the_id(world: World, name: str) -> None:
    made = world.category(name)
    assert made["slug"] == made["id"].replace("_", "-")
    assert world.category(name)["slug"] != made["slug"]


def test_a_slug_belongs_to_one_category(world: World) -> None:
    world.category("Café crème")
    for twin in ("Café crème", "CAFE CREME", "café-crème", "cafe (creme)"):
        reply = ask("POST", body={"name": twin})
        assert (reply.status, reply.code) == (409, "slug_taken")
    assert names() == ["Café crème"]


def test_of_many_with_one_name_one_is_made(world: World) -> None:
    world.meet("root")
    with ThreadPoolExecutor(10) as pool:
        replies = list(pool.map(lambda _: ask("POST", body={"name": "Tea"}), range(10)))
    assert sorted(reply.status for reply in replies) == [201] + [409] * 9
    assert names() == ["Tea"]


def test_a_category_comes_after_the_last_unless_it_says_where(world: World) -> None:
    orders = [world.category("A")["sort_order"], world.category("B", sort_order=40)["sort_order"]]
    orders += [world.category("C")["sort_order"], world.category("D", sort_order=0)["sort_order"]]
    assert orders == [1, 40, 41, 0]
    assert names() == ["D", "A", "B", "C"]


def test_the_order_is_of_numbers_not_of_digits(world: World) -> None:
    for order in (10, 9, 100, 1_000_000_000, 11):
        world.category(f"N{order}", sort_order=order)
    assert names() == ["N9", "N10", "N11", "N100", "N1000000000"]


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "x", "description": "x" * 501}, "description"),
        ({"name": "x", "sort_order": -1}, "sort_order"),
        ({"name": "x", "sort_order": 1_000_000_001}, "sort_order"),
        ({"name": "x", "sort_order": "1"}, "sort_order"),
        ({"name": "x", "is_active": "yes"}, "is_active"),
        ({"name": "x", "is_active": None}, "is_active"),
        ({"name": "x", "slug": "y"}, "slug"),
        ({"name": "x", "workshop_count": 7}, "workshop_count"),
    ],
)
def test_a_category_that_is_not_allowed_is_refused(world: World, body: object, loc: str) -> None:
    reply = ask("POST", body=body)
    assert (reply.status, reply.code) == (422, "validation_failed")
    assert [entry["loc"] for entry in reply.json["errors"]] == [[loc]]
    assert names() == []


def test_only_administrators_change_the_catalogue(world: World) -> None:
    made = world.category("Tea")
    requests: list[tuple[str, str | None, object]] = [
        ("POST", None, {"name": "Ink"}),
        ("PATCH", made["id"], {"name": "Ink"}),
        ("PATCH", "cat_00000000000000000000000000", {"name": "Ink"}),
        ("DELETE", made["id"], None),
    ]
    for method, category_id, body in requests:
        reply = ask(method, category_id, body, user="ana", groups=("editors",))
        assert (reply.status, reply.code) == (403, "not_allowed")
        assert ask(method, category_id, body, user=None).status == 401
    assert names() == ["Tea"]


def test_a_suspended_administrator_changes_nothing_but_may_read(world: World) -> None:
    world.meet("root")
    path = f"/users/{world.id('root')}"
    call("accounts", "PATCH", path, user="other", groups=("admin",), body={"status": "suspended"})
    reply = ask("POST", body={"name": "Tea"})
    assert (reply.status, reply.code) == (403, "account_suspended")
    assert ask("GET").status == 200


def test_the_catalogue_is_for_people_who_are_signed_in(world: World) -> None:
    assert call("categories", "GET", "/categories", user=None).status == 401


def test_a_repeated_request_gets_the_first_answer_and_makes_nothing(world: World) -> None:
    headers = {"Idempotency-Key": "k-1"}
    first = ask("POST", body={"name": "Tea"}, headers=headers)
    again = ask("POST", body={"name": "Tea"}, headers=headers)
    assert (again.status, again.text) == (first.status, first.text) == (201, first.text)
    assert {name: again.headers[name] for name in ("location", "etag")} == {
        name: first.headers[name] for name in ("location", "etag")
    }
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert names() == ["Tea"]


def test_twins_at_once_get_one_answer(world: World) -> None:
    world.meet("root")
    headers = {"Idempotency-Key": "k-1"}
    with ThreadPoolExecutor(10) as pool:
        replies = list(pool.map(lambda _: ask("POST", body={"name": "Tea"}, headers=headers), range(10)))
    assert {reply.status for reply in replies} == {201}
    assert len({reply.text for reply in replies}) == 1
    assert names() == ["Tea"]


def test_a_key_is_for_one_request_of_one_person(world: World) -> None:
    headers = {"Idempotency-Key": "k-1"}
    ask("POST", body={"name": "Tea"}, headers=headers)
    reply = ask("POST", body={"name": "Ink"}, headers=headers)
    assert (reply.status, reply.code) == (422, "idempotency_key_reused")
    assert ask("POST", body={"name": "Ink"}, headers=headers, user="other").status == 201


def test_a_key_serves_again_after_a_refusal_and_after_its_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"Idempotency-Key": "k-1"}
    assert ask("POST", body={"name": "x", "sort_order": -1}, headers=headers).status == 422
    assert ask("POST", body={"name": "Tea"}, headers=headers).status == 201
    later = clock.now() + timedelta(days=1, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    reply = ask("POST", body={"name": "Ink"}, headers=headers)
    assert (reply.status, "idempotency-replayed" in reply.headers) == (201, False)


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "schlüssel", "a\tb"])
def test_a_key_that_cannot_be_used_is_refused(world: World, key: str) -> None:
    reply = ask("POST", body={"name": "Tea"}, headers={"Idempotency-Key": key})
    assert (reply.status, reply.code) == (400, "bad_idempotency_key")
    assert names() == []


def test_a_key_of_255_characters_can_be_used(world: World) -> None:
    assert ask("POST", body={"name": "Tea"}, headers={"Idempotency-Key": "~" * 255}).status == 201


def test_the_catalogue_is_walked_page_by_page_in_one_round_trip_each(world: World) -> None:
    made = [world.category(f"N{number}", sort_order=number // 3)["name"] for number in range(8)]
    found: list[str] = []
    query: dict[str, object] = {"limit": 3}
    sizes = []
    while True:
        with counted() as use:
            page = catalogue(**query)
        assert use.operations == ["Query"]
        sizes.append(len(page.json["items"]))
        found += [item["name"] for item in page.json["items"]]
        if page.json["next_cursor"] is None:
            break
        query["cursor"] = page.json["next_cursor"]
        world.category(f"Later {len(sizes)}", sort_order=900)
    assert sizes[:-1] == [3] * (len(sizes) - 1)
    assert [name for name in found if name in made] == made
    assert len(set(found)) == len(found)


def test_a_page_that_just_fits_is_the_last(world: World) -> None:
    for number in range(3):
        world.category(f"N{number}")
    assert catalogue(limit=3).json["next_cursor"] is None
    assert catalogue(limit=2).json["next_cursor"] is not None


@pytest.mark.parametrize("cursor", ["x", "WyJhIl0", "", "a" * 1024])
def test_a_cursor_that_was_made_up_is_refused(world: World, cursor: str) -> None:
    reply = catalogue(cursor=cursor)
    assert (reply.status, reply.code) == (400, "bad_cursor")


def test_a_category_that_is_not_active_is_in_no_list_until_it_is(world: World) -> None:
    world.category("Tea")
    hidden = world.category("Ink", is_active=False)
    assert names() == ["Tea"]
    ask("PATCH", hidden["id"], {"is_active": True, "sort_order": 0})
    assert names() == ["Ink", "Tea"]
    ask("PATCH", hidden["id"], {"is_active": False})
    assert names() == ["Tea"]


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
