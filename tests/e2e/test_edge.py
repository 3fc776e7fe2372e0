"""The door: who is let in at all, what a body has to be, and what browsers may do."""

import json
from typing import Any

import httpx
import pytest

from local.people import PASSWORD
from local.places import ROOT
from tests.e2e.api import Api
from tests.e2e.scenes import in_, make, make_category, need, pages, refused, wanted

ORIGIN = "http://localhost:5173"
EXPOSED = {"etag", "link", "location", "retry-after", "idempotency-replayed"}


def _body(**fields: Any) -> bytes:
    return json.dumps(wanted(**fields)).encode()


def _raw(name: str, value: str) -> bytes:
    """A body in which one value is written as it stands here."""
    return _body(**{name: "@"}).replace(b'"@"', value.encode())


UNREADABLE: dict[str, tuple[bytes, int, str]] = {
    "257 KB": (_body(description="x" * 257 * 1024), 413, "body_too_large"),
    "257 KB of blanks": (_body() + b" " * 257 * 1024, 413, "body_too_large"),
    "nothing": (b"", 400, "malformed_json"),
    "half an object": (b'{"title": "Raku', 400, "malformed_json"),
    "100,000 lists within each other": (b"[" * 100_000, 400, "malformed_json"),
    "20,000 objects within each other": (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, 400, "malformed_json"),
    "not a number": (_raw("max_capacity", "NaN"), 400, "malformed_json"),
    "infinity": (_raw("max_capacity", "-Infinity"), 400, "malformed_json"),
    "a number too large": (_raw("max_capacity", "1e999"), 400, "malformed_json"),
    "a key that stands twice": (_body()[:-1] + b', "title": "Again"}', 400, "malformed_json"),
    "a list": (b"[]", 422, "validation_failed"),
    "null": (b"null", 422, "validation_failed"),
}

INVALID: dict[str, tuple[dict[str, Any], str]] = {
    "a lone surrogate": ({"title": "Raku \ud800"}, "title"),
    "a control character": ({"title": "Raku\x07"}, "title"),
    "a null character": ({"description": "Raku\x00"}, "description"),
    "a line break in a line": ({"title": "Raku\nfiring"}, "title"),
    "blanks": ({"title": "  \u00a0 "}, "title"),
    "a title of 201": ({"title": "x" * 201}, "title"),
    "no title": ({"title": None}, "title"),
    "a naive time": ({"scheduled_at": "2199-03-28T17:00:00"}, "scheduled_at"),
    "a date": ({"scheduled_at": "2199-03-28"}, "scheduled_at"),
    "a time that does not exist": ({"scheduled_at": "2199-02-30T17:00:00Z"}, "scheduled_at"),
    "seconds since 1970": ({"scheduled_at": 7_229_000_000}, "scheduled_at"),
    "no such zone": ({"timezone": "Europe/Atlantis"}, "timezone"),
    "a path for a zone": ({"timezone": "../etc/passwd"}, "timezone"),
    "capacity 0": ({"max_capacity": 0}, "max_capacity"),
    "capacity 100,001": ({"max_capacity": 100_001}, "max_capacity"),
    "capacity in words": ({"max_capacity": "12"}, "max_capacity"),
    "half a seat": ({"max_capacity": 1.5}, "max_capacity"),
    "true for a number": ({"max_capacity": True}, "max_capacity"),
    "4 minutes": ({"duration_minutes": 4}, "duration_minutes"),
    "no such format": ({"format": "hologram"}, "format"),
    "no id": ({"category_id": "ceramics"}, "category_id"),
    "an unknown field": ({"colour": "blue"}, "colour"),
    "a field of ours": ({"attendee_count": 7}, "attendee_count"),
}


def _made(api: Api, who: str) -> list[Any]:
    return [item for page in pages(api, who, "/workshops?host=me") for item in page]


