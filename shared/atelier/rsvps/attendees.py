"""The people of a workshop: listing them, what each may do, removing and banning them."""

from typing import Any, cast

from pynamodb.transactions import TransactWrite

from atelier import audit, clock, edits, table
from atelier.accounts import bans
from atelier.accounts import shapes as account_shapes
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.edits import Expected, until_applied
from atelier.errors import NotAllowedError, NotFoundError, NotSeatedError
from atelier.invites import revoking
from atelier.paging import Page, Scope
from atelier.rsvps import rsvp, schemas, seats, waitlist
from atelier.rsvps.items import SEATED, Attendee, attendee_key
from atelier.workshops.items import Workshop
from atelier.workshops.walking import Walk

SHOWN: tuple[str, ...] = (*SEATED, "waitlisted", "removed")


def in_full(row: Attendee, profile: Profile, place: int | None) -> schemas.Attendee:
    """An attendee as the host sees them."""
    return schemas.Attendee(
        user=account_shapes.user_card(profile),
        status=cast("schemas.AttendeeStatus", row.status),
        position=place,
        is_co_host=bool(row.is_co_host),
        can_speak=bool(row.can_speak),
        rsvp_at=row.rsvp_at,
        joined_at=row.joined_at,
        left_at=row.left_at,
    )


def page_of(
    workshop_id: str, caller: Caller, query: schemas.AttendeeQuery
) -> Page[schemas.Attendee] | Page[schemas.AttendeeCard]:
    """A page of the people of a workshop, ordered by their ids.

    Raises NotFoundError, NotAllowedError for those who are not part of it, AccountSuspendedError, BadCursorError.
    """
    _, standing = rsvp.enter(workshop_id, caller)
    leads = standing.leads
    if not leads and not standing.is_seated:
        raise NotAllowedError("Only the host, co-hosts and people with a seat see who else comes.")
    shown = SHOWN if leads else SEATED
    if query.status is not None:
        shown = tuple(status for status in shown if status == query.status)
    scope = Scope(caller.id, f"attendees/{workshop_id}", (("status", query.status or ""),))
    after = scope.position(query.cursor, 1)
    page, reached = _rows(workshop_id, after[0] if after else None, shown, query) if shown else ([], None)
    people = cast(
        "dict[table.Key, Profile]", table.read_many((profile_key(row.user_id) for row in page), consistent=False)
    )
    known = [(row, people[profile_key(row.user_id)]) for row in page if profile_key(row.user_id) in people]
    cursor = scope.cursor(reached) if reached else None
    if not leads:
        cards = [
            schemas.AttendeeCard(
                user=account_shapes.user_card(person), status=cast("schemas.AttendeeStatus", row.status)
            )
            for row, person in known
        ]
        return Page(cards, cursor)
    waiting = any(row.status == "waitlisted" for row in page)
    places = waitlist.first_positions(workshop_id) if waiting else {}
    return Page([in_full(row, person, _place(row, places)) for row, person in known], cursor)


def _place(row: Attendee, places: dict[str, int]) -> int | None:
    return places.get(row.user_id) if row.status == "waitlisted" else None


def _rows(
    workshop_id: str, after: str | None, shown: tuple[str, ...], query: schemas.AttendeeQuery
) -> tuple[list[Attendee], str | None]:
    """A page of rows of the shown kinds after a person, and whom the next page comes after."""
    pk, prefix = attendee_key(workshop_id, "")
    keep = Attendee.status.is_in(*shown)
    walk = Walk(table.Item, "sk", pk, prefix=prefix, keep=keep, is_mostly_kept=query.status is None)
    rows, reached = walk.page(after, query.limit)
    return cast("list[Attendee]", rows), reached


