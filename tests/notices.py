"""What tests of Agora's notices do over and over: make, sign and send one, hand it to `notices`, look at the table."""

import hashlib
import hmac
import itertools
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from atelier import clock, table
from atelier.rooms.items import ChannelUid, Participant, PresenceFact, new_room, participant_key, uid_key
from atelier.table import Item
from functions.notices import app
from tests.calling import Context, Reply, event, id_of, send

SECRET = b"secret"
BEGAN = int(datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC).timestamp())
RTC, RECORDING = 1, 3
HOST_JOINS, HOST_LEAVES, AUDIENCE_JOINS, AUDIENCE_LEAVES, USER_JOINS, USER_LEAVES = 103, 104, 105, 106, 107, 108
TO_HOST, TO_AUDIENCE, CREATED, DESTROYED = 111, 112, 101, 102

type Told = dict[str, Any]
"""A notice before it is sent: its product, its type, its payload."""

_ids = itertools.count(1)
_channels = itertools.count(1)


def told(kind: int, payload: Mapping[str, Any], *, product: int = RTC) -> Told:
    """Something that Agora tells."""
    return {"productId": product, "eventType": kind, "payload": dict(payload)}


def came(kind: int, channel: str, uid: int, seconds: float = 0, /, **more: Any) -> Told:
    """A channel event of a device, so many seconds after the beginning.

    `more` adds to the payload or, with `...`, takes away.
    """
    payload: dict[str, Any] = {
        "channelName": channel,
        "uid": uid,
        "platform": 7,
        "clientSeq": BEGAN * 1000 + int(seconds * 1000),
        "ts": BEGAN + int(seconds),
    }
    if kind in (HOST_LEAVES, AUDIENCE_LEAVES, USER_LEAVES):
        payload |= {"reason": 1, "duration": 0}
    return told(kind, {name: value for name, value in (payload | more).items() if value is not ...})


def destroyed(channel: str, last_uid: int, seconds: float) -> Told:
    """The end of a channel, which the device left last."""
    return told(DESTROYED, {"channelName": channel, "lastUid": last_uid, "ts": BEGAN + int(seconds)})


def sent(what: Told, *, at: datetime | None = None, notice_id: str | None = None) -> str:
    """The body of a notice as it is sent now; each sending has another time, and here another id too."""
    number = next(_ids)
    envelope = {
        "noticeId": notice_id or f"2000000{number:04}:4330:{what['eventType']}",
        "notifyMs": clock.milliseconds(at or clock.now()),
        **what,
    }
    return json.dumps(envelope, separators=(",", ":"))


def signature(body: bytes, secret: bytes = SECRET) -> dict[str, str]:
    """The headers that a body is sent with."""
    return {
        "Agora-Signature": hmac.new(secret, body, hashlib.sha1).hexdigest(),
        "Agora-Signature-V2": hmac.new(secret, body, hashlib.sha256).hexdigest(),
    }


def post(body: bytes | str, headers: Mapping[str, str] | None = None, *, secret: bytes = SECRET) -> Reply:
    """A notice, sent to the webhook; bytes are sent as API Gateway sends what it does not take for text."""
    raw = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    made = event("POST", "/webhooks/agora", user=None, body=body)
    made["headers"] |= signature(raw, secret) if headers is None else headers
    return send("recording_webhook", made)


def batch(bodies: Sequence[str], *, received: int = 1) -> dict[str, Any]:
    """What Lambda hands to `notices`: some messages of the queue."""
    return {"Records": [record(f"message-{number}", body, received) for number, body in enumerate(bodies)]}


def record(message_id: str, body: str, received: int = 1) -> dict[str, Any]:
    """One message as Lambda hands it on."""
    return {
        "messageId": message_id,
        "receiptHandle": f"handle-{message_id}",
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(received), "SentTimestamp": str(BEGAN * 1000)},
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(body.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:000000000000:notices",
        "awsRegion": "eu-central-1",
    }


def deliver(bodies: Sequence[str]) -> list[int]:
    """Hands messages to `notices` in one batch; the positions of those that it reports as failed."""
    answer = app.lambda_handler(batch(bodies), Context("notices", "batch"))
    failed = [entry["itemIdentifier"] for entry in answer["batchItemFailures"]]
    return [int(message_id.removeprefix("message-")) for message_id in failed]


def hear(*notices: Told) -> None:
    """Tells `notices` something that it can apply."""
    assert deliver([sent(notice) for notice in notices]) == []


def a_channel(workshop_id: str, devices: Mapping[int, tuple[str, str]]) -> str:
    """A room with numbers that are people's devices, written to the table as they stand there; gives the channel."""
    channel = f"channel{next(_channels)}"
    with Item.batch_write() as items:
        items.save(new_room(channel, workshop_id, clock.now(), at=clock.now()))
        for uid, (user, device) in devices.items():
            items.save(ChannelUid(*uid_key(channel, uid), user_id=id_of(user), device=device))
    return channel


def in_some_order(notices: Iterable[Told], dice: random.Random, most_times: int = 5) -> list[Told]:
    """Each notice one to so many times, shuffled."""
    repeated = [notice for notice in notices for _ in range(dice.randint(1, most_times))]
    dice.shuffle(repeated)
    return repeated


def facts(workshop_id: str) -> list[PresenceFact]:
    """Every fact of presence in a workshop."""
    return [cast("PresenceFact", fact) for fact in Item.query(f"PRESENCE#{workshop_id}", consistent_read=True)]


def participant(workshop_id: str, uid: int) -> Participant | None:
    """The latest state of a device."""
    return cast("Participant | None", table.read_one(participant_key(workshop_id, uid)))


def states(workshop_id: str) -> dict[tuple[str, str], dict[str, Any]]:
    """All that notices have told of a workshop's room, without when it was heard."""
    found = [*Item.query(f"PRESENCE#{workshop_id}"), *Item.query(f"ROOM#{workshop_id}")]
    by_clock = {"applied_at", "expires_at", "pk"}
    return {
        (item.pk.split("#")[0], item.sk): {name: v for name, v in item.serialize().items() if name not in by_clock}
        for item in found
    }


def ago(**span: float) -> datetime:
    """The instant so long before now."""
    return clock.now() - timedelta(**span)
