"""Raised hands: of people with a seat, while the workshop is live; for those who lead it to see."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from atelier import clock, table
from atelier.accounts import profiles, shapes
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.errors import NotAllowedError
from atelier.paging import Page, Position, Scope
from atelier.rooms import entering, schemas
from atelier.rooms.items import Hand, hand_key
from atelier.rsvps.items import Attendee, attendee_key
from atelier.rsvps.rsvp import Visit
from atelier.table import Item
from atelier.text import Paged

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action

KEPT_FOR = timedelta(days=1)
"""After so long a hand that nobody lowered is none."""


def lift(workshop_id: str, caller: Caller, *, at: clock.Clock = clock.now) -> schemas.Hand:
    """Raises the caller's hand; one that is up stays as it is, with the time it was raised at.

    Raises NotFoundError, AccountSuspendedError, RemovedError, BannedError, NotAllowedError for those without a seat,
    NoRoomError, RoomNotOpenError.
    """
    seen = _seated(workshop_id, caller)
    entering.require_live(seen.workshop)
    now = clock.whole_seconds(at())
    up = _up(seen.found.get(hand_key(workshop_id, caller.id)), now) or _put_up(workshop_id, caller.id, now)
    return schemas.Hand(user=shapes.user_card(seen.profile), raised_at=up)


def lower(workshop_id: str, caller: Caller) -> None:
    """Lowers the caller's hand; nothing happens when it is not up.

    Raises NotFoundError, AccountSuspendedError, RemovedError, BannedError, NotAllowedError for those without a seat.
    """
    seen = _seated(workshop_id, caller)
    hand = seen.found.get(hand_key(workshop_id, caller.id))
    if hand is not None:
        hand.delete()


def _seated(workshop_id: str, caller: Caller) -> Visit:
    seen, standing = entering.admitted(workshop_id, caller, also=[hand_key(workshop_id, caller.id)])
    if not standing.is_seated:
        raise NotAllowedError("Only people with a seat raise a hand.")
    return seen


def _up(item: Item | None, now: datetime) -> datetime | None:
    """Since when a hand is up; None when it is not, or was forgotten."""
    is_up = isinstance(item, Hand) and (item.expires_at or 0) > now.timestamp()
    return cast("Hand", item).raised_at if is_up else None


def _put_up(workshop_id: str, user_id: str, now: datetime) -> datetime:
    """Since when a hand is up that was down when it was looked for: a twin of the request may have been faster."""
    actions: list[Action] = [
        Hand.kind.set(Hand),
        Hand.raised_at.set(now),
        Hand.expires_at.set(int((now + KEPT_FOR).timestamp())),
    ]
    is_down = Hand.pk.does_not_exist() | (Hand.expires_at <= int(now.timestamp()))
    there = table.update_or_see(Hand, hand_key(workshop_id, user_id), actions, is_down)
    return now if there is None else cast("Hand", there).raised_at


def page_of(workshop_id: str, caller: Caller, query: Paged, *, at: clock.Clock = clock.now) -> Page[schemas.Hand]:
    """A page of the hands that are up, the longest raised first; none when the workshop is not live.

    Whoever lost their seat with a raised hand is left out.
    Raises NotFoundError, AccountSuspendedError, NotAllowedError, NoRoomError, BadCursorError.
    """
    workshop = entering.led(workshop_id, caller)
    scope = Scope(caller.id, f"hands/{workshop_id}")
    after = scope.position(query.cursor, 2)
    if workshop.status != "live":
        return Page([], None)
    up = _all_up(workshop_id, clock.whole_seconds(at()))
    waiting = sorted((hand for hand in up if after is None or _place(hand) > after), key=_place)
    shown = _with_people(workshop_id, waiting, query.limit + 1)
    page = shown[: query.limit]
    cursor = scope.cursor(*_place(page[-1][0])) if len(shown) > query.limit else None
    return Page([schemas.Hand(user=shapes.user_card(who), raised_at=hand.raised_at) for hand, who in page], cursor)


def _place(hand: Hand) -> Position:
    """Where a hand stands among the others: the longest raised first."""
    return clock.to_text(hand.raised_at), hand.user_id


def _all_up(workshop_id: str, now: datetime) -> list[Hand]:
    """Every hand that is up. They are few: whoever has a seat has one, and most keep it down."""
    table.connect()
    pk, _ = hand_key(workshop_id, "")
    found = Item.query(pk, consistent_read=True)
    return [hand for hand in found if isinstance(hand, Hand) and _up(hand, now) is not None]


def _with_people(workshop_id: str, hands: list[Hand], wanted: int) -> list[tuple[Hand, Profile]]:
    """The first so many hands of people who still have a seat; one round trip, and one more per page of others."""
    shown: list[tuple[Hand, Profile]] = []
    while hands and len(shown) < wanted:
        here, hands = hands[: wanted - len(shown)], hands[wanted - len(shown) :]
        rows = [attendee_key(workshop_id, hand.user_id) for hand in here]
        found = table.read_many([*rows, *(profile_key(hand.user_id) for hand in here)])
        seated = (isinstance(row := found.get(key), Attendee) and row.is_seated for key in rows)
        shown += [
            (hand, profiles.known(hand.user_id, found)) for hand, has_seat in zip(here, seated, strict=True) if has_seat
        ]
    return shown
