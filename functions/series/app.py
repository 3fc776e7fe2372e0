"""Series: workshops that come again by a rule."""

from typing import Any

from atelier import errors, http
from atelier.accounts.caller import Caller
from atelier.edits import Expected
from atelier.idempotency import Guard
from atelier.series import creation, editing, ending, following, listing, preview, schemas, skipping, viewing
from atelier.text import Paged

HOST_ONLY = (
    errors.NotFoundError,
    errors.NotAllowedError,
    errors.AccountSuspendedError,
    errors.SeriesEndedError,
    errors.RequestInProgressError,
)

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


@api.route(
    "PATCH",
    "/series/{series_id}",
    {200: schemas.SeriesDetail},
    problems=(
        *HOST_ONLY,
        errors.BadQueryError,
        errors.BadIfMatchError,
        errors.StaleVersionError,
        errors.ValidationFailedError,
        errors.UnknownCategoryError,
        errors.LeadTimeError,
        errors.CapacityBelowTakenError,
        errors.CapacityModeFixedError,
        errors.HostingRevokedError,
    ),
)
def edit_series(
    caller: Caller, series_id: str, body: schemas.SeriesPatch, query: schemas.SeriesEditQuery, if_match: Expected | None
) -> http.Answer:
    """Changes a series and its workshops that are still scheduled, or those from one of them on; what of a workshop
    was edited by hand stays. Whoever has a place is told once.
    """
    series, version = editing.edit(series_id, caller, body, if_match, query.since)
    return http.Answer(200, series, {"ETag": http.etag(version)})


@api.route(
    "DELETE",
    "/series/{series_id}",
    {204: None},
    problems=(*HOST_ONLY, errors.BadIfMatchError, errors.StaleVersionError),
)
def end_series(caller: Caller, series_id: str, if_match: Expected | None) -> http.Answer:
    """Ends a series and cancels what of it has not begun."""
    ending.end(series_id, caller, if_match)
    return http.Answer(204)


@api.route(
    "POST",
    "/series/{series_id}/exceptions",
    {201: schemas.SkippedDate, 200: schemas.SkippedDate},
    problems=(*HOST_ONLY, errors.ValidationFailedError, errors.NotEditableError),
)
def skip_a_date(caller: Caller, series_id: str, body: schemas.ExceptionInput) -> http.Answer:
    """Leaves a date out and cancels its workshop; again: 200."""
    is_new = skipping.skip(series_id, caller, body.date)
    return http.Answer(201 if is_new else 200, schemas.SkippedDate(date=body.date))


@api.route(
    "POST",
    "/series/{series_id}/rsvp",
    {201: schemas.SeriesRsvp, 200: schemas.SeriesRsvp},
    problems=(
        errors.NotFoundError,
        errors.AccountSuspendedError,
        errors.BannedError,
        errors.OwnWorkshopError,
        errors.SeriesEndedError,
        errors.RequestInProgressError,
    ),
)
def rsvp_to_a_series(series_id: str, caller: Caller) -> http.Answer:
    """A seat in each workshop that has not begun, the waitlist where it is full, and so in new ones; in a private one
    for those alone who are invited to it.
    """
    places, is_new = following.follow(series_id, caller)
    return http.Answer(201 if is_new else 200, places)


@api.route(
    "DELETE",
    "/series/{series_id}/rsvp",
    {204: None},
    problems=(errors.NotFoundError, errors.AccountSuspendedError, errors.RequestInProgressError),
)
def withdraw_from_a_series(series_id: str, caller: Caller) -> http.Answer:
    """Gives up the caller's places in all workshops of a series that have not begun, and in new ones."""
    following.unfollow(series_id, caller)
    return http.Answer(204)


def _address(series_id: str) -> str:
    return http.location(f"/series/{series_id}")


http.warm()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers one request."""
    return api.handle(event, context)
