"""What is due: reminders fanned out, no-shows cancelled, workshops in person begun and ended by themselves.

Due work is claimed by moving its place in the index five minutes ahead, on condition that nobody else has. Dying midway
leaves it there, to be found again; what was sent already tells nobody twice. When all is done, the place becomes that
of the next moment.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from atelier import clock, due, observability, table
from atelier.edits import CollisionError
from atelier.notifications import fan_out
from atelier.notifications.announcements import Announcement
from atelier.table import Item
from atelier.workshops import moments, writing
from atelier.workshops.items import Workshop, workshop_key

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action

SYSTEM = "system"
"""Who the audit log names where nobody acts."""


def run(*, has_time: Callable[[], bool], at: clock.Clock = clock.now) -> int:
    """Does what is due now, until there is no more of it or no more time; how many workshops it worked on.

    One that fails is logged and counted, and comes again in five minutes; it holds up no other.
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
    workshop = cast("Workshop | None", table.read_one(workshop_key(workshop_id)))
    if workshop is None or workshop.due_sort != place:
        return False
    lease = due.sort_of(now + due.LEASE, workshop_id)
    if not _move(workshop, place, lease):
        return False
    workshop.due_sort = lease
    _remind(workshop, now)
    after = _next_state(workshop, now)
    if after is not None:
        return _transit(workshop, after, at)
    following = writing.with_values(workshop)
    moments.set_due(following, moments.next_moment(workshop, now))
    _advance(following, lease)
    return True


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
    if workshop.format == "in_person":
        if workshop.status == "scheduled" and now >= workshop.scheduled_at:
            return {"status": "live", "actual_started_at": workshop.scheduled_at}
        if workshop.status == "live" and now >= moments.ends_at(workshop):
            return {"status": "ended", "actual_ended_at": moments.ends_at(workshop)}
        return None
    if workshop.status == "scheduled" and now >= workshop.scheduled_at + moments.NO_SHOW_AFTER:
        return {"status": "cancelled"}
    return None


def _transit(workshop: Workshop, changes: dict[str, object], at: clock.Clock) -> bool:
    """Writes the new state with what is due next. A host who was faster has decided: then nothing happens here."""
    after = writing.changed(workshop, changes, by=SYSTEM, at=at)
    moments.set_due(after, moments.next_moment(after, clock.whole_seconds(at())))
    try:
        writing.move(workshop, after, actor_id=SYSTEM, at=at)
    except CollisionError:
        return False
    return True


def _move(workshop: Workshop, place: str, lease: str) -> bool:
    actions: list[Action] = [Workshop.due_sort.set(lease), Workshop.last_change.set("due")]
    return table.update_or_see(Workshop, workshop.key, actions, Workshop.due_sort == place) is None


def _advance(following: Workshop, lease: str) -> None:
    """Sets what is due next, unless an edit has done so meanwhile."""
    actions: list[Action] = table.setting(following, {"due_at", "due_key", "due_sort"})
    actions.append(Workshop.last_change.set("due"))
    table.update_or_see(Workshop, following.key, actions, Workshop.due_sort == lease)
