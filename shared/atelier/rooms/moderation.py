"""Moderation: what Agora must forbid, because a token that was given out cannot be taken back.

A removed person may not be in the room, and a silenced one may not publish, for as long as the last token that said
otherwise can live. Agora enforces that by a rule for one uid in one channel ("Ban user privileges" of its Channel
Management API). A rule takes effect at once: whoever is inside is put out, or cut off.

What to forbid is read from the attendee's row each time, so it does not matter how often or in which order one looks.
Each look that changed something is followed by another: whoever read a row that is older than somebody else's finds
that out, and undoes what is no longer wanted.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol, cast

from atelier import clock, observability, table
from atelier.agora.rest_errors import RefusedError
from atelier.errors import RequestInProgressError
from atelier.rooms.items import Rule, rule_key
from atelier.rsvps.items import Attendee, attendee_key
from atelier.workshops.items import Workshop, workshop_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pynamodb.expressions.update import Action

JOIN = ("join_channel",)
PUBLISH = ("publish_audio", "publish_video")
DEVICES = ("main", "screen")
OPEN = ("lobby", "live")

SHORTEST_S = 10
"""Agora knows no shorter rule."""

MOST_LOOKS = 8
_KEPT_FOR_S = 86_400
_NOT_FOUND = 404


class Rules(Protocol):
    """What is asked of Agora; `AgoraRest` does it."""

    def place_rule(self, channel: str, uid: int, privileges: "Sequence[str]", seconds: int) -> int:
        """Places a rule; its id."""
        ...

    def rules(self, channel: str, uid: int) -> list[int]:
        """The ids of the rules for exactly this channel and uid."""
        ...

    def lift_rule(self, rule_id: int) -> None:
        """Ends a rule."""
        ...


@dataclass(frozen=True, slots=True)
class _Sight:
    """What one BatchGet tells. rules: by device."""

    workshop: Workshop
    row: Attendee
    rules: dict[str, Rule]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be forbidden, until when. Nothing: whatever is forbidden is allowed again."""

    privileges: tuple[str, ...]
    until: datetime


def bring_in_line(
    workshop_id: str, user_id: str, rest: Rules, *, token_lifetime_s: int, at: clock.Clock = clock.now
) -> None:
    """Makes Agora forbid a person's devices what they may not do now, and allow again what they may.

    token_lifetime_s: how long a join token lives. Nothing happens to people who wait or have no row, to devices that
    never had a token, and when the room is not open.
    Raises OutageError and RequestInProgressError: the same call later goes on from there; RefusedError.
    """
    for _ in range(MOST_LOOKS):
        sight = _look(workshop_id, user_id)
        wanted = _wanted(sight, token_lifetime_s) if sight else None
        if sight is None or wanted is None:
            return
        changed = [_settle(sight, device, wanted, rest, at()) for device in DEVICES]
        if not any(changed):
            return
    raise RequestInProgressError


def _look(workshop_id: str, user_id: str) -> _Sight | None:
    """None where nothing is to be done, whatever the rules are."""
    keys = {device: rule_key(workshop_id, user_id, device) for device in DEVICES}
    found = table.read_many([workshop_key(workshop_id), attendee_key(workshop_id, user_id), *keys.values()])
    workshop = cast("Workshop | None", found.get(workshop_key(workshop_id)))
    row = cast("Attendee | None", found.get(attendee_key(workshop_id, user_id)))
    if workshop is None or row is None or workshop.status not in OPEN or workshop.format == "in_person":
        return None
    rules = {device: cast("Rule", found[key]) for device, key in keys.items() if key in found}
    return _Sight(workshop, row, rules)


def _wanted(sight: _Sight, token_lifetime_s: int) -> _Wanted | None:
    """None for the host and for somebody who waits: there is nothing to forbid, and nothing to allow either."""
    row = sight.row
    # The last token that says more than the row was signed before the row was changed.
    until = row.updated_at + timedelta(seconds=token_lifetime_s)
    if row.status == "removed":
        return _Wanted(JOIN, until)
    if not row.is_seated:
        return None
    return _Wanted(() if row.can_speak or row.is_co_host else PUBLISH, until)


def _settle(sight: _Sight, device: str, wanted: _Wanted, rest: Rules, now: datetime) -> bool:
    """Whether anything was changed for one device of the person."""
    rule = sight.rules.get(device)
    if not wanted.privileges:
        return rule is not None and _lift(sight.workshop.channel, rule, rest)
    uid = getattr(sight.row, f"uid_{device}")
    if uid is None or wanted.until <= now:
        return False
    if rule is not None and rule.privileges == " ".join(wanted.privileges) and rule.until >= wanted.until:
        return False
    if rule is None:
        rule = _trace(rule_key(sight.workshop.id, sight.row.user_id, device), int(uid), wanted)
    rule.uid = uid
    _place(sight.workshop.channel, rule, wanted, rest, now)
    return True


def _trace(key: table.Key, uid: int, wanted: _Wanted) -> Rule:
    """What tells that Agora may have been asked: a rule whose answer never comes must be found when it is lifted."""
    trace = Rule(*key, uid=uid, until=wanted.until, expires_at=_forgotten_at(wanted))
    return cast("Rule | None", table.put_if_absent(trace)) or trace


def _place(channel: str, rule: Rule, wanted: _Wanted, rest: Rules, now: datetime) -> None:
    seconds = max(SHORTEST_S, round((wanted.until - now).total_seconds()))
    rule_id = rest.place_rule(channel, int(rule.uid), wanted.privileges, seconds)
    observability.count("RulesPlaced")
    placed: list[Action] = [
        Rule.uid.set(rule.uid),
        Rule.privileges.set(" ".join(wanted.privileges)),
        Rule.until.set(wanted.until),
        Rule.expires_at.set(_forgotten_at(wanted)),
        Rule.rule_ids.add([rule_id]),
    ]
    if _changed_meanwhile(rule, placed):
        # Somebody may have lifted this very rule: it is remembered, and not taken for the last word.
        Rule(*rule.key).update([Rule.rule_ids.add([rule_id])])


def _lift(channel: str, rule: Rule, rest: Rules) -> bool:
    """Allows a device everything again; whether anything was done."""
    known = {int(rule_id) for rule_id in rule.rule_ids or ()}
    wanted_gone = sorted(known | set(rest.rules(channel, int(rule.uid))))
    if not wanted_gone and not rule.privileges:
        return False
    # Before the first is lifted: whoever finds us dead here must not believe that anything is still forbidden.
    if _changed_meanwhile(rule, [Rule.privileges.set("")]):
        return True
    lifted = [rule_id for rule_id in wanted_gone if _is_lifted(rule_id, rest)]
    observability.count("RulesLifted", len(lifted))
    if known:
        Rule(*rule.key).update([Rule.rule_ids.delete(known)])
    return bool(known or lifted or rule.privileges)


def _is_lifted(rule_id: int, rest: Rules) -> bool:
    """Lifts a rule; False when Agora no longer knows it."""
    try:
        rest.lift_rule(rule_id)
    except RefusedError as error:
        if error.status != _NOT_FOUND:
            raise
        return False
    return True


def _changed_meanwhile(rule: Rule, actions: "list[Action]") -> bool:
    """Writes, and gives False, unless somebody else placed or lifted anything since the rule was read."""
    raised = Rule.revision.set(rule.revision + 1)
    return table.update_or_see(Rule, rule.key, [raised, *actions], Rule.revision == rule.revision) is not None


def _forgotten_at(wanted: _Wanted) -> int:
    return int(wanted.until.timestamp()) + _KEPT_FOR_S
