"""Event groups."""

from typing import Any

from atelier import errors, http
from atelier.accounts.caller import Caller
from atelier.edits import Expected
from atelier.groups import catalogue, schemas
from atelier.idempotency import Guard
from atelier.text import Paged, changes

api = http.Api()

_WRITE = (errors.AccountSuspendedError, errors.NotAllowedError, errors.RequestInProgressError)
_EDIT = (*_WRITE, errors.NotFoundError, errors.StaleVersionError, errors.BadIfMatchError)


@api.route("GET", "/groups", {200: schemas.GroupPage}, problems=(errors.BadQueryError, errors.BadCursorError))
def list_groups(caller: Caller, query: Paged) -> http.Answer:
    """All groups, newest first."""
    page = catalogue.page_of(caller, query)
    shown = schemas.GroupPage(items=page.items, next_cursor=page.next_cursor)
    return http.Answer(200, shown, http.page_headers("/groups", query, page))


@api.route(
    "POST",
    "/groups",
    {201: schemas.Group},
    problems=(*_WRITE, errors.BadIdempotencyKeyError, errors.IdempotencyKeyReusedError),
)
def create_group(caller: Caller, body: schemas.GroupInput, guard: Guard | None) -> http.Answer:
    """Make a group (organizers). It is yours: your workshops can be put into it."""
    group, version = catalogue.create(caller, body, guard, locate=_location)
    return http.Answer(201, group, {"Location": _location(group.id), "ETag": http.etag(version)})


@api.route("GET", "/groups/{group_id}", {200: schemas.Group}, problems=(errors.NotFoundError,))
def read_group(group_id: str) -> http.Answer:
    """A group. Its workshops are `GET /workshops?group=`."""
    group, version = catalogue.view(group_id)
    return http.Answer(200, group, {"ETag": http.etag(version)})


@api.route("PATCH", "/groups/{group_id}", {200: schemas.Group}, problems=_EDIT)
def edit_group(group_id: str, caller: Caller, body: schemas.GroupPatch, if_match: Expected | None) -> http.Answer:
    """Change a group (its owner)."""
    group, version = catalogue.edit(caller, group_id, changes(body), if_match)
    return http.Answer(200, group, {"ETag": http.etag(version)})


@api.route("DELETE", "/groups/{group_id}", {204: None}, problems=_EDIT)
def delete_group(group_id: str, caller: Caller, if_match: Expected | None) -> http.Answer:
    """Delete a group (its owner). Its workshops that have not begun are cancelled; attendance stays."""
    catalogue.delete(caller, group_id, if_match)
    return http.Answer(204)


def _location(group_id: str) -> str:
    return http.location(f"/groups/{group_id}")


http.warm()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers one request."""
    return api.handle(event, context)
