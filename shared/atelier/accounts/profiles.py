"""Profiles: made on first sight, edited by their owner."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, cast

from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from atelier import clock, table
from atelier.accounts import addresses
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, UsernameGuard, profile_key, username_key
from atelier.edits import CollisionError, Expected, until_applied
from atelier.errors import (
    AccountErasedError,
    AccountSuspendedError,
    EmailTakenError,
    NotFoundError,
    UsernameTakenError,
)
from atelier.ids import member
from atelier.table import Item, Key

COLOURS = ("#b4532a", "#2f6f4f", "#2b5fa8", "#8a3f8f", "#a1343c", "#1f7a8c", "#6b5b1e", "#5a4fcf", "#3d6b21", "#9c4a7a")
LONGEST_NAME = 100

_NO_NAME = re.compile(
    r"@"  # an e-mail address
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}"  # a UUID, which Cognito makes of a person who signs in by address
    r"|\d{6}",  # a phone number, or another provider's number for the person
    re.IGNORECASE,
)


def read(caller: Caller) -> Profile:
    """The caller's own profile, made on first sight, with the address their provider vouches for if they have none.

    Raises AccountSuspendedError.
    """
    profile = seen(caller, cast("Profile | None", table.read_one(profile_key(caller.id))))
    require_active(profile)
    return addresses.adopt(profile, caller.email) if caller.email else profile


def view(user_id: str, caller: Caller) -> Profile:
    """Anybody's profile; one's own is made on first sight. Raises NotFoundError.

    Profiles are public things: a suspended person may read them.
    """
    mine, theirs = profile_key(caller.id), profile_key(user_id)
    found = table.read_many([mine, theirs])
    me = seen(caller, cast("Profile | None", found.get(mine)))
    profile = present(me if user_id == caller.id else found.get(theirs))
    if profile is None:
        raise NotFoundError
    return profile


def seen(caller: Caller, found: Profile | None, *, at: clock.Clock = clock.now) -> Profile:
    """The caller's profile: the one that was found, or a new one, put unless somebody was faster."""
    if found is not None:
        return found
    now = clock.whole_seconds(at())
    profile = Profile(
        *profile_key(caller.id),
        user_id=caller.id,
        display_name=first_name(caller),
        avatar_color=first_colour(caller.id),
        created_at=now,
        updated_at=now,
    )
    return cast("Profile | None", table.put_if_absent(profile)) or profile


def present(found: Item | None) -> Profile | None:
    """The profile of somebody who can be named: None where there is none, or its person had themselves erased."""
    return found if isinstance(found, Profile) and found.status != "erased" else None


def known(user_id: str, found: Mapping[Key, Item]) -> Profile:
    """Somebody's profile among what was read. Who has none any more is told by their id: what they did stays."""
    profile = found.get(profile_key(user_id))
    if isinstance(profile, Profile):
        return profile
    return Profile(
        *profile_key(user_id),
        user_id=user_id,
        display_name=first_name(Caller(user_id)),
        avatar_color=first_colour(user_id),
    )


def require_active(profile: Profile) -> None:
    """Raises AccountSuspendedError for a suspended person, AccountErasedError for one who had themselves erased."""
    if profile.status == "erased":
        raise AccountErasedError
    if profile.status != "active":
        raise AccountSuspendedError


def first_name(caller: Caller) -> str:
    """What a person is called until they say so themselves: never their address, number or internal id."""
    given = unicodedata.normalize("NFC", caller.name or "")
    name = "".join(character for character in given if unicodedata.category(character)[0] != "C").strip()
    if not name or _NO_NAME.search(name):
        return f"Member {caller.id[-4:]}"
    return name[:LONGEST_NAME].strip()


def first_colour(user_id: str) -> str:
    """The colour of a person's avatar until they choose one: always the same for the same person."""
    return COLOURS[int.from_bytes(member(user_id).encode()) % len(COLOURS)]


def edit(
    caller: Caller, changes: dict[str, Any], expected: Expected | None = None, *, at: clock.Clock = clock.now
) -> Profile:
    """Changes the caller's own profile; gives it back as it then is. Nothing is written where nothing differs.

    Raises AccountSuspendedError, StaleVersionError, UsernameTakenError, EmailTakenError, TooManyCodesError.
    """

    def attempt() -> Profile:
        profile = read(caller)
        if expected:
            expected.check(int(profile.version))
        wanted = dict(changes)
        if "email" in wanted:
            wanted |= addresses.entered(wanted.pop("email"), profile, caller.email, at=at())
        differing = {name: value for name, value in wanted.items() if getattr(profile, name) != value}
        if differing:
            _write(profile, differing, at)
        return profile

    return until_applied(attempt)


def _write(profile: Profile, changes: dict[str, Any], at: clock.Clock) -> None:
    me = profile.user_id
    old_name, new_name = cast("str | None", profile.username), changes.get("username")
    old_address, new_address = cast("str | None", profile.email), changes.get("email")
    is_readdressed = "email" in changes and not addresses.is_same(old_address, new_address)
    awaited = changes.get("pending_email", profile.pending_email)
    admissions = addresses.admit_code(me, awaited, at=at()) if changes.get("email_code") else []
    refusals: list[type[Exception]] = []
    try:
        with table.transaction() as transaction:
            if old_name is not None and "username" in changes and not _is_same_name(old_name, new_name):
                transaction.delete(UsernameGuard(*username_key(old_name)), condition=free_or_held_by(me))
                refusals.append(CollisionError)
            if old_address is not None and is_readdressed:
                addresses.release(transaction, profile, old_address)
                refusals.append(CollisionError)
            if new_name is not None:
                guard = UsernameGuard(*username_key(new_name), user_id=me)
                transaction.save(guard, condition=free_or_held_by(me))
                refusals.append(UsernameTakenError)
            if new_address is not None and is_readdressed:
                held, free = addresses.guard_of(profile, new_address)
                transaction.save(held, condition=free)
                refusals.append(EmailTakenError)
            for admission in admissions:
                admission.write(transaction)
                refusals.append(CollisionError)
            update(transaction, profile, changes, at)
            refusals.append(CollisionError)
    except TransactWriteError as error:
        # In the order in which DynamoDB counts them: deletes, puts, updates.
        failed = {refusals[position] for position in table.failed_conditions(error)}
        if not failed:
            raise
        raise (CollisionError if CollisionError in failed else failed.pop()) from error


def _is_same_name(old: str, new: str | None) -> bool:
    return new is not None and username_key(new) == username_key(old)


def free_or_held_by(user_id: str) -> Any:
    """That a username is nobody's or this person's."""
    return Item.pk.does_not_exist() | (UsernameGuard.user_id == user_id)


def update(transaction: TransactWrite, profile: Profile, changes: dict[str, Any], at: clock.Clock) -> None:
    """Adds an edit of a profile to a transaction, on condition that it is still as it was read; changes it here too."""
    condition = Profile.version == profile.version
    for name, value in changes.items():
        setattr(profile, name, value)
    profile.version = int(profile.version) + 1
    profile.updated_at = clock.whole_seconds(at())
    actions = table.setting(profile, {*changes, "version", "updated_at"})
    transaction.update(Profile(profile.pk, profile.sk), actions, condition=condition)
