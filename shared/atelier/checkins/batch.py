"""Scans taken where there was no network, sent together later: each counts once, at its own time.

An answer is kept under the scan's nonce, in the transaction that checks the person in. So a batch that is sent again is
answered the same and changes nothing, and one that broke off midway is completed by sending it again.
"""

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, cast

from atelier import clock, edits, table
from atelier.accounts import profiles
from atelier.accounts.caller import Caller
from atelier.accounts.items import profile_key
from atelier.attendance.items import Attendance, attendance_key
from atelier.checkins import arriving, desk, passes
from atelier.checkins.items import Desk, PassSecret, Scan, desk_key, pass_secret_key, scan_key
from atelier.checkins.schemas import ScanAnswer, ScanInput, ScanStatus, Way
from atelier.edits import CollisionError, until_applied
from atelier.errors import AccountSuspendedError, BannedError, CheckInNotOpenedError, RemovedError
from atelier.table import Item, Key
from atelier.workshops.items import Workshop

if TYPE_CHECKING:
    from pynamodb.transactions import TransactWrite

CLOCKS_DIFFER_BY = timedelta(minutes=5)
"""So far the clock of a device may be off; within that, a time is taken for the nearest possible one."""

KEPT_FOR = timedelta(days=30)
"""So long a scan that is sent again is answered the same."""

PEOPLE_AT_ONCE = 25
WORKERS = 8


@dataclass(frozen=True, slots=True)
class _Door:
    """What counts for all scans of a batch."""

    workshop: Workshop
    opens_at: datetime
    closes_at: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class _Scanned:
    """A scan, and whom it is of: None for a pass that nobody has."""

    scan: ScanInput
    user_id: str | None

    @property
    def fingerprint(self) -> str:
        """What tells whether another scan under the same nonce is the same one."""
        told = f"{self.scan.user_id}\n{self.scan.holder}\n{clock.to_text(self.scan.at)}"
        return hashlib.sha256(told.encode()).hexdigest()[:32]

    @property
    def way(self) -> Way:
        """How it is known who it was."""
        return "host" if self.scan.user_id is not None else "pass"


@dataclass(frozen=True, slots=True)
class _Decision:
    """What comes of a scan. It is kept unless it was before, or the nonce is another scan's."""

    scanned: _Scanned
    status: ScanStatus
    at: datetime | None
    is_new: bool = True

    @property
    def answer(self) -> ScanAnswer:
        """The decision as it is told."""
        return ScanAnswer(nonce=self.scanned.scan.nonce, status=self.status, checked_in_at=self.at)


def take(
    workshop_id: str, caller: Caller, scans: Sequence[ScanInput], *, at: clock.Clock = clock.now
) -> list[ScanAnswer]:
    """Checks in whoever was scanned; one answer each, in the order of the scans.

    Reads 100 keys a time and writes 25 people a time, several at once.
    Raises NotFoundError, AccountSuspendedError, NotAllowedError for all but the host, co-hosts and administrators,
    CheckInNotOpenedError.
    """
    seen = desk.led(workshop_id, caller, also=[desk_key(workshop_id), pass_secret_key(workshop_id)])
    there = seen.found.get(desk_key(workshop_id))
    if not isinstance(there, Desk):
        raise CheckInNotOpenedError
    now = clock.whole_seconds(at())
    door = _Door(seen.workshop, there.opens_at, desk.closes_at(there, seen.workshop, now), now)
    secret = cast("PassSecret | None", seen.found.get(pass_secret_key(workshop_id)))
    scanned = [
        _Scanned(scan, scan.user_id or passes.holder_of(workshop_id, scan.holder or "", secret)) for scan in scans
    ]
    answers: dict[tuple[str, str], ScanAnswer] = {}
    first = {one.scan.nonce: one.fingerprint for one in reversed(scanned)}
    for one in scanned:
        if first[one.scan.nonce] != one.fingerprint:
            answers[one.scan.nonce, one.fingerprint] = _Decision(one, "nonce_reused", None).answer
    distinct = {one.scan.nonce: one for one in reversed(scanned) if one.fingerprint == first[one.scan.nonce]}
    with ThreadPoolExecutor(WORKERS) as pool:
        chunks = list(_chunks(list(distinct.values())))
        running = [pool.submit(copy_context().run, _settle, door, chunk) for chunk in chunks]
        for decision in itertools.chain.from_iterable(each.result() for each in running):
            answers[decision.scanned.scan.nonce, decision.scanned.fingerprint] = decision.answer
    return [answers[one.scan.nonce, one.fingerprint] for one in scanned]


def _chunks(scanned: list[_Scanned]) -> Iterator[list[_Scanned]]:
    """The scans in parts that are settled apart, all of one person's in one part: the earliest checks them in."""
    ordered = sorted(scanned, key=lambda one: (one.user_id or "", one.scan.at, one.scan.nonce))
    part: list[_Scanned] = []
    for _, of_person in itertools.groupby(ordered, key=lambda one: one.user_id or one.scan.nonce):
        these = list(of_person)
        if part and len(part) + len(these) > PEOPLE_AT_ONCE:
            yield part
            part = []
        part += these
    if part:
        yield part


