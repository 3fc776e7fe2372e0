"""Comparing who we believe to be in a room with whom Agora shows there, and mending what differs.

Agora's notices get lost, and a lost one is never made up for. What a comparison finds becomes a fact of its own, beside
those that notices tell, so that attendance follows from all of them alike. Fact and state are written together, on
condition that no notice has moved the state meanwhile; the state keeps its `client_seq`, so that every later event
still counts.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from atelier import clock, edits, observability, table
from atelier.agora.names import RECORDER_UIDS
from atelier.edits import CollisionError
from atelier.rooms.items import ChannelUid, Participant, PresenceFact, participant_key, presence_key, uid_key
from atelier.rooms.presence import STATE_KEPT_FOR
from atelier.upkeep.pace import Channels

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action

    from atelier.agora.rest import Users

NOT_JUDGED_BEFORE = timedelta(seconds=120)
"""How long after an event nothing is said about its device: more notices may be on their way, and Agora's lists lag."""

_STATE = ("user_id", "device", "is_in", "is_publisher", "client_seq", "since", "applied_at", "expires_at")


@dataclass(frozen=True, slots=True)
class Look:
    """What is compared. asked_at: when, before Agora was asked. last: the last comparison that told of everybody.

    recorders: the uids that Agora gave our recorders on its own. attending: the people whose attendance goes on.
    is_over: whether nothing more is waited for.
    """

    workshop_id: str
    channel: str
    participants: Collection[Participant]
    users: "Users"
    recorders: Collection[int]
    attending: Collection[str]
    asked_at: datetime
    last: datetime
    is_over: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What a comparison came to. fixed: how much was mended. is_empty: nobody is in, by Agora and by us.

    empty_since: when the last one left, by Agora's clock; told_at: since when we know that; None: nobody ever came.
    """

    fixed: int
    is_empty: bool
    empty_since: datetime | None
    told_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Device:
    """A person's device. state: what we believe of it; None: we have never heard of it in this room."""

    uid: int
    user_id: str
    name: str
    state: Participant | None


def mend(look: Look, agora: Channels) -> Found:
    """Mends what we believe of a room. Raises what Agora and the table raise; what was mended by then stays so."""
    inside = shown(look, look.users)
    states = {participant.uid: participant for participant in look.participants}
    believed = {uid for uid, state in states.items() if state.is_in}
    # The end of a channel ends its last user's attendance and leaves the state alone. Where the join after it was lost,
    # the state is right by chance and the attendance is not.
    unattended = {uid for uid in inside & believed if states[uid].user_id not in look.attending}
    mended = [_absent(look, states[uid], agora) for uid in sorted(believed - inside)]
    mended += [_seen(look, device, agora) for device in _devices(look, states, (inside - believed) | unattended)]
    fixed = {state.uid: state for state in mended if state is not None}
    now = [*(states | fixed).values()]
    out = [state for state in now if not state.is_in]
    return Found(
        fixed=len(fixed),
        is_empty=not inside and len(out) == len(now),
        empty_since=max((state.since for state in out), default=None),
        told_at=max((state.applied_at for state in out), default=None),
    )


def shown(look: Look, users: "Users") -> set[int]:
    """Those whom an answer of Agora's shows, recorders left out."""
    return {uid for uid in users.uids if uid not in RECORDER_UIDS and uid not in look.recorders}


def _devices(look: Look, states: dict[int, Participant], uids: set[int]) -> list[_Device]:
    """Whose devices these are. Numbers that are nobody's are counted: they came in with a token that is not ours."""
    keys = {uid: uid_key(look.channel, uid) for uid in sorted(uids)}
    people = table.read_many(keys.values()) if keys else {}
    devices = []
    for uid, key in keys.items():
        person = people.get(key)
        if isinstance(person, ChannelUid):
            devices.append(_Device(uid, person.user_id, person.device, states.get(uid)))
        else:
            observability.count("UnknownParticipant")
            observability.logger.warning("unknown participant", workshop_id=look.workshop_id, uid=uid)
    return devices


def _absent(look: Look, state: Participant, agora: Channels) -> Participant | None:
    """The state of a device that turned out to be gone; None where nothing was mended."""
    is_listed = look.users.is_complete or state.is_publisher
    # The list is one answer, and a wrong absence takes attendance away: the device itself is asked about too.
    if not is_listed or _is_fresh(look, state) or agora.user(look.channel, state.uid).in_channel:
        return None
    # Where the last comparison said nothing of the device, what it was last heard by is all that shows it was there.
    was_judged = state.applied_at <= look.last - NOT_JUDGED_BEFORE
    last_there = max(look.last, state.since) if was_judged else state.since
    device = _Device(state.uid, state.user_id, state.device, state)
    fact = _fact(look, device, "absent", at=look.asked_at, since=last_there)
    return _write(look, device, fact, is_publisher=None)


def _seen(look: Look, device: _Device, agora: Channels) -> Participant | None:
    """The state of a device that turned out to be in; None where nothing was mended."""
    if device.state is not None and _is_fresh(look, device.state):
        return None
    told = agora.user(look.channel, device.uid)
    if not told.in_channel:
        return None
    fact = _fact(look, device, "seen", at=told.joined_at or look.asked_at, since=look.asked_at)
    return _write(look, device, fact, is_publisher=told.is_host)


def _is_fresh(look: Look, state: Participant) -> bool:
    return not look.is_over and state.applied_at > look.asked_at - NOT_JUDGED_BEFORE


def _fact(look: Look, device: _Device, what: str, *, at: datetime, since: datetime) -> PresenceFact:
    seq = clock.milliseconds(look.asked_at)
    key = presence_key(look.workshop_id, device.user_id, device.uid, seq, what)
    return PresenceFact(*key, what=what, at=at, client_seq=seq, device=device.name, since=since)


def _write(look: Look, device: _Device, fact: PresenceFact, *, is_publisher: bool | None) -> Participant | None:
    """Writes a fact with the state that follows from it; None when the state is no longer what was compared."""
    is_in, before = fact.what == "seen", device.state
    after = Participant(
        *participant_key(look.workshop_id, device.uid),
        user_id=device.user_id,
        device=device.name,
        is_in=is_in,
        is_publisher=is_publisher,
        client_seq=0 if before is None else before.client_seq,
        since=fact.since,
        applied_at=look.asked_at,
        expires_at=int((look.asked_at + STATE_KEPT_FOR).timestamp()),
    )
    as_compared = (
        Participant.pk.does_not_exist()
        if before is None
        else (Participant.client_seq == before.client_seq)
        & (Participant.applied_at == before.applied_at)
        & (Participant.is_in == before.is_in)
    )
    actions: list[Action] = [Participant.kind.set(Participant), *table.setting(after, _STATE)]
    try:
        with edits.transaction() as t:
            t.save(fact)
            t.update(Participant(*after.key), actions, condition=as_compared)
    except CollisionError:
        return None
    return after