def change_rights(
    workshop_id: str,
    user_id: str,
    caller: Caller,
    patch: schemas.AttendeePatch,
    expected: Expected | None = None,
    *,
    at: clock.Clock = clock.now,
) -> tuple[Attendee, Profile]:
    """Makes somebody a co-host or lets them speak, or withdraws it; with an audit entry in the same transaction.

    Raises NotFoundError, NotAllowedError (co-hosts may change can_speak only), NotSeatedError, StaleVersionError.
    """
    wanted = {name: getattr(patch, name) for name in patch.model_fields_set}

    def attempt() -> tuple[Attendee, Profile]:
        _, standing = rsvp.enter(workshop_id, caller)
        if not standing.leads or ("is_co_host" in wanted and not standing.acts_as_host):
            raise NotAllowedError
        row, profile = _somebody(workshop_id, user_id)
        if row is None:
            raise NotFoundError
        if not row.is_seated:
            raise NotSeatedError
        if expected:
            expected.check(int(row.version))
        changed = {name: value for name, value in wanted.items() if bool(getattr(row, name)) != value}
        if changed:
            _write_rights(row, changed, caller, at)
        return row, profile

    return until_applied(attempt)


def _write_rights(row: Attendee, changed: dict[str, bool], caller: Caller, at: clock.Clock) -> None:
    before = {name: bool(getattr(row, name)) for name in changed}
    for name, value in changed.items():
        setattr(row, name, value)
    actions = [getattr(Attendee, name).set(value) for name, value in changed.items()]
    actions += [Attendee.version.set(row.version + 1), Attendee.updated_at.set(at())]
    condition = (Attendee.version == row.version) & Attendee.status.is_in(*SEATED)
    with edits.transaction() as t:
        t.update(Attendee(row.pk, row.sk), actions, condition=condition)
        change: dict[str, Any] = {"user": row.user_id, "from": before, "to": changed}
        audit.write(t, object_id=row.workshop_id, actor_id=caller.id, action="attendee_rights", change=change, at=at)
    row.version += 1


def _somebody(workshop_id: str, user_id: str) -> tuple[Attendee | None, Profile]:
    """A person, and their row if they are or were among the attendees. Raises NotFoundError when there is no such
    person.
    """
    found = table.read_many([attendee_key(workshop_id, user_id), profile_key(user_id)])
    row = cast("Attendee | None", found.get(attendee_key(workshop_id, user_id)))
    profile = cast("Profile | None", found.get(profile_key(user_id)))
    if profile is None:
        raise NotFoundError
    return (row if row is not None and row.status in SHOWN else None), profile


def remove(workshop_id: str, user_id: str, caller: Caller, *, ban: bool, at: clock.Clock = clock.now) -> None:
    """Removes somebody for good, hands their seat on, and bans them from the host's workshops if asked; repeatable.

    A ban needs no place: who has none loses the invitation they may have. Whether they had one makes no difference to
    the answer, for nobody is told whose an invited address is.
    Raises NotFoundError, NotAllowedError (only the host bans, only the host removes a co-host).
    """
    seen, standing = rsvp.enter(workshop_id, caller)
    if not standing.leads or (ban and not standing.acts_as_host):
        raise NotAllowedError
    row, _ = _somebody(workshop_id, user_id)
    if row is None and (not ban or user_id == seen.workshop.host_id):
        raise NotFoundError
    if row is not None and row.is_co_host and not standing.acts_as_host:
        raise NotAllowedError("Only the host removes a co-host.")
    if row is not None:
        _remove(seen.workshop, row, caller, at)
    if ban:
        bans.ban(seen.workshop.host_id, user_id, actor_id=caller.id, at=at)
    if row is None:
        revoking.revoke(workshop_id, user_id, caller, at=at)


def _remove(workshop: Workshop, row: Attendee, caller: Caller, at: clock.Clock) -> None:
    def also(t: TransactWrite) -> None:
        change = {"user": row.user_id, "from": row.status, "to": "removed"}
        audit.write(t, object_id=workshop.id, actor_id=caller.id, action="attendee_removed", change=change, at=at)

    seats.give_up(workshop, row.user_id, row, removed_at=at(), also=also)
