"""Banning rules: who must stay out of where, or not publish, and until when.

As in Agora's "Ban user privileges": a rule is for whatever it names of channel and uid, and a rule that names only one
of them is for every channel of that person, or for everybody in that channel.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from local.agora.timeline import Timeline

PRIVILEGES = ("join_channel", "publish_audio", "publish_video")
DEFAULT_SECONDS = 3600
MINUTES, SECONDS = (1, 1440), (10, 86_430)


class BadRuleError(ValueError):
    """What Agora refuses; the message says why."""


@dataclass(slots=True)
class Rule:
    """A rule. cname, uid: None is all of them. until: in Unix seconds."""

    id: int
    cname: str | None
    uid: int | None
    privileges: tuple[str, ...]
    until: float
    made_at: float

    def concerns(self, channel: str, uid: int) -> bool:
        """Whether the rule is about somebody in a channel."""
        return self.cname in (None, channel) and self.uid in (None, uid) and (self.cname, self.uid) != (None, None)

    def shown(self, app_id: str) -> dict[str, Any]:
        """The rule in Agora's words."""
        return {
            "id": self.id,
            "appid": app_id,
            "uid": self.uid,
            "opid": 1406,
            "cname": self.cname,
            "ip": None,
            "ts": instant(self.until),
            "privileges": list(self.privileges),
            "createAt": instant(self.made_at),
            "updateAt": instant(self.made_at),
        }


def instant(seconds: float) -> str:
    """A point in time as Agora writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


@dataclass
class Rules:
    """All the rules."""

    timeline: Timeline
    _rules: dict[int, Rule] = field(default_factory=dict)
    _last_id: int = 1952

    def place(self, wanted: dict[str, Any]) -> Rule:
        """A new rule, from the body of the request. One with a time of 0 is over at once. Raises BadRuleError."""
        privileges = wanted.get("privileges")
        if not isinstance(privileges, list) or not privileges or not set(privileges) <= set(PRIVILEGES):
            raise BadRuleError("privileges must be a list of join_channel, publish_audio and publish_video")
        uid = wanted.get("uid")
        if uid is not None and (type(uid) is not int or uid == 0):
            raise BadRuleError("uid must be a number other than 0")
        now = self.timeline.now()
        self._last_id += 1
        cname = str(wanted.get("cname") or "") or None
        rule = Rule(self._last_id, cname, uid, tuple(privileges), now + _seconds(wanted), now)
        self._rules[rule.id] = rule
        return rule

    def prolong(self, rule_id: object, wanted: dict[str, Any]) -> Rule | None:
        """Gives a rule another end, from now; None: there is no such rule."""
        rule = self._rule(rule_id)
        if rule is not None:
            rule.until = self.timeline.now() + _seconds(wanted)
        return rule

    def lift(self, rule_id: object) -> Rule | None:
        """Ends a rule; None: there is no such rule."""
        rule = self._rule(rule_id)
        return None if rule is None else self._rules.pop(rule.id)

    def in_force(self) -> list[Rule]:
        """The rules that hold now."""
        return [rule for rule in self._rules.values() if rule.until > self.timeline.now()]

    def taken_from(self, channel: str, uid: int) -> set[str]:
        """The privileges that somebody does not have in a channel now."""
        return _union(rule.privileges for rule in self.in_force() if rule.concerns(channel, uid))

    def clear(self) -> None:
        """Lifts all of them."""
        self._rules.clear()

    def _rule(self, rule_id: object) -> Rule | None:
        return next((rule for rule in self.in_force() if rule.id == rule_id), None)


def _union(sets: Iterable[tuple[str, ...]]) -> set[str]:
    return {name for names in sets for name in names}


def _seconds(wanted: dict[str, Any]) -> float:
    """How long a rule is to last: seconds win over minutes, an hour without either, 0 is "put out once"."""
    for name, unit, (least, most) in (("time_in_seconds", 1, SECONDS), ("time", 60, MINUTES)):
        value = wanted.get(name)
        if isinstance(value, int):
            return 0.0 if value <= 0 else unit * float(min(max(value, least), most))
    return float(DEFAULT_SECONDS)
