"""Checking in without an account, and making it one's own later."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from pynamodb.exceptions import TransactWriteError

from atelier import clock, edits, table
from atelier.accounts import profiles
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.attendance.items import Attendance, attendance_key
from atelier.checkins import arriving, codes, finding, guessing
from atelier.checkins.arriving import Arrival
from atelier.checkins.items import ClaimToken, Guest, claim_key, guest_key
from atelier.checkins.schemas import GuestCheckIn, GuestInput
from atelier.edits import until_applied
from atelier.errors import CodeNotValidError, NotFoundError, RequestInProgressError, TooManyGuessesError
from atelier.idempotency import Guard, IdempotencyRecord, ReplayedError
from atelier.ids import IdMaker, new_id
from atelier.workshops.items import Workshop, workshop_key

TOKEN_BYTES = 20
"""160 random bits: nobody finds one by trying."""

CLAIMED_WITHIN = timedelta(days=90)

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action

type Token = Callable[[int], str]


def check_in(
    wanted: GuestInput,
    source_address: str,
    guard: Guard | None = None,
    *,
    make_id: IdMaker = new_id,
    new_token: Token = secrets.token_urlsafe,
    at: clock.Clock = clock.now,
) -> tuple[GuestCheckIn, bool]:
    """Checks somebody without an account in by a code; gives back whether the same request did so before. Three round
    trips, two writes; one more with a key. A request that is repeated gets another token for the same guest: of the
    first one only the hash is left.

    Raises CodeNotValidError for a code that is wrong, unknown or closed, TooManyGuessesError,
    IdempotencyKeyReusedError.
    """
    now = clock.whole_seconds(at())
    code, guesses = codes.read(wanted.code), guessing.of_address(source_address)
    nowhere = guessing.of_workshop(guesses.who)
    asked = [guard.key] if guard is not None else []
    first = table.read_many([finding.key_of(code), guesses.key, nowhere.key, *asked])
    if guard is not None:
        try:
            guard.check(first.get(guard.key))
        except ReplayedError as replayed:
            return _again(replayed.record, new_token, now), True
    guesses.require_left(first.get(guesses.key), now)
    aim = finding.aim(code, first.get(finding.key_of(code)), now, lambda one: [guessing.of_workshop(one).key])
    of_workshop = guessing.of_workshop(aim.workshop_id)
    # Before the code is looked at: or the answer would tell a right one from a wrong one.
    of_workshop.require_left(aim.found.get(of_workshop.key), now)
    try:
        workshop = aim.require_right()
    except CodeNotValidError:
        guesses.count(first.get(guesses.key), now)
        # A code that fits nowhere is counted twice too: or it would be answered sooner than one whose stem is right.
        fits = of_workshop if aim.workshop is not None else nowhere
        fits.count({**first, **aim.found}.get(fits.key), now)
        raise
    token = new_token(TOKEN_BYTES)
    guest = Guest(
        *guest_key(workshop.id, make_id("gst")), guest_name=wanted.display_name, email=wanted.email, checked_in_at=now
    )
    shown = GuestCheckIn(
        workshop=arriving.workshop_shape(workshop),
        guest_name=wanted.display_name,
        checked_in_at=now,
        claim_token=token,
    )
    try:
        with table.transaction() as t:
            guesses.check(t, now)
            t.save(guest, condition=Guest.pk.does_not_exist())
            t.save(_claim_token(token, workshop.id, guest.id, now), condition=ClaimToken.pk.does_not_exist())
            if guard is not None:
                told = shown.model_copy(update={"claim_token": ""}).model_dump_json()
                guard.write(t, body=told, location=f"{workshop.id}/{guest.id}", version=1)
    except TransactWriteError as error:
        if 0 in table.failed_conditions(error):
            raise TooManyGuessesError(guesses.within_s) from error
        if table.failed_conditions(error):
            raise RequestInProgressError from error
        raise
    return shown, False


def _again(record: IdempotencyRecord, new_token: Token, now: datetime) -> GuestCheckIn:
    """What a request was answered before, with a token of its own."""
    token = new_token(TOKEN_BYTES)
    workshop_id, _, guest_id = record.location.partition("/")
    table.put_if_absent(_claim_token(token, workshop_id, guest_id, now))
    return GuestCheckIn.model_validate_json(record.body).model_copy(update={"claim_token": token})


def _claim_token(token: str, workshop_id: str, guest_id: str, now: datetime) -> ClaimToken:
    expires_at = int((now + CLAIMED_WITHIN).timestamp())
    return ClaimToken(*claim_key(_hash(token)), workshop_id=workshop_id, guest_id=guest_id, expires_at=expires_at)


def claim(token: str, caller: Caller, *, at: clock.Clock = clock.now) -> tuple[Arrival, bool]:
    """Makes a guest's check-in the caller's; gives back whether that checked them in. Of two times the earlier stays.

    Repeatable. Raises NotFoundError for a token that was never given, is over 90 days old or was claimed by somebody
    else, AccountSuspendedError, RemovedError, BannedError.
    """

    def attempt() -> tuple[Arrival, bool]:
        now = clock.whole_seconds(at())
        place = claim_key(_hash(token))
        first = table.read_many([place, profile_key(caller.id)])
        profile = profiles.seen(caller, cast("Profile | None", first.get(profile_key(caller.id))))
        profiles.require_active(profile)
        known = first.get(place)
        if not isinstance(known, ClaimToken) or (known.expires_at or 0) <= now.timestamp():
            raise NotFoundError
        guest_at = guest_key(known.workshop_id, known.guest_id)
        found = table.read_many(
            [workshop_key(known.workshop_id), guest_at, *arriving.keys(known.workshop_id, caller.id)]
        )
        workshop, guest = found.get(workshop_key(known.workshop_id)), found.get(guest_at)
        if not isinstance(workshop, Workshop) or not isinstance(guest, Guest):
            raise NotFoundError
        if guest.merged_into not in (None, caller.id):
            raise NotFoundError
        arriving.require_admitted(workshop, profile, found)
        mine = arriving.arrival(workshop, found.get(attendance_key(workshop.id, caller.id)))
        if guest.merged_into == caller.id and mine is not None:
            return mine, False
        return _merge(workshop, guest, mine, caller.id, now), mine is None

    return until_applied(attempt)


def _merge(workshop: Workshop, guest: Guest, mine: Arrival | None, user_id: str, now: datetime) -> Arrival:
    """Makes two check-ins one. Raises CollisionError when either is not as it was read."""
    merged = mine if mine is not None and mine.at <= guest.checked_in_at else None
    merged = merged or Arrival(workshop, guest.checked_in_at, "claim")
    with edits.transaction() as t:
        theirs: list[Action] = [Guest.merged_into.set(user_id), Guest.guest_name.remove(), Guest.email.remove()]
        free = Guest.merged_into.does_not_exist() | (Guest.merged_into == user_id)
        t.update(Guest(guest.pk, guest.sk), theirs, condition=Guest.pk.exists() & free)
        as_read = Attendance.checked_in_at.does_not_exist() if mine is None else Attendance.checked_in_at == mine.at
        changes = arriving.arriving(workshop.id, user_id, merged.at, merged.by, now)
        t.update(Attendance(*attendance_key(workshop.id, user_id)), changes, condition=as_read)
    return merged


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
