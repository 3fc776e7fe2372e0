"""Workshops over HTTP: make, list, read, edit, cancel; lobby, start, end; summary."""

from typing import Any

from atelier import errors, http
from atelier.accounts.caller import Caller
from atelier.edits import Expected
from atelier.idempotency import Guard
from atelier.workshops import creation, editing, lifecycle, listing, summary, viewing
from atelier.workshops.schemas import (
    WorkshopCancelQuery,
    WorkshopDetail,
    WorkshopInput,
    WorkshopPage,
    WorkshopPatch,
    WorkshopQuery,
    WorkshopSummary,
)

HOST_ONLY = (errors.NotFoundError, errors.NotAllowedError, errors.AccountSuspendedError, errors.RequestInProgressError)

api = http.Api()


@api.route(
    "GET",
    "/workshops",
    {200: WorkshopPage},
    problems=(errors.BadQueryError, errors.BadCursorError, errors.AccountSuspendedError),
)
def list_workshops(caller: Caller, query: WorkshopQuery) -> http.Answer:
    """Workshops: open ones soonest first, or as the filters say."""
    page = listing.page_of(caller, query)
    body = WorkshopPage(items=page.items, next_cursor=page.next_cursor)
    return http.Answer(200, body, http.page_headers("/workshops", query, page))


@api.route(
    "POST",
    "/workshops",
    {201: WorkshopDetail},
    problems=(
        errors.AccountSuspendedError,
        errors.HostingRevokedError,
        errors.ValidationFailedError,
        errors.LeadTimeError,
        errors.UnknownCategoryError,
        errors.UnknownGroupError,
        errors.UnknownHostError,
        errors.BadIdempotencyKeyError,
        errors.IdempotencyKeyReusedError,
        errors.RequestInProgressError,
    ),
)
def create_workshop(caller: Caller, body: WorkshopInput, guard: Guard | None) -> http.Answer:
    """Makes a workshop hosted by the caller, or by `host_id` where an administrator asks."""
    made, version = creation.create(caller, body, guard, locate=_address)
    return http.Answer(201, made, {"Location": _address(made.id), "ETag": http.etag(version)})


@api.route(
    "GET",
    "/workshops/{workshop_id}",
    {200: WorkshopDetail},
    problems=(errors.NotFoundError, errors.AccountSuspendedError),
)
def read_workshop(caller: Caller, workshop_id: str) -> http.Answer:
    """A workshop in full."""
    return _single(viewing.view(workshop_id, caller))


@api.route(
    "PATCH",
    "/workshops/{workshop_id}",
    {200: WorkshopDetail},
    problems=(
        *HOST_ONLY,
        errors.NotEditableError,
        errors.StaleVersionError,
        errors.BadIfMatchError,
        errors.ValidationFailedError,
        errors.LeadTimeError,
        errors.UnknownCategoryError,
        errors.UnknownGroupError,
        errors.CapacityBelowTakenError,
        errors.CapacityModeFixedError,
    ),
)
def edit_workshop(caller: Caller, workshop_id: str, body: WorkshopPatch, if_match: Expected | None) -> http.Answer:
    """Changes a workshop that is still scheduled."""
    return _single(editing.edit(workshop_id, caller, body, if_match))


@api.route(
    "DELETE",
    "/workshops/{workshop_id}",
    {204: None},
    problems=(
        *HOST_ONLY,
        errors.WorkshopOverError,
        errors.StaleVersionError,
        errors.BadIfMatchError,
        errors.BadQueryError,
    ),
)
def cancel_workshop(
    caller: Caller, workshop_id: str, query: WorkshopCancelQuery, if_match: Expected | None
) -> http.Answer:
    """Cancels a workshop that is not over; with `scope=following` those that follow in its series as well."""
    if query.scope == "following":
        # It brings what expands rules, and is seldom asked for.
        from atelier.series import ending  # noqa: PLC0415

        ending.end_from(workshop_id, caller, if_match)
    else:
        lifecycle.cancel(workshop_id, caller, if_match)
    return http.Answer(204)


@api.route(
    "POST", "/workshops/{workshop_id}/lobby", {200: WorkshopDetail}, problems=(*HOST_ONLY, errors.BadTransitionError)
)
def open_lobby(caller: Caller, workshop_id: str) -> http.Answer:
    """Opens the room for the host and co-hosts."""
    return _single(lifecycle.open_lobby(workshop_id, caller))


@api.route(
    "POST", "/workshops/{workshop_id}/start", {200: WorkshopDetail}, problems=(*HOST_ONLY, errors.BadTransitionError)
)
def start_workshop(caller: Caller, workshop_id: str) -> http.Answer:
    """Begins a workshop."""
    return _single(lifecycle.start(workshop_id, caller))


@api.route(
    "POST", "/workshops/{workshop_id}/end", {200: WorkshopDetail}, problems=(*HOST_ONLY, errors.BadTransitionError)
)
def end_workshop(caller: Caller, workshop_id: str) -> http.Answer:
    """Ends a live workshop."""
    return _single(lifecycle.end(workshop_id, caller))


@api.route(
    "GET",
    "/workshops/{workshop_id}/summary",
    {200: WorkshopSummary},
    problems=(errors.NotFoundError, errors.AccountSuspendedError, errors.NotOverError),
)
def sum_up_workshop(caller: Caller, workshop_id: str) -> http.Answer:
    """What a workshop came to, once it has ended: its duration, attendance and recordings."""
    return http.Answer(200, summary.sum_up(workshop_id, caller))


def _single(seen: tuple[WorkshopDetail, int]) -> http.Answer:
    workshop, version = seen
    return http.Answer(200, workshop, {"ETag": http.etag(version)})


def _address(workshop_id: str) -> str:
    return http.location(f"/workshops/{workshop_id}")


http.warm()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers one request."""
    return api.handle(event, context)
