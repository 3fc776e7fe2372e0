"""A new time moves a workshop in the lists of people who are invited to it, and keeps invited addresses as long."""

import json
from collections.abc import Iterator, Mapping
from itertools import batched
from typing import TYPE_CHECKING, Any, cast

from pynamodb.exceptions import PynamoDBException

from atelier import table
from atelier.accounts import addresses
from atelier.invites.items import KEPT_FOR, AddressInvite, AwaitedAddress, address_invite_key, awaited_key
from atelier.rsvps.items import Invite, invite_key, invited_sort
from atelier.table import Item
from atelier.workshops.items import Workshop, starts, workshop_key

if TYPE_CHECKING:
    from pynamodb.expressions.condition import Condition
    from pynamodb.expressions.update import Action

INVITES_PER_MESSAGE = 60


def messages(workshop_id: str) -> Iterator[str]:
    """The messages by which all invitations to a workshop are moved, 60 each."""
    pk, first = invite_key(workshop_id, "")
    found = Item.query(
        pk, Item.sk.startswith(first), attributes_to_get=["pk", "sk", "kind", "grounds"], consistent_read=True
    )
    ids = (row.sk.removeprefix(first) for row in found if not isinstance(row, Invite) or row.stands)
    for some in batched(ids, INVITES_PER_MESSAGE, strict=False):
        yield json.dumps({"task": "move_invites", "workshop_id": workshop_id, "ids": some}, separators=(",", ":"))


def move(task: Mapping[str, Any]) -> None:
    """Moves the invitations that a message names to where their workshop is now. Raises KeyError for another task."""
    workshop_id: str = task["workshop_id"]
    keys = [address_invite_key(workshop_id, invited) for invited in task["ids"]]
    found = table.read_many([workshop_key(workshop_id), *keys])
    workshop = cast("Workshop | None", found.get(workshop_key(workshop_id)))
    if workshop is None:
        return
    for key in keys:
        move_one(found.get(key), workshop)


def move_one(row: Item | None, workshop: Workshop) -> None:
    """Moves one invitation; of several who do so at once, the one who read the latest edit of the workshop wins."""
    match row:
        case Invite():
            is_behind = row.scheduled_at != workshop.scheduled_at and (row.planned_as or 0) < workshop.version
            if row.stands and is_behind:
                _move_person(row, workshop)
        case AddressInvite():
            _keep_address(row, workshop)


def _move_person(row: Invite, workshop: Workshop) -> None:
    actions: list[Action] = [
        Invite.scheduled_at.set(workshop.scheduled_at),
        Invite.planned_as.set(workshop.version),
        Invite.person_sort.set(invited_sort(starts(workshop.scheduled_at, workshop.id))),
    ]
    is_older = Invite.planned_as.does_not_exist() | (Invite.planned_as < workshop.version)
    _update(Invite(row.pk, row.sk), actions, Invite.grounds.exists() & is_older)


def _keep_address(row: AddressInvite, workshop: Workshop) -> None:
    forgotten_at = int((workshop.scheduled_at + KEPT_FOR).timestamp())
    _update(AddressInvite(row.pk, row.sk), [Item.expires_at.set(forgotten_at)], Item.pk.exists())
    if row.claimed_by is None:
        awaited = AwaitedAddress(*awaited_key(workshop.id, addresses.folded(row.address)))
        _update(awaited, [Item.expires_at.set(forgotten_at)], Item.pk.exists())


def _update(item: Item, actions: "list[Action]", condition: "Condition") -> None:
    try:
        item.update(actions, condition=condition)
    except PynamoDBException as error:
        if not table.condition_failed(error):
            raise
