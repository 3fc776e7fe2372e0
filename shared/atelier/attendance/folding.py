"""Folding a person's facts into the record of their attendance and into their row.

Whoever folds reads all facts of the person and writes what follows from all of them. Facts are only ever added, so a
fold of fewer is an older one: it changes nothing that a newer one has written, however late it comes.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from atelier import table
from atelier.attendance import intervals as times
from atelier.attendance.intervals import Fact, Interval
from atelier.attendance.items import Attendance, attendance_key, came_sort
from atelier.rooms.items import HOST_STATUS, PresenceFact, presence_start
from atelier.rsvps.items import SEATED, Attendee, attendee_key, person_key
from atelier.table import Item

if TYPE_CHECKING:
    from pynamodb.expressions.condition import Condition
    from pynamodb.expressions.update import Action


def fold(workshop_id: str, user_id: str, *, at: datetime) -> None:
    """Brings a person's attendance, and their row if they have a seat or are the host, in line with the facts.

    It may come late, twice, or beside itself: nothing is written that was written, and nothing older.
    """
    told = _facts(workshop_id, user_id)
    intervals = times.fold(told)
    if intervals and _keep(workshop_id, user_id, intervals, len(told), at):
        _show(workshop_id, user_id, intervals, len(told))


def _facts(workshop_id: str, user_id: str) -> list[Fact]:
    table.connect()
    pk, first = presence_start(workshop_id, user_id)
    found = Item.query(pk, Item.sk.startswith(first), consistent_read=True)
    return [_fact(item) for item in found if isinstance(item, PresenceFact)]


def _fact(item: PresenceFact) -> Fact:
    since = cast("datetime | None", item.since)
    return Fact(
        item.what,
        item.uid,
        int(item.at.timestamp()),
        int(item.client_seq),
        _whole(item.reason),
        _whole(item.duration_s),
        None if since is None else int(since.timestamp()),
    )


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def _keep(workshop_id: str, user_id: str, intervals: list[Interval], facts: int, at: datetime) -> bool:
    """Writes the record unless it says the same; whether it now follows from these facts and no more."""
    kept = cast(
        "Attendance | None",
        table.update_or_see(
            Attendance,
            attendance_key(workshop_id, user_id),
            [
                Attendance.kind.set(Attendance),
                Attendance.intervals.set(intervals),
                Attendance.facts.set(facts),
                Attendance.updated_at.set(at),
                Attendance.person_key.set(person_key(user_id)),
                Attendance.person_sort.set(came_sort(workshop_id)),
            ],
            Attendance.facts.does_not_exist()
            | (Attendance.facts < facts)
            | ((Attendance.facts == facts) & (Attendance.intervals != intervals)),
        ),
    )
    return kept is None or kept.facts == facts


def _show(workshop_id: str, user_id: str, intervals: list[Interval], facts: int) -> None:
    """Writes to the person's row that they are in or have left, and when; a row without a seat stays as it is.

    It is no edit: the version stays.
    """
    joined_at, left = _instant(intervals[0][0]), intervals[-1][1]
    left_at = None if left is None else _instant(left)
    changes: list[Action] = [
        Attendee.joined_at.set(joined_at),
        Attendee.left_at.remove() if left_at is None else Attendee.left_at.set(left_at),
        Attendee.presence_facts.set(facts),
    ]
    differ = (Attendee.joined_at != joined_at) | (
        Attendee.left_at.exists() if left_at is None else Attendee.left_at != left_at
    )
    status = "joined" if left_at is None else "left"
    differs = differ | (Attendee.status != status)
    of_seated = [Attendee.status.set(status), *changes]
    seen = _write_row(workshop_id, user_id, of_seated, facts, Attendee.status.is_in(*SEATED), differs)
    if seen is not None and seen.status == HOST_STATUS:
        _write_row(workshop_id, user_id, changes, facts, Attendee.status == HOST_STATUS, differ)


def _write_row(
    workshop_id: str, user_id: str, actions: "list[Action]", facts: int, may_be: "Condition", differs: "Condition"
) -> Attendee | None:
    """Updates a row that no newer fold has written and that says something else; else gives back what is there."""
    older = Attendee.presence_facts.does_not_exist() | (Attendee.presence_facts < facts)
    condition = may_be & (older | ((Attendee.presence_facts == facts) & differs))
    return cast(
        "Attendee | None", table.update_or_see(Attendee, attendee_key(workshop_id, user_id), actions, condition)
    )


def _instant(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
