"""Bodies, good and bad: what is read, what is refused, and how the refusal says where."""

import json
from base64 import b64encode

import pytest

from atelier import bodies
from tests.calling import Reply, call, event, send
from tests.unit.things_api import NESTED, api, post

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


def test_a_body_may_be_left_out_where_the_route_says_so() -> None:
    def maybe(body: object) -> Reply:
        return call(api.handle, "POST", "/maybe", body=body)

    assert [maybe(body).text for body in (None, "", {"title": "Kiln"})] == ["nothing", "nothing", "Kiln"]
    assert [maybe(body).status for body in ("null", " ", {}, {"title": ""})] == [422, 400, 422, 422]


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
