"""The catalogue of categories."""

from typing import Any

from atelier import errors, http
from atelier.accounts.caller import Caller
from atelier.categories import catalogue, schemas
from atelier.edits import Expected
from atelier.idempotency import Guard
from atelier.text import Paged, changes

api = http.Api()

_ADMIN = (errors.AccountSuspendedError, errors.NotAllowedError, errors.RequestInProgressError)
_EDIT = (*_ADMIN, errors.NotFoundError, errors.StaleVersionError, errors.BadIfMatchError)


@api.route("GET", "/categories", {200: schemas.CategoryPage}, problems=(errors.BadQueryError, errors.BadCursorError))
def list_categories(caller: Caller, query: Paged) -> http.Answer:
    """The active categories, by their order."""
    page = catalogue.page_of(caller, query)
    shown = schemas.CategoryPage(items=page.items, next_cursor=page.next_cursor)
    return http.Answer(200, shown, http.page_headers("/categories", query, page))


@api.route(
    "POST",
    "/categories",
    {201: schemas.Category},
    problems=(
        *_ADMIN,
        errors.SlugTakenError,
        errors.BadIdempotencyKeyError,
        errors.IdempotencyKeyReusedError,
    ),
)
def create_category(caller: Caller, body: schemas.CategoryInput, guard: Guard | None) -> http.Answer:
    """Make a category (administrators)."""
    category, version = catalogue.create(caller, body, guard, locate=_location)
    return http.Answer(201, category, {"Location": _location(category.id), "ETag": http.etag(version)})


@api.route("PATCH", "/categories/{category_id}", {200: schemas.Category}, problems=(*_EDIT, errors.SlugTakenError))
def edit_category(
    category_id: str, caller: Caller, body: schemas.CategoryPatch, if_match: Expected | None
) -> http.Answer:
    """Change a category (administrators); a new name makes a new slug."""
    category, version = catalogue.edit(caller, category_id, changes(body), if_match)
    return http.Answer(200, category, {"ETag": http.etag(version)})


@api.route("DELETE", "/categories/{category_id}", {204: None}, problems=_EDIT)
def delete_category(category_id: str, caller: Caller, if_match: Expected | None) -> http.Answer:
    """Delete a category (administrators); its workshops stay and show none."""
    catalogue.delete(caller, category_id, if_match)
    return http.Answer(204)


def _location(category_id: str) -> str:
    return http.location(f"/categories/{category_id}")


http.warm()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers one request."""
    return api.handle(event, context)
