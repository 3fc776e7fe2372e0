"""The live room: raised hands, chat, notes, who is in now."""

from typing import Any

from atelier import errors, http
from atelier.accounts.caller import Caller
from atelier.edits import Expected
from atelier.idempotency import Guard
from atelier.rooms import chat, hands, inside, notes, schemas
from atelier.rooms.items import Note
from atelier.text import Paged

api = http.Api()

_UNSEEN = (errors.NotFoundError, errors.AccountSuspendedError)
_BARRED = (*_UNSEEN, errors.RemovedError, errors.BannedError, errors.NotAllowedError)
_CLOSED = (errors.NoRoomError, errors.RoomNotOpenError)
_LEADERS_ONLY = (*_UNSEEN, errors.NotAllowedError, errors.NoRoomError, errors.BadQueryError, errors.BadCursorError)


@api.route("POST", "/workshops/{workshop_id}/hand", {200: schemas.Hand}, problems=(*_BARRED, *_CLOSED))
def raise_a_hand(workshop_id: str, caller: Caller) -> http.Answer:
    """Raise your hand while the workshop is live, if you have a seat; one that is up stays up, with its time."""
    return http.Answer(200, hands.lift(workshop_id, caller))


@api.route("DELETE", "/workshops/{workshop_id}/hand", {204: None}, problems=_BARRED)
def lower_a_hand(workshop_id: str, caller: Caller) -> http.Answer:
    """Lower your hand; again: 204."""
    hands.lower(workshop_id, caller)
    return http.Answer(204)


@api.route("GET", "/workshops/{workshop_id}/hands", {200: schemas.HandPage}, problems=_LEADERS_ONLY)
def list_hands(workshop_id: str, caller: Caller, query: Paged) -> http.Answer:
    """Whose hands are up, for the host and co-hosts, the longest raised first; nobody's once the workshop is over."""
    page = hands.page_of(workshop_id, caller, query)
    shown = schemas.HandPage(items=page.items, next_cursor=page.next_cursor)
    return http.Answer(200, shown, http.page_headers(f"/workshops/{workshop_id}/hands", query, page))


@api.route(
    "POST",
    "/workshops/{workshop_id}/chat",
    {201: schemas.Message},
    problems=(*_BARRED, *_CLOSED, errors.TooManyMessagesError, errors.RequestInProgressError),
)
def write_in_the_chat(workshop_id: str, caller: Caller, body: schemas.MessageInput, guard: Guard | None) -> http.Answer:
    """Write in the chat of a live workshop: the host and people with a seat, 10 messages in any 5 seconds at most."""

    def locate(message: schemas.Message) -> str:
        return http.location(f"/workshops/{workshop_id}/chat?from_offset_ms={message.offset_ms}")

    message = chat.post(workshop_id, caller, body.message, guard, locate=locate)
    return http.Answer(201, message, {"Location": locate(message), "ETag": http.etag(chat.VERSION)})


@api.route(
    "GET",
    "/workshops/{workshop_id}/chat",
    {200: schemas.MessagePage},
    problems=(*_UNSEEN, errors.BadQueryError, errors.BadCursorError),
)
def read_the_chat(workshop_id: str, caller: Caller, query: schemas.ChatQuery) -> http.Answer:
    """The chat, oldest first, for whoever may see the workshop, during and after it.

    To follow it live, ask again from some seconds before the last message you have, and leave out the ids you know:
    of messages written in the same moment, one may arrive after another that stands behind it.
    """
    page = chat.page_of(workshop_id, caller, query)
    shown = schemas.MessagePage(items=page.items, next_cursor=page.next_cursor)
    return http.Answer(200, shown, http.page_headers(f"/workshops/{workshop_id}/chat", query, page))


@api.route("GET", "/workshops/{workshop_id}/note", {200: schemas.Note}, problems=_UNSEEN)
def read_your_note(workshop_id: str, caller: Caller) -> http.Answer:
    """Your own note on a workshop; empty until you write one. Nobody else can read it."""
    return _note(notes.read(workshop_id, caller))


@api.route(
    "PUT",
    "/workshops/{workshop_id}/note",
    {200: schemas.Note},
    problems=(*_UNSEEN, errors.StaleVersionError, errors.RequestInProgressError),
)
def write_your_note(
    workshop_id: str, caller: Caller, body: schemas.NoteInput, if_match: Expected | None
) -> http.Answer:
    """Replace your own note on a workshop. The `ETag` before the first one is `"0"`."""
    return _note(notes.write(workshop_id, caller, body.content, if_match))


@api.route("GET", "/workshops/{workshop_id}/room", {200: schemas.InsidePage}, problems=_LEADERS_ONLY)
def list_who_is_in_the_room(workshop_id: str, caller: Caller, query: Paged) -> http.Answer:
    """Which devices are in the room now, for the host and co-hosts, as Agora last told."""
    page = inside.page_of(workshop_id, caller, query)
    shown = schemas.InsidePage(items=page.items, next_cursor=page.next_cursor)
    return http.Answer(200, shown, http.page_headers(f"/workshops/{workshop_id}/room", query, page))


def _note(note: Note) -> http.Answer:
    shown = schemas.Note(content=note.text, updated_at=note.updated_at)
    return http.Answer(200, shown, {"ETag": http.etag(int(note.version))})


http.warm()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers one request."""
    return api.handle(event, context)
