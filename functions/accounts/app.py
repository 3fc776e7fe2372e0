"""Own profile, public profiles, rights, bans; and two things for everybody: health and what an error means."""

from typing import Any

from atelier import error_pages, errors, http, table
from atelier.accounts import addresses, bans, profiles, rights, schemas, shapes
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile
from atelier.edits import Expected
from atelier.privacy import erasing, export
from atelier.privacy.schemas import PersonalData
from atelier.text import Paged, changes

api = http.Api()

_EDIT = (errors.AccountSuspendedError, errors.StaleVersionError, errors.BadIfMatchError, errors.RequestInProgressError)


def _tag(profile: Profile) -> dict[str, str]:
    return {"ETag": http.etag(int(profile.version))}


@api.route("GET", "/me", {200: schemas.Me}, problems=(errors.AccountSuspendedError,))
def read_me(caller: Caller) -> http.Answer:
    """Your own profile; it is made when you are seen for the first time."""
    profile = profiles.read(caller)
    return http.Answer(200, shapes.me(profile), _tag(profile))


@api.route(
    "PATCH",
    "/me",
    {200: schemas.Me},
    problems=(*_EDIT, errors.UsernameTakenError, errors.EmailTakenError, errors.TooManyCodesError),
)
def edit_me(caller: Caller, body: schemas.MePatch, if_match: Expected | None) -> http.Answer:
    """Change your own profile."""
    profile = profiles.edit(caller, changes(body), if_match)
    return http.Answer(200, shapes.me(profile), _tag(profile))


@api.route(
    "GET",
    "/me/export",
    {200: PersonalData},
    problems=(errors.AccountSuspendedError, errors.AccountErasedError, errors.ExportTooLargeError),
)
def export_me(caller: Caller) -> http.Answer:
    """Everything that is held about you, as one JSON document."""
    return http.Answer(200, export.export(caller), {"Content-Disposition": 'attachment; filename="my-data.json"'})


@api.route(
    "DELETE",
    "/me",
    {204: None},
    problems=(errors.AccountSuspendedError, errors.HostingError, errors.RequestInProgressError),
)
def erase_me(caller: Caller) -> http.Answer:
    """Have yourself erased: what tells who you are at once, your things soon after. It cannot be undone."""
    erasing.erase(caller)
    return http.Answer(204)


@api.route(
    "POST",
    "/me/email/verify",
    {200: schemas.Me},
    problems=(
        errors.AccountSuspendedError,
        errors.WrongCodeError,
        errors.EmailTakenError,
        errors.RequestInProgressError,
    ),
)
def confirm_my_address(caller: Caller, body: schemas.EmailCode) -> http.Answer:
    """Confirm the address you entered, by the code that was mailed to it."""
    profile = addresses.confirm(lambda: profiles.read(caller), body.code)
    return http.Answer(200, shapes.me(profile), _tag(profile))


@api.route("GET", "/users/{user_id}", {200: schemas.User}, problems=(errors.NotFoundError,))
def read_user(user_id: str, caller: Caller) -> http.Answer:
    """Somebody's public profile."""
    profile = profiles.view(user_id, caller)
    return http.Answer(200, shapes.user(profile), _tag(profile))


@api.route(
    "PATCH",
    "/users/{user_id}",
    {200: schemas.ManagedUser},
    problems=(*_EDIT, errors.NotAllowedError, errors.NotFoundError),
)
def change_rights(user_id: str, caller: Caller, body: schemas.UserPatch, if_match: Expected | None) -> http.Answer:
    """Change what somebody may do (administrators)."""
    profile = rights.change(caller, user_id, changes(body), if_match)
    return http.Answer(200, shapes.managed_user(profile), _tag(profile))


@api.route(
    "GET",
    "/me/bans",
    {200: schemas.BanPage},
    problems=(errors.AccountSuspendedError, errors.BadQueryError, errors.BadCursorError),
)
def list_bans(caller: Caller, query: Paged) -> http.Answer:
    """Whom you banned from your workshops."""
    page = bans.page_of(caller, query)
    shown = schemas.BanPage(items=page.items, next_cursor=page.next_cursor)
    return http.Answer(200, shown, http.page_headers("/me/bans", query, page))


@api.route(
    "DELETE",
    "/me/bans/{user_id}",
    {204: None},
    problems=(errors.AccountSuspendedError, errors.RequestInProgressError),
)
def undo_a_ban(user_id: str, caller: Caller) -> http.Answer:
    """Let somebody into your workshops again; where there is no ban, nothing happens."""
    bans.remove(caller, user_id)
    return http.Answer(204)


@api.route("GET", "/health", {200: schemas.Health}, public=True)
def check_health() -> http.Answer:
    """Whether the service answers and its table can be read."""
    table.read_one(("HEALTH", "#HEALTH"), consistent=False)
    return http.Answer(200, schemas.Health())


@api.route("GET", "/public/errors/{code}", {200: None}, problems=(errors.NotFoundError,), public=True)
def explain_error(code: str) -> http.Answer:
    """What an error means and what to do about it, as a page."""
    kind = error_pages.find(code)
    page = error_pages.page(kind, http.status_of(kind))
    return http.Answer(200, page, error_pages.HEADERS, "text/html; charset=utf-8")


http.warm()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers one request."""
    return api.handle(event, context)
