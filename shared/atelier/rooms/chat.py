"""The chat of a room: written by those who are in it, kept for everybody who may see the workshop.

A message stands under its distance from the start of the workshop, so that a replay finds what was written by then, and
the chat runs beside the recordings, whose parts are told the same way.
"""

from collections.abc import Callable
from datetime import datetime
from typing import cast

from atelier import clock, edits, table
from atelier.accounts import profiles, shapes
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.errors import NotAllowedError, TooManyMessagesError
from atelier.idempotency import Guard
from atelier.ids import new_id
from atelier.limits import Limit
from atelier.paging import Page, Scope
from atelier.rooms import entering, schemas
from atelier.rooms.items import ChatMessage, Spoke, message_key, spoke_key
from atelier.table import Item
from atelier.workshops import viewing
from atelier.workshops.items import Workshop

FLOOD = Limit("chat", most=10, within_s=5, refusal=TooManyMessagesError)
"""For each person in each workshop."""

VERSION = 1
"""Of every message: nobody edits one."""


def post(
    workshop_id: str,
    caller: Caller,
    text: str,
    guard: Guard | None,
    *,
    locate: Callable[[schemas.Message], str],
    at: clock.Clock = clock.now,
) -> schemas.Message:
    """Writes a message, in two round trips. `locate` says where a message is found.

    Raises NotFoundError, AccountSuspendedError, RemovedError, BannedError, NotAllowedError for those without a seat,
    NoRoomError, RoomNotOpenError, TooManyMessagesError, RequestInProgressError, and ReplayedError or
    IdempotencyKeyReusedError when the guard's key was used before.
    """
    times, spoke = FLOOD.key(workshop_id, caller.id), spoke_key(caller.id, workshop_id)

    def attempt() -> schemas.Message:
        seen, standing = entering.admitted(workshop_id, caller, also=[times, spoke, *([guard.key] if guard else [])])
        if not standing.acts_as_host and not standing.is_seated:
            raise NotAllowedError("Only the host and people with a seat write in the chat.")
        if guard:
            guard.check(seen.found.get(guard.key))
        entering.require_live(seen.workshop)
        now = at()
        admission = FLOOD.admit(seen.found.get(times), workshop_id, caller.id, at=now)
        message = _new_message(seen.workshop, caller.id, text, now)
        shape = _shape(message, seen.profile)
        with edits.transaction() as transaction:
            transaction.save(message, condition=Item.pk.does_not_exist())
            admission.write(transaction)
            if spoke not in seen.found:
                transaction.save(Spoke(*spoke))
            if guard:
                guard.write(transaction, body=shape.model_dump_json(), location=locate(shape), version=VERSION)
        return shape

    return edits.until_applied(attempt)


def _new_message(workshop: Workshop, user_id: str, text: str, now: datetime) -> ChatMessage:
    # The clock that started the workshop may have been ahead of ours.
    offset_ms = max(0, clock.milliseconds(now) - clock.milliseconds(workshop.actual_started_at))
    return ChatMessage(
        *message_key(workshop.id, offset_ms, new_id("msg", at=lambda: now)),
        user_id=user_id,
        text=text,
        offset_ms=offset_ms,
        created_at=clock.whole_seconds(now),
    )


def _shape(message: ChatMessage, author: Profile) -> schemas.Message:
    return schemas.Message(
        id=message.id,
        user=shapes.user_card(author),
        message=message.text,
        offset_ms=int(message.offset_ms),
        created_at=message.created_at,
    )


def page_of(workshop_id: str, caller: Caller, query: schemas.ChatQuery) -> Page[schemas.Message]:
    """A page of the chat, oldest first, for whoever may see the workshop, during and after it.

    Raises NotFoundError, AccountSuspendedError for suspended people unless it is public, BadCursorError.
    """
    viewing.require_seen(workshop_id, caller)
    scope = Scope(caller.id, f"chat/{workshop_id}", (("from_offset_ms", str(query.from_offset_ms)),))
    position = scope.position(query.cursor, 1)
    messages = _after(workshop_id, position[0] if position else None, query.from_offset_ms, query.limit + 1)
    page = messages[: query.limit]
    people = table.read_many((profile_key(message.user_id) for message in page), consistent=False)
    shown = [_shape(message, profiles.known(message.user_id, people)) for message in page]
    return Page(shown, scope.cursor(page[-1].sk) if len(messages) > query.limit else None)


def _after(workshop_id: str, position: str | None, offset_ms: int, wanted: int) -> list[ChatMessage]:
    """So many messages after a position, or from an offset on.

    The read is consistent: a replica that lags would let a reader go past a message that it does not have yet.
    """
    pk, first = message_key(workshop_id, offset_ms, "")
    start = Item.sk >= first if position is None else Item.sk > position
    return cast("list[ChatMessage]", list(Item.query(pk, start, limit=wanted, consistent_read=True)))
