"""Problem documents, people, conditions and log lines, on an API that touches no table."""

import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from atelier import error_pages, errors, http, observability, settings
from atelier.paging import Page
from atelier.text import Paged
from tests.calling import ISSUER, call, claims_of, event, id_of, send, subject
from tests.unit.things_api import api, get, post


def test_a_problem_says_what_happened_and_where_to_read_more() -> None:
    reply = post({"title": ""})
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["cache-control"] == "private, no-store"
    problem = reply.json
    assert problem["request_id"].startswith("request-")
    assert {name: problem[name] for name in ("type", "title", "status", "code")} == {
        "type": "https://api.example.com/v1/public/errors/validation_failed",
        "title": "Some values are not allowed",
        "status": 422,
        "code": "validation_failed",
    }
    assert problem["detail"]


def test_the_configured_address_is_where_a_problem_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://atelier.example.org/v1/")
    settings.forget()
    try:
        assert post("").json["type"] == "https://atelier.example.org/v1/public/errors/malformed_json"
    finally:
        settings.forget()


def test_a_problem_never_repeats_what_was_sent() -> None:
    canary = "canary-4711"
    for body in ({"title": canary * 50}, {"title": "x", "zone": canary}, {"title": "x", "at": canary}, f'["{canary}'):
        assert canary not in post(body).text


def test_a_problem_names_at_most_50_mistakes() -> None:
    assert len(post({f"field_{number}": 1 for number in range(500)}).json["errors"]) == 50


def test_a_refusal_for_now_says_when_to_come_again() -> None:
    reply = call(api.handle, "GET", "/things/bad_0000000000000000", user=None)
    assert (reply.status, reply.code, reply.headers["retry-after"]) == (503, "table_unavailable", "2")


def test_a_route_that_does_not_exist_is_a_problem_too() -> None:
    for method, path in (("GET", "/nothing"), ("DELETE", "/things"), ("GET", "/things/abc/def")):
        reply = call(api.handle, method, path)
        assert (reply.status, reply.code) == (404, "not_found")


@pytest.mark.parametrize(
    "thing_id", ["x", "wks_short", "WKS_0000000000000000", "wks_" + "0" * 33, "wks_000000000000000%", "é"]
)
def test_an_id_that_cannot_exist_is_not_found(thing_id: str) -> None:
    reply = call(api.handle, "GET", f"/things/{thing_id}", user=None)
    assert (reply.status, reply.code) == (404, "not_found")


def test_an_unexpected_error_goes_up_so_that_lambda_counts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = io.StringIO()
    monkeypatch.setattr(observability.logger.registered_handler, "stream", lines)
    with pytest.raises(ZeroDivisionError):
        call(api.handle, "GET", "/things/bug_0000000000000000", user=None)
    assert json.loads(lines.getvalue())["status"] == 500


def test_every_refusal_has_a_status_a_page_and_words_for_it() -> None:
    found = list(errors.catalogue())
    assert len({kind.code for kind in found}) == len(found) > 30
    for kind in found:
        assert http.status_of(kind) in range(400, 504)
        page = error_pages.page(kind, http.status_of(kind))
        assert kind.code in page
        assert "`" not in page
        explanation = error_pages.explanation(kind)
        assert all((kind.title, explanation.cause, explanation.remedy))


@pytest.mark.parametrize(
    "claims",
    [{}, {"iss": ISSUER}, {"sub": "x"}, {"iss": ISSUER, "sub": ""}, {"iss": ISSUER, "sub": "x", "token_use": "id"}],
    ids=["no claims", "no subject", "no issuer", "an empty subject", "an ID token"],
)
def test_a_request_without_the_claims_of_an_access_token_is_refused(claims: dict[str, str]) -> None:
    request = event("GET", "/things")
    request["requestContext"]["authorizer"]["jwt"]["claims"] = claims
    reply = send(api.handle, request)
    assert (reply.status, reply.code) == (401, "not_signed_in")


def test_a_request_that_passed_no_authorizer_is_refused() -> None:
    reply = get(user=None, headers={"Authorization": "Bearer made.up.token"})
    assert (reply.status, reply.code) == (401, "not_signed_in")


def test_who_is_refused_learns_nothing_about_the_body() -> None:
    assert post("not json", user=None).status == 401


def test_a_person_is_issuer_and_subject() -> None:
    there = call(api.handle, "POST", "/things", body={"title": "x"}, claims=claims_of("ana") | {"iss": "https://other"})
    here = post({"title": "x"})
    assert here.json["caller"] == id_of("ana") != there.json["caller"]


