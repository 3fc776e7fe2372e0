"""Check-in by code, by guests and at doors without network; attendance: who was there, and for how long."""

from collections.abc import Mapping
from typing import Any

from atelier import errors, http, settings, spreadsheets
from atelier.accounts.caller import Caller
from atelier.attendance import export, listing
from atelier.attendance import schemas as attendance_schemas
from atelier.checkins import arriving, batch, desk, guests, pages, passes, qr, schemas
from atelier.edits import Expected
from atelier.idempotency import Guard
from atelier.settings import CheckInSettings

api = http.Api()

_UNSEEN = (errors.NotFoundError, errors.AccountSuspendedError)
_LED = (*_UNSEEN, errors.NotAllowedError)
_BARRED = (errors.RemovedError, errors.BannedError)


def _desk_answer(status: int, shown: desk.Shown, base_url: str) -> http.Answer:
    content = desk.shape(shown, settings.of(CheckInSettings).check_in_url, base_url)
    return http.Answer(status, content, {"ETag": http.etag(int(shown.desk.version))})


@api.route(
    "POST",
    "/workshops/{workshop_id}/check-in",
    {201: schemas.CheckInDesk, 200: schemas.CheckInDesk},
    problems=(*_LED, errors.CheckInOverError, errors.CheckInClosedError, errors.RequestInProgressError),
)
def open_check_in(workshop_id: str, caller: Caller, body: schemas.CheckInOpening | None, base_url: str) -> http.Answer:
    """Open check-in under a new code. While it is open, 200 and the same, whatever the body says."""
    rotates_every_s = body.rotates_every_s if body is not None else None
    shown, is_new = desk.open_for(workshop_id, caller, rotates_every_s)
    return _desk_answer(201 if is_new else 200, shown, base_url)


@api.route("GET", "/workshops/{workshop_id}/check-in", {200: schemas.CheckInDesk}, problems=_LED)
def read_check_in(workshop_id: str, caller: Caller, base_url: str) -> http.Answer:
    """The code as it is now, and whether people can check in with it."""
    return _desk_answer(200, desk.read(workshop_id, caller), base_url)


@api.route(
    "PATCH",
    "/workshops/{workshop_id}/check-in",
    {200: schemas.CheckInDesk},
    problems=(
        *_LED,
        errors.CheckInOverError,
        errors.StaleVersionError,
        errors.BadIfMatchError,
        errors.RequestInProgressError,
    ),
)
def change_check_in(
    workshop_id: str, caller: Caller, body: schemas.CheckInPatch, if_match: Expected | None, base_url: str
) -> http.Answer:
    """Close check-in by hand, or open it again."""
    return _desk_answer(200, desk.set_state(workshop_id, caller, body.state, if_match), base_url)


def _url(workshop_id: str, caller: Caller, base_url: str) -> str:
    shown = desk.read(workshop_id, caller)
    return desk.shape(shown, settings.of(CheckInSettings).check_in_url, base_url).check_in_url


@api.route("GET", "/workshops/{workshop_id}/check-in/qr.svg", {200: None}, problems=_LED)
def draw_check_in_svg(workshop_id: str, caller: Caller, base_url: str) -> http.Answer:
    """The QR code of `check_in_url`, as a drawing of any size."""
    return http.Answer(200, qr.svg(_url(workshop_id, caller, base_url)), {}, "image/svg+xml")


@api.route("GET", "/workshops/{workshop_id}/check-in/qr.png", {200: None}, problems=_LED)
def draw_check_in_png(workshop_id: str, caller: Caller, base_url: str) -> http.Answer:
    """The QR code of `check_in_url`, as a picture to be printed 3 cm wide."""
    return http.Answer(200, qr.png(_url(workshop_id, caller, base_url)), {}, "image/png")


@api.route(
    "GET",
    "/workshops/{workshop_id}/check-in/pass",
    {200: schemas.CheckInPass},
    problems=(*_UNSEEN, *_BARRED),
)
def read_my_pass(workshop_id: str, caller: Caller) -> http.Answer:
    """Your own pass for the door, to be shown as a QR code and scanned there, with or without network."""
    return http.Answer(200, schemas.CheckInPass(holder=passes.make(workshop_id, caller)))


@api.route(
    "POST",
    "/check-ins",
    {201: schemas.CheckIn, 200: schemas.CheckIn},
    problems=(errors.AccountSuspendedError, errors.CodeNotValidError, errors.TooManyGuessesError, *_BARRED),
)
def check_in(caller: Caller, body: schemas.CheckInCodeInput) -> http.Answer:
    """Check in by the code that is shown in the room; again: 200, and the first time is kept."""
    arrival, is_new = arriving.check_in(body.code, caller)
    return http.Answer(201 if is_new else 200, arrival.shape)


