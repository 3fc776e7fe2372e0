"""Check-in over HTTP: what the code on the wall does, pictures of it, guests, and doors without network."""

from datetime import UTC, datetime, timedelta

import httpx

from tests.e2e.api import Api
from tests.e2e.scenes import in_, make, need, refused
from tests.pictures import decoded, png_rows

GUESSES = 10


def test_everybody_in_the_room_is_checked_in_once(api: Api) -> None:
    host, ana, ben, cleo = api.people(4)
    workshop = make(api, host, scheduled_at=in_(hours=1))
    path = f"/workshops/{workshop}"
    desk = need(api(host, "POST", f"{path}/check-in"), 201)
    assert need(api(host, "POST", f"{path}/check-in"), 200)["code_text"] == desk["code_text"]
    picture = api(host, "GET", f"{path}/check-in/qr.png")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
    assert decoded(png_rows(picture.content)[0]) == [desk["check_in_url"]]
    page = httpx.get(desk["check_in_url"], timeout=60)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    refused(api(ana, "GET", f"{path}/check-in"), 403, "not_allowed")

    code = {"code": f" {desk['code_text'][:3].lower()}-{desk['code_text'][3:]} "}
    first = need(api(ana, "POST", "/check-ins", code), 201)
    assert need(api(ana, "POST", "/check-ins", code), 200) == first
    guest = need(api(None, "POST", "/public/check-ins", {**code, "display_name": "Benjamin"}), 201)
    assert need(api(ben, "POST", "/check-ins/claim", {"claim_token": guest["claim_token"]}), 201)["checked_in_at"]
    refused(api(ana, "POST", "/check-ins/claim", {"claim_token": guest["claim_token"]}), 404, "not_found")
    holder = need(api(cleo, "GET", f"{path}/check-in/pass"), 200)["holder"]
    at = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    scans = {"items": [{"nonce": "1", "holder": holder, "at": at}, {"nonce": "2", "user_id": api.id(ana), "at": at}]}
    told = need(api(host, "POST", f"{path}/check-ins/batch", scans), 200)
    assert [item["status"] for item in told["items"]] == ["checked_in", "already_checked_in"]
    assert need(api(host, "POST", f"{path}/check-ins/batch", scans), 200) == told
    there = need(api(host, "GET", f"{path}/attendance"), 200)["items"]
    assert {item["user"]["id"] for item in there} == {api.id(one) for one in (ana, ben, cleo)}
    assert all(item["checked_in_at"] for item in there)

    need(api(host, "PATCH", f"{path}/check-in", {"state": "CLOSED"}), 200)
    refused(api(host, "POST", f"{path}/check-in"), 409, "check_in_closed")
    refused(api(ana, "POST", "/check-ins", code), 404, "code_not_valid")


def test_who_guesses_is_stopped_after_ten_misses_and_nobody_else_is(api: Api) -> None:
    host, mallory, ana = api.people(3)
    workshop = make(api, host)
    desk = need(api(host, "POST", f"/workshops/{workshop}/check-in", {"rotates_every_s": 3600}), 201)
    for _ in range(GUESSES):
        refused(api(mallory, "POST", "/check-ins", {"code": "22222222"}), 404, "code_not_valid")
    stopped = api(mallory, "POST", "/check-ins", {"code": desk["code_text"]})
    refused(stopped, 429, "too_many_guesses")
    assert 0 < int(stopped.headers["retry-after"]) <= 600
    need(api(ana, "POST", "/check-ins", {"code": desk["code_text"]}), 201)


def test_a_drawing_is_what_browsers_show(api: Api) -> None:
    host = api.person()
    workshop = make(api, host)
    need(api(host, "POST", f"/workshops/{workshop}/check-in"), 201)
    drawing = api(host, "GET", f"/workshops/{workshop}/check-in/qr.svg")
    assert (drawing.status_code, drawing.headers["content-type"]) == (200, "image/svg+xml")
    assert drawing.text.startswith("<?xml")
