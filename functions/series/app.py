"""Series: workshops that come again by a rule."""

from typing import Any

from atelier import errors, http
from atelier.accounts.caller import Caller
from atelier.idempotency import Guard
from atelier.series import creation, listing, preview, schemas, viewing
from atelier.text import Paged

api = http.Api()


@api.route(
    "POST",
    "/series/preview",
    {200: schemas.SeriesPreview},
    problems=(errors.AccountSuspendedError, errors.HostingRevokedError),
)
def preview_a_series(caller: Caller, body: schemas.SeriesPreviewInput) -> http.Answer:
    """The first occurrences of a rule, with what the clocks show on the days on which they are changed."""
    return http.Answer(200, preview.preview(caller, body))


@api.route(
    "GET",
    "/series",
    {200: schemas.SeriesPage},
    problems=(errors.BadQueryError, errors.BadCursorError, errors.AccountSuspendedError),
)
def list_series(caller: Caller, query: Paged) -> http.Answer:
    """The caller's own series, those first that were made last."""
    page = listing.page_of(caller, query)
    body = schemas.SeriesPage(items=page.items, next_cursor=page.next_cursor)
    return http.Answer(200, body, http.page_headers("/series", query, page))


@api.route(
    "POST",
    "/series",
    {201: schemas.SeriesDetail},
    problems=(
        errors.AccountSuspendedError,
        errors.HostingRevokedError,
        errors.ValidationFailedError,
        errors.UnknownCategoryError,
        errors.UnknownHostError,
        errors.BadIdempotencyKeyError,
        errors.IdempotencyKeyReusedError,
        errors.RequestInProgressError,
    ),
)
def create_series(caller: Caller, body: schemas.SeriesInput, guard: Guard | None) -> http.Answer:
    """Makes a series with its workshops up to 90 days ahead; those after follow by themselves, as they come near."""
    made, version = creation.create(caller, body, guard, locate=_address)
    return http.Answer(201, made, {"Location": _address(made.id), "ETag": http.etag(version)})


@api.route(
    "GET",
    "/series/{series_id}",
    {200: schemas.SeriesDetail},
    problems=(errors.NotFoundError, errors.AccountSuspendedError),
)
def read_series(caller: Caller, series_id: str) -> http.Answer:
    """A series in full, with those of its workshops that are not over."""
    series, version = viewing.view(series_id, caller)
    return http.Answer(200, series, {"ETag": http.etag(version)})


def _address(series_id: str) -> str:
    return http.location(f"/series/{series_id}")


http.warm()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers one request."""
    return api.handle(event, context)
