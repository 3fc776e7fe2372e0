"""Event groups and attendance files over HTTP."""

import csv
import io
import secrets
from typing import Any

from tests.e2e.api import Api
from tests.e2e.scenes import detail, eventually, join, make, make_live, need, pages, refused


def _organizer(api: Api) -> str:
    host = api.person()
    need(api("admin", "PATCH", f"/users/{api.id(host)}", {"role": "organizer"}), 200)
    return host


def _group(api: Api, host: str) -> str:
    made = need(api(host, "POST", "/groups", {"name": f"Summer school {secrets.token_hex(4)}"}), 201)
    return str(made["id"])


def _listed(api: Api, who: str, group: str) -> list[str]:
    return [card["id"] for page in pages(api, who, f"/workshops?group={group}") for card in page]


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))


def test_organizers_make_groups_that_everybody_reads(api: Api) -> None:
    host, ana = _organizer(api), api.person()
    refused(api(ana, "POST", "/groups", {"name": "Mine"}), 403, "not_allowed")
    group = _group(api, host)
    assert need(api(ana, "GET", f"/groups/{group}"), 200)["owner"]["id"] == api.id(host)
    answer = api(host, "PATCH", f"/groups/{group}", {"description": "A week of clay"}, headers={"If-Match": '"1"'})
    assert (need(answer, 200)["description"], answer.headers["etag"]) == ("A week of clay", '"2"')
    refused(api(host, "PATCH", f"/groups/{group}", {"name": "x"}, headers={"If-Match": '"1"'}), 412, "stale_version")
    assert group in [each["id"] for page in pages(api, ana, "/groups?limit=100") for each in page]


def test_a_deleted_group_cancels_what_has_not_begun(api: Api) -> None:
    host, ana = _organizer(api), api.person()
    group = _group(api, host)
    planned, live = make(api, host, group_id=group), make_live(api, host, group_id=group)
    moved = make(api, host)
    need(api(host, "PATCH", f"/workshops/{moved}", {"group_id": group}), 200)
    join(api, planned, ana)
    eventually(lambda: sorted(_listed(api, ana, group)), wish=sorted([planned, live, moved]))
    need(api(host, "DELETE", f"/groups/{group}"), 204)
    refused(api(ana, "GET", f"/groups/{group}"), 404, "not_found")
    eventually(lambda: detail(api, ana, planned)["status"], wish="cancelled")
    eventually(lambda: detail(api, ana, moved)["status"], wish="cancelled")
    eventually(lambda: detail(api, ana, live)["group_id"], wish=None)
    assert detail(api, ana, live)["status"] == "live"
    refused(api(host, "POST", "/workshops", _wanted_in(group)), 422, "unknown_group")
    eventually(lambda: _told(api, ana).count("workshop_cancelled"), wish=1)


def _told(api: Api, who: str) -> list[str]:
    return [one["type"] for one in need(api(who, "GET", "/notifications"), 200)["items"]]


def _wanted_in(group: str) -> dict[str, Any]:
    return {"title": "x", "scheduled_at": "2099-03-28T17:00:00Z", "timezone": "UTC", "group_id": group}


def test_attendance_comes_as_a_file_of_a_workshop_and_of_its_group(api: Api) -> None:
    host, ana, ben = _organizer(api), *api.people(2)
    need(api(ana, "PATCH", "/me", {"display_name": "=Ana, the potter"}), 200)
    group = _group(api, host)
    workshop = make(api, host, group_id=group, title="Café “raku”", format="hybrid")
    join(api, workshop, ana, ben)
    code = need(api(host, "POST", f"/workshops/{workshop}/check-in"), 201)["code_text"]
    need(api(ana, "POST", "/check-ins", {"code": code}), 201)
    for path in (f"/workshops/{workshop}", f"/groups/{group}"):
        refused(api(ana, "GET", f"{path}/attendance.csv"), 403, "not_allowed")
    for encoding in ("gzip", "identity"):
        answer = api(host, "GET", f"/workshops/{workshop}/attendance.csv", headers={"Accept-Encoding": encoding})
        assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
        assert answer.headers.get("content-encoding", "identity") == encoding
        assert "filename*=UTF-8''Caf%C3%A9%20" in answer.headers["content-disposition"]
        assert answer.content.startswith(b"\xef\xbb\xbfperson,")
        told = {row["person"]: row for row in _rows(answer.content.decode())}
        assert {who: told[api.id(who)]["present"] for who in (ana, ben)} == {ana: "yes", ben: "no"}
        assert told[api.id(ana)]["name"] == "'=Ana, the potter"
    assert _rows(api(host, "GET", f"/groups/{group}/attendance.csv").text) == []
