"""Reading build packs: those of a guided workshop, one, and those that a share link shows."""

from datetime import datetime
from typing import cast

from atelier import clock
from atelier.accounts.caller import Caller
from atelier.errors import NotFoundError
from atelier.guided import children
from atelier.guided import schemas as guided_schemas
from atelier.guided import shapes as guided_shapes
from atelier.guided.access import enter
from atelier.guided.items import BuildPack, pack_key
from atelier.packs import files, schemas, shapes
from atelier.paging import Page, Scope
from atelier.text import Paged


def view(guided_id: str, pack_id: str, caller: Caller, *, at: clock.Clock = clock.now) -> tuple[schemas.BuildPack, int]:
    """A pack and its version, for members, in one round trip. Raises NotFoundError, AccountSuspendedError."""
    key = pack_key(guided_id, pack_id)
    pack = cast("BuildPack | None", enter(guided_id, caller, "viewer", also=[key]).found.get(key))
    if pack is None or _is_over(pack, at()):
        raise NotFoundError("There is no such build pack.")
    return shapes.pack(pack), int(pack.version)


def page_of(guided_id: str, caller: Caller, query: Paged, *, at: clock.Clock = clock.now) -> Page[schemas.BuildPack]:
    """A page of the packs, the latest first, for members, in two round trips.

    Raises NotFoundError, AccountSuspendedError, BadCursorError.
    """
    scope = Scope(caller.id, f"build-packs/{guided_id}")
    position = scope.position(query.cursor, 1)
    enter(guided_id, caller, "viewer")
    packs, more = children.newest(BuildPack, guided_id, "PACK#", position[0] if position else None, query.limit)
    cursor = scope.cursor(packs[-1].id) if more else None
    return Page([shapes.pack(pack) for pack in packs if not _is_over(pack, at())], cursor)


def shared_packs(guided_id: str, most: int, *, at: clock.Clock = clock.now) -> list[guided_schemas.SharedPack]:
    """Those of the latest packs that are ready, for whoever has a share link, in one round trip."""
    packs, _ = children.newest(BuildPack, guided_id, "PACK#", None, most)
    return [
        guided_shapes.shared_pack(pack, files.address(pack))
        for pack in packs
        if pack.status == "ready" and not _is_over(pack, at())
    ]


def _is_over(pack: BuildPack, now: datetime) -> bool:
    """Whether its file has had its time, though DynamoDB may take days to delete the pack."""
    return (pack.expires_at or float("inf")) <= now.timestamp()
