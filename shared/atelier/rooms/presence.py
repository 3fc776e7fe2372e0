"""Who is in a room, and who was when, as Agora's channel events tell it.

As in Agora's "RTC channel event types": 103, 105 and 107 say that somebody joined, 104, 106 and 108 that they left, 111
and 112 that their role changed, 102 that the last one has left. They come in any order, repeated, or not at all, so
each becomes a fact under a key made of what it says, and attendance is folded from the facts whatever their order.

Beside them stands the latest state of each device, for "who is in now". Agora's `clientSeq` says which of two events is
later, and 102 has none: it becomes a fact and leaves the state alone, which a comparison with Agora sets right.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from atelier import clock, observability, table
from atelier.agora.names import CHANNEL_NAME, RECORDER_UIDS
from atelier.agora.notices import Notice, UnreadableNoticeError
from atelier.rooms.items import (
    ChannelUid,
    Participant,
    PresenceFact,
    Room,
    participant_key,
    presence_key,
    room_key,
    uid_key,
)

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action

type Payload = Mapping[str, Any]
type What = Literal["join", "leave", "role", "destroyed"]

STATE_KEPT_FOR: Final = timedelta(days=7)
"""How long a state is kept after its last change: as long as a notice may be late."""

_LARGEST: Final = 2**64 - 1
_LINUX, _CLOUD_RECORDING = 6, 10


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a type of event says. is_publisher: whether the device may be heard; None where the type does not tell."""

    what: What
    is_publisher: bool | None = None


MEANINGS: Final = {
    102: _Meaning("destroyed"),
    103: _Meaning("join", is_publisher=True),
    104: _Meaning("leave", is_publisher=True),
    105: _Meaning("join", is_publisher=False),
    106: _Meaning("leave", is_publisher=False),
    107: _Meaning("join"),
    108: _Meaning("leave"),
    111: _Meaning("role", is_publisher=True),
    112: _Meaning("role", is_publisher=False),
}


@dataclass(frozen=True, slots=True)
class _Whereabouts:
    """What the table knows of a device in a channel."""

    workshop_id: str
    user_id: str
    device: str
    uid: int


def apply(notice: Notice, *, at: clock.Clock = clock.now) -> bool:
    """Keeps what a channel event says; whether that was new. At most three round trips.

    Both writes are made each time, so the repetition of a notice mends what a process left half done.

    Raises UnreadableNoticeError where an event about somebody of ours lacks what it must tell.
    """
    meaning, payload = MEANINGS[notice.type], notice.payload
    where = _locate(payload, "lastUid" if meaning.what == "destroyed" else "uid")
    if where is None:
        return False
    fact = _fact(meaning.what, payload, where)
    is_new = table.put_if_absent(fact) is None
    if meaning.what == "destroyed":
        return is_new
    return _move_on(fact, meaning, at()) or is_new


def _locate(payload: Payload, name: str) -> _Whereabouts | None:
    """Whose device an event is about, by one read. None for recorders, and, counted, for what is not ours.

    Agora's own health check is not: no room of ours has the name of its channel.
    """
    channel = payload.get("channelName")
    if not isinstance(channel, str):
        raise UnreadableNoticeError("channelName is missing")
    if not CHANNEL_NAME.fullmatch(channel):
        observability.count("NoticeOfUnknownChannel")
        return None
    # Agora's older descriptions of 102 have no lastUid.
    uid = _number(payload, name) if name in payload or name == "uid" else 0
    if uid in RECORDER_UIDS or _is_recorder(payload):
        return None
    found = table.read_many([room_key(channel), uid_key(channel, uid)])
    room, person = cast("Room | None", found.get(room_key(channel))), found.get(uid_key(channel, uid))
    if room is None:
        observability.count("NoticeOfUnknownChannel")
        return None
    if not isinstance(person, ChannelUid):
        observability.count("NoticeOfUnknownUid")
        return None
    return _Whereabouts(room.workshop_id, person.user_id, person.device, uid)


def _fact(what: What, payload: Payload, where: _Whereabouts) -> PresenceFact:
    seq = _number(payload, "ts" if what == "destroyed" else "clientSeq")
    fact = PresenceFact(
        *presence_key(where.workshop_id, where.user_id, where.uid, seq, what),
        what=what,
        at=_instant(payload),
        client_seq=seq,
        device=where.device,
    )
    if what == "leave":
        fact.reason = _number_or_none(payload.get("reason"))
        fact.duration_s = _number_or_none(payload.get("duration"))
    return fact


def _move_on(fact: PresenceFact, meaning: _Meaning, now: datetime) -> bool:
    """Sets the state of a device to what a fact says, unless it follows from a later one; whether it did."""
    state = Participant(
        *participant_key(fact.workshop_id, fact.uid),
        user_id=fact.user_id,
        device=fact.device,
        is_in=meaning.what != "leave",
        is_publisher=meaning.is_publisher,
        client_seq=fact.client_seq,
        since=fact.at,
        applied_at=now,
        expires_at=int((now + STATE_KEPT_FOR).timestamp()),
    )
    told = ("user_id", "device", "is_in", "is_publisher", "client_seq", "since", "applied_at", "expires_at")
    actions: list[Action] = [Participant.kind.set(Participant), *table.setting(state, told)]
    is_later = Participant.client_seq.does_not_exist() | (Participant.client_seq < fact.client_seq)
    return table.update_or_see(Participant, state.key, actions, is_later) is None


def _is_recorder(payload: Payload) -> bool:
    """Whether the device is a cloud recorder: Agora gives it another number when it moves to another server."""
    kinds = _number_or_none(payload.get("platform")), _number_or_none(payload.get("clientType"))
    return kinds == (_LINUX, _CLOUD_RECORDING)


def _instant(payload: Payload) -> datetime:
    try:
        return datetime.fromtimestamp(_number(payload, "ts"), UTC)
    except (ValueError, OverflowError, OSError):
        raise UnreadableNoticeError("ts is no time") from None


def _number(payload: Payload, name: str) -> int:
    """A number that the event must have. Agora's pages show some of them as numbers here and as text there."""
    number = _number_or_none(payload.get(name))
    if number is None:
        raise UnreadableNoticeError(f"{name} is missing, or no number")
    return number


def _number_or_none(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(_LARGEST)):
        value = int(value)
    return value if type(value) is int and 0 <= value <= _LARGEST else None
