"""E-mail addresses: a person's own, once the provider vouches for it or a code that was mailed there comes back.

An address belongs to one person. Whether somebody else has it is told only to who has shown that it is theirs.
"""

import hashlib
import hmac
import math
import secrets
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from atelier import clock, table
from atelier.accounts.items import EmailGuard, Profile, email_key
from atelier.edits import CollisionError, until_applied
from atelier.errors import EmailTakenError, TooManyCodesError, WrongCodeError
from atelier.limits import Admission, Limit
from atelier.table import Item

CODE_LIVES = timedelta(minutes=30)
MOST_TRIES = 5
_CODES = 10**6

CODES_OF_PERSON = Limit("code_person", most=5, within_s=3600, refusal=TooManyCodesError)
CODES_TO_ADDRESS = Limit("code_address", most=5, within_s=3600, refusal=TooManyCodesError)
"""Whoever asks: nobody's mailbox is filled by many accounts."""

type MakeCode = Callable[[], str]


def new_code() -> str:
    """Six digits nobody can foresee."""
    return f"{secrets.randbelow(_CODES):06d}"


def folded(address: str) -> str:
    """What makes two ways of writing an address the same."""
    return unicodedata.normalize("NFKC", address).casefold()


def is_same(address: str | None, other: str | None) -> bool:
    """Whether two ways of writing are of one address."""
    return address is not None and other is not None and folded(address) == folded(other)


def entered(
    address: str | None,
    profile: Profile,
    vouched: str | None = None,
    *,
    at: datetime,
    make_code: MakeCode = new_code,
) -> dict[str, Any]:
    """What a profile's edit changes when its person enters an address, or takes theirs away with None.

    vouched: the address that their provider vouches for; it is theirs at once. Any other one is when it is confirmed,
    and until then the one before stays in use. Entering the same one again sends another code, and gives no more
    guesses. Raises TooManyCodesError where those are used up.
    """
    none = {"pending_email": None, "email_code": None, "email_code_at": None, "email_tries": None}
    if address is None:
        return {"email": None, **none}
    if is_same(address, profile.email):
        return {"email": address, **none}
    if is_same(address, vouched):
        return {"email": address, "mail_stopped_at": None, **none}
    awaited = {"pending_email": address, "email_code": make_code(), "email_code_at": clock.whole_seconds(at)}
    wait = timedelta(0)
    if is_same(address, profile.pending_email):
        wait = profile.email_code_at + CODE_LIVES - at
    if wait <= timedelta(0):
        return {**awaited, "email_tries": 0}
    if int(profile.email_tries or 0) >= MOST_TRIES:
        raise TooManyCodesError(math.ceil(wait.total_seconds()))
    return awaited


def admit_code(user_id: str, address: str, *, at: datetime) -> list[Admission]:
    """Lets one more code be mailed for a person, to an address: 5 an hour for each. One round trip.

    Raises TooManyCodesError.
    """
    to = hashlib.sha256(folded(address).encode()).hexdigest()
    limits = ((CODES_OF_PERSON, user_id), (CODES_TO_ADDRESS, to))
    found = table.read_many(limit.key(who) for limit, who in limits)
    return [limit.admit(found.get(limit.key(who)), who, at=at) for limit, who in limits]


def confirm(read: Callable[[], Profile], code: str, *, at: clock.Clock = clock.now) -> Profile:
    """Makes the pending address the person's, by the code that was mailed to it; `read` gives their current profile.

    Raises WrongCodeError (no code, an old one, another one, or too many tries), EmailTakenError.
    """

    def attempt() -> Profile:
        profile = read()
        if not _is_open(profile, at()):
            raise WrongCodeError
        if not hmac.compare_digest(profile.email_code.encode(), code.encode()):
            _count_try(profile)
            raise WrongCodeError
        _take(profile, profile.pending_email, at=at)
        return profile

    return until_applied(attempt)


def adopt(profile: Profile, address: str, *, at: clock.Clock = clock.now) -> Profile:
    """Gives a person without an address the one that their provider vouches for, unless it is somebody else's."""
    if profile.email is not None or profile.pending_email is not None:
        return profile
    before = profile.serialize()
    try:
        _take(profile, address, at=at)
    except (EmailTakenError, CollisionError):
        return Profile.from_raw_data(before)
    return profile


def guard_of(profile: Profile, address: str) -> tuple[EmailGuard, Any]:
    """What makes an address its person's, and the condition under which it may be put."""
    return EmailGuard(*email_key(folded(address)), user_id=profile.user_id), _free_or_held_by(profile.user_id)


def release(transaction: TransactWrite, profile: Profile, address: str) -> None:
    """Adds to a transaction that an address is nobody's any more."""
    transaction.delete(EmailGuard(*email_key(folded(address))), condition=_free_or_held_by(profile.user_id))


def _is_open(profile: Profile, now: datetime) -> bool:
    code_at = cast("datetime | None", profile.email_code_at)
    if not profile.pending_email or not profile.email_code or code_at is None:
        return False
    return now < code_at + CODE_LIVES and int(profile.email_tries or 0) < MOST_TRIES


def _count_try(profile: Profile) -> None:
    """Counts a wrong guess, of this very code; at once with others, each is counted."""
    table.update_or_see(
        Profile,
        profile.key,
        [Profile.email_tries.set(Profile.email_tries + 1)],
        Profile.email_code == profile.email_code,
    )


def _take(profile: Profile, address: str, *, at: clock.Clock) -> None:
    old = cast("str | None", profile.email)
    condition = Profile.version == profile.version
    if profile.email_code is not None:
        condition &= (Profile.email_code == profile.email_code) & (Profile.email_tries < MOST_TRIES)
    guard, free = guard_of(profile, address)
    profile.email = address
    profile.pending_email = profile.email_code = profile.email_code_at = profile.email_tries = None
    profile.mail_stopped_at = None
    profile.version = int(profile.version) + 1
    profile.updated_at = clock.whole_seconds(at())
    names = {
        "email",
        "pending_email",
        "email_code",
        "email_code_at",
        "email_tries",
        "mail_stopped_at",
        "version",
        "updated_at",
    }
    try:
        with table.transaction() as transaction:
            if old is not None and folded(old) != folded(address):
                release(transaction, profile, old)
            transaction.save(guard, condition=free)
            transaction.update(Profile(profile.pk, profile.sk), table.setting(profile, names), condition=condition)
    except TransactWriteError as error:
        failed = table.failed_conditions(error)
        if not failed:
            raise
        if len(error.cancellation_reasons) - 1 in failed:
            raise CollisionError from error
        raise EmailTakenError from error


def _free_or_held_by(user_id: str) -> Any:
    return Item.pk.does_not_exist() | (EmailGuard.user_id == user_id)
