"""A person's inbox: listing it, and what has been read."""

import re
from datetime import datetime
from typing import TYPE_CHECKING, cast

from pynamodb.exceptions import PynamoDBException

from atelier import clock, table
from atelier.accounts import profiles
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.ids import encode
from atelier.notifications import schemas
from atelier.notifications.items import InboxMark, Notification, mark_key, notification_key
from atelier.paging import Page, Scope
from atelier.table import Item
from atelier.workshops.walking import Walk

if TYPE_CHECKING:
    from pynamodb.expressions.condition import Condition

MOST_COUNTED = 1000
"""Who has more unread ones than that is told this number."""

_DELAYED_BY_MS = 15 * 24 * 3600 * 1000
"""An id tells the time a notification is about. One that was delayed was put later than that: the stream keeps what
happened for a day, and the queues keep what failed for 14 more."""

_OLDEST = "ntf_"
_ID = re.compile(r"ntf_[0-9a-z]{26}")


def page_of(caller: Caller, query: schemas.NotificationQuery) -> tuple[Page[schemas.NotificationItem], int]:
    """A page of the caller's notifications, newest first, and how many are unread.

    Raises AccountSuspendedError, BadCursorError.
    """
    mark = _enter(caller)
    scope = Scope(caller.id, "notifications", (("unread", str(query.unread)),))
    after = scope.position(query.cursor, 1)
    shown, reached = _walk(caller.id, mark, unread_only=query.unread).page(after[0] if after else None, query.limit)
    cursor = scope.cursor(reached) if reached else None
    items = [_shape(cast("Notification", item), mark) for item in shown]
    return Page(items, cursor), unread(caller.id, mark)


def read(caller: Caller, wanted: schemas.ReadNotifications, *, at: clock.Clock = clock.now) -> int:
    """Marks notifications as read, and gives back how many are unread now; ids that are none do nothing.

    Raises AccountSuspendedError.
    """
    mark = _enter(caller)
    if wanted.ids is None:
        mark = InboxMark(*mark_key(caller.id), read_ms=clock.milliseconds(at()))
        mark.save()
    else:
        now = clock.whole_seconds(at())
        for told_id in dict.fromkeys(wanted.ids):
            if _ID.fullmatch(told_id):
                _mark_one(caller.id, told_id, now)
    return unread(caller.id, mark)


def unread(user_id: str, mark: InboxMark | None) -> int:
    """How many notifications a person has not read, up to 1,000."""
    pk, _ = notification_key(user_id, "")
    found = Item.query(
        pk,
        table.Item.sk.between(_oldest_unread(mark), "ntf_~"),
        filter_condition=_is_unread(mark) & (Notification.is_shown == True),  # noqa: E712 - PynamoDB's own condition
        attributes_to_get=["pk", "sk", "kind"],
        limit=MOST_COUNTED,
    )
    return sum(1 for _ in found)


def _enter(caller: Caller) -> InboxMark | None:
    found = table.read_many([profile_key(caller.id), mark_key(caller.id)])
    profiles.require_active(profiles.seen(caller, cast("Profile | None", found.get(profile_key(caller.id)))))
    return cast("InboxMark | None", found.get(mark_key(caller.id)))


def _walk(user_id: str, mark: InboxMark | None, *, unread_only: bool) -> Walk:
    """The inbox from the newest on; a position is an id."""
    pk, _ = notification_key(user_id, "")
    keep = Notification.is_shown == True  # noqa: E712 - PynamoDB's own condition
    if not unread_only:
        return Walk(Item, "sk", pk, newest_first=True, since=_OLDEST, keep=keep, is_mostly_kept=True)
    return Walk(Item, "sk", pk, newest_first=True, since=_oldest_unread(mark), keep=keep & _is_unread(mark))


def _oldest_unread(mark: InboxMark | None) -> str:
    return f"ntf_{encode(max(0, _read_ms(mark) - _DELAYED_BY_MS), 10)}"


def _is_unread(mark: InboxMark | None) -> "Condition":
    condition: Condition = Notification.read_at.does_not_exist() & (Notification.made_ms > _read_ms(mark))
    return condition


def _read_ms(mark: InboxMark | None) -> int:
    return int(mark.read_ms) if mark is not None else 0


def _read_at(item: Notification, mark: InboxMark | None) -> datetime | None:
    own = cast("datetime | None", item.read_at)
    if own is None and mark is not None and item.made_ms <= mark.read_ms:
        return clock.from_milliseconds(int(mark.read_ms))
    return own


def _mark_one(user_id: str, told_id: str, now: datetime) -> None:
    condition = Notification.pk.exists() & Notification.read_at.does_not_exist()
    try:
        Notification(*notification_key(user_id, told_id)).update([Notification.read_at.set(now)], condition=condition)
    except PynamoDBException as error:
        if not table.condition_failed(error):
            raise


def _shape(item: Notification, mark: InboxMark | None) -> schemas.NotificationItem:
    return schemas.NotificationItem(
        id=item.id,
        type=item.type,
        entity_type=item.entity_type,
        entity_id=item.entity_id,
        data=item.data,
        created_at=item.created_at,
        read_at=_read_at(item, mark),
    )
