"""Edits of series over HTTP: what changes, what stays, who hears of it, and what does not take place."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.e2e.api import Api
from tests.e2e.scenes import eventually, need, refused


def _series(api: Api, host: str, **fields: Any) -> tuple[str, list[str]]:
    """A series of six days from the day after tomorrow on, and its workshops, soonest first."""
    body = {
        "title": "Raku firing",
        "rrule": "FREQ=DAILY;COUNT=6",
        "start_date": (datetime.now(UTC) + timedelta(days=2)).date().isoformat(),
        "time_of_day": "18:30",
        "timezone": "UTC",
        "max_capacity": 5,
    }
    made = need(api(host, "POST", "/series", {**body, **fields}), 201)
    return made["id"], [one["id"] for one in made["workshops"]]


def _told(api: Api, who: str) -> list[tuple[str, str]]:
    items = need(api(who, "GET", "/notifications"), 200)["items"]
    return sorted((item["type"], item["entity_id"]) for item in items)


def test_this_and_following_is_told_once_and_leaves_the_rest_alone(api: Api) -> None:
    host, guest = api.person(), api.person()
    series_id, ids = _series(api, host)
    for workshop_id in ids:
        need(api(guest, "POST", f"/workshops/{workshop_id}/rsvp"), 201)
    need(api(host, "PATCH", f"/workshops/{ids[4]}", {"title": "Guest evening"}), 200)
    answer = api(host, "PATCH", f"/series/{series_id}?from={ids[2]}", {"title": "Pit firing", "time_of_day": "20:15"})
    edited = need(answer, 200)
    assert answer.headers["etag"] == '"2"'
    assert [one["scheduled_at"][11:16] for one in edited["workshops"]] == ["18:30"] * 2 + ["20:15"] * 4
    titles = [need(api(guest, "GET", f"/workshops/{one}"), 200)["title"] for one in ids]
    assert titles == ["Raku firing"] * 2 + ["Pit firing"] * 2 + ["Guest evening", "Pit firing"]
    eventually(lambda: _told(api, guest), [("workshop_updated", series_id)])
    refused(
        api(host, "PATCH", f"/series/{series_id}", {"title": "X"}, headers={"If-Match": '"1"'}), 412, "stale_version"
    )
    refused(api(guest, "PATCH", f"/series/{series_id}", {"title": "X"}), 403, "not_allowed")


def test_seats_are_added_and_taken_in_every_workshop(api: Api) -> None:
    host, (first, second) = api.person(), api.people(2)
    series_id, ids = _series(api, host, max_capacity=1)
    for who in (first, second):
        need(api(who, "POST", f"/workshops/{ids[0]}/rsvp"), 201)
    need(api(host, "PATCH", f"/series/{series_id}", {"max_capacity": 2}), 200)
    assert need(api(second, "POST", f"/workshops/{ids[0]}/rsvp"), 200)["status"] == "rsvp"
    refused(api(host, "PATCH", f"/series/{series_id}", {"max_capacity": 1}), 409, "capacity_below_taken")


def test_a_date_is_skipped_the_rest_cut_off_and_the_series_ended(api: Api) -> None:
    host, guest = api.person(), api.person()
    series_id, ids = _series(api, host)
    for workshop_id in ids:
        need(api(guest, "POST", f"/workshops/{workshop_id}/rsvp"), 201)
    days = [one["date"] for one in need(api(host, "GET", f"/series/{series_id}"), 200)["workshops"]]
    for status in (201, 200):
        need(api(host, "POST", f"/series/{series_id}/exceptions", {"date": days[1]}), status)
    need(api(host, "DELETE", f"/workshops/{ids[4]}?scope=following"), 204)
    statuses = [need(api(guest, "GET", f"/workshops/{one}"), 200)["status"] for one in ids]
    assert statuses == ["scheduled", "cancelled", "scheduled", "scheduled", "cancelled", "cancelled"]
    told = sorted([("workshop_cancelled", ids[1]), ("workshop_cancelled", series_id)])
    eventually(lambda: _told(api, guest), told)
    need(api(host, "DELETE", f"/series/{series_id}"), 204)
    refused(api(host, "DELETE", f"/series/{series_id}"), 409, "series_ended")
    eventually(lambda: _told(api, guest), sorted([*told, ("workshop_cancelled", series_id)]))
