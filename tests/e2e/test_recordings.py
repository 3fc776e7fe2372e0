"""Recordings and moderation over HTTP: what is asked of Agora's REST API by itself, and what comes of it."""

import time
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.e2e.agora import LEAVES, Room, down
from tests.e2e.api import Api
from tests.e2e.scenes import Table, detail, eventually, join, make_live, need, refused

SECOND = 1.05
PUT_OUT = 3
PUBLISH, JOIN = ["publish_audio", "publish_video"], ["join_channel"]


def _parts(api: Api, who: str, workshop: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = need(api(who, "GET", f"/workshops/{workshop}/recordings"), 200)["items"]
    return items


def _inside(api: Api, host: str, workshop: str) -> set[int]:
    return {item["uid"] for item in need(api(host, "GET", f"/workshops/{workshop}/room"), 200)["items"]}


def _statuses(api: Api, who: str, workshop: str) -> list[str]:
    return [part["status"] for part in _parts(api, who, workshop)]


def _told(api: Api, who: str) -> set[str]:
    return {item["type"] for item in need(api(who, "GET", "/notifications"), 200)["items"]}


def test_a_recording_starts_by_itself_stops_at_the_end_and_can_be_watched(api: Api) -> None:
    host, ana = api.people(2)
    workshop = make_live(api, host, step="lobby", records=True)
    join(api, workshop, ana)
    need(api(host, "POST", f"/workshops/{workshop}/start"), 200)
    room = Room(api, workshop)
    room.enter(host, ana)
    eventually(room.running, 1)
    assert not detail(api, ana, workshop)["has_recording"]
    eventually(lambda: _statuses(api, ana, workshop), ["recording"])
    eventually(lambda: _inside(api, host, workshop), {room.uid(host), room.uid(ana)})
    eventually(lambda: _told(api, ana), {"workshop_started"})

    time.sleep(SECOND)
    need(api(host, "POST", f"/workshops/{workshop}/end"), 200)
    eventually(lambda: _statuses(api, ana, workshop), ["ready"])
    state = room.state()
    assert (state["most_running"][room.channel], len(state["recordings"]), room.running()) == (1, 1, 0)
    eventually(lambda: detail(api, ana, workshop)["has_recording"], True)

    [part] = _parts(api, ana, workshop)
    [started] = {
        notice["payload"]["details"]["startUtcMs"]
        for notice in room.notices()
        if (notice["product"], notice["type"]) == (3, 42)
    }
    begun = datetime.fromisoformat(detail(api, ana, workshop)["actual_started_at"])
    assert part["offset_ms"] == started - int(begun.timestamp() * 1000)
    assert part["started_at"] == datetime.fromtimestamp(started // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert part["duration_s"] > 0
    watched = httpx.get(part["url"], timeout=60)
    assert (watched.status_code, watched.headers["content-type"]) == (200, "video/mp4")
    assert watched.content[4:8] == b"ftyp"
    altered = httpx.get(part["url"].replace(".mp4", ".ts", 1), timeout=60)
    assert altered.status_code == 403

    assert need(api(host, "GET", f"/workshops/{workshop}/summary"), 200)["recordings"][0]["id"] == part["id"]
    eventually(lambda: _told(api, ana), {"workshop_started", "workshop_recording"})


def test_a_recording_begins_by_itself_when_agora_is_back(api: Api) -> None:
    host = api.person()
    table = Table(api.stack)
    with down(api):
        workshop = make_live(api, host, records=True)
        room = Room(api, workshop)
        room.enter(host)
        # The recorder has looked, and will come back.
        eventually(lambda: any("look_at_ms" in item for item in table.items(f"WORKSHOP#{workshop}")), True)
        assert room.state()["recordings"] == []
        assert _statuses(api, host, workshop) == ["starting"]
    eventually(room.running, 1)
    need(api(host, "POST", f"/workshops/{workshop}/end"), 200)
    eventually(room.running, 0)
    assert room.state()["most_running"] == {room.channel: 1}


def test_who_loses_the_right_to_speak_is_cut_off_and_who_is_removed_is_put_out(api: Api) -> None:
    host, ana, ben = api.people(3)
    workshop = make_live(api, host)
    join(api, workshop, ana, ben)
    path = f"/workshops/{workshop}"
    need(api(host, "PATCH", f"{path}/attendees/{api.id(ana)}", {"can_speak": True}), 200)
    room = Room(api, workshop)
    room.enter(host, ana, ben)
    heard = {room.uid(host): ["audio", "video"], room.uid(ana): ["audio", "video"], room.uid(ben): []}
    assert room.inside() == heard
    assert room.rules() == []

    need(api(host, "PATCH", f"{path}/attendees/{api.id(ana)}", {"can_speak": False}), 200)
    eventually(room.rules, [(room.channel, room.uid(ana), PUBLISH)])
    assert room.inside() == {**heard, room.uid(ana): []}
    need(api(host, "PATCH", f"{path}/attendees/{api.id(ana)}", {"can_speak": True}), 200)
    eventually(room.rules, [])
    assert room.inside() == heard

    need(api(host, "DELETE", f"{path}/attendees/{api.id(ben)}"), 204)
    eventually(room.rules, [(room.channel, room.uid(ben), JOIN)])
    assert room.inside().keys() == {room.uid(host), room.uid(ana)}
    assert room.knock(ben).status_code == 409
    refused(api(ben, "POST", f"{path}/token", {"device": "main"}), 403, "removed")
    eventually(lambda: _inside(api, host, workshop), {room.uid(host), room.uid(ana)})
    [reason] = {
        notice["payload"]["reason"]
        for notice in room.notices()
        if notice["type"] in LEAVES and notice["payload"]["uid"] == room.uid(ben)
    }
    assert reason == PUT_OUT
