"""Who may do what in a guided workshop: the one door that every route goes through."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

from pynamodb.transactions import TransactWrite

from atelier import table
from atelier.accounts import profiles
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.errors import NotAllowedError, NotFoundError
from atelier.guided.items import Guided, Member, guided_key, member_key
from atelier.table import Item, Key

type Role = Literal["viewer", "editor", "owner"]

ROLES: tuple[Role, ...] = ("viewer", "editor", "owner")
"""Each may do what the ones before it may."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody who was let in. member: None for an administrator who is none. found: all that was read, by key."""

    guided: Guided
    member: Member | None
    found: dict[Key, Item]
    needed: Role
    caller: Caller

    @property
    def role(self) -> Role | None:
        """What the caller is here."""
        return role_of(self.member) if self.member else None

    def hold(self, transaction: TransactWrite, *, writes_workshop: bool = False) -> None:
        """Adds to a transaction that the caller may still do what they were let in for when it is written.

        So nothing is added to a guided workshop that is being deleted: its members go before everything else. One that
        writes the guided workshop itself, on condition that it is there, needs to say so: an item stands in a
        transaction once.
        """
        if not self.as_admin:
            mine = member_key(self.guided.id, self.caller.id)
            transaction.condition_check(Member, *mine, condition=Member.role.is_in(*reaching(self.needed)))
        elif not writes_workshop:
            transaction.condition_check(Guided, *self.guided.key, condition=Guided.pk.exists())

    @property
    def as_admin(self) -> bool:
        """Whether the caller was let in as an administrator, not as a member whose role reaches."""
        is_ranked = self.member is not None and self.member.role in reaching(self.needed)
        return self.caller.is_admin and not is_ranked


def role_of(member: Member) -> Role:
    """What a member is."""
    return cast("Role", member.role)


def reaching(needed: Role) -> tuple[Role, ...]:
    """The roles that may do what this one may."""
    return ROLES[ROLES.index(needed) :]


def enter(guided_id: str, caller: Caller, needed: Role, *, also: Iterable[Key] = ()) -> Entry:
    """Lets a caller in who has at least this role, reading whatever else is asked for in the same round trip.

    Administrators may do everything. Raises NotFoundError for everybody who is not a member, whether or not there is
    such a workshop; AccountSuspendedError; NotAllowedError for members whose role does not reach.
    """
    mine, me = member_key(guided_id, caller.id), profile_key(caller.id)
    found = table.read_many([guided_key(guided_id), mine, me, *also])
    guided = cast("Guided | None", found.get(guided_key(guided_id)))
    member = cast("Member | None", found.get(mine))
    if guided is None or not may_see(member, caller):
        raise NotFoundError
    profiles.require_active(profiles.seen(caller, cast("Profile | None", found.get(me))))
    if not may_do(member, caller, needed):
        raise NotAllowedError(f"This takes the role {' or '.join(reaching(needed))}.")
    return Entry(guided, member, found, needed, caller)


def may_see(member: Member | None, caller: Caller) -> bool:
    """Whether somebody may know that a guided workshop exists."""
    return caller.is_admin or member is not None


def may_do(member: Member | None, caller: Caller, needed: Role) -> bool:
    """Whether somebody may do what this role may."""
    return caller.is_admin or (member is not None and member.role in reaching(needed))
