"""Series over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.e2e.api import Api
from tests.e2e.scenes import eventually, need, pages, refused


def _wanted(**fields: Any) -> dict[str, Any]:
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    body = {
        "title": "Open studio",
        "description": "Bring gloves.",
        "rrule": "FREQ=WEEKLY",
        "start_date": tomorrow,
        "time_of_day": "18:30",
        "timezone": "Europe/Berlin",
    }
    return {**body, **fields}


def test_a_series_comes_with_its_workshops_and_each_knows_what_comes_next(api: Api) -> None:
    host, somebody = api.person(), api.person()
    answer = api(host, "POST", "/series", _wanted(rrule="FREQ=DAILY"))
    made = need(answer, 201)
    assert answer.headers["location"] == f"/v1/series/{made['id']}"
    ids = [one["id"] for one in made["workshops"]]
    assert len(ids) in (89, 90)
    eventually(lambda: need(api(somebody, "GET", f"/series/{made['id']}"), 200)["workshops"], made["workshops"])
    found = [one["id"] for page in pages(api, somebody, f"/workshops?series={made['id']}&limit=40") for one in page]
    assert found == ids
    shown = need(api(somebody, "GET", f"/workshops/{ids[0]}"), 200)
    assert shown["description"] == "Bring gloves."
    assert shown["series"] == {"id": made["id"], "title": "Open studio", "rrule": "FREQ=DAILY"}
    assert shown["next_in_series"]["id"] == ids[1]
    listed = need(api(host, "GET", "/series"), 200)
    assert [one["id"] for one in listed["items"]] == [made["id"]]


def test_a_private_series_is_its_hosts_alone(api: Api) -> None:
    host, somebody = api.person(), api.person()
    made = need(api(host, "POST", "/series", _wanted(is_private=True)), 201)
    need(api(host, "GET", f"/series/{made['id']}"), 200)
    refused(api(somebody, "GET", f"/series/{made['id']}"), 404, "not_found")
    refused(api(somebody, "GET", f"/workshops/{made['workshops'][0]['id']}"), 404, "not_found")


def test_a_rule_that_never_happens_makes_no_series(api: Api) -> None:
    host = api.person()
    refused(
        api(host, "POST", "/series", _wanted(rrule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")), 422, "validation_failed"
    )
    assert need(api(host, "GET", "/series"), 200)["items"] == []
