"""Making a guided workshop: one read, one transaction, with its ten steps and its first owner."""

from collections.abc import Callable
from typing import cast

from atelier import clock, edits, table
from atelier.accounts import profiles
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.guided import schemas, shapes, steps
from atelier.guided.definitions import definitions
from atelier.guided.items import STEPS, Guided, guided_key, new_member
from atelier.idempotency import Guard
from atelier.ids import new_id
from atelier.table import Item


def create(
    caller: Caller,
    wanted: schemas.GuidedInput,
    guard: Guard | None,
    *,
    locate: Callable[[str], str],
    at: clock.Clock = clock.now,
) -> tuple[schemas.GuidedWorkshop, int]:
    """Makes a guided workshop; gives back its shape and its version. `locate` says where one of an id is found.

    Raises AccountSuspendedError, and ReplayedError or IdempotencyKeyReusedError when the guard's key was used before.
    """

    def attempt() -> tuple[schemas.GuidedWorkshop, int]:
        me = profile_key(caller.id)
        found = table.read_many([me, *([guard.key] if guard else [])])
        profiles.require_active(profiles.seen(caller, cast("Profile | None", found.get(me))))
        if guard:
            guard.check(found.get(guard.key))
        made = _new_guided(caller, wanted, at)
        shape = shapes.guided(made, "owner")
        with edits.transaction() as transaction:
            transaction.save(made, condition=Item.pk.does_not_exist())
            transaction.save(new_member(made.id, caller.id, "owner", since=made.created_at))
            for step_id in STEPS:
                transaction.save(steps.new_step(made.id, step_id, made.created_at))
            if guard:
                body = shape.model_dump_json()
                guard.write(transaction, body=body, location=locate(made.id), version=int(made.version))
        return shape, int(made.version)

    return edits.until_applied(attempt)


def _new_guided(caller: Caller, wanted: schemas.GuidedInput, at: clock.Clock) -> Guided:
    now = clock.whole_seconds(at())
    return Guided(
        *guided_key(new_id("gid", at=at)),
        version=1,
        created_at=now,
        updated_at=now,
        title=wanted.title,
        status=wanted.status,
        visibility=wanted.visibility,
        mode=wanted.mode,
        org_id=wanted.org_id or None,
        template_id=wanted.template_id or None,
        owner_count=1,
        definitions_version=definitions().version,
        created_by=caller.id,
    )
