"""A month of workshops in a few minutes: the schedule, the stream, the queue, and what goes wrong with them.

Time jumps from one thing to the next. `reminders` runs wherever anything may be due, what follows from a change comes
off the table's stream, and `deliveries` gets its messages late, twice and in any order. Every trouble is told to the
rules as what it is; they never look at what came of it.
"""

import itertools
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

from botocore.exceptions import ClientError

from atelier import clock, due, queues
from atelier.notifications import delivering, reminding
from atelier.projections import following, records
from tests import streaming
from tests.deliveries import Clock, Letters, carry_out
from tests.faults import Killed, killed_after, killed_before, overtaken
from tests.messages import Message, Outbox
from tests.workshops import stored

from .reminder_cast import BEGIN, RUNS_AT_S, Agenda, Cast, Size
from .reminder_rules import MINUTES_AHEAD, Month, Plan, Reminder, Stretch

MINUTE = timedelta(minutes=1)

HIDDEN = timedelta(minutes=6)
"""So long the queue hides a message whose receiver died."""

REFUSED = ClientError({"Error": {"Code": "TooManyRequestsException"}}, "SendEmail")


class Play:
    """A month that is played on the table that the layer is connected to. take: what changed there since the last time.

    told: when each reminder was put into somebody's inbox. done: how often everything happened.
    """

    def __init__(self, size: Size, seed: int, outbox: Outbox, take: Callable[[], list[dict[str, Any]]]) -> None:
        self.dice = random.Random(seed)  # noqa: S311 - chance, not a secret
        self.clock, self.outbox, self._take = Clock(BEGIN), outbox, take
        self.letters = Letters()
        self.agenda = Agenda(self.clock)
        self.rules = Month(self.next_run)
        self.cast = Cast(size, self.dice, self.agenda, self.rules, self._watch)
        self.done = self.cast.done
        self.told: dict[Reminder, list[datetime]] = defaultdict(list)
        self._outages = self._hours(3)
        self._standstills = self._hours(3)
        self._runs: set[datetime] = set()
        self._arrivals: dict[tuple[Any, ...], tuple[datetime, str]] = {}

    def run(self) -> None:
        """Plays it to its end."""
        self.cast.enter()
        self._take()
        self.cast.plan_actions()
        for _, end in self._outages:
            self._run_at(end)
        self.agenda.run(self._follow)

    def _hours(self, count: int) -> list[tuple[datetime, datetime]]:
        """Hours in which something stands still, each around a reminder of some workshop."""
        ago = (timedelta(seconds=60 * self.dice.randrange(100) + 15) for _ in range(count))
        begins = [self.dice.choice(self.cast.starts) - span for span in ago]
        return [(begin, begin + timedelta(hours=1)) for begin in begins]

    # ---- the schedule

    def next_run(self, moment: datetime) -> tuple[datetime, str]:
        """The first run at or after an instant, and why it is late."""
        run, late = _first_run(moment), ""
        for begin, end in sorted(self._outages):
            if begin <= run < end:
                run, late = _first_run(end), "no run for an hour"
        return run, late

    def _watch(self, plan: Plan) -> None:
        """Lets runs come wherever anything may be due. Those between would find nothing."""
        for minutes in (*MINUTES_AHEAD, 0, -15, -30, -60, -61, -90):
            moment = plan.start - MINUTE * minutes
            if moment > self.clock.now:
                self._run_at(moment)

    def _run_at(self, moment: datetime) -> None:
        run, _ = self.next_run(moment)
        if run not in self._runs:
            self._runs.add(run)
            self.agenda.add(run, self._tick)

    def _tick(self) -> None:
        due_now = self._due_now()
        trouble = self.dice.choices(
            ("none", "dies", "twice", "overtaken", "overtakes"), (70, 8, 8, 7, 7) if due_now else (1, 0, 0, 0, 0)
        )[0]
        if trouble == "dies":
            self._die()
        elif trouble == "twice":
            with overtaken(self.dice.randrange(1, 5), self._once):
                self._once()
            self._stretch(due_now, "again", self.clock.now, "two runs at once")
        elif trouble == "overtaken":
            with overtaken(self.dice.randrange(1, 5), lambda: self._meddle(due_now)):
                self._once()
        elif trouble == "overtakes":
            with overtaken(1, self._once):
                self._meddle(due_now)
            self._once()
        else:
            self._once()
        self.done[f"runs: {trouble}"] += bool(due_now)
        self._send()

    def _due_now(self) -> list[str]:
        """The workshops of which a reminder may go out with this run."""
        moments = {self.clock.now.replace(second=0) + MINUTE * minutes for minutes in MINUTES_AHEAD}
        return [
            workshop for workshop in self.cast.hosts if (plan := self.cast.plan_of(workshop)) and plan.start in moments
        ]

    def _once(self) -> None:
        reminding.run(has_time=lambda: True, at=self.clock)

    def _meddle(self, workshops: list[str]) -> None:
        """Somebody does something about a workshop of which people are being reminded."""
        workshop = self.dice.choice(workshops)
        what = self.dice.choice(
            (self.cast.move, self.cast.change_otherwise, self.cast.come, self.cast.go, self.cast.cancel)
        )
        if self.dice.random() < 0.3:
            people = list(self.rules.lines[workshop].people)
            self.cast.wish(self.dice.choice(people or self.cast.people))
        else:
            what(workshop)
        self._follow()

    def _die(self) -> None:
        """A run dies somewhere, and another one does the rest at once. What was claimed comes after its lease."""
        kill: AbstractContextManager[object] = self.dice.choice(
            (
                killed_before(self.dice.randrange(1, 6)),
                killed_after(self.dice.randrange(1, 6)),
                _killed_sending(self.dice.randrange(4)),
            )
        )
        try:
            with kill:
                self._once()
        except Killed:
            again, _ = self.next_run(self.clock.now + due.LEASE)
            self._stretch(self._due_now(), "torn", again, "a run that died")
            self._run_at(again)
        self._once()

    def _stretch(self, workshops: Iterable[str], how: str, until: datetime, trouble: str) -> None:
        for workshop in workshops:
            self.rules.stretched(workshop, Stretch(self.clock.now, until, how, trouble))

    # ---- the queue

    def _send(self) -> None:
        """Takes what was sent; messages arrive in any order, those of one reminder now and then all of them late."""
        sent = [message for message in self.outbox if message.queue_url.endswith("/deliveries")]
        self.outbox.clear()
        for message in self.dice.sample(sent, len(sent)):
            at, trouble = self._arrival(message.task)
            if at > self.clock.now and _reminds(message):
                self._stretch([message.task["workshop_id"]], "held", at, trouble)
            self.agenda.add(at, lambda message=message: self._deliver(message))  # type: ignore[misc]

    def _arrival(self, task: Any) -> tuple[datetime, str]:
        """When what is sent now arrives, and why it is late: the same for all messages of one reminder."""
        of = self.clock.now, task.get("type"), task.get("workshop_id")
        if of not in self._arrivals:
            self._arrivals[of] = self._some_arrival(task)
        return self._arrivals[of]

    def _some_arrival(self, task: Any) -> tuple[datetime, str]:
        for begin, end in self._standstills:
            if begin <= self.clock.now < end:
                return end, "a queue that stands still"
        chance = self.dice.random()
        if chance < 0.02 and task.get("type") == "workshop_reminder":
            self.agenda.add(self.clock.now + timedelta(seconds=15), lambda: self.cast.cancel(task["workshop_id"]))
            return self.clock.now + timedelta(seconds=30), "cancelled meanwhile"
        if chance < 0.05:
            return self.clock.now + timedelta(seconds=self.dice.randrange(21, 900)), "messages that come late"
        return self.clock.now, ""

    def _deliver(self, message: Message) -> None:
        if message.task["task"] not in ("announce", "tell"):
            return
        if self.dice.random() < 0.03:
            self._come_again(
                message, timedelta(seconds=self.dice.randrange(1, 600)), "again", "messages that come twice"
            )
        trouble: AbstractContextManager[object] = nullcontext()
        if self.dice.random() < 0.06:
            number = self.dice.randrange(1, 10)
            trouble = self.dice.choice(
                (killed_before(number), killed_after(number), overtaken(number, lambda: self._carry_out(message)))
            )
        if self.dice.random() < 0.03:
            self.letters.failures = [REFUSED]
        try:
            with trouble:
                self._carry_out(message)
        except Killed:
            self.done["deliveries that died"] += 1
            self._come_again(message, HIDDEN, "torn", "a delivery that died")
        except delivering.UndeliveredError:
            self.done["deliveries with a mail that was refused"] += 1
            self._come_again(message, timedelta(seconds=20), "again", "mail that is refused at first")
        self.letters.failures = []
        self._send()

    def _carry_out(self, message: Message) -> None:
        carry_out(message.task, self.clock.now, self.letters)

    def _come_again(self, message: Message, after: timedelta, how: str, trouble: str) -> None:
        at = self.clock.now + after
        if _reminds(message):
            self._stretch([message.task["workshop_id"]], how, at, trouble)
        self.agenda.add(at, lambda: self._deliver(message))

    # ---- what follows

    def _follow(self) -> None:
        """Lets everything follow from what changed, some of it twice; notes who was reminded."""
        while changed := self._take():
            for record in changed:
                record["dynamodb"]["ApproximateCreationDateTime"] = self.clock.now.timestamp()
                self._note(record["dynamodb"].get("NewImage", {}), record["eventName"])
            reaching = [record for record in changed if streaming.reaches_function(record)]
            if self.dice.random() < 0.03:
                reaching += reaching
            for some in itertools.batched(reaching, streaming.BATCH, strict=False):
                for subject, what in records.sort(some).items():
                    following.follow(subject, what, at=self.clock)
        self._send()

    def _note(self, image: dict[str, Any], event: str) -> None:
        if event == "INSERT" and image.get("type", {}).get("S") == "workshop_reminder":
            data = json.loads(image["data"]["S"])
            person, start = image["pk"]["S"].removeprefix("INBOX#"), clock.from_text(data["scheduled_at"])
            reminder = Reminder(image["entity_id"]["S"], person, start, data["minutes_before"])
            self.told[reminder].append(self.clock.now)

    def wrong_states(self) -> Iterator[str]:
        """Workshops that are not what they should have become by themselves in the end."""
        for workshop, kind in self.cast.formats.items():
            was_stopped = self.rules.plans[workshop].values[-1] is None
            if workshop in self.cast.begun:
                wanted = "ended" if kind == "in_person" else "live"
            else:
                wanted = "cancelled" if was_stopped or kind != "in_person" else "ended"
            found = stored(workshop)
            if found.status != wanted or found.due_key is not None:
                yield f"{workshop} is {found.status}, not {wanted}"

    def mails(self) -> Counter[str]:
        """How often each mail was handed over, by its id."""
        found = (re.search(rb"Message-ID:\s*<([^>]+)>", raw) for _, raw in self.letters.sent)
        return Counter(match[1].decode() for match in found if match)


def _reminds(message: Message) -> bool:
    return bool(message.task.get("type") == "workshop_reminder")


def _first_run(moment: datetime) -> datetime:
    run = moment.replace(second=RUNS_AT_S, microsecond=0)
    return run if run >= moment else run + MINUTE


@contextmanager
def _killed_sending(after: int) -> Iterator[None]:
    """The process dies when it has sent so many messages."""
    real, left = queues.send_many, itertools.count(after, -1)

    def send(queue_url: str, bodies: Iterable[str]) -> int:
        sent = 0
        for body in bodies:
            if next(left) == 0:
                raise Killed("while sending")
            sent += real(queue_url, [body])
        return sent

    with mock.patch.object(queues, "send_many", send):
        yield
