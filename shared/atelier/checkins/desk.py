"""The desk: opening check-in, closing it, and what the code is now.

Whether it is open follows from what is stored and the time, so nothing has to happen at the end of a workshop.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import quote

from pynamodb.transactions import TransactWrite

from atelier import audit, clock, edits, table
from atelier.accounts import profiles
from atelier.accounts.caller import Caller
from atelier.checkins import codes
from atelier.checkins.items import CheckInCode, Desk, code_key, desk_key
from atelier.checkins.schemas import CheckInDesk, DeskState
from atelier.edits import Expected, until_applied
from atelier.errors import CheckInClosedError, CheckInOverError, NotAllowedError, NotFoundError
from atelier.rsvps import rsvp
from atelier.rsvps.rsvp import Visit
from atelier.table import Key
from atelier.workshops import moments, visibility
from atelier.workshops.items import Workshop
from atelier.workshops.standing import standing_of

CLOSES_AFTER = timedelta(minutes=15)

CODE_KEPT_FOR = timedelta(days=30)
"""How long after the end a code stays with its workshop before another one may get it."""

type Hex = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Shown:
    """A desk and the workshop it belongs to."""

    workshop: Workshop
    desk: Desk


def led(workshop_id: str, caller: Caller, *, also: Iterable[Key] = ()) -> Visit:
    """What those who lead a workshop see of it, in one round trip.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError for all but the host, co-hosts and administrators.
    """
    seen = rsvp.visit(workshop_id, caller, also=also)
    visibility.require_visible(seen.workshop, seen.row, caller, seen.invite)
    profiles.require_active(seen.profile)
    if not standing_of(seen.workshop, seen.row, caller).leads:
        raise NotAllowedError
    return seen


def read(workshop_id: str, caller: Caller) -> Shown:
    """The desk of a workshop. Raises what `led` does, and NotFoundError when it was never opened."""
    seen = led(workshop_id, caller, also=[desk_key(workshop_id)])
    found = seen.found.get(desk_key(workshop_id))
    if not isinstance(found, Desk):
        raise NotFoundError("Check-in was never opened.")
    return Shown(seen.workshop, found)


def open_for(
    workshop_id: str,
    caller: Caller,
    rotates_every_s: int | None,
    *,
    choose: codes.Choose = secrets.choice,
    new_secret: Hex = secrets.token_hex,
    at: clock.Clock = clock.now,
) -> tuple[Shown, bool]:
    """Opens check-in under a new code; gives back the desk and whether it is new. One that is open stays as it is.

    Raises what `led` does, CheckInOverError, CheckInClosedError for one that was closed by hand.
    """

    def attempt() -> tuple[Shown, bool]:
        seen = led(workshop_id, caller, also=[desk_key(workshop_id)])
        now = clock.whole_seconds(at())
        there = cast("Desk | None", seen.found.get(desk_key(workshop_id)))
        _require_time_left(seen.workshop, now)
        if there is not None:
            if there.is_closed:
                raise CheckInClosedError
            return Shown(seen.workshop, _edit(there, {}, seen.workshop, caller, choose, at)), False
        desk = Desk(
            *desk_key(workshop_id),
            stem=codes.new_stem(rotates=rotates_every_s is not None, choose=choose),
            secret=new_secret(codes.SECRET_BYTES),
            rotates_every_s=rotates_every_s,
            opens_at=now,
            code_until=_code_until(seen.workshop, now),
            created_at=now,
            updated_at=now,
        )
        with edits.transaction() as t:
            t.save(desk, condition=Desk.pk.does_not_exist())
            _take_code(t, desk, now)
            _note(t, desk, caller, "check_in_opened", at)
        return Shown(seen.workshop, desk), True

    return until_applied(attempt)


def set_state(
    workshop_id: str,
    caller: Caller,
    state: DeskState,
    expected: Expected | None = None,
    *,
    choose: codes.Choose = secrets.choice,
    at: clock.Clock = clock.now,
) -> Shown:
    """Closes a desk by hand or opens it again; one that is as it should be stays so.

    Raises what `read` does, StaleVersionError, CheckInOverError when it cannot be open any more.
    """

    def attempt() -> Shown:
        shown = read(workshop_id, caller)
        now = clock.whole_seconds(at())
        desk = shown.desk
        if expected:
            expected.check(int(desk.version))
        if state == "OPEN":
            _require_time_left(shown.workshop, now)
        is_closed = state == "CLOSED"
        changes = {} if bool(desk.is_closed) == is_closed else {"is_closed": is_closed}
        return Shown(shown.workshop, _edit(desk, changes, shown.workshop, caller, choose, at))

    return until_applied(attempt)


def end_of(workshop: Workshop, now: datetime) -> datetime:
    """When check-in closes by itself: 15 minutes after the actual end, or the planned one while there is none. A
    workshop that runs over ends now at the earliest.
    """
    ended = cast("datetime | None", workshop.actual_ended_at)
    planned = moments.ends_at(workshop)
    return (ended or (max(planned, now) if workshop.status == "live" else planned)) + CLOSES_AFTER


def closes_at(desk: Desk, workshop: Workshop, now: datetime) -> datetime:
    """When this desk closes by itself, as far as is known; at the latest when its code is no longer its own."""
    return min(end_of(workshop, now), desk.code_until)


def is_open(desk: Desk, workshop: Workshop, now: datetime) -> bool:
    """Whether people can check in."""
    return not desk.is_closed and workshop.status != "cancelled" and now < closes_at(desk, workshop, now)


def rhythm(desk: Desk) -> int | None:
    """Every how many seconds the code changes; None: it stays."""
    rotates = cast("float | None", desk.rotates_every_s)
    return None if rotates is None else int(rotates)


def address(template: str, base_url: str, code: str) -> str:
    """Where a code leads: the page for it, as configured, or the one of this API."""
    return (template or f"{base_url}/public/check-ins?code={{code}}").replace("{code}", quote(code, safe=""))


def shape(shown: Shown, template: str, base_url: str, *, at: clock.Clock = clock.now) -> CheckInDesk:
    """A desk as it is shown to those who lead the workshop."""
    now = clock.whole_seconds(at())
    desk, rotates = shown.desk, rhythm(shown.desk)
    text = codes.current(desk.stem, desk.secret, rotates, now)
    return CheckInDesk(
        code_text=text,
        state="OPEN" if is_open(desk, shown.workshop, now) else "CLOSED",
        opens_at=desk.opens_at,
        closes_at=closes_at(desk, shown.workshop, now),
        rotates_every_s=rotates,
        code_changes_at=None if rotates is None else codes.next_change(rotates, now),
        check_in_url=address(template, base_url, text),
    )


def _require_time_left(workshop: Workshop, now: datetime) -> None:
    if workshop.status == "cancelled" or now >= end_of(workshop, now):
        raise CheckInOverError


def _code_until(workshop: Workshop, now: datetime) -> datetime:
    return end_of(workshop, now) + CODE_KEPT_FOR


def _edit(
    desk: Desk, changes: dict[str, Any], workshop: Workshop, caller: Caller, choose: codes.Choose, at: clock.Clock
) -> Desk:
    """The desk with these changes, and with a code that is its own up to the end while it may be open: where the
    workshop was moved far ahead, that takes another one. Nothing is written where nothing differs.

    Raises CollisionError when somebody else was faster, or has the code.
    """
    now = clock.whole_seconds(at())
    stays_open = not changes.get("is_closed", desk.is_closed)
    needs_code = stays_open and desk.code_until < end_of(workshop, now)
    if needs_code:
        stem = codes.new_stem(rotates=rhythm(desk) is not None, choose=choose)
        changes = {**changes, "stem": stem, "code_until": _code_until(workshop, now)}
    if not changes:
        return desk
    after = Desk(**desk.attribute_values)
    for name, value in {**changes, "version": int(desk.version) + 1, "updated_at": now}.items():
        setattr(after, name, value)
    with edits.transaction() as t:
        actions = table.setting(after, table.differing(desk, after))
        t.update(Desk(desk.pk, desk.sk), actions, condition=Desk.version == desk.version)
        if needs_code:
            _take_code(t, after, now)
        _note(t, after, caller, "check_in_opened" if stays_open else "check_in_closed", at)
    return after


def _take_code(t: TransactWrite, desk: Desk, now: datetime) -> None:
    """Takes the stem for the workshop, unless it is another one's and has not expired."""
    item = CheckInCode(
        *code_key(desk.stem),
        workshop_id=desk.pk.removeprefix("WORKSHOP#"),
        expires_at=int(desk.code_until.timestamp()),
    )
    t.save(item, condition=CheckInCode.pk.does_not_exist() | (CheckInCode.expires_at <= int(now.timestamp())))


def _note(t: TransactWrite, desk: Desk, caller: Caller, action: str, at: clock.Clock) -> None:
    workshop_id = desk.pk.removeprefix("WORKSHOP#")
    audit.write(t, object_id=workshop_id, actor_id=caller.id, action=action, change={}, at=at)
