"""Driving the simulator by its own routes, and letting it live by itself."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest

from atelier.agora.rest import AgoraRest
from local.agora import Simulator
from local.agora.server import Running, to_webhook
from tests.agora_simulator import ACCESS, PROJECT, Agora, HandClock, running

CHANNEL, HOST, RECORDER = "a1b2c3", 7, 2_000_000_001


@pytest.fixture
def agora() -> Iterator[Agora]:
    with running() as agora:
        yield agora


def control(agora: Agora, name: str, **body: object) -> httpx.Response:
    return httpx.post(f"{agora.url}/_simulator/{name}", json=body)


def state(agora: Agora) -> dict[str, Any]:
    answer = httpx.get(f"{agora.url}/_simulator/state")
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def joined(agora: Agora, uid: int, *, host: bool = False) -> httpx.Response:
    return control(agora, "join", channel=CHANNEL, uid=uid, token=agora.token(CHANNEL, uid, host=host))


def test_people_come_and_go_by_the_routes_and_the_state_shows_it(agora: Agora) -> None:
    assert state(agora)["rooms"] == {}
    assert joined(agora, HOST, host=True).status_code == 200
    assert joined(agora, 8).status_code == 200
    assert state(agora)["rooms"] == {
        CHANNEL: [
            {"uid": HOST, "host": True, "recorder": False, "publishes": ["audio", "video"]},
            {"uid": 8, "host": False, "recorder": False, "publishes": []},
        ]
    }
    assert control(agora, "role", channel=CHANNEL, uid=HOST, host=False).status_code == 200
    assert control(agora, "leave", channel=CHANNEL, uid=8, reason=10).status_code == 200
    assert control(agora, "crash", channel=CHANNEL, uid=HOST).status_code == 200
    agora.clock.advance(10)
    assert state(agora)["rooms"] == {}
    assert [notice["eventType"] for notice in agora.told()] == [101, 103, 105, 112, 106, 106, 102]


def test_the_state_of_one_channel_leaves_the_others_out(agora: Agora) -> None:
    joined(agora, HOST, host=True)
    control(agora, "join", channel="elsewhere", uid=9, token=agora.token("elsewhere", 9))
    agora.told()
    there = httpx.get(f"{agora.url}/_simulator/state/elsewhere").json()
    assert list(there["rooms"]) == ["elsewhere"]
    assert [(notice["type"], notice["payload"].get("uid")) for notice in there["notices"]["newest"]] == [
        (101, None),
        (105, 9),
    ]
    assert len(state(agora)["notices"]["newest"]) == 4


def test_recordings_show_in_the_state_and_can_be_disturbed(agora: Agora) -> None:
    joined(agora, HOST, host=True)
    rest = agora.rest()
    resource_id = rest.acquire(CHANNEL, RECORDER)
    sid = rest.start(CHANNEL, RECORDER, resource_id, agora.start_request(CHANNEL, RECORDER))
    agora.clock.advance(1)
    [shown] = state(agora)["recordings"]
    assert (shown["channel"], shown["uid"], shown["sid"], shown["phase"]) == (CHANNEL, RECORDER, sid, "recording")
    assert f"recordings/wks01/{sid}_{CHANNEL}.m3u8" in state(agora)["files"]
    assert control(agora, "error", sid=sid).status_code == 200
    assert control(agora, "failover", sid=sid).status_code == 200
    agora.clock.advance(5)
    assert state(agora)["recordings"][0]["uid"] != RECORDER
    assert control(agora, "lose", sid=sid).status_code == 200
    assert state(agora)["recordings"][0]["phase"] == "lost"
    assert state(agora)["most_running"] == {CHANNEL: 1}
    assert control(agora, "lose", sid=sid).status_code == 409


def test_faults_are_set_and_taken_back_by_the_routes(agora: Agora) -> None:
    assert control(agora, "misbehave", drop=1).status_code == 200
    joined(agora, HOST)
    assert state(agora)["notices"] == {"sent": 0, "waiting": 0, "lost": 2, "newest": []}
    assert control(agora, "misbehave", drop=0.0, duplicate=1.0).status_code == 200
    assert control(agora, "check").status_code == 200
    assert state(agora)["notices"]["waiting"] == 16
    assert control(agora, "fail", call="users", status=429).status_code == 200
    path = f"/dev/v1/channel/user/{ACCESS.app_id}/{CHANNEL}"
    assert httpx.get(agora.url + path, auth=(ACCESS.customer_id, ACCESS.customer_secret)).status_code == 429
    assert state(agora)["requests"] == ["users 429"]
    assert control(agora, "reset").status_code == 200
    assert state(agora)["rooms"] == {}


def test_a_rule_shows_in_the_state(agora: Agora) -> None:
    agora.rest().place_rule(CHANNEL, 8, ["join_channel"], 60)
    [rule] = state(agora)["rules"]
    assert (rule["cname"], rule["uid"], rule["privileges"]) == (CHANNEL, 8, ["join_channel"])


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("join", {"channel": CHANNEL, "uid": HOST, "token": "007"}, 409),
        ("leave", {"channel": CHANNEL, "uid": HOST}, 409),
        ("leave", {"channel": CHANNEL}, 400),
        ("leave", {"channel": CHANNEL, "uid": HOST, "why": 1}, 400),
        ("misbehave", {"loss": 1}, 400),
        ("fail", {"call": "nothing"}, 400),
        ("fail", {"call": "start", "kind": 5}, 400),
        ("explode", {}, 404),
    ],
)
def test_what_agora_would_not_do_is_409_and_what_makes_no_sense_400(
    name: str, body: dict[str, object], status: int, agora: Agora
) -> None:
    answer = control(agora, name, **body)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_a_body_that_is_no_object_is_refused(agora: Agora) -> None:
    for content in (b"[1]", b"{", b'"x"'):
        assert httpx.post(f"{agora.url}/_simulator/leave", content=content).status_code == 400


def test_answers_carry_the_ids_that_agoras_support_asks_for(agora: Agora) -> None:
    ids = [httpx.get(f"{agora.url}/v1/nothing").headers["X-Request-ID"] for _ in range(2)]
    assert len(set(ids)) == 2


class _Webhook(HTTPServer):
    """A webhook over HTTP."""

    def __init__(self) -> None:
        self.came: list[tuple[Mapping[str, str], bytes]] = []
        self.content = b"{}"
        super().__init__(("127.0.0.1", 0), _WebhookHandler)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()


class _WebhookHandler(BaseHTTPRequestHandler):
    server: _Webhook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append((dict(self.headers), body))
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        self.wfile.write(self.server.content)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture
def webhook() -> Iterator[_Webhook]:
    server = _Webhook()
    yield server
    server.shutdown()
    server.server_close()


def test_left_to_itself_it_sends_its_notices_to_a_webhook_as_time_goes_by(webhook: _Webhook) -> None:
    simulator = Simulator(PROJECT, send=to_webhook(f"http://127.0.0.1:{webhook.server_port}/v1/webhooks/agora"))
    simulator.pace.timeout = 0.2
    live = Running(simulator)
    try:
        agora = Agora(simulator, clock=HandClock(time.time()), url=live.url)
        agora.join(CHANNEL, HOST, host=True)
        simulator.crash(CHANNEL, HOST)
        deadline = time.monotonic() + 5
        while len(webhook.came) < 4 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not AgoraRest(ACCESS, [live.url]).users(CHANNEL).exists
    finally:
        live.stop()
    assert [json.loads(body)["eventType"] for _, body in webhook.came] == [101, 103, 104, 102]
    headers, body = webhook.came[0]
    assert headers["Agora-Signature-V2"]
    assert body == simulator.sent[0].body
    assert {sent.status for sent in simulator.sent} == {200}


def test_a_webhook_that_is_not_there_or_talks_nonsense_has_not_answered(webhook: _Webhook) -> None:
    webhook.content = b"OK"
    assert to_webhook(f"http://127.0.0.1:{webhook.server_port}/")(b"{}", {}) == 0
    assert to_webhook("http://127.0.0.1:9/")(b"{}", {}) == 0
