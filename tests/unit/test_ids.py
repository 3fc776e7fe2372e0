"""Ids: sortable by time, unguessable, and people's derived from who signed them in."""

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from atelier import ids

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def test_an_id_has_a_prefix_and_26_characters() -> None:
    assert re.fullmatch(r"wks_[0-9a-hjkmnp-tv-z]{26}", ids.new_id("wks"))


def test_no_two_ids_are_alike() -> None:
    assert len({ids.new_id("wks", at=lambda: NOW) for _ in range(10_000)}) == 10_000


def test_an_id_spends_80_bits_on_chance() -> None:
    asked: list[int] = []

    def randbits(bits: int) -> int:
        asked.append(bits)
        return (1 << bits) - 1

    assert ids.new_id("wks", at=lambda: NOW, randbits=randbits).endswith("z" * 16)
    assert asked == [80]


@given(st.timedeltas(timedelta(milliseconds=1), timedelta(days=365 * 500)))
def test_later_ids_sort_after_earlier_ones(later: timedelta) -> None:
    first = ids.new_id("wks", at=lambda: NOW, randbits=lambda bits: 2**bits - 1)
    second = ids.new_id("wks", at=lambda: NOW + later, randbits=lambda _: 0)
    assert first < second


@given(st.integers(0, 2**80 - 1), st.integers(0, 2**80 - 1))
def test_numbers_keep_their_order_as_text(one: int, other: int) -> None:
    assert (ids.encode(one, 16) < ids.encode(other, 16)) == (one < other)


def test_a_person_keeps_their_id() -> None:
    assert (
        ids.user_id("https://issuer", "subject") == "usr_4ycabrsmfh4cmiaw" == ids.user_id("https://issuer", "subject")
    )


def test_a_person_is_issuer_and_subject() -> None:
    made = {ids.user_id(issuer, subject) for issuer in ("https://a", "https://b") for subject in ("1", "2")}
    assert len(made) == 4


def test_issuer_and_subject_do_not_run_into_each_other() -> None:
    assert ids.user_id("https://a", "bc") != ids.user_id("https://ab", "c")


def test_the_member_of_a_seat_block_is_16_characters() -> None:
    person = ids.user_id("https://issuer", "subject")
    assert ids.member(person) == ids.user_key("https://issuer", "subject")
    assert re.fullmatch(r"[a-z2-7]{16}", ids.member(person))
