"""Asking for a build pack. It is made afterwards, from the outputs as they are then."""

from typing import cast

from atelier import clock, edits
from atelier.accounts.caller import Caller
from atelier.guided.access import Entry, enter
from atelier.guided.items import STEPS, BuildPack, Step, pack_key, step_key
from atelier.idempotency import Guard
from atelier.ids import new_id
from atelier.packs import schemas, shapes
from atelier.table import Item

VERSION = 1


def ask(
    guided_id: str,
    caller: Caller,
    wanted: schemas.BuildPackInput,
    guard: Guard | None,
    *,
    location: str,
    at: clock.Clock = clock.now,
) -> schemas.BuildPack:
    """Puts a pack that is to be made, in two round trips. location: where packs are found.

    What makes it follows from the table's stream, so nothing is lost when this stops after the write.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError for viewers, RequestInProgressError, and ReplayedError
    or IdempotencyKeyReusedError when the guard's key was used before.
    """
    keys = [step_key(guided_id, step_id) for step_id in STEPS] + ([guard.key] if guard else [])

    def attempt() -> schemas.BuildPack:
        entry = enter(guided_id, caller, "editor", also=keys)
        if guard:
            guard.check(entry.found.get(guard.key))
        now = clock.whole_seconds(at())
        pack = BuildPack(
            *pack_key(guided_id, new_id("bp", at=at)),
            version=VERSION,
            created_at=now,
            updated_at=now,
            title=wanted.title or entry.guided.title,
            format_type=wanted.format_type,
            step_versions=_revisions(entry),
            created_by=caller.id,
        )
        shape = shapes.pack(pack)
        with edits.transaction() as transaction:
            entry.hold(transaction)
            transaction.save(pack, condition=Item.pk.does_not_exist())
            if guard:
                where = f"{location}/{pack.id}"
                guard.write(transaction, body=shape.model_dump_json(), location=where, version=VERSION)
        return shape

    return edits.until_applied(attempt)


def _revisions(entry: Entry) -> dict[str, int]:
    found = {step_id: cast("Step | None", entry.found.get(step_key(entry.guided.id, step_id))) for step_id in STEPS}
    return {step_id: int(step.revision) if step else 0 for step_id, step in found.items()}
