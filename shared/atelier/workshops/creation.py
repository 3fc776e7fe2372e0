"""Making a workshop: one read, one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from atelier import audit, clock, table
from atelier.accounts import profiles
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.categories.items import Category, category_key
from atelier.errors import (
    LeadTimeError,
    RequestInProgressError,
    UnknownCategoryError,
    UnknownGroupError,
)
from atelier.groups import membership
from atelier.groups.items import group_key
from atelier.idempotency import Guard
from atelier.ids import new_id
from atelier.table import Item
from atelier.workshops import shapes
from atelier.workshops.beginning import LEAD_TIME, new_workshop
from atelier.workshops.hosting import host_of
from atelier.workshops.items import Description, Workshop, description_key
from atelier.workshops.schemas import WorkshopDetail, WorkshopInput


def create(
    caller: Caller,
    wanted: WorkshopInput,
    guard: Guard | None,
    *,
    locate: Callable[[str], str],
    at: clock.Clock = clock.now,
) -> tuple[WorkshopDetail, int]:
    """Makes a workshop; gives back its full shape and its version. `locate` says where a workshop of an id is found.

    Raises ReplayedError or IdempotencyKeyReusedError when the guard's key was used before, AccountSuspendedError,
    HostingRevokedError, LeadTimeError, UnknownCategoryError, UnknownGroupError, UnknownHostError, and
    ValidationFailedError when somebody else than an administrator names a host.
    """
    host_id = wanted.host_id or caller.id
    category_at = category_key(wanted.category_id) if wanted.category_id else None
    group_at = group_key(wanted.group_id) if wanted.group_id else None
    keys = [profile_key(caller.id), profile_key(host_id), category_at, group_at, guard.key if guard else None]
    found = table.read_many(key for key in keys if key is not None)
    profile = profiles.seen(caller, cast("Profile | None", found.get(profile_key(caller.id))))
    profiles.require_active(profile)
    if guard:
        guard.check(found.get(guard.key))
    host = host_of(caller, profile, wanted.host_id, found.get(profile_key(host_id)))
    require_lead_time(wanted.scheduled_at, at())
    category = usable_category(found.get(category_at)) if category_at else None
    if group_at:
        membership.usable(found.get(group_at), host_id, caller)
    workshop = new_workshop(new_id("wks", at=at), _plan(host_id, wanted), now=at())
    around = shapes.Around(host, category, None)
    shape = shapes.detail(workshop, around, caller, description=wanted.description, blocks=())
    made = _Made(workshop, wanted.description, caller)
    _write(made, guard, body=shape.model_dump_json(), location=locate(workshop.id))
    return shape, int(workshop.version)


def require_lead_time(scheduled_at: datetime, now: datetime) -> None:
    """Raises LeadTimeError unless the time is at least 15 minutes ahead."""
    if scheduled_at < clock.whole_seconds(now) + LEAD_TIME:
        raise LeadTimeError


def usable_category(item: Item | None) -> Category:
    """The category, for a workshop to stand in. Raises UnknownCategoryError when it does not exist or is not active."""
    if not isinstance(item, Category) or not item.is_active:
        raise UnknownCategoryError
    return item


def _plan(host_id: str, wanted: WorkshopInput) -> dict[str, Any]:
    plan = wanted.model_dump(exclude={"description", "host_id"})
    return {**plan, "host_id": host_id, "location": wanted.location or None}


@dataclass(frozen=True, slots=True)
class _Made:
    """A workshop that is to be written, and who makes it."""

    workshop: Workshop
    description: str
    by: Caller


def _write(made: _Made, guard: Guard | None, *, body: str, location: str) -> None:
    workshop, description = made.workshop, made.description
    try:
        with table.transaction() as transaction:
            membership.move(transaction, workshop.id, old=None, new=workshop.group_id)
            transaction.save(workshop, condition=Workshop.pk.does_not_exist())
            if description:
                transaction.save(Description(*description_key(workshop.id), text=description))
            if workshop.host_id != made.by.id:
                _note_for_whom(transaction, made)
            if guard:
                guard.write(transaction, body=body, location=location, version=int(workshop.version))
    except TransactWriteError as error:
        failed = table.failed_conditions(error)
        if not failed:
            raise
        if guard:
            # A twin of this request was faster. Its record stands now, unless it is so old that it is none.
            guard.check(table.read_one(guard.key))
        if workshop.group_id and failed[0] == 0:
            raise UnknownGroupError from error
        raise RequestInProgressError from error


def _note_for_whom(transaction: TransactWrite, made: _Made) -> None:
    """That an administrator made a workshop for somebody else is written down."""
    change = {"host": made.workshop.host_id}
    audit.write(transaction, object_id=made.workshop.id, actor_id=made.by.id, action="workshop_created", change=change)
