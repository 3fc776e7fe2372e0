"""Guided workshops: members, the ten steps, sessions, build packs, share links."""

from typing import Any

from atelier import errors, http
from atelier.accounts.caller import Caller
from atelier.edits import Expected
from atelier.guided import (
    creation,
    definitions,
    editing,
    links,
    listing,
    members,
    schemas,
    sessions,
    shapes,
    shared,
    steps,
)
from atelier.idempotency import Guard
from atelier.packs import making, reading
from atelier.packs.schemas import BuildPack, BuildPackInput, BuildPackPage
from atelier.text import Paged, changes

api = http.Api()

_SEE = (errors.NotFoundError, errors.AccountSuspendedError)
_PAGE = (errors.BadQueryError, errors.BadCursorError)
_DO = (*_SEE, errors.NotAllowedError, errors.RequestInProgressError)
_KEEP_AN_OWNER = (*_DO, errors.LastOwnerError)
_ONE = "/guided-workshops/{guided_id}"
_MEMBER = "/guided-workshops/{guided_id}/members/{user_id}"
_STEP = "/guided-workshops/{guided_id}/steps/{step}"
_SESSIONS = "/guided-workshops/{guided_id}/sessions"
_PACKS = "/guided-workshops/{guided_id}/build-packs"
_UNFOLLOWED = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_LINKS = "/guided-workshops/{guided_id}/share-links"


@api.route("GET", "/step-definitions", {200: schemas.StepDefinitionList})
def list_step_definitions() -> http.Answer:
    """The ten steps of every guided workshop, in order, with a prompt to think each one through."""
    found = definitions.definitions()
    return http.Answer(200, shapes.definition_list(found), {"ETag": http.etag(found.version)})


@api.route(
    "GET",
    "/guided-workshops",
    {200: schemas.GuidedWorkshopPage},
    problems=(errors.AccountSuspendedError, *_PAGE),
)
def list_guided_workshops(caller: Caller, query: Paged) -> http.Answer:
    """The guided workshops you are a member of, the newest first."""
    page = listing.page_of(caller, query)
    shown = schemas.GuidedWorkshopPage(items=page.items, next_cursor=page.next_cursor)
    return http.Answer(200, shown, http.page_headers("/guided-workshops", query, page))


@api.route("POST", "/guided-workshops", {201: schemas.GuidedWorkshop}, problems=(errors.AccountSuspendedError,))
def create_guided_workshop(caller: Caller, body: schemas.GuidedInput, guard: Guard | None) -> http.Answer:
    """Make a guided workshop, with its ten steps; you are its first owner."""
    made, version = creation.create(caller, body, guard, locate=_address)
    return http.Answer(201, made, {"Location": _address(made.id), "ETag": http.etag(version)})


@api.route("GET", _ONE, {200: schemas.GuidedWorkshop}, problems=_SEE)
def read_guided_workshop(guided_id: str, caller: Caller) -> http.Answer:
    """A guided workshop, for its members."""
    shown, version = editing.view(guided_id, caller)
    return http.Answer(200, shown, {"ETag": http.etag(version)})


@api.route("PATCH", _ONE, {200: schemas.GuidedWorkshop}, problems=_DO)
def edit_guided_workshop(
    guided_id: str, caller: Caller, body: schemas.GuidedPatch, if_match: Expected | None
) -> http.Answer:
    """Change a guided workshop (owners). Share links work only while it is `shared`."""
    shown, version = editing.edit(guided_id, caller, changes(body), if_match)
    return http.Answer(200, shown, {"ETag": http.etag(version)})


@api.route("DELETE", _ONE, {204: None}, problems=_DO)
def delete_guided_workshop(guided_id: str, caller: Caller, if_match: Expected | None) -> http.Answer:
    """Delete a guided workshop with everything in it (owners)."""
    editing.delete(guided_id, caller, if_match)
    return http.Answer(204)


