"""The development data, before anybody loads it."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import TypeAdapter

from atelier.workshops.schemas import WorkshopInput
from local.data import CATEGORIES, PROFILES, SAMPLES, Sample, _earlier
from local.people import CAST, PASSWORD, email


def test_it_shows_every_kind_of_workshop() -> None:
    steps = {sample.steps[-1] for sample in SAMPLES if sample.steps}
    assert steps == {"start", "lobby", "end", "cancel"}
    capacities = {sample.fields.get("max_capacity") for sample in SAMPLES}
    assert {None, 1} <= capacities
    assert any(sample.fields.get("is_private") for sample in SAMPLES)
    assert any(len(sample.people) > sample.fields.get("max_capacity", 100) for sample in SAMPLES)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.title)
def test_the_api_takes_it(sample: Sample) -> None:
    assert {sample.host, *sample.people} <= set(CAST)
    assert sample.host not in sample.people
    assert sample.category is None or sample.category in CATEGORIES
    when = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    body = {"title": sample.title, "scheduled_at": when, "timezone": "Europe/Berlin", **sample.fields}
    TypeAdapter(WorkshopInput).validate_python(body)


def test_titles_are_unique_as_they_tell_what_is_there() -> None:
    assert len({sample.title for sample in SAMPLES}) == len(SAMPLES)


def test_everybody_of_the_cast_has_a_profile_and_a_password_the_pool_takes() -> None:
    assert set(PROFILES) == set(CAST)
    assert len(PASSWORD) >= 12
    assert email("ana") == "ana@example.test"


def test_an_instant_is_moved_in_the_form_it_is_stored_in() -> None:
    week = timedelta(days=7)
    assert _earlier("2027-03-08T17:00:00Z", week) == "2027-03-01T17:00:00Z"
    assert _earlier("2027-03-08T17:00:00.250Z", week) == "2027-03-01T17:00:00.250Z"
