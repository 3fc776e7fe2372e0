"""Somebody who left traces everywhere, for tests of what is held about a person."""

from dataclasses import dataclass
from typing import Any

from atelier import clock
from atelier.notifications.items import Notification, notification_key
from atelier.table import Item
from tests import chatting, checkins, guided, invites, seats
from tests.attendance import put_fact
from tests.calendars import subscribe
from tests.calling import Reply, World, call, id_of
from tests.following import every_other_week, rsvp_to
from tests.rooms import a_workshop
from tests.streaming import Stream
from tests.workshops import run

CANARY = "canary"
ADDRESS = "ana.canary@example.com"


@dataclass(frozen=True, slots=True)
class Traces:
    """Where Ana left traces."""

    past: str
    to_come: str
    hosted: str
    shared: str
    alone: str
    series: str
    feed: str


def erase(user: str = "ana") -> Reply:
    """Somebody has themselves erased."""
    return call("accounts", "DELETE", "/me", user=user)


def export(user: str = "ana") -> Any:
    """Somebody's copy."""
    reply = call("accounts", "GET", "/me/export", user=user)
    assert reply.status == 200, reply.text
    return reply.json


def everywhere(world: World, stream: Stream) -> Traces:
    """Ana with a profile, workshops, messages, notes, check-ins: all that is her own holds the word `canary`."""
    profile = {"display_name": f"Ana {CANARY}", "username": f"ana_{CANARY}", "bio": CANARY}
    assert call("accounts", "PATCH", "/me", user="ana", body=profile).status == 200
    invites.confirm("ana", ADDRESS)
    past = a_workshop(world, "live", ("ana", "ben"), format="hybrid")
    assert chatting.write(past, f"said {CANARY}").status == 201
    assert chatting.write(past, "said by another", "ben").status == 201
    put_fact(past, "ana", "join", 0)
    code = checkins.desk(past, "POST").json["code_text"]
    assert checkins.check_in(code).status == 201
    note = call("rooms", "PUT", f"/workshops/{past}/note", user="ana", body={"content": f"noted {CANARY}"})
    assert note.status == 200
    assert call("workshops", "POST", f"/workshops/{past}/end", user="host").status == 200
    to_come = seats.open_workshop(world, "ana", "ben", max_capacity=1)
    private = invites.private(world)
    assert invites.invite_addresses(private, ADDRESS).status == 200
    hosted = seats.open_workshop(world, "cleo", host="ana", title="Ana's own")
    assert seats.remove(hosted, "cleo", by="ana", ban=True).status == 204
    run(hosted, "start", "end", user="ana")
    shared = guided.make(world, "ana")
    guided.join(world, shared, "ben", "viewer", by="ana")
    guided.join(world, shared, "cleo", "editor", by="ana")
    alone = guided.make(world, "ana", title=f"Alone {CANARY}")
    series = every_other_week()
    assert rsvp_to(series).status in (200, 201)
    feed = subscribe("ana")
    _tell("ana")
    assert call("notifications", "PUT", "/me/notification-preferences", user="ana", body={}).status == 200
    stream.run()
    return Traces(past, to_come, hosted, shared, alone, series, feed)


def _tell(user: str) -> None:
    now = clock.now()
    Notification(
        *notification_key(id_of(user), f"ntf_{'0' * 26}"),
        type="workshop_updated",
        entity_type="workshop",
        entity_id="wks_1",
        data={"note": CANARY},
        created_at=now,
        made_ms=clock.milliseconds(now),
    ).save()


def found(text: str) -> list[Item]:
    """Every item that holds a text anywhere."""
    return [item for item in Item.scan() if text in str(item.serialize())]
