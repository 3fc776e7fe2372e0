"""Which workshops belong to a group, as part of the write of a workshop."""

from collections.abc import Iterator

from pynamodb.transactions import TransactWrite

from atelier.accounts.caller import Caller
from atelier.errors import UnknownGroupError
from atelier.groups.items import Group, Membership, group_key, membership_key
from atelier.table import Item


def usable(item: Item | None, host_id: str, caller: Caller) -> Group:
    """The group, for a host's workshop to stand in; administrators may put a workshop into anybody's.

    Raises UnknownGroupError when there is no such group, or it is somebody else's.
    """
    if not isinstance(item, Group) or not (item.owner_id == host_id or caller.is_admin):
        raise UnknownGroupError
    return item


def move(transaction: TransactWrite, workshop_id: str, *, old: str | None, new: str | None) -> None:
    """Adds to the transaction that writes a workshop that it goes from one group to another; None is no group.

    The transaction fails when the new group is gone by then: nothing gets into a group that is being taken apart.
    """
    if old == new:
        return
    if old is not None:
        transaction.delete(Membership(*membership_key(old, workshop_id)))
    if new is not None:
        transaction.condition_check(Group, *group_key(new), condition=Group.pk.exists())
        transaction.save(Membership(*membership_key(new, workshop_id)))


def workshops_of(group_id: str) -> Iterator[str]:
    """The ids of all workshops of a group, private and cancelled ones too, as it is at this moment."""
    pk, first = membership_key(group_id, "")
    for item in Item.query(pk, Item.sk.startswith(first), consistent_read=True):
        if isinstance(item, Membership):
            yield item.workshop_id
