"""The rooms: who is in which channel, as what, and the notices about it.

As in Agora's "Channel event types": 101 and 102 about channels; 103 to 106 about hosts and audience of a live
broadcast, 107 and 108 about the users of a call; 111 and 112 about changes of role.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.agora.notices import Notices
from local.agora.project import LIVE, RTC, Pace, Project
from local.agora.rules import Rule, Rules
from local.agora.timeline import Timeline

WEB, LINUX = 7, 6
CLOUD_RECORDING_CLIENT = 10
NORMAL, TIMEOUT, PUT_OUT, OTHER_DEVICE = 1, 2, 3, 5

_HOST_JOINS, _AUDIENCE_JOINS, _USER_JOINS = 103, 105, 107
_LEAVES = 1  # added to the number of joining
_BECOMES_HOST, _BECOMES_AUDIENCE = 111, 112


class KeptOutError(Exception):
    """Agora would not let this uid in, or knows nobody by it; the message says why."""


@dataclass(slots=True)
class Occupant:
    """Somebody in a channel, or a recorder. visit: tells this visit from an earlier one of the same uid."""

    uid: int
    joined_at: float
    is_host: bool
    may_publish: bool
    platform: int
    client_type: int | None
    visit: int
    is_silent: bool = False

    @property
    def is_recorder(self) -> bool:
        """Whether it is one of Agora's own recorders."""
        return self.client_type == CLOUD_RECORDING_CLIENT


@dataclass
class Rooms:
    """All channels. on_change: called with a channel whenever somebody came, went or changed the role."""

    project: Project
    timeline: Timeline
    notices: Notices
    rules: Rules
    pace: Pace
    on_change: Callable[[str], None] = lambda _: None
    channels: dict[str, dict[int, Occupant]] = field(default_factory=dict)
    _sequences: dict[tuple[str, int], int] = field(default_factory=dict)
    _visits: int = 0

    def enter(
        self, channel: str, uid: int, *, is_host: bool, platform: int = WEB, client_type: int | None = None
    ) -> Occupant:
        """Lets somebody in; whoever is there under the same uid is put out. Raises KeptOutError if a rule says so."""
        if "join_channel" in self.rules.taken_from(channel, uid):
            raise KeptOutError("a rule keeps this uid out")
        if uid in self.channels.setdefault(channel, {}):
            self._go(channel, uid, OTHER_DEVICE)
        elif not self.channels[channel]:
            self._tell(101, channel, {})
        self._visits += 1
        occupant = Occupant(uid, self.timeline.now(), is_host, is_host, platform, client_type, self._visits)
        self.channels[channel][uid] = occupant
        self._tell_of(occupant, channel, self._kind(occupant))
        self.on_change(channel)
        return occupant

    def leave(self, channel: str, uid: int, reason: int = NORMAL) -> None:
        """Somebody goes, or is put out. Raises KeptOutError when nobody is there under the uid."""
        self._occupant(channel, uid)
        self._go(channel, uid, reason)
        if not self.channels[channel]:
            del self.channels[channel]
            self._tell(102, channel, {"lastUid": uid})
        self.on_change(channel)

    def crash(self, channel: str, uid: int) -> None:
        """Somebody's device falls silent; the channel notices after a while. Raises KeptOutError."""
        occupant = self._occupant(channel, uid)
        occupant.is_silent = True

        def notice() -> None:
            if self.channels.get(channel, {}).get(uid) is occupant:
                self.leave(channel, uid, TIMEOUT)

        self.timeline.later(self.pace.timeout, notice)

    def set_role(self, channel: str, uid: int, *, is_host: bool) -> None:
        """Somebody becomes a host or audience. Raises KeptOutError for a host without the privilege to publish."""
        occupant = self._occupant(channel, uid)
        if is_host and not occupant.may_publish:
            raise KeptOutError("the token does not allow to publish")
        if occupant.is_host != is_host:
            occupant.is_host = is_host
            self._tell_of(occupant, channel, _BECOMES_HOST if is_host else _BECOMES_AUDIENCE)
            self.on_change(channel)

    def put_out_by(self, rule: Rule) -> None:
        """Puts everybody out whom a new rule forbids to be there."""
        if "join_channel" not in rule.privileges:
            return
        for channel, occupants in list(self.channels.items()):
            for uid in [uid for uid in occupants if rule.concerns(channel, uid)]:
                self.leave(channel, uid, PUT_OUT)

    def has_publisher(self, channel: str) -> bool:
        """Whether anybody is there whom a recorder could record."""
        return any(self.publishes(channel, occupant) for occupant in self.channels.get(channel, {}).values())

    def publishes(self, channel: str, occupant: Occupant) -> list[str]:
        """What somebody sends to the others."""
        if not occupant.is_host or occupant.is_recorder or occupant.is_silent:
            return []
        taken = self.rules.taken_from(channel, occupant.uid)
        return [what for what in ("audio", "video") if f"publish_{what}" not in taken]

    def clear(self) -> None:
        """Empties all channels without a word."""
        self.channels.clear()
        self._sequences.clear()

    def _occupant(self, channel: str, uid: int) -> Occupant:
        found = self.channels.get(channel, {}).get(uid)
        if found is None:
            raise KeptOutError("nobody is in the channel under this uid")
        return found

    def _go(self, channel: str, uid: int, reason: int) -> None:
        occupant = self.channels[channel].pop(uid)
        duration = int(self.timeline.now()) - int(occupant.joined_at)
        self._tell_of(occupant, channel, self._kind(occupant) + _LEAVES, reason=reason, duration=duration)

    def _kind(self, occupant: Occupant) -> int:
        if self.project.profile != LIVE:
            return _USER_JOINS
        return _HOST_JOINS if occupant.is_host else _AUDIENCE_JOINS

    def _tell_of(self, occupant: Occupant, channel: str, kind: int, **more: int) -> None:
        last = self._sequences.get((channel, occupant.uid), 0)
        sequence = self._sequences[channel, occupant.uid] = max(self.timeline.now_ms(), last + 1)
        said: dict[str, Any] = {"uid": occupant.uid, "clientSeq": sequence}
        if kind not in (_BECOMES_HOST, _BECOMES_AUDIENCE):
            said["platform"] = occupant.platform
            if occupant.client_type is not None:
                said["clientType"] = occupant.client_type
        self._tell(kind, channel, said | more)

    def _tell(self, kind: int, channel: str, more: dict[str, Any]) -> None:
        self.notices.tell(RTC, kind, {"channelName": channel, "ts": int(self.timeline.now()), **more})