@pytest.mark.parametrize(
    ("groups", "is_admin"),
    [
        ("[admin]", True),
        ("[editors admin]", True),
        ("admin,editors", True),
        ("[editors, admin]", True),
        ("[administrators]", False),
        ("[not-admin]", False),
        ("[Admin]", False),
        ("", False),
    ],
)
def test_an_administrator_is_in_the_group_of_exactly_that_name(groups: str, is_admin: bool) -> None:
    reply = get(claims=claims_of("ana") | {"cognito:groups": groups})
    assert reply.headers["x-admin"] == str(is_admin)


def test_groups_of_another_issuer_count_too() -> None:
    assert get(claims=claims_of("ana") | {"groups": "[admin]"}).headers["x-admin"] == "True"


@pytest.mark.parametrize(("verified", "email"), [("true", "ana@example.com"), ("false", "None"), (None, "None")])
def test_an_address_counts_only_when_the_issuer_verified_it(verified: str | None, email: str) -> None:
    claims = claims_of("ana") | {"email": "ana@example.com"}
    reply = get(claims=claims if verified is None else claims | {"email_verified": verified})
    assert reply.headers["x-email"] == email


def test_requests_in_threads_do_not_mix_people_up() -> None:
    together = threading.Barrier(8)

    def ask(number: int) -> bool:
        together.wait()
        user = f"person-{number % 8}"
        return all(post({"title": "x"}, user=user).json["caller"] == id_of(user) for _ in range(50))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))


@pytest.mark.parametrize(
    ("header", "versions"),
    [('"3"', "3"), ('"3", "4"', "3,4"), ("*", "*"), ('W/"3"', ""), ('W/"3", "4"', "4"), ('  "3"  ', "3"), ('""', "")],
)
def test_if_match_names_versions_and_a_weak_one_matches_nothing(header: str, versions: str) -> None:
    assert get(headers={"If-Match": header}).headers["x-versions"] == versions


@pytest.mark.parametrize("header", ["3", '"3', '3"', '"3" "4"', "", ",", '"3",', "W/3"])
def test_an_if_match_that_cannot_be_read_is_refused(header: str) -> None:
    reply = get(headers={"If-Match": header})
    assert (reply.status, reply.code) == (400, "bad_if_match")


@pytest.mark.parametrize("limit", ["0", "-1", "101", "1.5", "ten", "", "1,2", "NaN", "9" * 5000])
def test_a_limit_that_cannot_be_used_is_refused_and_named(limit: str) -> None:
    reply = get(query={"limit": limit})
    assert (reply.status, reply.code) == (400, "bad_query")
    assert reply.json["errors"][0]["loc"] == ["limit"]


@pytest.mark.parametrize(
    ("query", "limit"), [({}, "25"), ({"limit": 1}, "1"), ({"limit": 100}, "100"), ({"colour": "x"}, "25")]
)
def test_a_limit_is_1_to_100_and_25_by_default(query: dict[str, object], limit: str) -> None:
    assert get(query=query).headers["x-limit"] == limit


def test_a_key_is_bound_to_route_and_body() -> None:
    def print_of(body: object, path: str = "/things") -> str:
        request = event("POST", path, body=body, headers={"Idempotency-Key": "k"})
        request["rawPath"] = f"/v1{path}"
        return send(api.handle, request).headers["x-guard"]

    assert print_of({"title": "x"}) == print_of({"title": "x"})
    assert print_of({"title": "x"}) != print_of({"title": "y"})
    assert print_of({"title": "x"}) == print_of(b'{"title": "x"}')


def test_the_next_page_is_linked_with_the_same_filters() -> None:
    headers = http.page_headers("/things", Paged(limit=2, cursor="old"), Page([1, 2], "ne/w="))
    assert headers == {"Link": '</v1/things?limit=2&cursor=ne%2Fw%3D>; rel="next"'}
    assert http.page_headers("/things", Paged(), Page([], None)) == {}


def test_a_request_leaves_one_line_of_ids_and_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = io.StringIO()
    monkeypatch.setattr(observability.logger.registered_handler, "stream", lines)
    canary = "canary-4711"
    claims = claims_of("ana") | {"email": f"{canary}@example.com", "email_verified": "true", "name": canary}
    post({"title": canary}, claims=claims, headers={"Idempotency-Key": canary, "Authorization": f"Bearer {canary}"})
    post({"title": canary * 50}, claims=claims)
    said = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [(line["route"], line["status"], line.get("code")) for line in said] == [
        ("/things", 201, None),
        ("/things", 422, "validation_failed"),
    ]
    assert {line["user"] for line in said} == {id_of("ana")}
    assert canary not in lines.getvalue()
    assert subject("ana") not in lines.getvalue()
