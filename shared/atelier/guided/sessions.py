"""Sessions: opened once, closed once, one at a time."""

from typing import cast

from atelier import clock, edits
from atelier.accounts.caller import Caller
from atelier.errors import NotFoundError, SessionOpenError, UnknownWorkshopError, WorkshopOverError
from atelier.guided import children, schemas, shapes
from atelier.guided.access import Entry, enter
from atelier.guided.items import Guided, Session, session_key
from atelier.idempotency import Guard
from atelier.ids import new_id
from atelier.paging import Page, Scope
from atelier.table import Item
from atelier.text import Paged
from atelier.workshops import viewing

VERSION = 1
"""Of every session: nobody edits one."""


def begin(
    guided_id: str,
    caller: Caller,
    workshop_id: str | None,
    guard: Guard | None,
    *,
    location: str,
    at: clock.Clock = clock.now,
) -> schemas.GuidedSession:
    """Opens a session; with a live workshop in one round trip more. location: where the sessions are found.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError, SessionOpenError while another goes on,
    UnknownWorkshopError for a workshop the caller may not see, WorkshopOverError, RequestInProgressError, and
    ReplayedError or IdempotencyKeyReusedError when the guard's key was used before.
    """

    def attempt() -> schemas.GuidedSession:
        entry = enter(guided_id, caller, "editor", also=[guard.key] if guard else [])
        if guard:
            guard.check(entry.found.get(guard.key))
        if workshop_id is not None:
            _require_workshop(workshop_id, caller)
        if entry.guided.open_session:
            raise SessionOpenError(session_id=entry.guided.open_session)
        session = Session(
            *session_key(guided_id, new_id("ses", at=at)),
            started_at=clock.whole_seconds(at()),
            started_by=caller.id,
            workshop_id=workshop_id,
        )
        shape = shapes.session(session)
        _write_beginning(entry, session, guard, body=shape.model_dump_json(), location=location)
        return shape

    return edits.until_applied(attempt)


def _require_workshop(workshop_id: str, caller: Caller) -> None:
    try:
        workshop = viewing.require_seen(workshop_id, caller)
    except NotFoundError:
        raise UnknownWorkshopError from None
    if workshop.is_over:
        raise WorkshopOverError


def _write_beginning(entry: Entry, session: Session, guard: Guard | None, *, body: str, location: str) -> None:
    with edits.transaction() as transaction:
        entry.hold(transaction, writes_workshop=True)
        transaction.save(session, condition=Item.pk.does_not_exist())
        if guard:
            guard.write(transaction, body=body, location=location, version=VERSION)
        none_goes_on = Guided.pk.exists() & Guided.open_session.does_not_exist()
        transaction.update(Guided(*entry.guided.key), [Guided.open_session.set(session.id)], condition=none_goes_on)


def end(guided_id: str, session_id: str, caller: Caller, *, at: clock.Clock = clock.now) -> schemas.GuidedSession:
    """Closes a session; one that is closed stays as it is. In two round trips.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError, RequestInProgressError.
    """
    key = session_key(guided_id, session_id)

    def attempt() -> schemas.GuidedSession:
        entry = enter(guided_id, caller, "editor", also=[key])
        session = cast("Session | None", entry.found.get(key))
        if session is None:
            raise NotFoundError("There is no such session.")
        if session.ended_at is None:
            session.ended_at = clock.whole_seconds(at())
            _write_end(entry, session)
        return shapes.session(session)

    return edits.until_applied(attempt)


def _write_end(entry: Entry, session: Session) -> None:
    with edits.transaction() as transaction:
        entry.hold(transaction, writes_workshop=True)
        transaction.save(session, condition=Session.pk.exists() & Session.ended_at.does_not_exist())
        goes_on = Guided.open_session == session.id
        transaction.update(Guided(*entry.guided.key), [Guided.open_session.remove()], condition=goes_on)


def page_of(guided_id: str, caller: Caller, query: Paged) -> Page[schemas.GuidedSession]:
    """A page of the sessions, the latest first. Raises NotFoundError, AccountSuspendedError, BadCursorError."""
    scope = Scope(caller.id, f"guided-sessions/{guided_id}")
    position = scope.position(query.cursor, 1)
    enter(guided_id, caller, "viewer")
    page, more = children.newest(Session, guided_id, "SESSION#", position[0] if position else None, query.limit)
    return Page([shapes.session(row) for row in page], scope.cursor(page[-1].id) if more else None)
