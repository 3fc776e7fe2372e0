"""A month in which everything goes wrong that can: everybody has exactly the reminders that the rules give them.

In CI a small one is played on the emulated table. The full one has 2,000 workshops and 100,000 RSVPs, is played on the
emulator's engine inside the test's process (tests/enclosed.py), and prints its table:

    ATELIER_SIZE=full pytest -s tests/property/test_reminder_month.py -k full
"""

import itertools
import logging
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from atelier import observability
from atelier.notifications import reasons, telling, wishes
from atelier.notifications.items import notification_id
from tests import enclosed
from tests.deliveries import mailing_from
from tests.messages import Outbox
from tests.sizes import IS_FULL
from tests.streaming import Stream

from .reminder_cast import BEGIN, Size
from .reminder_month import Play
from .reminder_rules import USUALLY, Reminder

SMALL = Size(workshops=12, rsvps=200, people=100, days=8, starts=6, wishing=0.15)
FULL = Size(workshops=2000, rsvps=100_000, people=20_000, days=30, starts=360, wishing=0.3)

MOST_MONTHS = 8
"""In a month so small what is broken may not show; in so many it does."""

WRONG = ("doubled", "missing", "not due", "after start", "cancelled or moved")
COLUMNS = ("expected", "either way", "sent", *WRONG)


class Row(Counter[str]):
    """What became of the reminders of one kind, and whose they were."""

    def __init__(self) -> None:
        super().__init__()
        self.people: set[str] = set()


def judged(play: Play) -> dict[str, Row]:
    """What was sent, held against the rules, by what went wrong or was not as usual."""
    rows: dict[str, Row] = defaultdict(Row)
    allowed: set[Reminder] = set()
    for reminder, must, span in play.rules.reminders():
        row = rows[span.trouble or history(play, reminder)]
        allowed.add(reminder)
        row["expected" if must else "either way"] += 1
        row["missing"] += must and reminder not in play.told
        note(play, row, reminder)
    for reminder in play.told.keys() - allowed:
        row = rows[history(play, reminder)]
        row["not due"] += 1
        note(play, row, reminder)
    return rows


def note(play: Play, row: Row, reminder: Reminder) -> None:
    row.people.add(reminder.person)
    sent: list[datetime] = play.told.get(reminder, [])
    row["sent"] += len(sent)
    row["doubled"] += max(0, len(sent) - 1)
    for at in sent:
        plan = play.rules.plans[reminder.workshop].at(at)
        row["after start"] += at >= reminder.start
        row["cancelled or moved"] += plan is None or plan.start != reminder.start


def history(play: Play, reminder: Reminder) -> str:
    """What was not as usual about a reminder with which nothing went wrong."""
    plans, wished = play.rules.plans[reminder.workshop], play.rules.wishes[reminder.person]
    seats = play.rules.lines[reminder.workshop].seats.get(reminder.person)
    if len([plan for plan in plans.values if plan is not None]) > 1:
        return "moved"
    if plans.values[-1] is None:
        return "cancelled or begun early"
    if seats is None or seats.times != [BEGIN]:
        return "came late, left or waited"
    return "nothing special" if wished.value == USUALLY and not wished.times else "other wishes"


def shown(rows: dict[str, Row]) -> str:
    """The table that is printed."""
    everybody = set().union(*(row.people for row in rows.values()))
    total = sum(rows.values(), Counter[str]())
    lines: list[tuple[object, ...]] = [("", "people", *COLUMNS)]
    lines += [(kind, len(row.people), *(row[name] for name in COLUMNS)) for kind, row in sorted(rows.items())]
    lines.append(("all", len(everybody), *(total[name] for name in COLUMNS)))
    return "\n".join(f"{line[0]:28}" + "".join(f"{cell:>19}" for cell in line[1:]) for line in lines)


def wrong(rows: dict[str, Row]) -> dict[str, int]:
    return {name: count for name in WRONG if (count := sum(row[name] for row in rows.values()))}


def hold_against_the_rules(play: Play, began: float) -> None:
    rows = judged(play)
    mails = play.mails()
    sys.stdout.write(
        f"\n{play.cast.size}, played in {time.monotonic() - began:.0f} s\n{shown(rows)}\n"
        f"mails: {mails.total()} of {len(mails)} things\n{dict(sorted(play.done.items()))}\n"
    )
    assert wrong(rows) == {}
    assert sum(row["expected"] for row in rows.values()) > play.cast.size.rsvps / 3
    assert set(mails.values()) <= {1}
    assert list(play.wrong_states()) == []


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A month says too much."""
    level = observability.logger.log_level
    observability.logger.setLevel(logging.CRITICAL)
    monkeypatch.setattr(observability, "count", lambda *_: None)
    with mailing_from(monkeypatch):
        yield
    observability.logger.setLevel(level)


@pytest.mark.usefixtures("quiet")
def test_a_small_month_on_the_emulated_table(dynamodb: str, table: str, sent: Outbox, seed: int) -> None:
    began = time.monotonic()
    play = Play(SMALL, seed, sent, Stream(dynamodb, table).take)
    play.run()
    hold_against_the_rules(play, began)


@pytest.mark.skipif(not IS_FULL, reason="takes 20 minutes: ATELIER_SIZE=full plays it, and every run plays a small one")
@pytest.mark.usefixtures("quiet")
def test_a_full_month(sent: Outbox, seed: int) -> None:
    began = time.monotonic()
    with enclosed.running("atelier-month") as changes:
        play = Play(FULL, seed, sent, changes.take)
        play.run()
        hold_against_the_rules(play, began)


def any_id(at: datetime, source: str) -> str:
    """An id that is another one each time."""
    return notification_id(at, f"{source}{time.perf_counter_ns()}")


def offset_of_anybody(announcement: Any, _workshop: Any, _row: Any, wanted: Any, _now: Any) -> int | None:
    """What somebody wants of what is announced, whenever they came."""
    return min(set(announcement.data["offsets"]) & set(wanted), default=None)


BROKEN: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "doubled": (telling, "notification_id", any_id),
    "missing": (wishes, "_add", lambda *_: None),
    "not due": (reasons, "due_offset", offset_of_anybody),
    "cancelled or moved": (reasons, "holds", lambda *_: True),
}
"""For each thing that must not be, something that makes it so."""


@pytest.mark.parametrize("what", BROKEN)
@pytest.mark.usefixtures("quiet")
def test_the_rules_catch_what_is_broken(sent: Outbox, seed: int, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    monkeypatch.setattr(*BROKEN[what])
    assert any(found.get(what, 0) > 0 for found in itertools.islice(months(sent, seed), MOST_MONTHS))


def months(sent: Outbox, seed: int) -> Iterator[dict[str, int]]:
    """What is wrong with one small month after the other."""
    for number in itertools.count(seed):
        with enclosed.running(f"atelier-broken-{os.getpid()}") as changes:
            play = Play(SMALL, number, sent, changes.take)
            play.run()
            yield wrong(judged(play))
