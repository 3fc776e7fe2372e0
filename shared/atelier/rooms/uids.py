"""Uids: the number a person's device has in a channel, which nobody else gets and which stays theirs.

The numbers to try follow from channel, person and device, and one is claimed on condition that nobody else has it. So a
person whose row is gone (they gave their seat up and took another) finds their own number again, and twins of a first
request claim the same one.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, cast

from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from atelier import table
from atelier.agora.names import new_uid
from atelier.edits import CollisionError
from atelier.errors import RequestInProgressError
from atelier.rooms.items import HOST_STATUS, ChannelUid, uid_key
from atelier.rooms.schemas import Device
from atelier.rsvps.items import SEATED, Attendee, attendee_key
from atelier.workshops.items import Workshop

if TYPE_CHECKING:
    from pynamodb.attributes import NumberAttribute

MOST_TRIES = 8

type Propose = Callable[[str, str, Device, int], int]
"""The number to try: of a channel, a person, a device, and how many tries went before."""


def proposed(channel: str, user_id: str, device: Device, tries: int) -> int:
    """A number for a person's device: spread evenly below the recorders' range, the same whenever it is asked for."""
    digest = hashlib.sha256(f"{channel}\n{user_id}\n{device}\n{tries}".encode()).digest()
    return new_uid(lambda limit: int.from_bytes(digest) % limit)


def known(row: Attendee | None, device: Device) -> int | None:
    """The number that a person's row holds for a device."""
    uid = getattr(row, f"uid_{device}") if row is not None else None
    return None if uid is None else int(uid)


def of_attendee(workshop: Workshop, row: Attendee, device: Device, *, propose: Propose = proposed) -> int:
    """The uid of somebody with a seat, or of the host with a row: claimed and written to the row at once.

    Raises CollisionError when the row is not what was read: a twin was faster, or the person is no longer there.
    """
    uid = known(row, device)
    if uid is not None:
        return uid
    attribute = cast("NumberAttribute", getattr(Attendee, f"uid_{device}"))
    in_room = Attendee.status.is_in(*SEATED, HOST_STATUS)

    def claim(uid: int) -> bool:
        try:
            with table.transaction() as t:
                _put(t, workshop, row.user_id, device, uid)
                bare = Attendee(row.pk, row.sk)
                t.update(bare, [attribute.set(uid)], condition=attribute.does_not_exist() & in_room)
        except TransactWriteError as error:
            return _another(error)
        return True

    return _claimed(claim, workshop, row.user_id, device, propose)


def of_new_host(workshop: Workshop, device: Device, *, at: datetime, propose: Propose = proposed) -> int:
    """The uid of a host who has no row yet, with the row that keeps it. Raises CollisionError like `of_attendee`."""

    def claim(uid: int) -> bool:
        row = Attendee(
            *attendee_key(workshop.id, workshop.host_id),
            status=HOST_STATUS,
            rsvp_at=at,
            created_at=at,
            updated_at=at,
            host_id=workshop.host_id,
            scheduled_at=workshop.scheduled_at,
        )
        setattr(row, f"uid_{device}", uid)
        try:
            with table.transaction() as t:
                _put(t, workshop, workshop.host_id, device, uid)
                t.save(row, condition=Attendee.pk.does_not_exist())
        except TransactWriteError as error:
            return _another(error)
        return True

    return _claimed(claim, workshop, workshop.host_id, device, propose)


def of_visitor(workshop: Workshop, user_id: str, device: Device, *, propose: Propose = proposed) -> int:
    """The uid of an administrator without a seat: nothing but the claim is kept of them."""

    def claim(uid: int) -> bool:
        key = uid_key(workshop.channel, uid)
        item = table.read_one(key) or table.put_if_absent(ChannelUid(*key, user_id=user_id, device=device))
        return item is None or (isinstance(item, ChannelUid) and (item.user_id, item.device) == (user_id, device))

    return _claimed(claim, workshop, user_id, device, propose)


def _claimed(claim: Callable[[int], bool], workshop: Workshop, user_id: str, device: Device, propose: Propose) -> int:
    for tries in range(MOST_TRIES):
        uid = propose(workshop.channel, user_id, device, tries)
        if claim(uid):
            return uid
    raise RequestInProgressError


def _put(t: TransactWrite, workshop: Workshop, user_id: str, device: Device, uid: int) -> None:
    """Adds the claim to a transaction, as the first item that is put: it fails where the number is somebody else's."""
    item = ChannelUid(*uid_key(workshop.channel, uid), user_id=user_id, device=device)
    mine = (ChannelUid.user_id == user_id) & (ChannelUid.device == device)
    t.save(item, condition=ChannelUid.pk.does_not_exist() | mine)


def _another(error: TransactWriteError) -> bool:
    """False where only the number was somebody else's, so that another is tried.

    Raises CollisionError where the row was not as it was read, and any other error again.
    """
    failed = table.failed_conditions(error)
    if not failed:
        raise error
    if failed != [0]:
        raise CollisionError from error
    return False
