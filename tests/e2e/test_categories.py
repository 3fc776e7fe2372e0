"""The catalogue of categories over HTTP."""

import secrets
from typing import Any

from tests.e2e.api import Api
from tests.e2e.scenes import Table, detail, eventually, make, make_category, need, pages, refused


def _catalogue(api: Api, who: str, limit: int = 100) -> list[dict[str, Any]]:
    return [category for page in pages(api, who, f"/categories?limit={limit}") for category in page]


def test_a_new_category_stands_last_with_a_slug_of_its_name(api: Api) -> None:
    name = f"Céramique {secrets.token_hex(4)}"
    answer = api("admin", "POST", "/categories", {"name": f"  {name} ", "description": "Clay."})
    made = need(answer, 201)
    assert answer.headers["location"] == f"/v1/categories/{made['id']}"
    assert answer.headers["etag"] == '"1"'
    assert made == {
        "id": made["id"],
        "name": name,
        "slug": name.lower().replace("é", "e").replace(" ", "-"),
        "description": "Clay.",
        "sort_order": made["sort_order"],
        "is_active": True,
        "workshop_count": 0,
    }
    orders = [category["sort_order"] for category in _catalogue(api, api.person())]
    assert made["sort_order"] in orders
    assert orders == sorted(orders)


def test_the_catalogue_is_paged_without_skips_or_repeats(api: Api) -> None:
    ours = [make_category(api)["id"] for _ in range(3)]
    found = [category["id"] for category in _catalogue(api, api.person(), limit=2)]
    assert len(found) == len(set(found))
    assert [each for each in found if each in ours] == ours


def test_only_administrators_change_the_catalogue(api: Api) -> None:
    ana, category = api.person(), make_category(api)
    path = f"/categories/{category['id']}"
    refused(api(ana, "POST", "/categories", {"name": "Mine"}), 403, "not_allowed")
    refused(api(ana, "PATCH", path, {"name": "Mine"}), 403, "not_allowed")
    refused(api(ana, "DELETE", path), 403, "not_allowed")
    assert category in _catalogue(api, ana)


def test_a_slug_is_unique_and_free_again_once_the_name_has_changed(api: Api) -> None:
    first, second = make_category(api), make_category(api)
    path = f"/categories/{first['id']}"
    refused(api("admin", "POST", "/categories", {"name": first["name"].upper()}), 409, "slug_taken")
    refused(api("admin", "PATCH", path, {"name": second["name"]}), 409, "slug_taken")
    renamed = need(api("admin", "PATCH", path, {"name": f"{first['name']} again"}), 200)
    assert renamed["slug"] == f"{first['slug']}-again"
    assert make_category(api, name=first["name"])["slug"] == first["slug"]


def test_an_edit_needs_the_current_version_when_it_names_one(api: Api) -> None:
    category = make_category(api)
    path = f"/categories/{category['id']}"
    edited = api("admin", "PATCH", path, {"is_active": False}, headers={"If-Match": '"1"'})
    assert need(edited, 200)["is_active"] is False
    assert edited.headers["etag"] == '"2"'
    refused(api("admin", "PATCH", path, {"description": "stale"}, headers={"If-Match": '"1"'}), 412, "stale_version")
    refused(api("admin", "DELETE", path, headers={"If-Match": '"1"'}), 412, "stale_version")
    assert category["id"] not in [each["id"] for each in _catalogue(api, "admin")]


def test_a_repeated_creation_is_answered_as_the_first_was(api: Api) -> None:
    body, key = {"name": f"Once {secrets.token_hex(4)}"}, {"Idempotency-Key": secrets.token_hex(8)}
    first = api("admin", "POST", "/categories", body, headers=key)
    again = api("admin", "POST", "/categories", body, headers=key)
    assert (again.status_code, again.json()) == (201, need(first, 201))
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert "idempotency-replayed" not in first.headers
    other = {"name": "Another"}
    refused(api("admin", "POST", "/categories", other, headers=key), 422, "idempotency_key_reused")


def test_a_deleted_category_is_taken_off_its_workshops(api: Api) -> None:
    host, category = api.person(), make_category(api)
    workshop = make(api, host, category_id=category["id"])
    assert detail(api, host, workshop)["category"] == {name: category[name] for name in ("id", "name", "slug")}
    need(api("admin", "DELETE", f"/categories/{category['id']}"), 204)
    assert detail(api, host, workshop)["category"] is None
    table = Table(api.stack)
    eventually(lambda: "category_id" in (table.item(f"WORKSHOP#{workshop}", "#META") or {}), wish=False)
    refused(api("admin", "DELETE", f"/categories/{category['id']}"), 404, "not_found")
    refused(api("admin", "PATCH", f"/categories/{category['id']}", {"name": "Gone"}), 404, "not_found")
    assert make_category(api, name=category["name"])["slug"] == category["slug"]
