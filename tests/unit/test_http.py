"""Requests, good and bad, against an API of three routes that touches no table."""

import io
import json
import threading
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from pydantic import Field

from atelier import bodies, error_pages, errors, http, observability, settings
from atelier.accounts.caller import Caller
from atelier.edits import Expected
from atelier.idempotency import Guard
from atelier.paging import Page
from atelier.text import Input, Instant, LongText, Output, Paged, Title, Zone
from tests.calling import ISSUER, Reply, call, claims_of, event, id_of, send, subject


class Thing(Input):
    """What the API under test takes."""

    title: Title
    text: LongText = ""
    amount: int = Field(default=1, ge=0, le=1000)
    at: Instant | None = None
    zone: Zone = "UTC"


class Shown(Output):
    """What it answers."""

    title: str
    text: str
    amount: int
    at: datetime | None
    caller: str


api = http.Api()


@api.route("POST", "/things", {201: Shown})
def make(caller: Caller, body: Thing, guard: Guard | None) -> http.Answer:
    shown = Shown(title=body.title, text=body.text, amount=body.amount, at=body.at, caller=caller.id)
    return http.Answer(201, shown, {"X-Guard": guard.fingerprint if guard else "none"})


@api.route("GET", "/things", {200: Shown})
def look(caller: Caller, query: Paged, if_match: Expected | None) -> http.Answer:
    told = {"X-Admin": str(caller.is_admin), "X-Limit": str(query.limit), "X-Email": str(caller.email)}
    return http.Answer(200, "{}", told | {"X-Versions": ",".join(sorted(if_match.versions)) if if_match else "any"})


@api.route("GET", "/things/{thing_id}", {200: None}, public=True)
def show(thing_id: str) -> http.Answer:
    if thing_id == "bad_0000000000000000":
        raise errors.TableUnavailableError
    if thing_id == "bug_0000000000000000":
        raise ZeroDivisionError
    return http.Answer(204)


def post(body: object, **more: Any) -> Reply:
    return call(api.handle, "POST", "/things", body=body, **more)


def get(**more: Any) -> Reply:
    return call(api.handle, "GET", "/things", **more)


NESTED = 100_000

