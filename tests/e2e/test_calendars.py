"""Calendars over HTTP, as a calendar program reads them: a file per workshop, and a feed that needs no sign-in."""

import time
from datetime import datetime
from typing import Any

import httpx
from icalendar import Calendar

from tests.e2e.api import Api
from tests.e2e.scenes import eventually, in_, join, make, need, refused

QUIET_S = 1.5
TITLE = "Raku, Töpfern; und 陶芸"


def _events(answer: httpx.Response) -> dict[str, Any]:
    """The events of a calendar by their titles, each with what a reader sees."""
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    events: Any = Calendar.from_ical(answer.content).walk("VEVENT")
    return {
        str(event["SUMMARY"]): (str(event["UID"]), int(event["SEQUENCE"]), event["DTSTART"].dt, str(event["STATUS"]))
        for event in events
    }


def _unchanged(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.content) == (304, b"")


def test_a_workshop_is_a_file_whose_event_follows_its_changes(api: Api) -> None:
    host, ana = api.people(2)
    first, later = in_(days=1), in_(days=2)
    workshop = make(api, host, title=TITLE, scheduled_at=first, location="Am Fluss 1, Hof")
    path = f"/workshops/{workshop}/calendar.ics"
    answer = api(ana, "GET", path)
    assert "attachment" in answer.headers["content-disposition"]
    [(title, (uid, *told))] = _events(answer).items()
    assert (title, told) == (TITLE, [0, datetime.fromisoformat(first), "CONFIRMED"])
    tag = answer.headers["etag"]
    assert _unchanged(api(ana, "GET", path, headers={"If-None-Match": tag}))

    need(api(host, "PATCH", f"/workshops/{workshop}", {"scheduled_at": later}), 200)
    changed = api(ana, "GET", path, headers={"If-None-Match": tag})
    assert _events(changed) == {TITLE: (uid, 1, datetime.fromisoformat(later), "CONFIRMED")}
    need(api(host, "DELETE", f"/workshops/{workshop}"), 204)
    assert _events(api(ana, "GET", path)) == {TITLE: (uid, 2, datetime.fromisoformat(later), "CANCELLED")}

    private = make(api, host, is_private=True)
    refused(api(ana, "GET", f"/workshops/{private}/calendar.ics"), 404, "not_found")
    assert api(None, "GET", path).status_code == 401


def test_a_feed_shows_what_somebody_hosts_and_attends_to_whoever_has_its_address(api: Api) -> None:
    host, ana = api.people(2)
    attended, hosted, other = make(api, host, title="Attended"), make(api, ana, title="Hosted"), make(api, host)
    join(api, attended, ana)
    url = need(api(ana, "POST", "/me/calendar-feed"), 201)["url"]
    answer = httpx.get(url, timeout=60)
    assert _events(answer).keys() == {"Attended", "Hosted"}
    assert _events(httpx.get(url.removesuffix(".ics"), timeout=60)) == _events(answer)

    tag = answer.headers["etag"]

    def asked_again() -> httpx.Response:
        return httpx.get(url, headers={"If-None-Match": tag}, timeout=60)

    # What was made just before may still have to reach the feed.
    time.sleep(QUIET_S)
    tag = httpx.get(url, timeout=60).headers["etag"]
    assert _unchanged(asked_again())
    need(api(host, "PATCH", f"/workshops/{attended}", {"scheduled_at": in_(days=3)}), 200)
    eventually(lambda: asked_again().status_code, 200)
    assert _events(asked_again())["Attended"][1] == 1
    need(api(ana, "DELETE", f"/workshops/{hosted}"), 204)
    eventually(lambda: _events(httpx.get(url, timeout=60))["Hosted"][3], "CANCELLED")
    join(api, other, ana)
    eventually(lambda: len(_events(httpx.get(url, timeout=60))), 3)

    rotated = need(api(ana, "POST", "/me/calendar-feed"), 201)["url"]
    refused(httpx.get(url, timeout=60), 404, "not_found")
    assert len(_events(httpx.get(rotated, timeout=60))) == 3
    need(api(ana, "DELETE", "/me/calendar-feed"), 204)
    need(api(ana, "DELETE", "/me/calendar-feed"), 204)
    refused(httpx.get(rotated, timeout=60), 404, "not_found")