def _settle(door: _Door, part: list[_Scanned]) -> list[_Decision]:
    """Decides on some scans and writes what follows; in halves, where somebody else was faster with one of them."""

    people = {one.user_id for one in part}
    if len(people) == 1:
        portions = itertools.batched(part, PEOPLE_AT_ONCE, strict=False)
        return [one for portion in portions for one in until_applied(partial(_attempt, door, portion))]
    try:
        return _attempt(door, part)
    except CollisionError:
        middle = sorted(people, key=str)[len(people) // 2]
        halves = ([one for one in part if (str(one.user_id) < str(middle)) is lower] for lower in (True, False))
        return [decision for half in halves for decision in _settle(door, half)]


def _attempt(door: _Door, part: Sequence[_Scanned]) -> list[_Decision]:
    found = _read(door, part)
    decisions = _decide(door, part, found)
    _write(door, decisions, found)
    return decisions


def _read(door: _Door, part: Sequence[_Scanned]) -> dict[Key, Item]:
    """What the decisions depend on."""
    people = {one.user_id for one in part if one.user_id is not None}
    keys: list[Key] = [scan_key(door.workshop.id, one.scan.nonce) for one in part]
    for user_id in sorted(people):
        keys += [profile_key(user_id), *arriving.keys(door.workshop.id, user_id)]
    return table.read_many(keys)


def _decide(door: _Door, part: Sequence[_Scanned], found: dict[Key, Item]) -> list[_Decision]:
    """What comes of each scan, given those of the same person before it."""
    decisions: list[_Decision] = []
    since: dict[str, datetime] = {}
    for one in part:
        kept = found.get(scan_key(door.workshop.id, one.scan.nonce))
        if isinstance(kept, Scan) and (kept.expires_at or 0) > door.now.timestamp():
            is_same = kept.fingerprint == one.fingerprint
            status: ScanStatus = cast("ScanStatus", kept.status) if is_same else "nonce_reused"
            decisions.append(_Decision(one, status, kept.checked_in_at if is_same else None, is_new=False))
            continue
        refusal = _refusal(door, one, found)
        if refusal is not None:
            decisions.append(_Decision(one, refusal, None))
            continue
        user_id = cast("str", one.user_id)
        there = arriving.arrival(door.workshop, found.get(attendance_key(door.workshop.id, user_id)))
        known = since.get(user_id) or (there.at if there is not None else None)
        at = min(max(one.scan.at, door.opens_at), door.now, *([known] if known is not None else []))
        since[user_id] = at
        decisions.append(_Decision(one, "checked_in" if known is None else "already_checked_in", at))
    return decisions


def _refusal(door: _Door, one: _Scanned, found: dict[Key, Item]) -> ScanStatus | None:
    if one.scan.at < door.opens_at - CLOCKS_DIFFER_BY:
        return "too_early"
    if one.scan.at > door.now + CLOCKS_DIFFER_BY:
        return "in_the_future"
    if one.scan.at > door.closes_at + CLOCKS_DIFFER_BY:
        return "too_late"
    profile = profiles.present(found.get(profile_key(one.user_id or "")))
    if profile is None:
        return "unknown_person"
    try:
        profiles.require_active(profile)
        arriving.require_admitted(door.workshop, profile, found)
    except (AccountSuspendedError, RemovedError, BannedError):
        return "not_admitted"
    return None


def _write(door: _Door, decisions: list[_Decision], found: dict[Key, Item]) -> None:
    """Keeps the new decisions and the check-ins that follow, all or none. Raises CollisionError."""
    new = [decision for decision in decisions if decision.is_new]
    if not new:
        return
    earliest: dict[str, _Decision] = {}
    for decision in new:
        user_id = decision.scanned.user_id
        if decision.at is not None and user_id is not None:
            before = earliest.get(user_id)
            if before is None or cast("datetime", before.at) > decision.at:
                earliest[user_id] = decision
    with edits.transaction() as t:
        for decision in new:
            _keep(t, door, decision)
        for user_id, decision in earliest.items():
            _check_in(t, door, user_id, decision, found)


def _keep(t: "TransactWrite", door: _Door, decision: _Decision) -> None:
    item = Scan(
        *scan_key(door.workshop.id, decision.scanned.scan.nonce),
        fingerprint=decision.scanned.fingerprint,
        status=decision.status,
        checked_in_at=decision.at,
        expires_at=int((door.now + KEPT_FOR).timestamp()),
    )
    t.save(item, condition=Scan.pk.does_not_exist() | (Scan.expires_at <= int(door.now.timestamp())))


def _check_in(t: "TransactWrite", door: _Door, user_id: str, decision: _Decision, found: dict[Key, Item]) -> None:
    """Writes the time unless it stands there already; an earlier one takes the place of a later one."""
    place = attendance_key(door.workshop.id, user_id)
    there = arriving.arrival(door.workshop, found.get(place))
    at = cast("datetime", decision.at)
    if there is not None and there.at <= at:
        return
    as_read = Attendance.checked_in_at.does_not_exist() if there is None else Attendance.checked_in_at == there.at
    changes = arriving.arriving(door.workshop.id, user_id, at, decision.scanned.way, door.now)
    t.update(Attendance(*place), changes, condition=as_read)
