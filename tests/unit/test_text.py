"""Texts, times and zones as people type them."""

import unicodedata
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError

from atelier import clock, text

TITLE = TypeAdapter[str](text.Title)
SHORT = TypeAdapter[str](text.ShortText)
LONG = TypeAdapter[str](text.LongText)
PLACE = TypeAdapter[str](text.Place)
INSTANT = TypeAdapter[datetime](text.Instant)
ZONE = TypeAdapter[str](text.Zone)


def refuses(kind: TypeAdapter[Any], value: object) -> bool:
    try:
        kind.validate_python(value, strict=True)
    except ValidationError:
        return True
    return False


@given(st.text(max_size=60))
def test_what_is_kept_is_trimmed_composed_and_free_of_controls(value: str) -> None:
    if refuses(TITLE, value):
        return
    kept = TITLE.validate_python(value)
    assert kept == unicodedata.normalize("NFC", kept).strip() != ""
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in kept)


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=60))
def test_nothing_printable_is_refused(value: str) -> None:
    composed = unicodedata.normalize("NFC", value)
    assert TITLE.validate_python(value) == composed


@given(st.text(max_size=60))
def test_cleaning_twice_changes_nothing(value: str) -> None:
    if not refuses(LONG, value):
        once = LONG.validate_python(value)
        assert LONG.validate_python(once) == once


@pytest.mark.parametrize(
    ("kind", "least", "most"), [(TITLE, 1, 200), (SHORT, 0, 500), (LONG, 0, 20_000), (PLACE, 0, 500)]
)
def test_lengths_count_characters_after_trimming(kind: TypeAdapter[str], least: int, most: int) -> None:
    assert kind.validate_python("  " + "é" * most + "  ") == "é" * most
    assert refuses(kind, "é" * (most + 1))
    assert refuses(kind, "   ") == (least == 1)


def test_line_breaks_are_for_long_texts() -> None:
    assert SHORT.validate_python("a\r\nb\tc") == "a\nb\tc"
    assert refuses(TITLE, "a\nb")
    assert refuses(PLACE, "a\tb")


@pytest.mark.parametrize(
    ("typed", "instant"),
    [
        ("2027-03-28T17:00:00Z", datetime(2027, 3, 28, 17, tzinfo=UTC)),
        ("2027-03-28T17:00:00z", datetime(2027, 3, 28, 17, tzinfo=UTC)),
        ("2027-03-28 17:00:00Z", datetime(2027, 3, 28, 17, tzinfo=UTC)),
        ("2027-03-28T19:00:00+02:00", datetime(2027, 3, 28, 17, tzinfo=UTC)),
        ("2027-03-28T11:15:00-05:45", datetime(2027, 3, 28, 17, tzinfo=UTC)),
        ("2027-03-28T17:00:00-00:00", datetime(2027, 3, 28, 17, tzinfo=UTC)),
        ("2027-03-28T17:00:00.999999999Z", datetime(2027, 3, 28, 17, tzinfo=UTC)),
        ("2028-02-29T00:00:00Z", datetime(2028, 2, 29, tzinfo=UTC)),
    ],
)
def test_a_time_with_an_offset_is_an_instant(typed: str, instant: datetime) -> None:
    assert INSTANT.validate_python(typed) == instant


@pytest.mark.parametrize(
    "typed",
    [
        "2027-03-28T17:00:00",
        "2027-03-28",
        "17:00:00Z",
        "2027-03-28T17:00Z",
        "2027-03-28T17:00:00,5Z",
        "2027-03-28T17:00:60Z",
        "2027-02-29T00:00:00Z",
        "2027-13-01T00:00:00Z",
        "9999-12-31T23:59:59-01:00",
        "2027-W12-7T17:00:00Z",
        "20270328T170000Z",
        "2027-03-28T17:00:00+2",
        "2027-03-28T17:00:00 UTC",
        "now",
        "",
        1806000000,
        None,
        True,
    ],
)
def test_anything_else_is_no_time(typed: object) -> None:
    assert refuses(INSTANT, typed)


@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.timezones()))  # noqa: DTZ001 - the zone is drawn
def test_an_instant_survives_being_written_and_read(instant: datetime) -> None:
    written = clock.to_text(instant)
    assert clock.from_text(written) == INSTANT.validate_python(written) == clock.whole_seconds(instant)


@pytest.mark.parametrize(
    "name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "Asia/Kathmandu"]
)
def test_an_iana_zone_is_a_zone(name: str) -> None:
    assert ZONE.validate_python(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Berlin",
        "Europe",
        "europe/berlin",
        "CEST",
        "+02:00",
        "../UTC",
        "/UTC",
        "Europe/Berlin\n",
        "Europe\\Berlin",
        "U" * 65,
        1,
    ],
)
def test_anything_else_is_no_zone(name: object) -> None:
    assert refuses(ZONE, name)


def test_a_patch_tells_null_from_left_out() -> None:
    class Patch(text.Input):
        name: str | None = Field(default_factory=text.left_out)
        size: int = Field(default_factory=text.left_out)

    assert text.changes(Patch.model_validate({})) == {}
    assert text.changes(Patch.model_validate({"name": None})) == {"name": None}
    with pytest.raises(ValidationError):
        Patch.model_validate({"size": None})
