"""Leaving guided workshops: one without an owner gets another, one without members goes."""

from typing import cast

from atelier import audit, clock, edits, table
from atelier.guided.items import Guided, Member, guided_key, member_key
from atelier.table import Item

_RANK = {"owner": 0, "editor": 1, "viewer": 2}


def leave(guided_id: str, user_id: str, *, at: clock.Clock = clock.now) -> int:
    """Takes an erased person out of a guided workshop; 1, or 0 where they are no member (any more).

    Where they alone owned it, who edits it owns it from now on, else who reads it; where they were alone, it goes.
    """

    def attempt() -> int:
        found = table.read_many([guided_key(guided_id), member_key(guided_id, user_id)])
        guided = cast("Guided | None", found.get(guided_key(guided_id)))
        member = cast("Member | None", found.get(member_key(guided_id, user_id)))
        if member is None:
            return 0
        if guided is None:
            member.delete()
        elif member.role != "owner" or guided.owner_count > 1:
            _go(guided, member, None, at)
        else:
            _go(guided, member, _heir(guided_id, user_id), at)
        return 1

    return edits.until_applied(attempt)


def _heir(guided_id: str, user_id: str) -> Member | None:
    pk, first = member_key(guided_id, "")
    others = [
        row
        for row in Item.query(pk, Item.sk.startswith(first), consistent_read=True)
        if isinstance(row, Member) and row.key != member_key(guided_id, user_id)
    ]
    return min(others, key=lambda row: (_RANK[row.role], row.since), default=None)


def _go(guided: Guided, member: Member, heir: Member | None, at: clock.Clock) -> None:
    is_owner = member.role == "owner"
    is_last = is_owner and heir is None and guided.owner_count <= 1
    with edits.transaction() as transaction:
        if is_last:
            transaction.delete(guided, condition=Guided.owner_count == guided.owner_count)
        transaction.delete(member, condition=Member.role == member.role)
        if heir is not None:
            transaction.update(Member(*heir.key), [Member.role.set("owner")], condition=Member.role == heir.role)
        elif is_owner and not is_last:
            owners = Guided.owner_count.set(Guided.owner_count - 1)
            transaction.update(Guided(*guided.key), [owners], condition=Guided.owner_count == guided.owner_count)
        audit.write(
            transaction,
            object_id=guided.pk.removeprefix("GUIDED#"),
            actor_id="system",
            action="guided_deleted" if is_last else "guided_member",
            change={"from": member.role, "to": None},
            at=at,
        )