@api.route(
    "POST",
    "/check-ins/claim",
    {201: schemas.CheckIn, 200: schemas.CheckIn},
    problems=(*_UNSEEN, *_BARRED, errors.RequestInProgressError),
)
def claim_check_in(caller: Caller, body: schemas.ClaimInput) -> http.Answer:
    """Make yours what you did as a guest; 200 when you are checked in already. Of two times the earlier is kept."""
    arrival, is_new = guests.claim(body.claim_token, caller)
    return http.Answer(201 if is_new else 200, arrival.shape)


@api.route(
    "POST",
    "/public/check-ins",
    {201: schemas.GuestCheckIn},
    problems=(errors.CodeNotValidError, errors.TooManyGuessesError),
    public=True,
)
def check_in_as_a_guest(body: schemas.GuestInput, source_address: str, guard: Guard | None) -> http.Answer:
    """Check in without an account. Keep the `claim_token`: whoever signs in later makes the check-in theirs by it.

    A request that is repeated with its `Idempotency-Key` makes no second guest; its token is another one, as good.
    """
    shown, was_before = guests.check_in(body, source_address, guard)
    return http.Answer(201, shown, {"Idempotency-Replayed": "true"} if was_before else {})


@api.route("GET", "/public/check-ins", {200: None}, public=True)
def show_check_in_page() -> http.Answer:
    """A page for the code in its address, where guests check in: where QR codes lead unless they are told otherwise."""
    return http.Answer(200, pages.GUEST_PAGE, pages.HEADERS, "text/html; charset=utf-8")


@api.route(
    "POST",
    "/workshops/{workshop_id}/check-ins/batch",
    {200: schemas.ScanAnswers},
    problems=(*_LED, errors.CheckInNotOpenedError, errors.RequestInProgressError),
)
def take_scans(workshop_id: str, caller: Caller, body: schemas.ScanBatch) -> http.Answer:
    """Scans taken offline, up to 500: one answer each, and the same ones when they are sent again."""
    return http.Answer(200, schemas.ScanAnswers(items=batch.take(workshop_id, caller, body.items)))


@api.route(
    "GET",
    "/workshops/{workshop_id}/attendance",
    {200: attendance_schemas.AttendancePage},
    problems=(*_LED, errors.BadQueryError, errors.BadCursorError),
)
def list_attendance(workshop_id: str, caller: Caller, query: attendance_schemas.AttendanceQuery) -> http.Answer:
    """Who was there, for the host and co-hosts: everybody with an RSVP, and everybody who was in the room."""
    page = listing.page_of(workshop_id, caller, query)
    shown = attendance_schemas.AttendancePage(items=page.items, next_cursor=page.next_cursor)
    return http.Answer(200, shown, http.page_headers(f"/workshops/{workshop_id}/attendance", query, page))


def _file_answer(file: export.File, *, is_compressed: bool) -> http.Answer:
    named = spreadsheets.headers_of(file.name, is_compressed=is_compressed)
    return http.Answer(200, file.content, named, "text/csv; charset=utf-8; header=present")


@api.route(
    "GET",
    "/workshops/{workshop_id}/attendance.csv",
    {200: None},
    problems=(*_LED, errors.BadQueryError, errors.ExportTooLargeError),
)
def export_attendance(
    workshop_id: str, caller: Caller, query: attendance_schemas.AttendanceFileQuery, headers: Mapping[str, str]
) -> http.Answer:
    """Who was there, as a file for spreadsheet programs (RFC 4180), for the host and co-hosts."""
    is_compressed = spreadsheets.takes_gzip(headers)
    file = export.of_workshop(workshop_id, caller, query.threshold, is_compressed=is_compressed)
    return _file_answer(file, is_compressed=is_compressed)


@api.route(
    "GET",
    "/groups/{group_id}/attendance.csv",
    {200: None},
    problems=(*_LED, errors.BadQueryError, errors.ExportTooLargeError),
)
def export_attendance_of_a_group(
    group_id: str, caller: Caller, query: attendance_schemas.AttendanceFileQuery, headers: Mapping[str, str]
) -> http.Answer:
    """Who was there in all workshops of a group, as one file, for its owner."""
    is_compressed = spreadsheets.takes_gzip(headers)
    file = export.of_group(group_id, caller, query.threshold, is_compressed=is_compressed)
    return _file_answer(file, is_compressed=is_compressed)


http.warm()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers one request."""
    return api.handle(event, context)