@api.route("GET", "/guided-workshops/{guided_id}/members", {200: schemas.GuidedMemberPage}, problems=(*_SEE, *_PAGE))
def list_guided_members(guided_id: str, caller: Caller, query: Paged) -> http.Answer:
    """Who is part of a guided workshop, and as what."""
    page = members.page_of(guided_id, caller, query)
    shown = schemas.GuidedMemberPage(items=page.items, next_cursor=page.next_cursor)
    return http.Answer(200, shown, http.page_headers(f"/guided-workshops/{guided_id}/members", query, page))


@api.route("PUT", _MEMBER, {200: schemas.GuidedMember, 201: schemas.GuidedMember}, problems=_KEEP_AN_OWNER)
def put_guided_member(guided_id: str, user_id: str, caller: Caller, body: schemas.GuidedMemberInput) -> http.Answer:
    """Make somebody a member, or change what they are (owners)."""
    shown, is_new = members.put(guided_id, user_id, body.role, caller)
    return http.Answer(201 if is_new else 200, shown)


@api.route("DELETE", _MEMBER, {204: None}, problems=_KEEP_AN_OWNER)
def remove_guided_member(guided_id: str, user_id: str, caller: Caller) -> http.Answer:
    """Take a member off (owners), or leave yourself."""
    members.remove(guided_id, user_id, caller)
    return http.Answer(204)


@api.route(
    "GET",
    "/guided-workshops/{guided_id}/steps",
    {200: schemas.GuidedStepList},
    problems=(*_SEE, errors.RequestInProgressError),
)
def list_guided_steps(guided_id: str, caller: Caller) -> http.Answer:
    """The ten steps with their outputs, in order."""
    return http.Answer(200, shapes.step_list(steps.read_all(guided_id, caller)))


@api.route("GET", _STEP, {200: schemas.GuidedStep}, problems=(*_SEE, errors.RequestInProgressError))
def read_guided_step(guided_id: str, step: str, caller: Caller) -> http.Answer:
    """A step with its output."""
    return _step(steps.read(guided_id, step, caller))


@api.route("PATCH", _STEP, {200: schemas.GuidedStep}, problems=(*_DO, errors.StepLockedError))
def change_guided_step(
    guided_id: str, step: str, caller: Caller, body: schemas.GuidedStepPatch, if_match: Expected | None
) -> http.Answer:
    """Change a step's status or output (editors).

    Opening a complete step again, or changing its output, makes the complete steps after it stale, until each is said
    to be complete once more. Send the `ETag` you read as `If-Match`, so that nobody's work is written over.
    """
    return _step(steps.change(guided_id, step, caller, body, if_match))


@api.route(
    "POST",
    _SESSIONS,
    {201: schemas.GuidedSession},
    problems=(*_DO, errors.SessionOpenError, errors.WorkshopOverError, errors.UnknownWorkshopError),
)
def open_guided_session(
    guided_id: str, caller: Caller, body: schemas.GuidedSessionInput | None, guard: Guard | None
) -> http.Answer:
    """Open a session (editors); one goes on at a time. `workshop_id` ties it to a live workshop that you may see."""
    where = http.location(f"/guided-workshops/{guided_id}/sessions")
    session = sessions.begin(guided_id, caller, body.workshop_id if body else None, guard, location=where)
    return http.Answer(201, session, {"Location": where, "ETag": http.etag(sessions.VERSION)})


@api.route("GET", _SESSIONS, {200: schemas.GuidedSessionPage}, problems=(*_SEE, *_PAGE))
def list_guided_sessions(guided_id: str, caller: Caller, query: Paged) -> http.Answer:
    """The sessions of a guided workshop, the latest first."""
    page = sessions.page_of(guided_id, caller, query)
    shown = schemas.GuidedSessionPage(items=page.items, next_cursor=page.next_cursor)
    return http.Answer(200, shown, http.page_headers(f"/guided-workshops/{guided_id}/sessions", query, page))


