"""Agora's side of the story: devices that come and go at the simulator, and what it told of them."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

from local.agora.notices import sign
from tests.e2e.api import Api
from tests.e2e.scenes import need

JOINS, LEAVES = (103, 105), (104, 106)
INTERRUPTED = (2, 4, 9, 10, 99)
BRIDGED_S = 60

type Intervals = list[tuple[str, str | None]]


def control(api: Api, method: str, name: str, body: object = None) -> Any:
    """Use one of the simulator's own routes."""
    answer = httpx.request(method, f"{api.stack['agora']['url']}/_simulator/{name}", json=body, timeout=20)
    assert answer.status_code == 200, answer.text
    return answer.json()


@contextmanager
def down(api: Api) -> Iterator[None]:
    """Let every request to Agora fail meanwhile. Others only have to wait a little longer for what they ask of it."""
    control(api, "POST", "misbehave", {"down": "503"})
    try:
        yield
    finally:
        control(api, "POST", "misbehave", {"down": ""})


class Room:
    """A workshop's channel at Agora, entered with tokens that the API gave out."""

    def __init__(self, api: Api, workshop: str) -> None:
        self.api = api
        self.workshop = workshop
        self.given: dict[str, dict[str, Any]] = {}

    @property
    def channel(self) -> str:
        """The channel, once somebody has a token."""
        return str(next(iter(self.given.values()))["channel"])

    def ask(self, who: str) -> None:
        """Get somebody a token."""
        path = f"/workshops/{self.workshop}/token"
        self.given[who] = need(self.api(who, "POST", path, {"device": "main"}), 200)

    def uid(self, who: str) -> int:
        """What number somebody has here."""
        return int(self.given[who]["uid"])

    def enter(self, *people: str) -> None:
        """Somebody's device enters, with a token that was made for it before or is made now."""
        for who in people:
            if who not in self.given:
                self.ask(who)
            assert self.knock(who).status_code == 200

    def knock(self, who: str) -> httpx.Response:
        """Somebody tries to enter with the token they have."""
        given = self.given[who]
        body = {"channel": given["channel"], "uid": given["uid"], "token": given["token"]}
        return httpx.post(f"{self.api.stack['agora']['url']}/_simulator/join", json=body, timeout=20)

    def leave(self, *people: str, reason: int = 1) -> None:
        """Somebody's device leaves, for one of Agora's reasons."""
        for who in people:
            body = {"channel": self.channel, "uid": self.uid(who), "reason": reason}
            control(self.api, "POST", "leave", body)

    def state(self) -> dict[str, Any]:
        """What Agora has of this room."""
        told: dict[str, Any] = control(self.api, "GET", f"state/{self.channel}")
        return told

    def inside(self) -> dict[int, list[str]]:
        """What each device that is in sends to the others; recorders left out."""
        occupants = self.state()["rooms"].get(self.channel, [])
        return {occupant["uid"]: occupant["publishes"] for occupant in occupants if not occupant["recorder"]}

    def running(self) -> int:
        """How many recordings go on."""
        return len([task for task in self.state()["recordings"] if task["phase"] == "recording"])

    def rules(self) -> list[tuple[str | None, int | None, list[str]]]:
        """What is forbidden to whom, as channel, uid and privileges."""
        return [(rule["cname"], rule["uid"], rule["privileges"]) for rule in self.state()["rules"]]

    def notices(self) -> list[dict[str, Any]]:
        """Every notice about this room, repetitions included, in the order they were sent."""
        found: list[dict[str, Any]] = self.state()["notices"]["newest"]
        return found

    def intervals(self, who: str) -> Intervals:
        """When somebody was in, by the times in the notices alone: short interruptions are none."""
        told = {
            (notice["payload"]["clientSeq"], notice["type"], notice["payload"]["ts"], notice["payload"].get("reason"))
            for notice in self.notices()
            if notice["payload"].get("uid") == self.uid(who) and notice["type"] in (*JOINS, *LEAVES)
        }
        found: list[list[int | None]] = []
        reason = None
        for _, kind, ts, why in sorted(told, key=lambda one: one[0]):
            if kind in LEAVES:
                found[-1][1] = ts
                reason = why
            elif found and reason in INTERRUPTED and ts - (found[-1][1] or 0) <= BRIDGED_S:
                found[-1][1] = None
            else:
                found.append([ts, None])
        return [(_instant(began or 0), None if ended is None else _instant(ended)) for began, ended in found]


def _instant(ts: int) -> str:
    return datetime.fromtimestamp(ts, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(intervals: Intervals) -> int:
    """How long intervals that are over last together."""
    ends = [(datetime.fromisoformat(began), datetime.fromisoformat(ended or "")) for began, ended in intervals]
    return sum(int((ended - began).total_seconds()) for began, ended in ends)


def a_leave(room: Room, who: str) -> bytes:
    """A notice that somebody left just now, as Agora writes it."""
    now_ms = time.time_ns() // 1_000_000
    payload = {
        "channelName": room.channel,
        "ts": now_ms // 1000,
        "uid": room.uid(who),
        "clientSeq": now_ms,
        "platform": 7,
        "reason": 1,
        "duration": 1,
    }
    told = {"noticeId": f"{now_ms}:1:106", "productId": 1, "eventType": 106, "notifyMs": now_ms, "payload": payload}
    return json.dumps(told, separators=(",", ":")).encode()


def signed(api: Api, body: bytes) -> dict[str, str]:
    """The headers that Agora sends a notice about a channel with."""
    return sign(body, api.stack["agora"]["webhook_secret"].encode())


def deliver(api: Api, body: bytes, headers: Mapping[str, str] | list[tuple[str, str]]) -> httpx.Response:
    """Hand a notice over, whoever we are."""
    return api.http.post("/webhooks/agora", content=body, headers=headers)
