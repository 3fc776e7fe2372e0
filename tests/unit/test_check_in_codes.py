"""Check-in codes: what is read from what people type, and how a rotating code follows from time."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atelier.checkins import codes
from atelier.checkins.codes import ALPHABET, Code

NOON = datetime(2027, 3, 28, 12, 0, 0, tzinfo=UTC)
SECRET = "1f" * codes.SECRET_BYTES


def test_the_alphabet_has_31_characters_and_none_that_looks_like_another() -> None:
    assert len(ALPHABET) == len(set(ALPHABET)) == 31
    assert not set(ALPHABET) & set("0O1IL")


@pytest.mark.parametrize(
    "typed",
    ["ABC234", "abc234", " abc-234 ", "ａｂｃ２３４", "A B C 2 3 4", "АВС234", "ΑΒC234", "abc\u2013234"],  # noqa: RUF001
)
def test_case_blanks_hyphens_and_other_alphabets_make_no_difference(typed: str) -> None:
    assert codes.read(typed) == Code("ABC234", None)


@pytest.mark.parametrize(("typed", "meant"), [("OBC234", "QBC234"), ("0BC234", "QBC234"), ("ABC23l", "ABC23J")])
def test_characters_that_no_code_has_are_taken_for_what_they_look_like(typed: str, meant: str) -> None:
    assert codes.read(typed).text == meant


@pytest.mark.parametrize("typed", ["", "ABC23", "ABC2345", "ABC23?", "ABCD23456", "ABC23\u00df", "💥" * 6, "-" * 100])
def test_what_cannot_be_a_code_is_looked_up_like_one(typed: str) -> None:
    assert codes.read(typed) == codes.NO_CODE


@given(st.text(max_size=100))
def test_nothing_that_is_typed_is_more_than_a_code(typed: str) -> None:
    text = codes.read(typed).text
    assert text == codes.NO_CODE.text or (len(text) in (6, 8) and set(text) <= set(ALPHABET))


@given(st.text(alphabet=ALPHABET, min_size=6, max_size=6) | st.text(alphabet=ALPHABET, min_size=8, max_size=8))
def test_every_code_reads_as_itself(code: str) -> None:
    assert codes.read(code.lower()).text == code


def test_the_changing_half_is_an_hmac_of_the_time_step() -> None:
    number = int.from_bytes(hmac.digest(bytes.fromhex(SECRET), (77).to_bytes(8), hashlib.sha256)[:8])
    expected = "".join(ALPHABET[number // 31**place % 31] for place in range(4))
    assert codes.derived(SECRET, 77) == expected


def test_a_rotating_code_is_good_for_its_step_and_one_more() -> None:
    shown = codes.read(codes.current("ABCD", SECRET, 30, NOON))
    good = [codes.is_right(shown, "ABCD", SECRET, 30, NOON + timedelta(seconds=s)) for s in (0, 29, 30, 59, 60, 3600)]
    assert good == [True, True, True, True, False, False]
    assert not codes.is_right(shown, "ABCD", SECRET, 30, NOON - timedelta(seconds=1))


def test_a_rotating_code_changes_when_it_is_said_to() -> None:
    at = NOON + timedelta(seconds=17)
    change = codes.next_change(30, at)
    assert change == NOON + timedelta(seconds=30)
    assert codes.current("ABCD", SECRET, 30, at) == codes.current("ABCD", SECRET, 30, change - timedelta(seconds=1))
    assert codes.current("ABCD", SECRET, 30, at) != codes.current("ABCD", SECRET, 30, change)


def test_stems_come_from_the_whole_alphabet() -> None:
    assert codes.new_stem(rotates=False, choose=lambda some: some[-1]) == "ZZZZZZ"
    assert codes.new_stem(rotates=True, choose=lambda some: some[0]) == "2222"
    assert set("".join(codes.new_stem(rotates=False) for _ in range(300))) == set(ALPHABET)
