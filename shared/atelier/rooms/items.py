"""What is stored of rooms: the channel, who a number in it is, who was there when, hands, chat, notes."""

from datetime import datetime

from pynamodb.attributes import BooleanAttribute, NumberAttribute, NumberSetAttribute, UnicodeAttribute

from atelier import clock
from atelier.table import Entity, InstantAttribute, Item, Key

HOST_STATUS = "host"
"""The status of the host's own row, which is no RSVP: it takes no seat, stands in no list, and keeps their uids."""

OPEN_ROOMS = "ROOMS#open"
"""The list of rooms about which anything may still be unsettled: people inside, recordings not at hand."""


class Room(Item, discriminator="room"):
    """The channel of a workshop, from the moment its doors open.

    updated_at: when it was last compared with Agora (at first, when it was opened).
    """

    workshop_id = UnicodeAttribute()
    created_at = InstantAttribute()
    updated_at = InstantAttribute()

    @property
    def channel(self) -> str:
        """The channel's name."""
        return self.pk.removeprefix("CHANNEL#")


class ChannelUid(Item, discriminator="uid"):
    """Who a number in a channel is. Never deleted: nobody else gets it, and old notices still name their person."""

    user_id = UnicodeAttribute()
    device = UnicodeAttribute()


class Participant(Item, discriminator="participant"):
    """The latest state of one device in a room. It serves "who is in now"; attendance is told by presence facts.

    client_seq: of the event that this state follows from; an event with a smaller one changes nothing.
    since: the instant of that event, by Agora's clock; of a comparison, the last at which the device is known to have
    been there. applied_at: when we learnt of it, by ours.
    """

    user_id = UnicodeAttribute()
    device = UnicodeAttribute()
    is_in = BooleanAttribute()
    is_publisher = BooleanAttribute(null=True)
    client_seq = NumberAttribute()
    since = InstantAttribute()
    applied_at = InstantAttribute()

    @property
    def uid(self) -> int:
        """The device's number in the channel."""
        return int(self.sk.removeprefix("UID#"))


class PresenceFact(Item, discriminator="presence"):
    """One thing known about when a person's device was in a room. Facts are added and never changed.

    what: `join`, `leave`, `role` (111 and 112: it was there), `destroyed` (102: it was the last, and out by then), all
    told by Agora's notices; `seen` and `absent`, told by a comparison with Agora.
    at: the instant by Agora's clock; of `seen`, the instant of the join. reason, duration_s: of a leave.
    since: of `absent`, the last comparison that found the device where we thought it was; of `seen`, the comparison.
    """

    what = UnicodeAttribute()
    at = InstantAttribute()
    client_seq = NumberAttribute()
    device = UnicodeAttribute()
    reason = NumberAttribute(null=True)
    duration_s = NumberAttribute(null=True)
    since = InstantAttribute(null=True)

    @property
    def workshop_id(self) -> str:
        """The workshop."""
        return self.pk.removeprefix("PRESENCE#")

    @property
    def user_id(self) -> str:
        """The person."""
        return self.sk.split("#")[0]

    @property
    def uid(self) -> int:
        """The device's number in the channel."""
        return int(self.sk.split("#")[1])


class Hand(Item, discriminator="hand"):
    """A raised hand."""

    raised_at = InstantAttribute()

    @property
    def user_id(self) -> str:
        """Whose hand it is."""
        return self.sk.removeprefix("USER#")


class ChatMessage(Item, discriminator="message"):
    """A message in a workshop's chat. offset_ms: from the start of the workshop."""

    user_id = UnicodeAttribute()
    text = UnicodeAttribute()
    offset_ms = NumberAttribute()
    created_at = InstantAttribute()

    @property
    def id(self) -> str:
        """The id."""
        return self.sk.split("#")[1]


class Spoke(Item, discriminator="spoke"):
    """That a person wrote in a workshop's chat: it leads to what they said, whatever becomes of their place there."""

    @property
    def workshop_id(self) -> str:
        """The workshop."""
        return self.sk.removeprefix("SPOKE#")


class Note(Entity, discriminator="note"):
    """A person's private note on a workshop."""

    text = UnicodeAttribute()


class Rule(Item, discriminator="rule"):
    """What Agora was told to forbid a person's device in a room. It is there before Agora is asked for anything.

    privileges: what the last rule takes away, separated by blanks; empty when nothing is forbidden, or nothing is known
    to be. until: the end of that rule. revision: raised by whoever places or lifts, so that they notice each other.
    rule_ids: Agora's ids of all rules for this device that are known. One whose answer was lost is not among them.
    """

    uid = NumberAttribute()
    privileges = UnicodeAttribute(default="")
    until = InstantAttribute()
    revision = NumberAttribute(default=0)
    rule_ids = NumberSetAttribute(null=True)


def room_key(channel: str) -> Key:
    """Where a room stands: notices name its channel."""
    return f"CHANNEL#{channel}", "#ROOM"


def uid_key(channel: str, uid: int) -> Key:
    """Where a number of a channel stands."""
    return f"CHANNEL#{channel}", f"UID#{uid}"


def participant_key(workshop_id: str, uid: int) -> Key:
    """Where the latest state of a device stands."""
    return f"ROOM#{workshop_id}", f"UID#{uid}"


def presence_key(workshop_id: str, user_id: str, uid: int, client_seq: int, what: str) -> Key:
    """Where a fact stands: whatever tells the same thing again, tells it under the same key."""
    pk, first = presence_start(workshop_id, user_id)
    return pk, f"{first}{uid}#{client_seq}#{what}"


def presence_start(workshop_id: str, user_id: str) -> Key:
    """The partition that all facts of a person stand in, and what their sort keys begin with."""
    return f"PRESENCE#{workshop_id}", f"{user_id}#"


def rule_key(workshop_id: str, user_id: str, device: str) -> Key:
    """Where it stands what a person's device was forbidden: by person, who may meanwhile have another row."""
    return f"WORKSHOP#{workshop_id}", f"RULE#{user_id}#{device}"


def hand_key(workshop_id: str, user_id: str) -> Key:
    """Where a person's raised hand stands."""
    return f"HANDS#{workshop_id}", f"USER#{user_id}"


def message_key(workshop_id: str, offset_ms: int, message_id: str) -> Key:
    """Where a chat message stands: in the order in which they were written."""
    return f"CHAT#{workshop_id}", f"{offset_ms:012d}#{message_id}"


def spoke_key(user_id: str, workshop_id: str) -> Key:
    """Where it stands that a person wrote in a workshop's chat."""
    return f"USER#{user_id}", f"SPOKE#{workshop_id}"


def note_key(user_id: str, workshop_id: str) -> Key:
    """Where a person's note on a workshop stands."""
    return f"USER#{user_id}", f"NOTE#{workshop_id}"


def new_room(channel: str, workshop_id: str, scheduled_at: datetime, *, at: datetime) -> Room:
    """The room of a workshop whose doors open now, in the list of open rooms."""
    return Room(
        *room_key(channel),
        workshop_id=workshop_id,
        created_at=at,
        updated_at=at,
        feed_key=OPEN_ROOMS,
        starts=f"{clock.to_text(scheduled_at)}#{workshop_id}",
    )
