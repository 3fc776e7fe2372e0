"""Erasing a person: at once nobody can tell who they were; their things are cleared away afterwards."""

from typing import cast

from pynamodb.transactions import TransactWrite

from atelier import audit, clock, edits, table
from atelier.accounts import addresses, profiles
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, UsernameGuard, profile_key, username_key
from atelier.errors import HostingError
from atelier.privacy.items import Erasure, erasure_key
from atelier.series.items import Series, series_of
from atelier.table import Item
from atelier.workshops.items import OPEN, Workshop, host_key

NAME_OF_THE_ERASED = "Former member"
COLOUR_OF_THE_ERASED = "#7a7a7a"


def erase(caller: Caller, *, at: clock.Clock = clock.now) -> None:
    """Takes from the caller's profile all that tells who they are, and frees their name and address; nothing when that
    was done, or there is nothing.

    The rest follows by the stream. The mark that stays keeps what others have with them (attendance, workshops, bans)
    from falling to whoever signs in the same way later. Raises AccountSuspendedError, HostingError.
    """

    def attempt() -> None:
        profile = cast("Profile | None", table.read_one(profile_key(caller.id)))
        if profile is None or profile.status == "erased":
            return
        profiles.require_active(profile)
        if _hosts(caller.id):
            raise HostingError
        with edits.transaction() as transaction:
            _free(transaction, profile)
            now = clock.whole_seconds(at())
            transaction.save(_erased(profile, now), condition=Profile.version == profile.version)
            transaction.save(Erasure(*erasure_key(caller.id), since=now))
            audit.write(transaction, object_id=caller.id, actor_id=caller.id, action="account_erased", change={}, at=at)

    edits.until_applied(attempt)


def _hosts(user_id: str) -> bool:
    """Whether a workshop of theirs is not over, or a series of theirs goes on."""
    is_open = Workshop.status.is_in(*OPEN)
    if next(iter(Item.by_host.query(host_key(user_id), filter_condition=is_open)), None) is not None:
        return True
    listed = [row.key for row in Item.by_person.query(series_of(user_id))]
    return any(isinstance(one, Series) and one.goes_on for one in table.read_many(listed).values())


def _free(transaction: TransactWrite, profile: Profile) -> None:
    username, address = cast("str | None", profile.username), cast("str | None", profile.email)
    if username is not None:
        transaction.delete(UsernameGuard(*username_key(username)), condition=profiles.free_or_held_by(profile.user_id))
    if address is not None:
        addresses.release(transaction, profile, address)


def _erased(profile: Profile, now: object) -> Profile:
    return Profile(
        *profile.key,
        version=int(profile.version) + 1,
        created_at=now,
        updated_at=now,
        user_id=profile.user_id,
        display_name=NAME_OF_THE_ERASED,
        avatar_color=COLOUR_OF_THE_ERASED,
        can_host=False,
        status="erased",
    )
