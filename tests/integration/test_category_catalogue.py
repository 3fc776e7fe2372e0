"""The catalogue of categories, as its function answers on an emulated table: making and listing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from atelier import clock
from tests.calling import World, call
from tests.categories import ask, audit_of, catalogue, names
from tests.counting import counted


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