NOT_JSON: dict[str, object] = {
    "nothing": "",
    "blank": "  ",
    "half an object": '{"title": "x"',
    "a comma too many": '{"title": "x",}',
    "single quotes": "{'title': 'x'}",
    "a comment": '{"title": "x"} // yes',
    "two values": '{"title": "x"}{}',
    "XML": "<title>x</title>",
    "a form": "title=x",
    "NaN": '{"title": "x", "amount": NaN}',
    "Infinity": '{"title": "x", "amount": Infinity}',
    "minus Infinity": '{"title": "x", "amount": -Infinity}',
    "a number beyond a double": '{"title": "x", "amount": 1e400}',
    "a number of 5,000 digits": '{"title": "x", "amount": ' + "9" * 5000 + "}",
    "a leading zero": '{"title": "x", "amount": 01}',
    "a key twice": '{"title": "x", "title": "y"}',
    "a key twice, deep inside": '{"title": {"a": 1, "b": [{"c": 1, "c": 2}]}}',
    "arrays nested too deeply": "[" * NESTED + "]" * NESTED,
    "objects nested too deeply": '{"a":' * 40_000 + "1" + "}" * 40_000,
    "a raw line break in a text": '{"title": "a\nb"}',
    "a raw NUL": '{"title": "a\x00b"}',
    "a byte order mark": '\ufeff{"title": "x"}',
    "a raw lone surrogate": '{"title": "\ud800"}',
    "Latin-1": '{"title": "Töpfern"}'.encode("latin-1"),
    "UTF-16": '{"title": "x"}'.encode("utf-16"),
    "an overlong UTF-8 sequence": b'{"title": "\xc0\xaf"}',
    "bytes": bytes(range(256)),
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_what_is_not_json_is_refused(body: object) -> None:
    reply = post(body)
    assert (reply.status, reply.code) == (400, "malformed_json")


def test_a_missing_body_is_refused() -> None:
    reply = post(None, headers={"Content-Type": "application/json"})
    assert (reply.status, reply.code) == (400, "malformed_json")


def test_a_body_wrongly_declared_as_base64_is_refused() -> None:
    in_part = "*" + b64encode(b'{"title": "x"}').decode()
    for body in ('{"title": "x"}', in_part, "x"):
        reply = send(api.handle, event("POST", "/things", body=body) | {"isBase64Encoded": True})
        assert (reply.status, reply.code) == (400, "malformed_json")


INVALID: dict[str, tuple[object, list[str]]] = {
    "null": ("null", []),
    "a list": ("[]", []),
    "a text": ('"x"', []),
    "a number": ("1", []),
    "an empty object": ({}, ["title"]),
    "an unknown field": ({"title": "x", "host_id": "me"}, ["host_id"]),
    "a field of another case": ({"Title": "x"}, ["Title"]),
    "no text": ({"title": ""}, ["title"]),
    "only blanks": ({"title": " \t "}, ["title"]),
    "too long a text": ({"title": "x" * 201}, ["title"]),
    "a number for a text": ({"title": 1}, ["title"]),
    "a list for a text": ({"title": ["x"]}, ["title"]),
    "null for a text": ({"title": None}, ["title"]),
    "a text for a number": ({"title": "x", "amount": "1"}, ["amount"]),
    "a truth value for a number": ({"title": "x", "amount": True}, ["amount"]),
    "a fraction": ({"title": "x", "amount": 1.5}, ["amount"]),
    "too small a number": ({"title": "x", "amount": -1}, ["amount"]),
    "ten to the 400th": ({"title": "x", "amount": 10**400}, ["amount"]),
    "NUL": ({"title": "a\x00b"}, ["title"]),
    "a bell": ({"title": "a\x07b"}, ["title"]),
    "a C1 control": ({"title": "a\x85b"}, ["title"]),
    "DEL": ({"title": "a\x7fb"}, ["title"]),
    "a line break in a title": ({"title": "a\nb"}, ["title"]),
    "an escape sequence in a long text": ({"title": "x", "text": "\x1b[31mred"}, ["text"]),
    "a high lone surrogate": ('{"title": "a\\ud800b"}', ["title"]),
    "a low lone surrogate": ('{"title": "\\udfff"}', ["title"]),
    "a lone surrogate in a key": ('{"title": "x", "\\ud800": 1}', []),
    "a lone surrogate for a zone": ('{"title": "x", "zone": "\\ud800"}', ["zone"]),
    "a naive time": ({"title": "x", "at": "2027-03-28T17:00:00"}, ["at"]),
    "a date": ({"title": "x", "at": "2027-03-28"}, ["at"]),
    "a day that does not exist": ({"title": "x", "at": "2027-02-29T17:00:00Z"}, ["at"]),
    "hour 24": ({"title": "x", "at": "2027-02-28T24:00:01Z"}, ["at"]),
    "an offset of 25 hours": ({"title": "x", "at": "2027-02-28T17:00:00+25:00"}, ["at"]),
    "a time before the year 1 in UTC": ({"title": "x", "at": "0001-01-01T00:00:00+01:00"}, ["at"]),
    "seconds since 1970": ({"title": "x", "at": 1806000000}, ["at"]),
    "digits of another script": ({"title": "x", "at": "٢٠٢٧-03-28T17:00:00Z"}, ["at"]),
    "no zone of this world": ({"title": "x", "zone": "Europe/Atlantis"}, ["zone"]),
    "a folder for a zone": ({"title": "x", "zone": "Europe"}, ["zone"]),
    "a path for a zone": ({"title": "x", "zone": "../../../etc/passwd"}, ["zone"]),
    "an absolute path for a zone": ({"title": "x", "zone": "/etc/passwd"}, ["zone"]),
}


@pytest.mark.parametrize(("body", "loc"), INVALID.values(), ids=INVALID.keys())
def test_json_that_is_not_allowed_is_refused_and_the_place_named(body: object, loc: list[str]) -> None:
    reply = post(body)
    assert (reply.status, reply.code) == (422, "validation_failed")
    assert loc in [entry["loc"] for entry in reply.json["errors"]]
    assert all(entry["msg"] for entry in reply.json["errors"])


STORED: dict[str, tuple[str, str]] = {
    "plain": ("Raku", "Raku"),
    "blanks around": ("  Raku\t", "Raku"),
    "NFD": ("To\u0308pfern", "Töpfern"),
    "NFC": ("Töpfern", "Töpfern"),
    "right to left": ("סדנת קרמיקה", "סדנת קרמיקה"),
    "marks of direction": ("\u202eabc\u202c", "\u202eabc\u202c"),
    "emoji joined by zero-width joiners": ("👩‍🎨 🏺", "👩‍🎨 🏺"),
    "outside the basic plane": ("𐎀𐎁𐎂", "𐎀𐎁𐎂"),
    "200 characters of 4 bytes": ("🏺" * 200, "🏺" * 200),
    "markup, which is the client's to escape": ("<b>&amp;</b>", "<b>&amp;</b>"),
}


@pytest.mark.parametrize(("sent", "shown"), STORED.values(), ids=STORED.keys())
def test_a_text_is_trimmed_and_composed_and_otherwise_left_alone(sent: str, shown: str) -> None:
    reply = post({"title": sent})
    assert reply.status == 201
    assert reply.json["title"] == shown


def test_a_long_text_keeps_its_line_breaks_as_line_feeds() -> None:
    assert post({"title": "x", "text": "a\r\nb\rc\td"}).json["text"] == "a\nb\nc\td"


def test_a_time_is_shown_in_utc_and_whole_seconds() -> None:
    assert post({"title": "x", "at": "2027-03-28t19:00:00.9+02:00"}).json["at"] == "2027-03-28T17:00:00Z"


def test_a_body_of_256_kb_is_read_and_one_byte_more_is_not() -> None:
    frame = len(json.dumps({"title": "x", "text": ""}))
    most = bodies.MOST_BODY_BYTES - frame
    assert post({"title": "x", "text": "y" * most}).status == 422
    assert (post({"title": "x", "text": "y" * (most + 1)}).status) == 413


@pytest.mark.parametrize(
    "body",
    ["x" * (257 * 1024), b"x" * (257 * 1024), "🏺" * (65 * 1024), "[" * (257 * 1024)],
    ids=["text", "base64", "characters of 4 bytes", "brackets"],
)
def test_a_body_over_256_kb_is_refused_before_it_is_parsed(body: object) -> None:
    reply = post(body)
    assert (reply.status, reply.code) == (413, "body_too_large")


def test_a_body_that_comes_as_base64_is_read() -> None:
    assert post(json.dumps({"title": "Töpfern"}).encode()).json["title"] == "Töpfern"


@pytest.mark.parametrize(
    "media_type", ["application/json", "application/json; charset=utf-8", "Application/JSON", " application/json ;a=b"]
)
def test_json_is_known_by_its_media_type(media_type: str) -> None:
    assert post({"title": "x"}, headers={"Content-Type": media_type}).status == 201


def test_a_body_without_a_media_type_is_taken_for_json() -> None:
    request = event("POST", "/things", body={"title": "x"})
    del request["headers"]["content-type"]
    assert send(api.handle, request).status == 201


@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "json",
        "",
    ],
)
def test_another_media_type_is_refused(media_type: str) -> None:
    reply = post({"title": "x"}, headers={"Content-Type": media_type})
    assert (reply.status, reply.code) == (415, "unsupported_media_type")


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
    settings.api_settings.cache_clear()
    try:
        assert post("").json["type"] == "https://atelier.example.org/v1/public/errors/malformed_json"
    finally:
        settings.api_settings.cache_clear()


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
        assert all((kind.title, kind.cause, kind.remedy))


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
