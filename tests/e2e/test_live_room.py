"""The live room over HTTP: Agora tells of it twice and out of order, and what people see is right all the same."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.e2e.agora import Room, a_leave, control, deliver, seconds, signed
from tests.e2e.api import Api
from tests.e2e.scenes import Table, detail, eventually, join, make_live, my_status, need, refused

LATE_S = 0.4
SECOND = 1.05


@pytest.fixture(scope="module", autouse=True)
def _agora_repeats_itself_and_mixes_things_up(api: Api) -> None:
    """It stays so: Agora owes nobody better, and what other tests do has to bear it too."""
    control(api, "POST", "misbehave", {"duplicate": 1.0, "shuffle": LATE_S})


@pytest.fixture(scope="module")
def people(api: Api) -> list[str]:
    """A host and two more, who meet in several rooms."""
    return api.people(3)


@pytest.fixture(scope="module")
def room(api: Api, people: list[str]) -> Room:
    """A live workshop with all three in the room."""
    host, ana, ben = people
    workshop = make_live(api, host)
    join(api, workshop, ana, ben)
    room = Room(api, workshop)
    room.enter(host, ana, ben)
    eventually(lambda: _who_is_in(api, host, workshop).keys(), {host, ana, ben})
    return room


def _who_is_in(api: Api, who: str, workshop: str) -> dict[str, str]:
    """Who the host is told is in, and as what."""
    names = {user["id"]: name for name, user in api.users.items()}
    items = need(api(who, "GET", f"/workshops/{workshop}/room"), 200)["items"]
    return {names[item["user"]["id"]]: item["role"] for item in items}


def _attendance(api: Api, host: str, workshop: str) -> dict[str, dict[str, Any]]:
    items = need(api(host, "GET", f"/workshops/{workshop}/attendance"), 200)["items"]
    return {item["user"]["id"]: item for item in items}


def test_a_session_is_known_to_the_second_from_the_lobby_to_the_last_leave(api: Api, people: list[str]) -> None:
    host, ana, ben = people
    workshop = make_live(api, host, step="lobby")
    join(api, workshop, ana, ben)
    room, path = Room(api, workshop), f"/workshops/{workshop}"
    room.enter(host)
    eventually(lambda: _who_is_in(api, host, workshop), {host: "publisher"})
    need(api(host, "POST", f"{path}/start"), 200)
    room.enter(ana, ben)
    eventually(lambda: _who_is_in(api, host, workshop), {host: "publisher", ana: "subscriber", ben: "subscriber"})
    eventually(lambda: [my_status(api, who, workshop) for who in (ana, ben)], ["joined"] * 2)

    room.leave(ana, reason=10)
    room.leave(ben)
    eventually(lambda: [my_status(api, who, workshop) for who in (ana, ben)], ["left"] * 2)
    time.sleep(SECOND)
    room.enter(ana, ben)
    eventually(lambda: [my_status(api, who, workshop) for who in (ana, ben)], ["joined"] * 2)
    time.sleep(SECOND)
    room.leave(ana, ben, host)
    eventually(lambda: [my_status(api, who, workshop) for who in (ana, ben)], ["left"] * 2)
    eventually(lambda: _who_is_in(api, host, workshop), {})
    ended = need(api(host, "POST", f"{path}/end"), 200)

    told = {who: room.intervals(who) for who in people}
    assert [len(told[who]) for who in people] == [1, 1, 2]
    kept = _attendance(api, host, workshop)
    for who in people:
        item = kept[api.id(who)]
        assert [(one["joined_at"], one["left_at"]) for one in item["intervals"]] == told[who]
        assert item["total_seconds"] == seconds(told[who]) > 0
    rows = need(api(host, "GET", f"{path}/attendees"), 200)["items"]
    assert {row["user"]["id"]: (row["joined_at"], row["left_at"]) for row in rows} == {
        api.id(who): (told[who][0][0], told[who][-1][1]) for who in (ana, ben)
    }
    notices = room.notices()
    assert {notice["answer"] for notice in notices} == {200}
    assert len(notices) == 2 * len({str(notice["payload"]) + str(notice["type"]) for notice in notices})

    summary = need(api(ana, "GET", f"{path}/summary"), 200)
    assert summary["duration_seconds"] == seconds([(ended["actual_started_at"], ended["actual_ended_at"])])
    assert summary["attendance"]["attended_count"] == 2
    assert summary["recordings"] == []


def test_hands_chat_and_notes(api: Api, room: Room, people: list[str]) -> None:
    host, ana, ben = people
    path = f"/workshops/{room.workshop}"
    raised = need(api(ana, "POST", f"{path}/hand"), 200)
    assert need(api(ana, "POST", f"{path}/hand"), 200) == raised
    assert need(api(host, "GET", f"{path}/hands"), 200)["items"] == [raised]
    refused(api(ben, "GET", f"{path}/hands"), 403, "not_allowed")
    need(api(ana, "DELETE", f"{path}/hand"), 204)
    assert need(api(host, "GET", f"{path}/hands"), 200)["items"] == []

    message = need(api(ana, "POST", f"{path}/chat", {"message": "Is the kiln on?"}), 201)
    assert message["user"]["id"] == api.id(ana)
    assert 0 <= message["offset_ms"] < 600_000
    answer = need(api(host, "POST", f"{path}/chat", {"message": "It is."}), 201)
    replay = need(api(ben, "GET", f"{path}/chat"), 200)["items"]
    assert replay == [message, answer]
    assert need(api(ben, "GET", f"{path}/chat?from_offset_ms={answer['offset_ms']}"), 200)["items"] == [answer]

    kept = need(api(ana, "PUT", f"{path}/note", {"content": "960 degrees"}), 200)
    assert need(api(ana, "GET", f"{path}/note"), 200) == kept
    for other in (host, "admin"):
        assert need(api(other, "GET", f"{path}/note"), 200) == {"content": "", "updated_at": None}


def test_nobody_floods_the_chat(api: Api, room: Room, people: list[str]) -> None:
    _, _, ben = people
    path = f"/workshops/{room.workshop}/chat"
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda number: api(ben, "POST", path, {"message": f"Yes {number}"}), range(40)))
    for answer in answers:
        if answer.status_code != 201:
            refused(answer, 429, "too_many_messages")
            assert 0 < int(answer.headers["retry-after"]) <= 5
    written = sorted(answer.json()["offset_ms"] for answer in answers if answer.status_code == 201)
    assert 10 <= len(written) < len(answers)
    assert all(later - earlier >= 5000 for earlier, later in zip(written, written[10:], strict=False))


def test_only_what_agora_signed_has_an_effect(api: Api, people: list[str]) -> None:
    host, ana, ben = people
    workshop = make_live(api, host)
    room = Room(api, workshop)
    room.enter(host, ana, ben)
    eventually(lambda: _who_is_in(api, host, workshop).keys(), {host, ana, ben})
    table = Table(api.stack)
    before = {item["sk"] for item in table.items(f"PRESENCE#{workshop}", "usr_")}
    body = a_leave(room, ana)
    good = signed(api, body)
    name, right = "Agora-Signature-V2", good["Agora-Signature-V2"]
    plain = [(key, value) for key, value in good.items() if key != name]
    wrong = ("0" if right[0] != "0" else "1") + right[1:]
    for headers in (
        [*plain, (name, wrong)],
        plain,
        [*plain, (name, good["Agora-Signature"])],
        [*plain, (name, right), (name, wrong)],
        [*plain, (name, right), (name, right)],
        [*plain, (name, f"{right}, {wrong}")],
    ):
        refused(deliver(api, body, headers), 401, "bad_signature")
    refused(deliver(api, body.replace(b'"reason":1', b'"reason":2'), good), 401, "bad_signature")
    refused(deliver(api, body + b"\n", good), 401, "bad_signature")
    large = body[:-1] + b',"more":"' + bytes(300 * 1024).replace(b"\0", b"x") + b'"}'
    refused(deliver(api, large, signed(api, large)), 413, "body_too_large")

    # What goes through the queue after them shows that none of them did.
    room.leave(ben)
    eventually(lambda: _who_is_in(api, host, workshop).keys(), {host, ana})
    facts = {item["sk"] for item in table.items(f"PRESENCE#{workshop}", "usr_")}
    assert len(facts - before) == 1
    assert before < facts
    assert my_status(api, ana, workshop) == "joined"
    assert need(deliver(api, body, good), 200) == {}
    eventually(lambda: my_status(api, ana, workshop), "left")


def test_a_stranger_learns_nothing_of_a_private_workshops_room(api: Api, people: list[str]) -> None:
    host, stranger, _ = people
    workshop = make_live(api, host, is_private=True)
    path = f"/workshops/{workshop}"
    need(api(host, "POST", f"{path}/chat", {"message": "Among us"}), 201)
    asked: list[tuple[str, str, Any]] = [
        ("POST", "hand", None),
        ("DELETE", "hand", None),
        ("GET", "hands", None),
        ("POST", "chat", {"message": "Hello?"}),
        ("GET", "chat", None),
        ("GET", "note", None),
        ("PUT", "note", {"content": "x"}),
        ("GET", "room", None),
        ("GET", "recordings", None),
        ("GET", "attendance", None),
        ("GET", "summary", None),
        ("GET", "calendar.ics", None),
        ("POST", "token", {"device": "main"}),
    ]
    for step in ("live", "ended"):
        for method, name, body in asked:
            refused(api(stranger, method, f"{path}/{name}", body), 404, "not_found")
        assert detail(api, host, workshop)["status"] == step
        need(api(host, "POST", f"{path}/end"), 200)
    assert len(need(api(host, "GET", f"{path}/chat"), 200)["items"]) == 1
