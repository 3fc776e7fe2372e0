"""The members of a guided workshop and what they are. The last owner stays, whatever happens at once."""

from typing import cast

from pynamodb.expressions.condition import Condition

from atelier import audit, clock, edits, table
from atelier.accounts import profiles
from atelier.accounts.caller import Caller
from atelier.accounts.items import profile_key
from atelier.errors import LastOwnerError, NotFoundError
from atelier.guided import schemas, shapes
from atelier.guided.access import Entry, Role, enter
from atelier.guided.items import Guided, Member, member_key, new_member
from atelier.paging import Page, Scope
from atelier.table import Item
from atelier.text import Paged


def page_of(guided_id: str, caller: Caller, query: Paged) -> Page[schemas.GuidedMember]:
    """A page of the members, ordered by their ids. Raises NotFoundError, AccountSuspendedError, BadCursorError."""
    scope = Scope(caller.id, f"guided-members/{guided_id}")
    position = scope.position(query.cursor, 1)
    enter(guided_id, caller, "viewer")
    pk, first = member_key(guided_id, f"{position[0]}\x01" if position else "")
    between = Item.sk.between(first, "MEMBER#~")
    rows = cast("list[Member]", list(Item.query(pk, between, limit=query.limit + 1, consistent_read=True)))
    page = rows[: query.limit]
    people = table.read_many((profile_key(row.user_id) for row in page), consistent=False)
    cursor = scope.cursor(page[-1].user_id) if len(rows) > query.limit else None
    return Page([shapes.member(row, people) for row in page], cursor)


def put(
    guided_id: str, user_id: str, role: Role, caller: Caller, *, at: clock.Clock = clock.now
) -> tuple[schemas.GuidedMember, bool]:
    """Makes somebody a member of this role; gives them back, and whether they are new. Again changes nothing.

    Raises NotFoundError for those who may not know the workshop and for somebody unknown, AccountSuspendedError,
    NotAllowedError, LastOwnerError, RequestInProgressError.
    """

    def attempt() -> tuple[schemas.GuidedMember, bool]:
        entry = enter(guided_id, caller, "owner", also=[member_key(guided_id, user_id), profile_key(user_id)])
        if profiles.present(entry.found.get(profile_key(user_id))) is None:
            raise NotFoundError("There is no such person.")
        before = cast("Member | None", entry.found.get(member_key(guided_id, user_id)))
        after = new_member(guided_id, user_id, role, since=before.since if before else clock.whole_seconds(at()))
        if before is None or before.role != role:
            _write(entry, user_id, before, after, at)
        return shapes.member(after, entry.found), before is None

    return edits.until_applied(attempt)


def remove(guided_id: str, user_id: str, caller: Caller, *, at: clock.Clock = clock.now) -> None:
    """Takes a member off, or oneself: everybody may leave.

    Raises NotFoundError for those who may not know the workshop and for somebody who is no member,
    AccountSuspendedError, NotAllowedError, LastOwnerError, RequestInProgressError.
    """

    def attempt() -> None:
        needed: Role = "viewer" if user_id == caller.id else "owner"
        entry = enter(guided_id, caller, needed, also=[member_key(guided_id, user_id)])
        before = cast("Member | None", entry.found.get(member_key(guided_id, user_id)))
        if before is None:
            raise NotFoundError("This person is no member.")
        _write(entry, user_id, before, None, at)

    edits.until_applied(attempt)


def _write(entry: Entry, user_id: str, before: Member | None, after: Member | None, at: clock.Clock) -> None:
    """Writes what a member becomes (None: they leave), with the number of owners.

    Raises LastOwnerError when nobody would own the workshop any more.
    """
    more_owners = _is_owner(after) - _is_owner(before)
    if not leaves_an_owner(entry.guided, more_owners):
        raise LastOwnerError
    unchanged = Member.pk.does_not_exist() if before is None else Member.role == before.role
    with edits.transaction() as transaction:
        if user_id != entry.caller.id or entry.as_admin:
            entry.hold(transaction, writes_workshop=more_owners != 0)
        if after is not None:
            transaction.save(after, condition=unchanged)
        elif before is not None:
            transaction.delete(before, condition=unchanged)
        if more_owners:
            count = Guided.owner_count.set(Guided.owner_count + more_owners)
            transaction.update(Guided(*entry.guided.key), [count], condition=_owners_as_in(entry.guided))
        audit.write(
            transaction,
            object_id=entry.guided.id,
            actor_id=entry.caller.id,
            action="guided_member",
            change={"user": user_id, "from": before.role if before else None, "to": after.role if after else None},
            at=at,
        )


def leaves_an_owner(guided: Guided, more_owners: int) -> bool:
    """Whether somebody owns it after so many more (or fewer) do."""
    return int(guided.owner_count) + more_owners > 0


def _owners_as_in(guided: Guided) -> Condition:
    """That as many own it as when it was decided that somebody would be left."""
    as_many: Condition = Guided.owner_count == guided.owner_count
    return as_many


def _is_owner(member: Member | None) -> bool:
    return member is not None and member.role == "owner"
