"""The people of a month of workshops: who they are at first, and what they and their hosts do.

Everything goes through the use cases of the functions, at the time of the play, and is told to the rules in the same
breath. Only the first RSVPs stand in the table from the beginning, as if everybody had asked one after the other.
"""

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from atelier import ids
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.ids import member
from atelier.notifications import preferences, schemas, wishes
from atelier.notifications.items import Preferences, preferences_key
from atelier.rsvps import rsvp, seats
from atelier.rsvps.dry import dry_blocks
from atelier.rsvps.items import SeatBlock, block_key
from atelier.table import Item
from atelier.workshops import creation, editing, lifecycle
from atelier.workshops.schemas import WorkshopInput, WorkshopPatch
from tests.deliveries import Clock
from tests.workshops import stored

from .reminder_rules import MINUTES_AHEAD, Month, Plan

BEGIN = datetime(2027, 3, 1, tzinfo=UTC)
RUNS_AT_S = 20
"""The second of each minute at which the schedule fires here. Nobody does anything just then, or on the minute."""

HOSTS = 20
SPREAD = (0.4, 0.3)
"""These shares of what people do happen at any time before a start, and in the last three hours; the rest in the very
minute of a reminder.
"""


class Size(NamedTuple):
    """How much happens. starts: at how many different times workshops start. wishing: the share of people who have said
    when they want to be reminded.
    """

    workshops: int
    rsvps: int
    people: int
    days: int
    starts: int
    wishing: float


@dataclass(slots=True)
class Agenda:
    """What happens when, in the order of time; `clock` tells where it has come to."""

    clock: Clock
    _events: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def add(self, at: datetime, does: Callable[[], None]) -> None:
        """Something happens at an instant, after what was added for the same instant before."""
        heapq.heappush(self._events, (at, next(self._numbers), does))

    def run(self, after_each: Callable[[], None]) -> None:
        """Lets everything happen."""
        while self._events:
            at, _, does = heapq.heappop(self._events)
            self.clock.now = at
            does()
            after_each()


