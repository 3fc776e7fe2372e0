"""Share links: made, listed and revoked by owners. Their tokens are told once and kept as hashes only."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from pynamodb.transactions import TransactWrite

from atelier import audit, clock, edits
from atelier.accounts.caller import Caller
from atelier.errors import NotFoundError, ValidationFailedError
from atelier.guided import children, schemas, shapes
from atelier.guided.access import Entry, enter
from atelier.guided.items import ShareLink, ShareToken, share_key, token_key
from atelier.idempotency import Guard, ReplayedError
from atelier.ids import encode, new_id
from atelier.paging import Page, Scope
from atelier.table import Item
from atelier.text import Paged

if TYPE_CHECKING:
    from datetime import datetime

VERSION = 1
"""Of every link: nobody edits one."""

TOKEN_BITS = 200
_CHARACTERS = TOKEN_BITS // 5


def hash_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def make(
    guided_id: str,
    caller: Caller,
    wanted: schemas.ShareLinkInput,
    guard: Guard | None,
    *,
    base_url: str,
    location: str,
    randbits: Callable[[int], int] = secrets.randbits,
    at: clock.Clock = clock.now,
) -> schemas.NewShareLink:
    """Makes a share link. base_url: the API's address; location: where the links are found.

    A repeated request is answered with the same token, though nothing that is kept holds it: with an Idempotency-Key
    the token follows from the key, which is not kept either, and from random bits, which are.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError, ValidationFailedError for a time that is past,
    RequestInProgressError, and ReplayedError or IdempotencyKeyReusedError when the guard's key was used before.
    """

    def attempt() -> schemas.NewShareLink:
        entry = enter(guided_id, caller, "owner", also=[guard.key] if guard else [])
        if guard:
            _check(guard, entry.found.get(guard.key), base_url)
        if wanted.expires_at is not None and wanted.expires_at <= at():
            raise ValidationFailedError(errors=[{"loc": ["expires_at"], "msg": "must be in the future"}])
        salt = encode(randbits(TOKEN_BITS), _CHARACTERS)
        token = _token(salt, guard)
        link = ShareLink(
            *share_key(guided_id, new_id("shr", at=at)),
            token_hash=hash_of(token),
            scope=set(wanted.scope),
            ends_at=wanted.expires_at,
            created_by=caller.id,
            created_at=clock.whole_seconds(at()),
        )
        shape = shapes.new_share_link(link, token, _address(base_url, token))
        with edits.transaction() as transaction:
            _save(transaction, entry, link, at)
            if guard:
                kept = shape.model_copy(update={"token": salt, "url": ""}).model_dump_json()
                guard.write(transaction, body=kept, location=location, version=VERSION)
        return shape

    return edits.until_applied(attempt)


def _save(transaction: TransactWrite, entry: Entry, link: ShareLink, at: clock.Clock) -> None:
    ends_at = cast("datetime | None", link.ends_at)
    token = ShareToken(
        *token_key(link.token_hash),
        guided_id=entry.guided.id,
        link_id=link.id,
        scope=link.scope,
        expires_at=None if ends_at is None else int(ends_at.timestamp()),
    )
    entry.hold(transaction)
    transaction.save(link, condition=Item.pk.does_not_exist())
    transaction.save(token, condition=Item.pk.does_not_exist())
    change = {"link": link.id, "scope": sorted(link.scope)}
    audit.write(
        transaction, object_id=entry.guided.id, actor_id=entry.caller.id, action="guided_shared", change=change, at=at
    )


def _token(salt: str, guard: Guard | None) -> str:
    if guard is None:
        return salt
    digest = hmac.digest(guard.key_text.encode(), f"{guard.person} {salt}".encode(), "sha256")
    return encode(int.from_bytes(digest) % 2**TOKEN_BITS, _CHARACTERS)


def _address(base_url: str, token: str) -> str:
    return f"{base_url}/public/shared/{token}"


def _check(guard: Guard, record: Item | None, base_url: str) -> None:
    """Raises ReplayedError with the answer as it was once, its token found again."""
    try:
        guard.check(record)
    except ReplayedError as replayed:
        kept = schemas.NewShareLink.model_validate_json(replayed.record.body)
        token = _token(kept.token, guard)
        told = kept.model_copy(update={"token": token, "url": _address(base_url, token)})
        replayed.record.body = told.model_dump_json()
        raise


def revoke(guided_id: str, link_id: str, caller: Caller, *, at: clock.Clock = clock.now) -> None:
    """Ends a link; again does nothing. It stays in the list, as revoked, with what it was used for.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError, RequestInProgressError.
    """
    key = share_key(guided_id, link_id)

    def attempt() -> None:
        entry = enter(guided_id, caller, "owner", also=[key])
        link = cast("ShareLink | None", entry.found.get(key))
        if link is None:
            raise NotFoundError("There is no such share link.")
        if link.revoked_at is not None:
            return
        with edits.transaction() as transaction:
            entry.hold(transaction)
            transaction.delete(ShareToken(*token_key(link.token_hash)))
            now = clock.whole_seconds(at())
            stands = ShareLink.pk.exists() & ShareLink.revoked_at.does_not_exist()
            transaction.update(ShareLink(*key), [ShareLink.revoked_at.set(now)], condition=stands)
            change = {"link": link_id}
            audit.write(
                transaction, object_id=guided_id, actor_id=caller.id, action="guided_unshared", change=change, at=at
            )

    edits.until_applied(attempt)


def page_of(guided_id: str, caller: Caller, query: Paged) -> Page[schemas.ShareLinkItem]:
    """A page of the links, the latest first, without their tokens.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError, BadCursorError.
    """
    scope = Scope(caller.id, f"guided-share-links/{guided_id}")
    position = scope.position(query.cursor, 1)
    enter(guided_id, caller, "owner")
    page, more = children.newest(ShareLink, guided_id, "SHARE#", position[0] if position else None, query.limit)
    return Page([shapes.share_link(link) for link in page], scope.cursor(page[-1].id) if more else None)
