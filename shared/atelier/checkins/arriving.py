"""Checking in with an account: once per person and workshop, by key, and the first time is kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

from pynamodb.exceptions import TransactWriteError

from atelier import clock, table
from atelier.accounts import profiles
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.attendance.items import Attendance, attendance_key, came_sort
from atelier.checkins import codes, finding, guessing
from atelier.checkins.schemas import CheckIn, CheckInWorkshop, Way
from atelier.errors import BannedError, CodeNotValidError, RemovedError, TooManyGuessesError
from atelier.rsvps.items import Attendee, attendee_key, person_key
from atelier.table import Item
from atelier.workshops.items import Workshop

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pynamodb.expressions.update import Action

    from atelier.table import Key


@dataclass(frozen=True, slots=True)
class Arrival:
    """That a person is checked in, since when and how."""

    workshop: Workshop
    at: datetime
    by: Way

    @property
    def shape(self) -> CheckIn:
        """The arrival as it is told to the person."""
        return CheckIn(workshop=workshop_shape(self.workshop), checked_in_at=self.at, checked_in_by=self.by)


def check_in(text: str, caller: Caller, *, at: clock.Clock = clock.now) -> tuple[Arrival, bool]:
    """Checks the caller in by a code; gives back whether that is new. Three round trips and at most two writes.

    Who has the code was in the room, so neither a seat nor an invitation is asked for.
    Raises CodeNotValidError for a code that is wrong, unknown or closed, TooManyGuessesError, AccountSuspendedError,
    RemovedError, BannedError.
    """
    now = clock.whole_seconds(at())
    code, guesses = codes.read(text), guessing.of_person(caller.id)
    first = table.read_many([finding.key_of(code), profile_key(caller.id), guesses.key])
    profile = profiles.seen(caller, cast("Profile | None", first.get(profile_key(caller.id))))
    profiles.require_active(profile)
    guesses.require_left(first.get(guesses.key), now)
    aim = finding.aim(code, first.get(finding.key_of(code)), now, lambda one: keys(one, caller.id))
    try:
        workshop = aim.require_right()
    except CodeNotValidError:
        guesses.count(first.get(guesses.key), now)
        raise
    require_admitted(workshop, profile, aim.found)
    there = arrival(workshop, aim.found.get(attendance_key(workshop.id, caller.id)))
    if there is not None:
        return there, False
    try:
        with table.transaction() as t:
            guesses.check(t, now)
            mine = Attendance(*attendance_key(workshop.id, caller.id))
            t.update(
                mine, arriving(workshop.id, caller.id, now, "code", now), Attendance.checked_in_at.does_not_exist()
            )
    except TransactWriteError as error:
        failed = table.failed_conditions(error)
        if not failed:
            raise
        if 0 in failed:
            raise TooManyGuessesError(guesses.within_s) from error
        faster = arrival(workshop, table.read_one(attendance_key(workshop.id, caller.id)))
        if faster is None:
            raise
        return faster, False
    return Arrival(workshop, now, "code"), True


def keys(workshop_id: str, user_id: str) -> "Iterable[Key]":
    """What has to be read before somebody is checked in, beside workshop and profile."""
    return attendance_key(workshop_id, user_id), attendee_key(workshop_id, user_id)


def require_admitted(workshop: Workshop, profile: Profile, found: "Mapping[Key, Item]") -> None:
    """Raises RemovedError, and BannedError for somebody whom the host banned."""
    row = cast("Attendee | None", found.get(attendee_key(workshop.id, profile.user_id)))
    if row is not None and row.status == "removed":
        raise RemovedError
    if workshop.host_id in (profile.barred_by or ()):
        raise BannedError


def arrival(workshop: Workshop, found: Item | None) -> Arrival | None:
    """A person's check-in, by what stands under the key of their attendance."""
    if not isinstance(found, Attendance) or cast("datetime | None", found.checked_in_at) is None:
        return None
    return Arrival(workshop, found.checked_in_at, cast("Way", found.checked_in_by))


def arriving(workshop_id: str, user_id: str, at: datetime, by: Way, now: datetime) -> "list[Action]":
    """What a check-in writes to a person's attendance, which may hold their presence already or not be there yet."""
    return [
        Attendance.kind.set(Attendance),
        Attendance.checked_in_at.set(at),
        Attendance.checked_in_by.set(by),
        Attendance.updated_at.set(now),
        Attendance.person_key.set(person_key(user_id)),
        Attendance.person_sort.set(came_sort(workshop_id)),
    ]


def workshop_shape(workshop: Workshop) -> CheckInWorkshop:
    """The workshop, for whoever checked in to it."""
    return CheckInWorkshop(id=workshop.id, title=workshop.title, scheduled_at=workshop.scheduled_at)