class Cast:
    """People and hosts. watch: is told of every workshop that was given a start."""

    def __init__(
        self, size: Size, dice: random.Random, agenda: Agenda, rules: Month, watch: Callable[[Plan], None]
    ) -> None:
        self.size, self.dice, self.agenda, self.rules, self._watch = size, dice, agenda, rules, watch
        self.clock = agenda.clock
        self.done: Counter[str] = Counter()
        self._milliseconds = itertools.count()
        self.hosts: dict[str, str] = {}
        self.formats: dict[str, str] = {}
        self.begun: set[str] = set()
        everybody = [ids.user_id("https://month", f"p{number}") for number in range(size.people)]
        self._hosting, self.people = everybody[:HOSTS], everybody[HOSTS:]
        slots = dice.sample(range(5, size.days * 48), size.starts)
        self.starts = [BEGIN + timedelta(minutes=30 * slot) for slot in slots]

    # ---- at first

    def enter(self) -> None:
        """Puts everybody and every workshop into the table, and the first RSVPs."""
        with Item.batch_write() as batch:
            for number, person in enumerate((*self._hosting, *self.people)):
                batch.save(
                    Profile(
                        *profile_key(person),
                        user_id=person,
                        display_name=f"Person {number}",
                        avatar_color="#2f6f4f",
                        timezone=self.dice.choice(("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu")),
                        email=f"p{number}@example.com" if number % 10 == 0 else None,
                        created_at=BEGIN,
                        updated_at=BEGIN,
                    )
                )
                if self.dice.random() < self.size.wishing:
                    wished = self._some_wishes()
                    self.rules.wishes[person].set(BEGIN, frozenset(wished))
                    batch.save(Preferences(*preferences_key(person), version=1, reminder_offsets=wished))
        shares = [self.dice.expovariate(1) + 0.2 for _ in range(self.size.workshops)]
        for number, share in enumerate(shares):
            count = round(share * self.size.rsvps * 0.85 / sum(shares))
            self._open_workshop(number, self.dice.sample(self.people, min(max(1, count), len(self.people) // 2)))

    def _some_wishes(self) -> list[int]:
        return sorted(self.dice.sample(MINUTES_AHEAD, self.dice.choice((0, 1, 2, 3, 3, 3))), reverse=True)

    def _open_workshop(self, number: int, people: list[str]) -> None:
        start, host = self.dice.choice(self.starts), self._hosting[number % HOSTS]
        capacity = self.dice.choice((None, *(len(people) + more for more in (0, 1, 5))))
        kind = self.dice.choices(("online", "hybrid", "in_person"), (8, 1, 1))[0]
        wanted = WorkshopInput.model_validate(
            {
                "title": f"Workshop {number}",
                "scheduled_at": start,
                "timezone": "Europe/Berlin",
                "format": kind,
                "location": "Yard" if kind == "in_person" else None,
                "max_capacity": capacity,
            }
        )
        shown, _ = creation.create(Caller(host), wanted, None, locate=str, at=self.clock)
        self.hosts[shown.id], self.formats[shown.id] = host, kind
        self.rules.planned(shown.id, start, BEGIN, capacity)
        self._watch(Plan(start, BEGIN))
        self._seat(shown.id, people)

    def _seat(self, workshop_id: str, people: list[str]) -> None:
        workshop = stored(workshop_id)
        with Item.batch_write() as batch:
            for number, some in enumerate(itertools.batched(people, 48, strict=False)):
                for person in some:
                    row = seats.new_row(workshop, person, at=BEGIN)
                    row.block = None if workshop.capacity is None else number
                    batch.save(row)
                if workshop.capacity is not None:
                    left = seats.share(workshop, number) - len(some)
                    holders = {member(person) for person in some}
                    batch.save(SeatBlock(*block_key(workshop_id, number), seats_left=left, holders=holders))
        self.rules.lines[workshop_id].come_together(people, BEGIN)
        wishes.of_newcomers(workshop_id, people, since=BEGIN)

    # ---- later

    def plan_actions(self) -> None:
        """Spreads what everybody does over the month."""
        workshops, late = list(self.hosts), round(self.size.rsvps * 0.15)
        for workshop in self.dice.choices(workshops, k=late):
            self._do_before(workshop, self.come)
        for workshop in self.dice.choices(workshops, k=late // 2):
            self._do_before(workshop, self.go)
        for what, share in (
            (self.move, 0.15),
            (self._move_twice, 0.03),
            (self.change_otherwise, 0.15),
            (self.cancel, 0.08),
            (self._grow, 0.05),
            (self._begin, 0.1),
        ):
            for workshop in self.dice.sample(workshops, max(1, round(share * len(workshops)))):
                self._do_before(workshop, what)
        for person in self.dice.choices(self.people, k=len(self.people) // 10):
            self.agenda.add(self._any_time(), lambda person=person: self.wish(person))  # type: ignore[misc]
        for person in self.dice.choices(self.people, k=len(self.people) // 100 + 1):
            self.agenda.add(self._any_time(), lambda person=person: self._suspend(person))  # type: ignore[misc]

    def _any_time(self, begin: datetime = BEGIN, end: datetime | None = None) -> datetime:
        span = (end or BEGIN + timedelta(days=self.size.days)) - begin
        return between_runs(begin + timedelta(seconds=self.dice.randrange(1, max(2, int(span.total_seconds())))))

    def _do_before(self, workshop: str, what: Callable[[str], None]) -> None:
        plan = self.rules.plans[workshop].values[0]
        assert plan is not None
        chance = self.dice.random()
        if chance < SPREAD[0]:
            at = self._any_time(end=plan.start)
        elif chance < sum(SPREAD):
            at = self._any_time(max(BEGIN, plan.start - timedelta(hours=3)), plan.start)
        else:
            moment = plan.start - timedelta(minutes=self.dice.choice(MINUTES_AHEAD))
            at = moment + timedelta(seconds=self.dice.choice((-30, 5, 10, 30, 70)))
        # Of two who wait since the same millisecond either may come first.
        at += timedelta(milliseconds=next(self._milliseconds) % 1000)
        if BEGIN < at < plan.start:
            self.agenda.add(at, lambda: what(workshop))

    def plan_of(self, workshop: str) -> Plan | None:
        """What a workshop that is still to begin has as its plan."""
        plan = self.rules.plans[workshop].at(self.clock.now)
        return plan if plan is not None and self.clock.now < plan.start else None

    def _is_suspended(self, person: str) -> bool:
        return self.rules.suspended[person].at(self.clock.now)

    def come(self, workshop: str, person: str | None = None, what: str = "came") -> None:
        """Somebody asks for a seat."""
        line, person = self.rules.lines[workshop], person or self.dice.choice(self.people)
        if self.plan_of(workshop) is None or person in line.people or self._is_suspended(person):
            return
        dry_blocks.forget(workshop)
        rsvp.rsvp(workshop, Caller(person), at=self.clock)
        line.come(person, self.clock.now)
        self.done[what] += 1

    def go(self, workshop: str) -> None:
        """Somebody gives up their place, and maybe comes back."""
        people = [person for person in self.rules.lines[workshop].people if not self._is_suspended(person)]
        if self.plan_of(workshop) is None or not people:
            return
        person = self.dice.choice(people)
        rsvp.withdraw(workshop, Caller(person))
        self.rules.lines[workshop].go(person, self.clock.now)
        self.done["left"] += 1
        if self.dice.random() < SPREAD[1]:
            later = between_runs(self.clock.now + timedelta(seconds=self.dice.randrange(5, 3000)))
            self.agenda.add(later, lambda: self.come(workshop, person, "came back"))

    def move(self, workshop: str) -> None:
        """A workshop gets another start."""
        plan = self.plan_of(workshop)
        if plan is None:
            return
        start = plan.start + timedelta(minutes=self.dice.choice((-120, -60, -45, 15, 30, 45, 60, 105, 180, 1440)))
        if start < self.clock.now + timedelta(minutes=16):
            return
        self._edit(workshop, scheduled_at=start)
        self.rules.moved(workshop, start, self.clock.now)
        self._watch(Plan(start, self.clock.now))
        self.done["moved"] += 1

    def _move_twice(self, workshop: str) -> None:
        self.move(workshop)
        self.agenda.add(between_runs(self.clock.now + timedelta(seconds=3)), lambda: self.move(workshop))

    def change_otherwise(self, workshop: str) -> None:
        """A workshop gets another title or length, which is no reason to remind of it otherwise."""
        if self.plan_of(workshop) is None:
            return
        change = self.dice.choice(
            ({"title": f"No. {self.dice.random()}"}, {"duration_minutes": self.dice.randrange(30, 90)})
        )
        self._edit(workshop, **change)
        self.done["edited otherwise"] += 1

    def cancel(self, workshop: str) -> None:
        """A workshop is cancelled."""
        if self.plan_of(workshop) is None:
            return
        lifecycle.cancel(workshop, Caller(self.hosts[workshop]), at=self.clock)
        self.rules.over(workshop, self.clock.now)
        self.done["cancelled"] += 1

    def _grow(self, workshop: str) -> None:
        line = self.rules.lines[workshop]
        if self.plan_of(workshop) is None or line.capacity is None:
            return
        capacity = line.capacity + self.dice.randrange(1, 60)
        self._edit(workshop, max_capacity=capacity)
        line.resize(capacity, self.clock.now)
        self.done["given more seats"] += 1

    def _begin(self, workshop: str) -> None:
        """The host begins a few minutes early."""
        plan = self.plan_of(workshop)
        if plan is None:
            return
        at = between_runs(plan.start - timedelta(seconds=self.dice.randrange(61, 840)))

        def begin() -> None:
            if self.plan_of(workshop) == plan:
                lifecycle.start(workshop, Caller(self.hosts[workshop]), at=self.clock)
                self.rules.over(workshop, self.clock.now)
                self.begun.add(workshop)
                self.done["begun early"] += 1

        if at > self.clock.now:
            self.agenda.add(at, begin)

    def wish(self, person: str) -> None:
        """Somebody says when they want to be reminded."""
        if self._is_suspended(person):
            return
        wished = self._some_wishes()
        preferences.write(Caller(person), schemas.NotificationPreferencesInput(reminder_offsets=wished), None)
        self.rules.wishes[person].set(self.clock.now, frozenset(wished))
        self.done["wished otherwise"] += 1

    def _suspend(self, person: str) -> None:
        Item.get(*profile_key(person)).update([Profile.status.set("suspended")])
        is_suspended = True
        self.rules.suspended[person].set(self.clock.now, is_suspended)
        self.done["suspended"] += 1

    def _edit(self, workshop: str, **fields: Any) -> None:
        editing.edit(workshop, Caller(self.hosts[workshop]), WorkshopPatch(**fields), at=self.clock)


def between_runs(at: datetime) -> datetime:
    """An instant, or a second later where something is due or a run comes just then."""
    return at + timedelta(seconds=1) if at.second in (0, RUNS_AT_S) else at
