"""Workshops as clients send and get them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from atelier.workshops.schemas import WorkshopInput, WorkshopPatch, WorkshopQuery

BODY: dict[str, Any] = {"title": "Raku firing", "scheduled_at": "2031-03-28T17:00:00Z", "timezone": "Europe/Berlin"}


def test_three_fields_are_enough_for_a_workshop() -> None:
    made = WorkshopInput.model_validate(BODY)
    assert made.scheduled_at == datetime(2031, 3, 28, 17, tzinfo=UTC)
    assert (made.format, made.is_private, made.waitlist_enabled, made.records) == ("online", False, True, True)
    assert made.description == ""
    assert (made.max_capacity, made.duration_minutes) == (None, None)
    assert (made.location, made.category_id, made.host_id) == (None, None, None)


@pytest.mark.parametrize("missing", BODY)
def test_none_of_the_three_can_be_left_out(missing: str) -> None:
    with pytest.raises(ValidationError):
        WorkshopInput.model_validate({name: value for name, value in BODY.items() if name != missing})


@pytest.mark.parametrize(("field", "least", "most"), [("duration_minutes", 5, 1440), ("max_capacity", 1, 100_000)])
def test_numbers_have_bounds(field: str, least: int, most: int) -> None:
    for value in (least, most, None):
        assert getattr(WorkshopInput.model_validate({**BODY, field: value}), field) == value
        assert getattr(WorkshopPatch.model_validate({field: value}), field) == value
    for wrong in (least - 1, most + 1, float(least), str(least), True):
        with pytest.raises(ValidationError):
            WorkshopInput.model_validate({**BODY, field: wrong})
        with pytest.raises(ValidationError):
            WorkshopPatch.model_validate({field: wrong})


def test_a_patch_tells_null_from_what_was_left_out() -> None:
    patch = WorkshopPatch.model_validate({"location": None, "max_capacity": None})
    assert patch.model_fields_set == {"location", "max_capacity"}
    assert WorkshopPatch.model_validate({}).model_fields_set == set()


CLEARED = {"category_id", "group_id", "duration_minutes", "location", "max_capacity"}


@pytest.mark.parametrize("field", sorted({*WorkshopPatch.model_fields} - CLEARED))
def test_a_patch_cannot_clear_what_every_workshop_has(field: str) -> None:
    with pytest.raises(ValidationError):
        WorkshopPatch.model_validate({field: None})


def test_a_patch_has_every_field_of_a_new_workshop_but_its_host() -> None:
    assert {*WorkshopInput.model_fields} - {*WorkshopPatch.model_fields} == {"host_id"}


@pytest.mark.parametrize(("text", "value"), [("true", True), ("false", False)])
def test_truth_values_in_a_query_are_true_and_false(text: str, value: bool) -> None:
    assert WorkshopQuery.model_validate({"past": text, "my": text}) == WorkshopQuery(past=value, my=value)


@pytest.mark.parametrize("text", ["", "TRUE", "1", "0", "yes", "on", " true"])
def test_other_words_are_no_truth_values(text: str) -> None:
    for name in ("past", "my"):
        with pytest.raises(ValidationError):
            WorkshopQuery.model_validate({name: text})


def test_a_query_finds_its_limit_in_text() -> None:
    assert WorkshopQuery.model_validate({"limit": "100"}).limit == 100
    assert WorkshopQuery.model_validate({}).limit == 25
