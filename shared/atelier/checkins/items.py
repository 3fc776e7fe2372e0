"""What is stored of check-in. A person's own check-in is part of their attendance; see `atelier.attendance.items`."""

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from atelier.table import Entity, InstantAttribute, Item, Key


class CheckInCode(Item, discriminator="check_in_code"):
    """Whose a code is until it expires: of a fixed code all of it, of a rotating one its first half, the stem."""

    workshop_id = UnicodeAttribute()


class Desk(Entity, discriminator="desk"):
    """A workshop's check-in, from when it was first opened.

    stem: the code, or the first half of one that rotates every so many seconds by the secret.
    is_closed: whether it was closed by hand. code_until: so long the stem is this workshop's.
    """

    stem = UnicodeAttribute()
    secret = UnicodeAttribute()
    rotates_every_s = NumberAttribute(null=True)
    is_closed = BooleanAttribute(default=False)
    opens_at = InstantAttribute()
    code_until = InstantAttribute()


class PassSecret(Item, discriminator="pass_secret"):
    """What the personal passes of a workshop are signed with."""

    secret = UnicodeAttribute()


class Guest(Item, discriminator="guest"):
    """Somebody who checked in without an account.

    merged_into: the person who claimed it. The check-in is theirs then, and nothing of the guest is kept but that.
    """

    guest_name = UnicodeAttribute(null=True)
    email = UnicodeAttribute(null=True)
    checked_in_at = InstantAttribute()
    merged_into = UnicodeAttribute(null=True)

    @property
    def id(self) -> str:
        """The id."""
        return self.sk.removeprefix("GUEST#")


class ClaimToken(Item, discriminator="claim_token"):
    """What a guest's token stands for. Only the token's hash is kept, in the key."""

    workshop_id = UnicodeAttribute()
    guest_id = UnicodeAttribute()


class Scan(Item, discriminator="scan"):
    """What was answered to a scan taken offline, so that whoever sends it again is told the same.

    fingerprint: of whom and when it told.
    """

    fingerprint = UnicodeAttribute()
    status = UnicodeAttribute()
    checked_in_at = InstantAttribute(null=True)


class GuessCount(Item, discriminator="guesses"):
    """How many wrong codes somebody gave, from their first one until it expires."""

    misses = NumberAttribute()


def code_key(stem: str) -> Key:
    """Where it stands whose a code is."""
    return f"CODE#{stem}", "#CODE"


def desk_key(workshop_id: str) -> Key:
    """Where a workshop's check-in stands."""
    return f"WORKSHOP#{workshop_id}", "#CHECKIN"


def pass_secret_key(workshop_id: str) -> Key:
    """Where the secret of a workshop's passes stands."""
    return f"WORKSHOP#{workshop_id}", "#PASSES"


def guest_key(workshop_id: str, guest_id: str) -> Key:
    """Where a guest's check-in stands: among the attendance of the workshop."""
    return f"ATTENDANCE#{workshop_id}", f"GUEST#{guest_id}"


def claim_key(token_hash: str) -> Key:
    """Where it stands which guest a token is of."""
    return f"TOKEN#{token_hash}", "#TOKEN"


def scan_key(workshop_id: str, nonce: str) -> Key:
    """Where the answer to a scan stands."""
    return f"SCANS#{workshop_id}", nonce
