"""Random lives of series, edited, killed over and completed, against a plain list of what each workshop should be."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from atelier.errors import LeadTimeError
from atelier.series import carrying, completing, making
from atelier.series.items import occurrence_id
from tests.faults import Killed, killed_after, killed_before
from tests.series import DAY, START, begun, made_by, roll, stored
from tests.series_edits import cancel_by_hand, edit, edit_by_hand, skip
from tests.sizes import size
from tests.workshops import set_in_table

RULES = ("FREQ=WEEKLY;BYDAY=TU", "FREQ=WEEKLY;BYDAY=TU,TH", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "FREQ=DAILY;INTERVAL=5")
TITLES = ("Raku firing", "Pit firing", "Salt glazing")
TIMES = ("18:30", "20:00", "09:15")

pytestmark = pytest.mark.usefixtures("world")


@dataclass(slots=True)
class Plan:
    """What one workshop should be."""

    title: str
    at: datetime
    status: str = "scheduled"
    by_hand: set[str] = field(default_factory=set)
    is_final: bool = False


@dataclass(slots=True)
class Life:
    """A series and its plain list, at a time that goes on."""

    chance: random.Random
    now: datetime = START
    series_id: str = ""
    plans: dict[date, Plan] = field(default_factory=dict)

    def begin(self) -> None:
        self.series_id = begun(self.now)
        self._gain(START.date())

    def step(self) -> None:
        self.chance.choice((self.edits, self.edits, self.edits, self.by_hand, self.cancels, self.skips, self.waits))()
        assert stored(self.series_id).pending is None
        assert {
            date.fromisoformat(one.series_date): (one.title, one.scheduled_at, one.status)
            for one in made_by(self.series_id)
        } == {day: (plan.title, plan.at, plan.status) for day, plan in self.plans.items()}

    def waits(self) -> None:
        self.now += timedelta(days=self.chance.randint(1, 12), hours=self.chance.randint(0, 23))
        for day, plan in self.plans.items():
            if plan.status == "scheduled" and plan.at <= self.now:
                set_in_table(occurrence_id(self.series_id, day), status="ended")
                plan.status, plan.is_final = "ended", True
        roll(self.now)
        self._gain(self.now.date())

    def edits(self) -> None:
        ahead = self._ahead()
        since = self.chance.choice(ahead) if ahead and self.chance.random() < 0.6 else None
        wanted: dict[str, Any] = {
            name: self.chance.choice(values)
            for name, values in (("title", TITLES), ("time_of_day", TIMES), ("rrule", RULES))
            if self.chance.random() < 0.4
        }
        n, killed = self.chance.randint(1, 6), self.chance.choice((killed_before, killed_after))
        version = stored(self.series_id).version
        try:
            with killed(n):
                edit(self.series_id, since=since, now=self.now, **wanted)
        except Killed:
            completing.complete(self.series_id, at=lambda: self.now)
            if stored(self.series_id).version == version:
                return
        except LeadTimeError:
            return
        self._expect(wanted, since or date.min)

    def _expect(self, wanted: dict[str, Any], since: date) -> None:
        series = stored(self.series_id)
        moves = "time_of_day" in wanted or "rrule" in wanted
        first = max(since, self._today())
        decided = max(first, date.fromisoformat(series.rules_from))
        dates = self._dates(decided)
        for day, plan in self.plans.items():
            if day < since or plan.is_final:
                continue
            if plan.status == "cancelled":
                if not (moves and day in dates and self._is_ahead(day)):
                    continue
                plan.status, plan.title = "scheduled", plan.title if "title" in plan.by_hand else series.title
            elif moves and day >= decided and day not in dates:
                plan.status = "cancelled"
                continue
            if "title" in wanted and "title" not in plan.by_hand:
                plan.title = series.title
            if moves and day >= self._today() and "scheduled_at" not in plan.by_hand:
                plan.at = making.starts_at(series, day)
        if moves:
            self._gain(decided)

    def by_hand(self) -> None:
        if not (ahead := self._ahead()):
            return
        day = self.chance.choice(ahead)
        plan = self.plans[day]
        if self.chance.random() < 0.5:
            title = self.chance.choice(TITLES)
            edit_by_hand(self.series_id, day, title=title, now=self.now)
            plan.by_hand |= {"title"} if title != plan.title else set()
            plan.title = title
        else:
            at = max(plan.at, self.now) + timedelta(days=self.chance.randint(1, 9))
            edit_by_hand(self.series_id, day, scheduled_at=at.isoformat(), now=self.now)
            plan.by_hand.add("scheduled_at")
            plan.at = at

    def cancels(self) -> None:
        if ahead := self._ahead():
            day = self.chance.choice(ahead)
            cancel_by_hand(self.series_id, day, now=self.now)
            self.plans[day].status, self.plans[day].is_final = "cancelled", True

    def skips(self) -> None:
        if ahead := self._ahead():
            day = self.chance.choice(ahead)
            assert skip(self.series_id, day, now=self.now)
            self.plans[day].status, self.plans[day].is_final = "cancelled", True

    def _gain(self, first: date) -> None:
        series = stored(self.series_id)
        for day in self._dates(max(first, date.fromisoformat(series.rules_from))):
            if day not in self.plans and self._is_ahead(day):
                self.plans[day] = Plan(series.title, making.starts_at(series, day))

    def _dates(self, first: date) -> set[date]:
        series = stored(self.series_id)
        return set(making.dates(series, first=first, last=making.horizon(series, self.now)))

    def _ahead(self) -> list[date]:
        return [day for day, plan in self.plans.items() if plan.status == "scheduled" and plan.at > self.now + DAY]

    def _is_ahead(self, day: date) -> bool:
        return making.is_ahead(stored(self.series_id), day, self.now)

    def _today(self) -> date:
        return making.horizon(stored(self.series_id), self.now) - making.HORIZON


@pytest.mark.parametrize("seed", range(size(4, full=70)))
def test_a_series_is_what_a_plain_list_of_its_workshops_says(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "CHUNK", 5)
    life = Life(random.Random(seed))  # noqa: S311 - not a secret
    life.begin()
    for _ in range(14):
        life.step()
