"""Idempotency-Key: the record of an answered request, written in the same transaction as the thing it guards.

So there is no moment in which the thing exists without the record or the other way round: a crash leaves both or
neither, and of two twins one transaction wins and the other finds the winner's record.
"""

import hashlib
from dataclasses import dataclass

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.transactions import TransactWrite

from atelier import clock
from atelier.errors import IdempotencyKeyReusedError
from atelier.table import Item, Key

LIFETIME_S = 24 * 3600


class IdempotencyRecord(Item, discriminator="idempotency"):
    """What was answered to a request that carried a key."""

    fingerprint = UnicodeAttribute()
    body = UnicodeAttribute()
    location = UnicodeAttribute()
    etag_version = NumberAttribute()


class ReplayedError(Exception):
    """Not a failure: the request was carried out before, and this is what it was answered."""

    def __init__(self, record: IdempotencyRecord) -> None:
        super().__init__("the request was carried out before")
        self.record = record


@dataclass(frozen=True, slots=True)
class Guard:
    """One request with a key: who sent which key, and a fingerprint of route and body."""

    person: str
    key_text: str
    fingerprint: str
    at: clock.Clock = clock.now

    @property
    def key(self) -> Key:
        """Where the record of this request stands; the key itself is hashed, for it may be anything."""
        return f"IDEMPOTENCY#{self.person}#{hashlib.sha256(self.key_text.encode()).hexdigest()[:40]}", "#KEY"

    def check(self, record: Item | None) -> None:
        """Does nothing for a new request.

        Raises ReplayedError with the stored answer for a repeated one, IdempotencyKeyReusedError for another one
        under the same key. A record past its time is none, though DynamoDB may take days to delete it.
        """
        if not isinstance(record, IdempotencyRecord) or (record.expires_at or 0) <= self.at().timestamp():
            return
        if record.fingerprint != self.fingerprint:
            raise IdempotencyKeyReusedError
        raise ReplayedError(record)

    def write(self, transaction: TransactWrite, *, body: str, location: str, version: int) -> None:
        """Adds the record of the answer to the transaction; the transaction fails when somebody else's stands there."""
        now = int(self.at().timestamp())
        pk, sk = self.key
        record = IdempotencyRecord(
            pk,
            sk,
            fingerprint=self.fingerprint,
            body=body,
            location=location,
            etag_version=version,
            expires_at=now + LIFETIME_S,
        )
        transaction.save(record, condition=Item.pk.does_not_exist() | (Item.expires_at <= now))
