"""The inbox, what to be told, and unsubscribing from a mail."""

from typing import Any

from atelier import errors, http
from atelier.accounts.caller import Caller
from atelier.edits import Expected
from atelier.notifications import inbox, preferences, schemas, unsubscribing

api = http.Api()

_SUSPENDED = (errors.AccountSuspendedError,)
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@api.route(
    "GET",
    "/notifications",
    {200: schemas.NotificationPage},
    problems=(*_SUSPENDED, errors.BadQueryError, errors.BadCursorError),
)
def list_notifications(caller: Caller, query: schemas.NotificationQuery) -> http.Answer:
    """What you were told, newest first; kept for 180 days."""
    page, unread = inbox.page_of(caller, query)
    shown = schemas.NotificationPage(items=page.items, next_cursor=page.next_cursor, unread_count=unread)
    return http.Answer(200, shown, http.page_headers("/notifications", query, page))


@api.route("POST", "/notifications/read", {200: schemas.UnreadCount}, problems=_SUSPENDED)
def read_notifications(caller: Caller, body: schemas.ReadNotifications) -> http.Answer:
    """Mark some notifications as read, or all of them."""
    return http.Answer(200, schemas.UnreadCount(unread_count=inbox.read(caller, body)))


@api.route("GET", "/me/notification-preferences", {200: schemas.NotificationPreferences}, problems=_SUSPENDED)
def read_preferences(caller: Caller) -> http.Answer:
    """What you want to be told, and when you want to be reminded."""
    shown, version = preferences.read(caller)
    return http.Answer(200, shown, {"ETag": http.etag(version)})


@api.route(
    "PUT",
    "/me/notification-preferences",
    {200: schemas.NotificationPreferences},
    problems=(*_SUSPENDED, errors.StaleVersionError, errors.BadIfMatchError, errors.RequestInProgressError),
)
def write_preferences(
    caller: Caller, body: schemas.NotificationPreferencesInput, if_match: Expected | None
) -> http.Answer:
    """Replace what you want to be told; types that are left out go to the inbox and by mail."""
    shown, version = preferences.write(caller, body, if_match)
    return http.Answer(200, shown, {"ETag": http.etag(version)})


@api.route("GET", "/public/unsubscribe/{token}", {200: None}, problems=(errors.NotFoundError,), public=True)
def show_unsubscribing(token: str) -> http.Answer:
    """What a mail's link would end. Looking changes nothing, so a program that follows links ends nothing."""
    page = unsubscribing.page(unsubscribing.find(token))
    return http.Answer(200, page, _PAGE_HEADERS, "text/html; charset=utf-8")


@api.route("POST", "/public/unsubscribe/{token}", {200: None}, problems=(errors.NotFoundError,), public=True)
def unsubscribe(token: str) -> http.Answer:
    """End mail of the kind that the link came with (RFC 8058); once more does no harm."""
    page = unsubscribing.page(unsubscribing.stop(token))
    return http.Answer(200, page, _PAGE_HEADERS, "text/html; charset=utf-8")


http.warm()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers one request."""
    return api.handle(event, context)
