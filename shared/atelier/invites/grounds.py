"""The grounds of an invitation: giving one, and taking some away. A person is invited as long as one is left."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pynamodb.transactions import TransactWrite

from atelier import clock
from atelier.accounts.items import Profile
from atelier.rsvps.items import Attendee, Invite, invite_key, invited_sort, person_key
from atelier.workshops.items import Workshop, starts

if TYPE_CHECKING:
    from pynamodb.expressions.condition import Condition

TOLD_ONCE_IN = timedelta(days=1)
"""Who is invited again within this time of being told, having been revoked meanwhile, is not told again."""


def give(
    transaction: TransactWrite,
    workshop: Workshop,
    user_id: str,
    ground: str,
    found: Invite | None,
    *,
    by: str,
    now: datetime,
) -> None:
    """Adds to a transaction that a person is invited on a ground; it fails when their invitation is not as `found`."""
    if found is not None and found.stands:
        more: Any = Invite.grounds.add({ground})
        transaction.update(Invite(found.pk, found.sk), [more], condition=Invite.grounds.exists())
        return
    now = clock.whole_seconds(now)
    invite = Invite(
        *invite_key(workshop.id, user_id),
        grounds={ground},
        invited_by=by,
        created_at=now,
        told_as=_told_as(found, now),
        host_id=workshop.host_id,
        scheduled_at=workshop.scheduled_at,
        planned_as=workshop.version,
        person_key=person_key(user_id),
        person_sort=invited_sort(starts(workshop.scheduled_at, workshop.id)),
    )
    transaction.save(invite, condition=_as_found(found))


def _told_as(found: Invite | None, now: datetime) -> datetime:
    if found is None or now >= found.told_as + TOLD_ONCE_IN:
        return now
    told: datetime = found.told_as
    return told


def _as_found(found: Invite | None) -> "Condition":
    if found is None:
        return Invite.pk.does_not_exist()
    as_revoked: Condition = Invite.grounds.does_not_exist() & (Invite.revoked_at == found.revoked_at)
    return as_revoked


def take(transaction: TransactWrite, found: Invite, grounds: Iterable[str], *, now: datetime) -> None:
    """Adds to a transaction that some grounds are gone; without any the invitation is revoked, and in no list.

    The transaction fails when the grounds are not those that were found.
    """
    had = set(found.grounds or ())
    left = had - set(grounds)
    as_found = Invite.grounds == had
    bare = Invite(found.pk, found.sk)
    if left:
        transaction.update(bare, [Invite.grounds.set(left)], condition=as_found)
        return
    gone = [Invite.grounds.remove(), Invite.person_key.remove(), Invite.person_sort.remove()]
    revoked = Invite.revoked_at.set(clock.whole_seconds(now))
    transaction.update(bare, [*gone, revoked], condition=as_found)


def is_barred(workshop: Workshop, profile: Profile, row: Attendee | None) -> bool:
    """Whether somebody was removed from a workshop, or banned by its host: no invitation lets them in."""
    return (row is not None and row.status == "removed") or workshop.host_id in (profile.barred_by or ())


def of_addresses(invite: Invite) -> set[str]:
    """The invitations of addresses that turned out to be this person's. Nobody is told which they are."""
    return {ground for ground in invite.grounds or () if ground.startswith("inv_")}


def by_name_or_link(invite: Invite) -> set[str]:
    """The grounds on which a person is listed as themselves."""
    return set(invite.grounds or ()) - of_addresses(invite)
