"""A rule's preview, and an RSVP to a whole series, over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.e2e.api import Api
from tests.e2e.scenes import eventually, my_status, need


def _series(api: Api, host: str, **fields: Any) -> tuple[str, list[str]]:
    """A series of three days from tomorrow on, and its workshops, soonest first."""
    body = {
        "title": "Raku firing",
        "rrule": "FREQ=DAILY;COUNT=3",
        "start_date": (datetime.now(UTC) + timedelta(days=1)).date().isoformat(),
        "time_of_day": "18:30",
        "timezone": "Europe/Berlin",
    }
    made = need(api(host, "POST", "/series", {**body, **fields}), 201)
    return made["id"], [one["id"] for one in made["workshops"]]


def test_a_preview_flags_the_night_on_which_the_clocks_are_changed(api: Api) -> None:
    body = {
        "rrule": "FREQ=DAILY",
        "start_date": "2027-03-27",
        "time_of_day": "02:30",
        "timezone": "Europe/Berlin",
        "count": 2,
    }
    assert need(api(api.person(), "POST", "/series/preview", body), 200)["items"] == [
        {
            "scheduled_at": "2027-03-27T01:30:00Z",
            "local": "2027-03-27T02:30:00",
            "utc_offset": "+01:00",
            "note": None,
        },
        {
            "scheduled_at": "2027-03-28T01:30:00Z",
            "local": "2027-03-28T03:30:00",
            "utc_offset": "+02:00",
            "note": "moved_forward",
        },
    ]


def test_one_rsvp_is_a_place_in_every_workshop_and_one_withdrawal_gives_them_up(api: Api) -> None:
    host, ana, ben = api.people(3)
    series, workshops = _series(api, host, max_capacity=1)
    path = f"/series/{series}/rsvp"
    taken = need(api(ana, "POST", path), 201)
    assert [(item["workshop_id"], item["status"]) for item in taken["items"]] == [(one, "rsvp") for one in workshops]
    assert need(api(ana, "POST", path), 200) == taken
    assert {(item["status"], item["position"]) for item in need(api(ben, "POST", path), 201)["items"]} == {
        ("waitlisted", 1)
    }
    need(api(ana, "DELETE", path), 204)
    need(api(ana, "DELETE", path), 204)
    assert [my_status(api, ben, one) for one in workshops] == ["rsvp"] * 3
    assert [my_status(api, ana, one) for one in workshops] == [None] * 3


def test_workshops_that_are_made_later_are_included(api: Api) -> None:
    host, ana, ben = api.people(3)
    series, workshops = _series(api, host)
    need(api(ana, "POST", f"/series/{series}/rsvp"), 201)
    need(api(ben, "POST", f"/workshops/{workshops[0]}/rsvp"), 201)
    need(api(host, "PATCH", f"/series/{series}", {"rrule": "FREQ=DAILY;COUNT=5"}), 200)
    made = [one["id"] for one in need(api(host, "GET", f"/series/{series}"), 200)["workshops"]]
    assert len(made) == 5
    eventually(lambda: [my_status(api, ana, one) for one in made], ["rsvp"] * 5)
    assert [my_status(api, ben, one) for one in made].count("rsvp") == 1
