"""What is due: reminders fanned out, no-shows cancelled, workshops in person begun and ended by themselves.

Due work is claimed by moving its place in the index a lease ahead, on condition that nobody else has, and only then
read: so what is done follows from nothing older than the claim. Dying midway leaves it there, to be found again; what
was sent already tells nobody twice. When all is done, the place becomes that of the next moment, unless somebody has
set it meanwhile, who then knew more.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from pynamodb.exceptions import PynamoDBException

from atelier import clock, due, observability, table
from atelier.edits import CollisionError
from atelier.notifications import fan_out
from atelier.notifications.announcements import Announcement
from atelier.retries import OutOfTimeError
from atelier.table import Item, Key
from atelier.workshops import moments, writing
from atelier.workshops.items import Workshop, workshop_key

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action

SYSTEM = "system"
"""Who the audit log names where nobody acts."""


def run(*, has_time: Callable[[], bool], at: clock.Clock = clock.now) -> int:
    """Does what is due now, until there is no more of it or no more time; how many workshops it worked on.

    One that fails is logged and counted, and comes again with the next run; it holds up no other.
    """
    worked = 0
    for workshop_id, place in _due(at()):
        if not has_time():
            observability.count("DueLeft")
            break
        try:
            worked += _work(workshop_id, place, at)
        except Exception:
            observability.logger.exception("due work failed", workshop_id=workshop_id)
            observability.count("DueFailed")
    return worked


def _due(now: datetime) -> Iterator[tuple[str, str]]:
    """Every workshop that is due, and its place in the index: one query per shard."""
    table.connect()
    for shard in due.shards():
        for item in Item.by_due.query(shard, Item.due_sort <= due.up_to(now)):
            yield item.pk.removeprefix("WORKSHOP#"), item.due_sort


def _work(workshop_id: str, place: str, at: clock.Clock) -> bool:
    now = clock.whole_seconds(at())
    workshop = _claim(workshop_id, place, now)
    if workshop is None:
        return False
    try:
        return _carry_out(workshop, now, at)
    except Exception:
        _give_back(workshop, place)
        raise


def _claim(workshop_id: str, place: str, now: datetime) -> Workshop | None:
    """The workshop, if it is still due there and now in our hands.

    A claim whose answer was lost is found done by its repetition, and known by its own place.
    """
    lease = due.lease_of(now, workshop_id)
    seen = cast("Workshop | None", _move(workshop_key(workshop_id), place, lease))
    if seen is not None and seen.due_sort != lease:
        return None
    workshop = cast("Workshop | None", table.read_one(workshop_key(workshop_id)))
    return workshop if workshop is not None and workshop.due_sort == lease else None


def _carry_out(workshop: Workshop, now: datetime, at: clock.Clock) -> bool:
    _remind(workshop, now)
    after = _next_state(workshop, now)
    if after is not None:
        return _transit(workshop, after, at)
    following = writing.with_values(workshop)
    moments.set_due(following, moments.next_moment(workshop, now))
    _advance(following, workshop.due_sort)
    return True


def _give_back(workshop: Workshop, place: str) -> None:
    """Lets the next run find what failed: the lease may outlast the time that is left before the start."""
    with suppress(PynamoDBException, OutOfTimeError):
        _move(workshop.key, workshop.due_sort, place)


def _remind(workshop: Workshop, now: datetime) -> None:
    """Fans out the reminders that are due and not done: those from `due_at` on; none once it has begun."""
    if workshop.status not in ("scheduled", "lobby") or now >= workshop.scheduled_at:
        return
    start = workshop.scheduled_at
    offsets = sorted(
        offset for offset in moments.offsets(workshop) if workshop.due_at <= start - timedelta(minutes=offset) <= now
    )
    if not offsets:
        return
    announcement = Announcement(
        "workshop_reminder",
        workshop.id,
        source=f"{workshop.id}#reminder#{clock.to_text(start)}",
        at=start - timedelta(minutes=offsets[0]),
        audience="seated",
        data={"scheduled_at": clock.to_text(start), "offsets": offsets},
    )
    observability.count("RemindersQueued", fan_out.fan_out(announcement, workshop))


def _next_state(workshop: Workshop, now: datetime) -> dict[str, object] | None:
    """What a workshop becomes by itself now, if anything."""
    turn = moments.turn(workshop)
    if turn is None or now < turn:
        return None
    if workshop.format != "in_person":
        return {"status": "cancelled"}
    if workshop.status == "scheduled":
        return {"status": "live", "actual_started_at": turn}
    # A host may have begun it by hand after its planned end, while nothing happened by itself.
    started = cast("datetime | None", workshop.actual_started_at)
    return {"status": "ended", "actual_ended_at": max(turn, started or turn)}


def _transit(workshop: Workshop, changes: dict[str, object], at: clock.Clock) -> bool:
    """Writes the new state with what is due next. A host who was faster has decided: then nothing happens here."""
    after = writing.changed(workshop, changes, by=SYSTEM, at=at)
    try:
        writing.move(workshop, after, actor_id=SYSTEM, at=at)
    except CollisionError:
        return False
    return True


def _move(key: Key, place: str, to: str) -> Item | None:
    """Moves due work from one place to another; gives back the item when it does not stand there."""
    actions: list[Action] = [Workshop.due_sort.set(to), Workshop.last_change.set("due")]
    return table.update_or_see(Workshop, key, actions, Workshop.due_sort == place)


def _advance(following: Workshop, lease: str) -> None:
    """Sets what is due next, unless somebody has done so meanwhile."""
    actions: list[Action] = table.setting(following, {"due_at", "due_key", "due_sort"})
    actions.append(Workshop.last_change.set("due"))
    table.update_or_see(Workshop, following.key, actions, Workshop.due_sort == lease)
