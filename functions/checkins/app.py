"""Attendance: who was there, and for how long."""

from typing import Any

from atelier import errors, http
from atelier.accounts.caller import Caller
from atelier.attendance import listing, schemas

api = http.Api()


@api.route(
    "GET",
    "/workshops/{workshop_id}/attendance",
    {200: schemas.AttendancePage},
    problems=(
        errors.NotFoundError,
        errors.AccountSuspendedError,
        errors.NotAllowedError,
        errors.BadQueryError,
        errors.BadCursorError,
    ),
)
def list_attendance(workshop_id: str, caller: Caller, query: schemas.AttendanceQuery) -> http.Answer:
    """Who was there, for the host and co-hosts: everybody with an RSVP, and everybody who was in the room."""
    page = listing.page_of(workshop_id, caller, query)
    shown = schemas.AttendancePage(items=page.items, next_cursor=page.next_cursor)
    return http.Answer(200, shown, http.page_headers(f"/workshops/{workshop_id}/attendance", query, page))


http.warm()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers one request."""
    return api.handle(event, context)
