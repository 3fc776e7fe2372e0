"""What tests of moderation do over and over: a room at an Agora, people who enter it with real tokens, and a look at
what is forbidden there.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from atelier.agora.rest import AgoraRest
from atelier.rooms import moderation
from tests.agora_simulator import Agora
from tests.calling import World, id_of
from tests.rooms import a_workshop, rights, token
from tests.workshops import stored

LIFETIME_S = 3600


class Room:
    """A live workshop with people in it."""

    def __init__(self, agora: Agora, world: World, *people: str, **fields: Any) -> None:
        self.agora = agora
        self.id = a_workshop(world, seated=people, **fields)
        self.channel = stored(self.id).channel
        self.rest: Any = agora.rest()

    def enter(self, user: str, device: str = "main") -> tuple[int, str]:
        """Somebody asks for a token and enters; the uid and the token."""
        reply = token(self.id, user, device=device)
        assert reply.status == 200, reply.text
        uid: int = reply.json["uid"]
        self.agora.simulator.join(self.channel, uid, reply.json["token"])
        return uid, reply.json["token"]

    def look(self, user: str = "ana", rest: Any = None) -> None:
        """The recorder looks at a person."""
        moderation.bring_in_line(self.id, id_of(user), rest or self.rest, token_lifetime_s=LIFETIME_S, at=self.now)

    def now(self) -> datetime:
        """The time at Agora and here."""
        return datetime.fromtimestamp(self.agora.clock.now, UTC)

    @property
    def inside(self) -> set[int]:
        """Who is in the room."""
        return self.agora.simulator.uids(self.channel)

    def publishes(self, uid: int) -> list[str]:
        """What somebody in the room sends to the others."""
        rooms = self.agora.simulator.rooms
        return rooms.publishes(self.channel, rooms.channels[self.channel][uid])

    def forbidden(self, uid: int) -> set[str]:
        """What a uid may not do in the room by Agora's rules."""
        return self.agora.simulator.rules.taken_from(self.channel, uid)

    @property
    def rules(self) -> list[Any]:
        """The rules in force at Agora."""
        return self.agora.simulator.rules.in_force()


class Meddled:
    """An Agora at which something happens before or after the first rule is placed."""

    def __init__(self, rest: AgoraRest, before: Any = None, after: Any = None) -> None:
        self._rest, self._before, self._after = rest, before, after
        self.rules, self.lift_rule = rest.rules, rest.lift_rule

    def place_rule(self, channel: str, uid: int, privileges: Sequence[str], seconds: int) -> int:
        """Places a rule."""
        before, self._before = self._before, None
        if before:
            before()
        placed = self._rest.place_rule(channel, uid, privileges, seconds)
        after, self._after = self._after, None
        if after:
            after()
        return placed


def silenced(room: Room) -> tuple[int, str]:
    """Ana, inside with a token to publish, and no longer allowed to; nobody has looked yet."""
    rights(room.id, "ana", can_speak=True)
    entered = room.enter("ana")
    rights(room.id, "ana", can_speak=False)
    return entered
