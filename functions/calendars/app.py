"""Calendars: a file per workshop, a feed per person."""

from collections.abc import Mapping
from typing import Any

from atelier import errors, http, settings
from atelier.accounts.caller import Caller
from atelier.calendars import events, feeds, files, schemas
from atelier.settings import CalendarSettings

api = http.Api()

_UNSEEN = (errors.NotFoundError, errors.AccountSuspendedError)


@api.route("GET", "/workshops/{workshop_id}/calendar.ics", {200: None, 304: None}, problems=_UNSEEN)
def read_calendar_file(workshop_id: str, caller: Caller, headers: Mapping[str, str]) -> http.Answer:
    """A workshop as one calendar event (RFC 5545); its SEQUENCE rises with each change of time, duration, place, title
    or status.
    """
    shown = files.look(workshop_id, caller, settings.of(CalendarSettings).join_url)
    tag = files.tag_of(shown)
    told = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if http.is_unchanged(headers, tag):
        return http.Answer(304, None, told)
    name = {"Content-Disposition": f'attachment; filename="{events.file_name(shown.workshop)}"'}
    return http.Answer(200, events.file(shown).decode(), told | name, "text/calendar; charset=utf-8")


@api.route("POST", "/me/calendar-feed", {201: schemas.CalendarFeed}, problems=(errors.AccountSuspendedError,))
def make_calendar_feed(caller: Caller, base_url: str) -> http.Answer:
    """The address of your calendar, for your calendar program to subscribe to. The one before ends with this."""
    token = feeds.make(caller)
    return http.Answer(201, schemas.CalendarFeed(url=f"{base_url}/public/calendars/{token}.ics"))


@api.route("DELETE", "/me/calendar-feed", {204: None}, problems=(errors.AccountSuspendedError,))
def revoke_calendar_feed(caller: Caller) -> http.Answer:
    """End your calendar's address; where there is none, nothing happens."""
    feeds.revoke(caller)
    return http.Answer(204)


@api.route("GET", "/public/calendars/{token}", {200: None, 304: None}, problems=(errors.NotFoundError,), public=True)
def read_calendar_feed(token: str, headers: Mapping[str, str], base_url: str) -> http.Answer:
    """Everything one person hosts, attends or waits for. Send `If-None-Match`: what is unchanged is answered by 304."""
    look = feeds.find(token)
    told = {"ETag": look.tag, "Cache-Control": "private, max-age=300", "Referrer-Policy": "no-referrer"}
    if http.is_unchanged(headers, look.tag):
        return http.Answer(304, None, told)
    source = f"{base_url}/public/calendars/{token.removesuffix('.ics')}.ics"
    calendar = feeds.content(look, source=source, join=settings.of(CalendarSettings).join_url)
    return http.Answer(200, calendar.decode(), told, "text/calendar; charset=utf-8")


http.warm()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers one request."""
    return api.handle(event, context)
