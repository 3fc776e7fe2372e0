"""Cursors: good for one person, one list and its filters, and nothing else."""

import base64
import json

import pytest

from atelier.errors import BadCursorError
from atelier.paging import MOST_CHARACTERS, Scope

SCOPE = Scope("usr_ana", "workshops", (("host", "usr_ben"), ("past", "true")))


def encode(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_cursor_leads_back_to_its_position() -> None:
    for position in (("a",), ("2027-03-28T17:00:00Z#wks_1", "b"), ("ü/#=&\u0000", "")):
        assert SCOPE.position(SCOPE.cursor(*position), len(position)) == position


def test_a_cursor_needs_no_escaping_in_an_address() -> None:
    cursor = SCOPE.cursor("?" * 40, "ÿ" * 40)
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert len(cursor) <= MOST_CHARACTERS


def test_no_cursor_is_the_beginning() -> None:
    assert SCOPE.position(None, 1) is None


def test_the_order_of_filters_does_not_matter() -> None:
    turned = Scope("usr_ana", "workshops", (("past", "true"), ("host", "usr_ben")))
    assert turned.position(SCOPE.cursor("a"), 1) == ("a",)


@pytest.mark.parametrize(
    "other",
    [
        Scope("usr_eve", "workshops", SCOPE.filters),
        Scope("usr_ana", "categories", SCOPE.filters),
        Scope("usr_ana", "workshops", ()),
        Scope("usr_ana", "workshops", (("host", "usr_ben"), ("past", "false"))),
    ],
    ids=["another person", "another list", "no filters", "other filters"],
)
def test_a_cursor_made_for_something_else_is_refused(other: Scope) -> None:
    with pytest.raises(BadCursorError):
        SCOPE.position(other.cursor("a"), 1)


@pytest.mark.parametrize("parts", [0, 2])
def test_a_cursor_with_another_number_of_parts_is_refused(parts: int) -> None:
    with pytest.raises(BadCursorError):
        SCOPE.position(SCOPE.cursor("a"), parts)


def test_a_cursor_with_any_character_changed_is_refused_or_says_the_same() -> None:
    cursor = SCOPE.cursor("2027-03-28T17:00:00Z#wks_1")
    for at in range(len(cursor)):
        changed = cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :]
        try:
            assert SCOPE.position(changed, 1) == ("2027-03-28T17:00:00Z#wks_1",)
        except BadCursorError:
            continue


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "====",
        "ü",
        "a b",
        "%00",
        "A" * (MOST_CHARACTERS + 1),
        encode(None),
        encode(1),
        encode("ab"),
        encode([]),
        encode([1, "a"]),
        encode(["0" * 16, "a"]),
        encode([None, "a"]),
        encode([["a"], "a"]),
        encode({"a": 1, "b": 2}),
        encode(["\ud800", "\ud800"]),
        base64.urlsafe_b64encode(b"[" * 700).decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        base64.urlsafe_b64encode(b"[NaN, NaN]").decode(),
    ],
)
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursorError):
        SCOPE.position(cursor, 1)
