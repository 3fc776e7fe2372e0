"""Edits of a series that are refused whole, before anything of them is written."""

from datetime import UTC, date, datetime

import pytest

from atelier import table
from atelier.accounts.items import Profile, profile_key
from atelier.errors import (
    CapacityBelowTakenError,
    CapacityModeFixedError,
    HostingRevokedError,
    LeadTimeError,
)
from atelier.series.items import occurrence_id
from tests.calling import call, id_of
from tests.rooms import rsvp
from tests.series import ask, begun, made_by, stored
from tests.series_edits import edit, on, tuesday

pytestmark = pytest.mark.usefixtures("world")


def at_local(day: date, hour: int, minute: int = 0) -> datetime:
    """A winter's time in Berlin."""
    return datetime(day.year, day.month, day.day, hour - 1, minute, tzinfo=UTC)


def test_a_time_less_than_15_minutes_ahead_is_refused_whole() -> None:
    series_id = begun()
    now = at_local(tuesday(0), 12)
    with pytest.raises(LeadTimeError, match="2027-01-05"):
        edit(series_id, time_of_day="12:10", title="Pit firing", now=now)
    assert stored(series_id).version == 1
    edit(series_id, since=tuesday(1), time_of_day="12:10", now=now)
    assert on(series_id, tuesday(1)).scheduled_at == at_local(tuesday(1), 12, 10)


def test_no_capacity_goes_below_the_seats_that_are_taken_in_any_of_them() -> None:
    series_id = begun(max_capacity=3)
    for user in ("ana", "ben"):
        assert rsvp(occurrence_id(series_id, tuesday(5)), user).status == 201
    with pytest.raises(CapacityBelowTakenError):
        edit(series_id, max_capacity=1, title="Pit firing")
    assert {(one.title, one.max_capacity) for one in made_by(series_id)} == {("Raku firing", 3)}
    edit(series_id, max_capacity=2)
    assert {one.max_capacity for one in made_by(series_id)} == {2}


def test_more_seats_are_for_those_who_wait_and_no_limit_lets_everybody_in() -> None:
    series_id = begun(max_capacity=1)
    workshop_id = occurrence_id(series_id, tuesday(1))
    statuses = [rsvp(workshop_id, user).json["status"] for user in ("ana", "ben", "cleo")]
    assert statuses == ["rsvp", "waitlisted", "waitlisted"]
    edit(series_id, max_capacity=2)
    assert [rsvp(workshop_id, user).json["status"] for user in ("ben", "cleo")] == ["rsvp", "waitlisted"]
    edit(series_id, max_capacity=None)
    assert rsvp(workshop_id, "cleo").json["status"] == "rsvp"
    with pytest.raises(CapacityModeFixedError):
        edit(series_id, max_capacity=10)


def test_who_may_not_host_any_more_edits_what_there_is_and_makes_nothing_new() -> None:
    series_id = begun()
    assert call("accounts", "GET", "/me", user="host").status == 200
    table.update_or_see(Profile, profile_key(id_of("host")), [Profile.can_host.set(False)], Profile.pk.exists())
    edit(series_id, title="Pit firing")
    with pytest.raises(HostingRevokedError):
        edit(series_id, rrule="FREQ=DAILY")


def test_a_version_that_is_no_longer_current_and_strangers_are_refused() -> None:
    series_id = begun()
    path = f"/{series_id}"
    assert ask("PATCH", path, body={"title": "X"}, user="ana").code == "not_allowed"
    edit(series_id, is_private=True)
    assert ask("PATCH", path, body={"title": "X"}, user="ana").status == 404
    stale = ask("PATCH", path, body={"title": "X"}, headers={"If-Match": '"1"'})
    assert (stale.status, stale.code) == (412, "stale_version")
    reply = ask("PATCH", path, body={"title": "X"}, headers={"If-Match": '"2"'})
    assert (reply.status, reply.headers["etag"]) == (200, '"3"')
    assert ask("PATCH", path, body={"host_id": id_of("ana")}).code == "validation_failed"
