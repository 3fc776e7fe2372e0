"""Who is to be reminded of what and when, told by rules alone, from what people did and what went wrong.

1. Somebody with a seat is reminded of a start once for each number of minutes ahead that they wish for (60 and 15 where
   they never said otherwise), at the first run at or after that moment. A run comes each minute.
2. Only while the workshop is still to begin: not when it was cancelled, not once its host began it, never from its
   start on.
3. Only of the start that holds then. A moment that was past when the start was set is left out.
4. Who came after the moment has not missed it; who comes back came then. Who moves up from the waitlist came when they
   asked.
5. When several moments of a person are due at once, as after an outage, they are reminded of the one nearest to the
   start: whatever goes out late for a moment stands for those that were due since.
6. Wishes and seats count as they are when the reminder goes out, and who is suspended gets nothing. A wish for a moment
   that is past may come to nothing.
7. Seats go to those who asked first; a seat that is given up goes to the first who waits.

What goes wrong makes several instants of the one at which a reminder goes out. Who is to be reminded at each of them
must be; who is to be at some of them, because they did something meanwhile, may be; nobody else is.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import NamedTuple

MINUTES_AHEAD = (5, 10, 15, 30, 60, 120, 1440, 2880, 10080)
USUALLY = frozenset({60, 15})


class Reminder(NamedTuple):
    """One reminder of one person."""

    workshop: str
    person: str
    start: datetime
    minutes: int


class Span(NamedTuple):
    """When a reminder goes out: at these instants, and to everybody at those up to `sure`.

    trouble: what went wrong, as it is counted; empty = nothing.
    """

    outs: frozenset[datetime]
    sure: datetime
    trouble: str


class Due(IntEnum):
    """Whether somebody is to be reminded: maybe where it depends on a wish that came after its moment."""

    NOT = 0
    MAYBE = 1
    SURELY = 2


class Stretch(NamedTuple):
    """What went out at an instant did so later: `held`, all of it; `torn`, what was left of it; `again`, once more."""

    at: datetime
    until: datetime
    how: str
    trouble: str


@dataclass(slots=True)
class Kept[V]:
    """A value that changes now and then."""

    value: V
    times: list[datetime] = field(default_factory=list)
    values: list[V] = field(default_factory=list)

    def set(self, at: datetime, value: V) -> None:
        """From an instant on it is this."""
        self.times.append(at)
        self.values.append(value)

    def at(self, instant: datetime) -> V:
        """What it is at an instant."""
        place = bisect_right(self.times, instant)
        return self.values[place - 1] if place else self.value


class Plan(NamedTuple):
    """A start, and when it was set."""

    start: datetime
    since: datetime


@dataclass(slots=True)
class Line:
    """Who is in a workshop, in the order in which they asked; as many as there are seats have one."""

    capacity: int | None
    people: dict[str, datetime] = field(default_factory=dict)
    seats: dict[str, Kept[datetime | None]] = field(default_factory=dict)

    def _settle(self, at: datetime) -> None:
        seated = dict(list(self.people.items())[: self.capacity])
        for person in {*self.people, *self.seats}:
            kept = self.seats.setdefault(person, Kept(None))
            if kept.at(at) != seated.get(person):
                kept.set(at, seated.get(person))

    def come_together(self, people: Iterable[str], at: datetime) -> None:
        """So many ask for a seat at once."""
        self.people.update(dict.fromkeys(people, at))
        self._settle(at)

    def come(self, person: str, at: datetime) -> None:
        """Somebody asks for a seat."""
        self.people[person] = at
        self._settle(at)

    def go(self, person: str, at: datetime) -> None:
        """Somebody gives up their place."""
        del self.people[person]
        self._settle(at)

    def resize(self, capacity: int | None, at: datetime) -> None:
        """There are more seats."""
        self.capacity = capacity
        self._settle(at)


class Month:
    """What happened in a month, as it is told to this book; and who was to be reminded of what.

    next_run: the first run at or after an instant, and what had kept the others from coming.
    """

    def __init__(self, next_run: Callable[[datetime], tuple[datetime, str]]) -> None:
        self.plans: dict[str, Kept[Plan | None]] = {}
        self.lines: dict[str, Line] = {}
        self.wishes: dict[str, Kept[frozenset[int]]] = defaultdict(lambda: Kept(USUALLY))
        self.suspended: dict[str, Kept[bool]] = defaultdict(lambda: Kept(value=False))
        self._next_run = next_run
        self._stretches: dict[str, list[Stretch]] = defaultdict(list)

    def planned(self, workshop: str, start: datetime, at: datetime, capacity: int | None) -> None:
        """A workshop was made."""
        self.plans[workshop] = Kept(None)
        self.lines[workshop] = Line(capacity)
        self.moved(workshop, start, at)

    def moved(self, workshop: str, start: datetime, at: datetime) -> None:
        """It was given a start."""
        self.plans[workshop].set(at, Plan(start, at))

    def over(self, workshop: str, at: datetime) -> None:
        """It was cancelled, or has begun."""
        self.plans[workshop].set(at, None)

    def stretched(self, workshop: str, stretch: Stretch) -> None:
        """What went out of a workshop's reminders at an instant did not, or not only then."""
        self._stretches[workshop].append(stretch)

    def span(self, workshop: str, moment: datetime) -> Span:
        """When the reminders of a moment go out."""
        run, trouble = self._next_run(moment)
        outs, sure = {run}, run
        for stretch in sorted(self._stretches[workshop]):
            if stretch.at not in outs:
                continue
            if stretch.how == "held" and stretch.at == min(outs):
                outs.remove(stretch.at)
            outs.add(stretch.until)
            sure = max(sure, stretch.until) if stretch.how != "again" else sure
            trouble = stretch.trouble
        return Span(frozenset(outs), sure, trouble)

    def moments(self) -> Iterator[tuple[str, Plan, int, Span, Collection[datetime]]]:
        """Every moment at which anybody may have been reminded: workshop, plan, minutes ahead, when it went out, and
        when it may have, with what went out late for the moments before.
        """
        for workshop, plans in self.plans.items():
            for number, plan in enumerate(plans.values):
                if plan is None:
                    continue
                until = plans.times[number + 1] if number + 1 < len(plans.times) else plan.start
                late: set[datetime] = set()
                for minutes in sorted(MINUTES_AHEAD, reverse=True):
                    moment = plan.start - timedelta(minutes=minutes)
                    if plan.since < moment < until:
                        span = self.span(workshop, moment)
                        late |= span.outs
                        yield workshop, plan, minutes, span, {at for at in late if at >= moment}

    def reminders(self) -> Iterator[tuple[Reminder, bool, Span]]:
        """Every reminder that must be sent (True) or may be (False), and when it goes out."""
        for workshop, plan, minutes, span, points in self.moments():
            for person, seats in self.lines[workshop].seats.items():
                reminder = Reminder(workshop, person, plan.start, minutes)
                is_due = {at: self._is_due(reminder, seats, plan, at) for at in points}
                must = all(is_due[at] == Due.SURELY for at in span.outs if at <= span.sure)
                if must or any(is_due.values()):
                    yield reminder, must, span

    def _is_due(self, reminder: Reminder, seats: Kept[datetime | None], plan: Plan, at: datetime) -> "Due":
        """Whether a person is to get a reminder that goes out at an instant."""
        came = seats.at(at)
        if came is None or at >= plan.start or self.plans[reminder.workshop].at(at) != plan:
            return Due.NOT
        if self.suspended[reminder.person].at(at):
            return Due.NOT
        wishes = self.wishes[reminder.person]
        due = {
            wished: moment
            for wished in wishes.at(at)
            if plan.since < (moment := plan.start - timedelta(minutes=wished)) and came <= moment <= at
        }
        in_time = [wished for wished, moment in due.items() if wished in wishes.at(moment)]
        found = (min(due, default=None) == reminder.minutes) + (min(in_time, default=None) == reminder.minutes)
        return Due(found)