def _send(api: Api, who: str, content: bytes, media_type: str = "application/json") -> httpx.Response:
    return api(who, "POST", "/workshops", content=content, headers={"Content-Type": media_type})


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_body_that_cannot_be_read_is_refused(api: Api, name: str) -> None:
    who = api.person()
    content, status, code = UNREADABLE[name]
    refused(_send(api, who, content), status, code)
    assert _made(api, who) == []


@pytest.mark.parametrize("name", INVALID)
def test_a_value_that_is_not_allowed_is_named(api: Api, name: str) -> None:
    who = api.person()
    fields, field = INVALID[name]
    problem = refused(_send(api, who, _body(**fields)), 422, "validation_failed")
    assert [error["loc"] for error in problem["errors"]] == [[field]]
    assert all(error["msg"] for error in problem["errors"])
    assert _made(api, who) == []


@pytest.mark.parametrize("span", [{"days": -1}, {"minutes": 14}, {"minutes": 14, "seconds": 50}])
def test_a_workshop_needs_a_quarter_of_an_hour(api: Api, span: dict[str, float]) -> None:
    who = api.person()
    refused(api(who, "POST", "/workshops", wanted(scheduled_at=in_(**span))), 422, "lead_time")
    assert _made(api, who) == []


def test_a_body_of_another_type_is_refused(api: Api) -> None:
    who = api.person()
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
        refused(_send(api, who, _body(), media_type), 415, "unsupported_media_type")
    assert _made(api, who) == []
    assert need(_send(api, who, _body(), "application/json; charset=utf-8"), 201)


def test_a_body_just_within_the_limit_is_read(api: Api) -> None:
    body = _body()
    need(_send(api, api.person(), body + b" " * (256 * 1024 - len(body))), 201)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=-1", "limit=ten", "past=maybe", "status=odd", "host=x", "category=x"]
)
def test_a_query_value_that_means_nothing_is_refused(api: Api, query: str) -> None:
    problem = refused(api(api.person(), "GET", f"/workshops?{query}"), 400, "bad_query")
    assert [error["loc"] for error in problem["errors"]] == [[query.partition("=")[0]]]


def test_a_cursor_is_good_for_its_own_list_and_person_only(api: Api) -> None:
    ana, ben = api.people(2)
    for _ in range(2):
        make(api, ana)
    cursor = need(api(ana, "GET", "/workshops?host=me&limit=1"), 200)["next_cursor"]
    need(api(ana, "GET", f"/workshops?host=me&limit=1&cursor={cursor}"), 200)
    for who, path in (
        (ben, f"/workshops?host=me&limit=1&cursor={cursor}"),
        (ana, f"/workshops?limit=1&cursor={cursor}"),
        (ana, f"/workshops?host=me&past=true&limit=1&cursor={cursor}"),
        (ana, f"/categories?cursor={cursor}"),
        (ana, f"/workshops?host=me&cursor={cursor[:-4]}"),
        (ana, "/workshops?cursor=Zm9yZWlnbg"),
        (ana, "/workshops?cursor=%00"),
    ):
        refused(api(who, "GET", path), 400, "bad_cursor")


def test_a_key_of_a_request_is_bound_to_its_route_and_body(api: Api) -> None:
    key = {"Idempotency-Key": make_category(api)["id"]}
    body = {"name": f"Keyed {key['Idempotency-Key']}"}
    need(api("admin", "POST", "/categories", body, headers=key), 201)
    refused(api("admin", "POST", "/workshops", wanted(), headers=key), 422, "idempotency_key_reused")
    refused(api("admin", "POST", "/categories", {"name": "Other"}, headers=key), 422, "idempotency_key_reused")
    ana = api.person()
    assert "idempotency-replayed" not in api(ana, "POST", "/workshops", wanted(), headers=key).headers
    bad = {"Idempotency-Key": "x" * 256}
    refused(api(ana, "POST", "/workshops", wanted(), headers=bad), 400, "bad_idempotency_key")
    assert len(_made(api, ana)) == 1


