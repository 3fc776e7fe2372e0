"""The live room: tokens for it, who comes and goes at Agora, what people do inside."""

import json
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from local.agora_token import read_token
from local.tour.story import Check, Story, StoryError, a_workshop, code

ROLES = (("host", "publisher", 4), ("ana", "subscriber", 1), ("ben", "subscriber", 1))
BROKE = 10
"""Agora's reason for a leave that was none: the connection is being changed."""


@dataclass(slots=True)
class Live:
    """A live workshop. given: what each person was given to enter its room with."""

    workshop: str
    given: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The workshop's address."""
        return f"/workshops/{self.workshop}"

    def device(self, who: str) -> dict[str, Any]:
        """Somebody's device as Agora knows it."""
        return {name: self.given[who][name] for name in ("channel", "uid")}


def opened(story: Story) -> Live:
    """A workshop that is live, and tokens for its room."""
    story.chapter("Going live")
    body = a_workshop("Tour: live", timedelta(minutes=15, seconds=2))
    live = Live(story.tell("host", "POST", "/workshops", body, expect=201).json()["id"])
    path = live.path
    for who in ("ana", "ben"):
        story.tell(who, "POST", f"{path}/rsvp", expect=201)
    story.tell("host", "POST", f"{path}/token", {"device": "main"}, expect=409, check=code("room_not_open"))
    time.sleep(2.5)
    story.tell("host", "POST", f"{path}/lobby", check=_status("lobby"))
    story.tell("ana", "POST", f"{path}/token", {"device": "main"}, expect=409, check=code("room_not_open"))
    story.tell("host", "POST", f"{path}/start", check=_status("live"))
    story.tell("host", "POST", f"{path}/start", check=_status("live"))

    story.chapter("Join tokens: the host may publish, Ana and Ben may listen")
    for who, role, allowed in ROLES:
        live.given[who] = _token(story, path, who, role, allowed)
    story.tell("ana", "POST", f"{path}/token", {"device": "screen"}, expect=403)
    return live


def entered(story: Story, live: Live) -> None:
    """All three enter; Agora tells of each."""
    story.chapter("All three enter at Agora, which tells of each by a signed notice")
    for who, given in live.given.items():
        story.agora("join", {**live.device(who), "token": given["token"]})
    everybody = {who: given["uid"] for who, given in live.given.items()}
    story.wait("host", f"{live.path}/room", _inside(everybody.values()), "Agora's notices of three who entered")
    story.wait("ana", live.path, lambda w: w["my"]["rsvp"]["status"] == "joined", "Ana's being there")
    story.tell("ana", "GET", f"{live.path}/room", expect=403)

    story.chapter("A notice that Agora did not sign says that Ana left")
    forged = {
        "noticeId": "1",
        "productId": 1,
        "eventType": 106,
        "notifyMs": time.time_ns() // 1_000_000,
        "payload": {
            "channelName": live.device("ana")["channel"],
            "uid": live.device("ana")["uid"],
            "ts": int(time.time()),
            "clientSeq": time.time_ns() // 1_000_000,
        },
    }
    signature = {"Agora-Signature-V2": "0" * 64}
    story.tell(None, "POST", "/webhooks/agora", forged, expect=401, headers=signature, check=code("bad_signature"))
    story.tell("host", "GET", f"{live.path}/room", check=_inside(everybody.values()))


def used(story: Story, live: Live) -> None:
    """What people do inside."""
    path = live.path
    story.chapter("Ana raises her hand, and may speak")
    story.tell("ana", "POST", f"{path}/hand")
    ana = story.tell("host", "GET", f"{path}/hands", check=lambda page: len(page["items"]) == 1).json()["items"][0]
    attendee = f"{path}/attendees/{ana['user']['id']}"
    story.tell("host", "PATCH", attendee, {"can_speak": True}, check=lambda row: row["can_speak"] is True)
    live.given["ana"] = _token(story, path, "ana", "publisher", 4)
    story.tell("ana", "DELETE", f"{path}/hand", expect=204)

    story.chapter("Chat, and a note that nobody else can read")
    story.tell("ana", "POST", f"{path}/chat", {"message": "Is this recorded?"}, expect=201)
    story.tell("host", "POST", f"{path}/chat", {"message": "It is, by itself."}, expect=201)
    story.tell("ben", "GET", f"{path}/chat", check=lambda page: len(page["items"]) == 2)  # noqa: PLR2004 - those two
    story.tell("ben", "PUT", f"{path}/note", {"content": "Ask about the map."})
    story.tell("host", "GET", f"{path}/note", check=lambda note: note["content"] == "")

    story.chapter("The recorder came by itself")
    story.wait("ana", f"{path}/recordings", _recording("recording"), "the recording")


def left(story: Story, live: Live) -> None:
    """People go: Ana for a moment, then everybody."""
    path = live.path
    story.chapter("Ana's connection breaks for a moment; Ben leaves")
    story.agora("leave", {**live.device("ana"), "reason": BROKE})
    story.agora("leave", live.device("ben"))
    story.wait("ben", path, lambda w: w["my"]["rsvp"]["status"] == "left", "Ben's leave")
    time.sleep(1)
    story.agora("join", {**live.device("ana"), "token": live.given["ana"]["token"]})
    there = [live.device(who)["uid"] for who in ("host", "ana")]
    story.wait("host", f"{path}/room", _inside(there), "Ana's return")
    time.sleep(1)
    for who in ("ana", "host"):
        story.agora("leave", live.device(who))
    story.wait("host", f"{path}/room", _inside([]), "the last leave")
    story.tell("host", "POST", f"{path}/end", check=_status("ended"))
    story.tell("host", "POST", f"{path}/lobby", expect=409, check=code("bad_transition"))
    story.tell("ana", "POST", f"{path}/token", {"device": "main"}, expect=409, check=code("room_not_open"))


def _token(story: Story, path: str, who: str, role: str, allowed: int) -> dict[str, Any]:
    """A token, which has to say what its answer says."""
    check: Check = lambda given: bool(given["role"] == role)  # noqa: E731 - it is handed on as it is
    given: dict[str, Any] = story.tell(who, "POST", f"{path}/token", {"device": "main"}, check=check).json()
    said = read_token(given["token"])
    story.say(f"the token says: {json.dumps(said)}")
    if (said["app_id"], said["channel"], said["uid"]) != (
        story.stack["agora"]["app_id"],
        given["channel"],
        given["uid"],
    ):
        raise StoryError("the token is not for that channel and uid")
    privileges = said["privileges"]
    if not isinstance(privileges, dict) or len(privileges) != allowed:
        raise StoryError(f"a {role} should have {allowed} privileges")
    return given


def _status(wanted: str) -> Check:
    return lambda workshop: bool(workshop["status"] == wanted)


def _recording(status: str) -> Check:
    return lambda page: [part["status"] for part in page["items"]] == [status]


def _inside(uids: Any) -> Check:
    return lambda page: {item["uid"] for item in page["items"]} == set(uids)
