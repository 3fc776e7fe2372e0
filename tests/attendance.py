"""What tests of attendance do over and over: let people come and go, let the stream run, read who was there."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from atelier import clock, table
from atelier.attendance.items import Attendance, attendance_key
from atelier.rooms.items import PresenceFact, presence_key
from tests.calling import Reply, World, call, id_of
from tests.notices import (
    AUDIENCE_JOINS,
    AUDIENCE_LEAVES,
    BEGAN,
    HOST_JOINS,
    HOST_LEAVES,
    Told,
    a_channel,
    came,
)
from tests.rooms import a_workshop
from tests.workshops import set_in_table

UIDS = {("host", "main"): 1_000, ("ana", "main"): 1_001, ("ana", "screen"): 2_001, ("ben", "main"): 1_002}
HOUR_S = 3600


class Session:
    """A workshop that went live at `BEGAN`, and its room."""

    def __init__(self, world: World, seated: tuple[str, ...] = ("ana", "ben"), **fields: Any) -> None:
        self.id = a_workshop(world, "live", seated, **fields)
        self.channel = a_channel(self.id, {uid: device for device, uid in UIDS.items()})
        set_in_table(self.id, actual_started_at=instant(0))

    def end(self, second: int = HOUR_S) -> None:
        """Ends the workshop, so many seconds after its beginning."""
        set_in_table(self.id, status="ended", actual_ended_at=instant(second))

    def joins(self, user: str, second: int, device: str = "main") -> Told:
        """The notice that somebody joined."""
        return came(HOST_JOINS if user == "host" else AUDIENCE_JOINS, self.channel, UIDS[user, device], second)

    def leaves(self, user: str, joined: int, second: int, device: str = "main", reason: int = 1) -> Told:
        """The notice that somebody left who had joined then."""
        kind = HOST_LEAVES if user == "host" else AUDIENCE_LEAVES
        stay = second - joined
        return came(kind, self.channel, UIDS[user, device], second + 0.5, reason=reason, duration=stay)

    def visit(self, user: str, joined: int, left: int, device: str = "main", reason: int = 1) -> list[Told]:
        """Both notices of a stay."""
        return [self.joins(user, joined, device), self.leaves(user, joined, left, device, reason)]


def instant(second: int) -> datetime:
    """So many seconds after the beginning."""
    return datetime.fromtimestamp(BEGAN, UTC) + timedelta(seconds=second)


def text(second: int | None) -> str | None:
    """The same, as clients are told."""
    return None if second is None else clock.to_text(instant(second))


def told(intervals: list[dict[str, Any]]) -> list[tuple[int, int | None]]:
    """Intervals of an answer, in seconds after the beginning."""
    return [(_second(entry["joined_at"]) or 0, _second(entry["left_at"])) for entry in intervals]


def _second(shown: str | None) -> int | None:
    return None if shown is None else int(clock.from_text(shown).timestamp()) - BEGAN


def attendance(
    workshop_id: str, query: Mapping[str, object] | None = None, *, user: str = "host", admin: bool = False
) -> Reply:
    """A page of a workshop's attendance."""
    groups = ("admin",) if admin else ()
    return call("checkins", "GET", f"/workshops/{workshop_id}/attendance", user=user, query=query, groups=groups)


def of(workshop_id: str, user: str, **query: object) -> dict[str, Any] | None:
    """What a workshop's attendance says of a person; None where it does not have them."""
    reply = attendance(workshop_id, query)
    assert reply.status == 200, reply.text
    found = [item for item in reply.json["items"] if item["user"] and item["user"]["id"] == id_of(user)]
    assert len(found) < 2
    return found[0] if found else None


def record(workshop_id: str, user: str) -> Attendance | None:
    """A person's record as it stands in the table."""
    return cast("Attendance | None", table.read_one(attendance_key(workshop_id, id_of(user))))


def put_fact(workshop_id: str, user: str, what: str, second: int, seq: int = 0, **more: Any) -> None:
    """Puts a fact of a person's main device as a notice would."""
    number = seq or second
    key = presence_key(workshop_id, id_of(user), UIDS[user, "main"], number, what)
    fact = PresenceFact(*key, what=what, at=instant(second), client_seq=number, device="main", **more)
    assert table.put_if_absent(fact) is None