def _id_token(api: Api, name: str) -> str:
    pool = api.pool
    answer = pool.cognito.admin_initiate_auth(
        UserPoolId=pool.pool_id,
        ClientId=pool.client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": pool.sign_in_name(name), "PASSWORD": PASSWORD},
    )
    token: str = answer["AuthenticationResult"]["IdToken"]
    return token


@pytest.mark.parametrize(
    ("kind", "status", "message"),
    [
        ("none", 401, "Unauthorized"),
        ("garbage", 401, "Unauthorized"),
        ("unsigned", 401, "Unauthorized"),
        ("forged", 401, "Unauthorized"),
        ("other_audience", 401, "Unauthorized"),
        ("expired", 401, "Unauthorized"),
        ("id_token", 403, "Forbidden"),
    ],
)
def test_a_token_that_is_not_right_opens_no_door(
    api: Api, odd_tokens: dict[str, str], kind: str, status: int, message: str
) -> None:
    ana = api.person()
    good = api.users[ana]["token"]
    tokens = {
        **odd_tokens,
        "garbage": "not.a.token",
        "unsigned": f"eyJhbGciOiJub25lIn0.{good.split('.')[1]}.",
        "id_token": _id_token(api, ana),
    }
    headers = {"Authorization": f"Bearer {tokens[kind]}"} if kind != "none" else {}
    title = f"By a token that is {kind}"
    for method, path, body in (("POST", "/workshops", wanted(title=title)), ("GET", "/me", None)):
        answer = api(None, method, path, body, headers=headers)
        assert (answer.status_code, answer.json()) == (status, {"message": message})
    for who in (ana, "ana"):
        assert title not in [item["title"] for item in _made(api, who)]


def _operations() -> list[tuple[str, str, bool]]:
    """Every operation of the published document, and whether anybody may call it."""
    document = json.loads((ROOT / "docs" / "openapi.json").read_text())
    return [
        (method.upper(), path, operation.get("security") == [])
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in ("get", "post", "put", "patch", "delete")
    ]


def test_every_route_but_the_public_ones_asks_who_is_there(api: Api) -> None:
    operations = _operations()
    assert len(operations) > 20
    for method, path, is_public in operations:
        address = path.removeprefix("/v1").replace("{", "").replace("}", "")
        answer = api(None, method, address)
        is_asked = answer.status_code == 401 and answer.json() == {"message": "Unauthorized"}
        assert is_asked != is_public, (method, path, answer.text)


def test_what_is_no_route_is_not_found_by_the_gateway(api: Api) -> None:
    for method, path in (("GET", "/nothing"), ("PUT", "/me"), ("DELETE", "/workshops")):
        answer = api("ana", method, path)
        assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


def test_a_page_of_a_configured_origin_may_send_what_the_api_takes(api: Api) -> None:
    asked = {"Authorization", "Content-Type", "Idempotency-Key", "If-Match"}
    answer = api(
        None,
        "OPTIONS",
        "/workshops",
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": ",".join(asked).lower(),
        },
    )
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    methods = {name.strip() for name in answer.headers["access-control-allow-methods"].split(",")}
    assert {"GET", "POST", "PUT", "PATCH", "DELETE"} <= methods
    allowed = {name.strip().lower() for name in answer.headers["access-control-allow-headers"].split(",")}
    assert {name.lower() for name in asked} <= allowed


def test_a_page_of_another_origin_learns_nothing(api: Api) -> None:
    for method, headers in (("OPTIONS", {"Access-Control-Request-Method": "POST"}), ("GET", {})):
        answer = api(None, method, "/health", headers={"Origin": "https://elsewhere.test", **headers})
        assert "access-control-allow-origin" not in answer.headers


def test_pages_read_the_headers_of_answers_and_of_problems(api: Api) -> None:
    who = api.person()
    for path in ("/me", "/workshops?limit=0"):
        answer = api(who, "GET", path, headers={"Origin": ORIGIN})
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        exposed = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
        assert exposed == EXPOSED