@api.route("POST", f"{_SESSIONS}/{{session_id}}/end", {200: schemas.GuidedSession}, problems=_DO)
def end_guided_session(guided_id: str, session_id: str, caller: Caller) -> http.Answer:
    """End a session (editors); again answers the same."""
    return http.Answer(200, sessions.end(guided_id, session_id, caller))


@api.route("POST", _PACKS, {201: BuildPack}, problems=_DO)
def make_build_pack(guided_id: str, caller: Caller, body: BuildPackInput, guard: Guard | None) -> http.Answer:
    """Ask for a document of the outputs as they are (editors). It is `pending` at first, and `ready` soon after."""
    where = f"{_address(guided_id)}/build-packs"
    pack = making.ask(guided_id, caller, body, guard, location=where)
    return http.Answer(201, pack, {"Location": f"{where}/{pack.id}", "ETag": http.etag(making.VERSION)})


@api.route("GET", _PACKS, {200: BuildPackPage}, problems=(*_SEE, *_PAGE))
def list_build_packs(guided_id: str, caller: Caller, query: Paged) -> http.Answer:
    """The build packs of a guided workshop, the latest first."""
    page = reading.page_of(guided_id, caller, query)
    shown = BuildPackPage(items=page.items, next_cursor=page.next_cursor)
    return http.Answer(200, shown, http.page_headers(f"/guided-workshops/{guided_id}/build-packs", query, page))


@api.route("GET", f"{_PACKS}/{{pack_id}}", {200: BuildPack}, problems=_SEE)
def read_build_pack(guided_id: str, pack_id: str, caller: Caller) -> http.Answer:
    """A build pack, with an address to fetch its file at for 15 minutes once it is ready."""
    shown, version = reading.view(guided_id, pack_id, caller)
    return http.Answer(200, shown, {"ETag": http.etag(version)})


@api.route("POST", _LINKS, {201: schemas.NewShareLink}, problems=_DO)
def make_share_link(
    guided_id: str, caller: Caller, body: schemas.ShareLinkInput, guard: Guard | None, base_url: str
) -> http.Answer:
    """Make a share link (owners). Its token is told here and never again."""
    where = http.location(f"/guided-workshops/{guided_id}/share-links")
    link = links.make(guided_id, caller, body, guard, base_url=base_url, location=where)
    return http.Answer(201, link, {"Location": where, "ETag": http.etag(links.VERSION)})


@api.route("GET", _LINKS, {200: schemas.ShareLinkPage}, problems=(*_SEE, errors.NotAllowedError, *_PAGE))
def list_share_links(guided_id: str, caller: Caller, query: Paged) -> http.Answer:
    """The share links of a guided workshop (owners), the latest first, without their tokens."""
    page = links.page_of(guided_id, caller, query)
    shown = schemas.ShareLinkPage(items=page.items, next_cursor=page.next_cursor)
    return http.Answer(200, shown, http.page_headers(f"/guided-workshops/{guided_id}/share-links", query, page))


@api.route("DELETE", "/guided-workshops/{guided_id}/share-links/{link_id}", {204: None}, problems=_DO)
def revoke_share_link(guided_id: str, link_id: str, caller: Caller) -> http.Answer:
    """Revoke a share link (owners); it leads nowhere from now on."""
    links.revoke(guided_id, link_id, caller)
    return http.Answer(204)


@api.route(
    "GET", "/public/shared/{token}", {200: schemas.SharedWorkshop}, problems=(errors.NotFoundError,), public=True
)
def read_shared_workshop(token: str) -> http.Answer:
    """What a share link shows, for whoever has it. One that was revoked or has expired leads nowhere."""
    return http.Answer(200, shared.view(token), _UNFOLLOWED)


def _address(guided_id: str) -> str:
    return http.location(f"/guided-workshops/{guided_id}")


def _step(state: steps.State) -> http.Answer:
    return http.Answer(200, shapes.step(state), {"ETag": http.etag(int(state.step.version))})


http.warm()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers one request."""
    return api.handle(event, context)
