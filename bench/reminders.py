"""Reminders for 100,000 people: one run that claims and queues them all, and what it takes to tell each of them.

The run has to fit into the function's timeout and memory. Telling is held against the same requests made with plain
botocore: the table is an emulator on the same processors, so rates say nothing; what they are to each other does.
"""

import gc
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout
from datetime import timedelta
from pathlib import Path
from typing import Any

from atelier import clock, settings, table
from atelier.accounts.items import Profile, profile_key
from atelier.ids import member, user_id
from atelier.notifications import mailing
from atelier.notifications.announcements import Announcement, Share
from atelier.notifications.items import preferences_key
from atelier.rsvps import seats
from atelier.rsvps.items import SeatBlock, attendee_key, block_key
from atelier.table import Item
from atelier.workshops import moments, writing
from atelier.workshops.items import Workshop, workshop_key
from bench.ground import Place, handler
from bench.report import Result, show
from tests import emulator, template
from tests.calling import Context
from tests.counting import Use, counted
from tests.workshops import stored

PEOPLE = 100_000
PER_BLOCK = 48
PER_MESSAGE = 60
ROUNDS = 5
BATCH = 5
MANY = 8
CPU_GOAL = 1.5
MOST_WRITES_EACH = 1.1

type Job = Callable[[Sequence[Share]], None]


def run(place: Place, _: int) -> None:
    """Measures and prints. Raises RuntimeError when a limit is not kept."""
    _measure_runs(place)
    _measure_telling(place)


# ---- one run


def _measure_runs(place: Place) -> None:
    function = template.resources()["RemindersFunction"]["Properties"]
    limits = function["Timeout"], function["MemorySize"]
    print(f"\nOne run of reminders for {PEOPLE:,} people of one workshop, within {limits[0]} s and {limits[1]} MB\n")
    idle = _child(place, None)
    for kind, capacity in (("blocks of seats", PEOPLE), ("rows, without a limit", None)):
        _make_due(stored(place.world.workshop(max_capacity=capacity)["id"]))
        took = _child(place, PEOPLE if capacity is None else None)
        _print_run(kind, took, idle)
        expected = -(-PEOPLE // (PER_BLOCK if capacity else PER_MESSAGE))
        if (took["worked"], took["messages"]) != (1, expected):
            raise RuntimeError(f"{expected} messages were expected: {took}")
        if capacity is None and took["named"] != PEOPLE:
            raise RuntimeError(f"{took['named']} people are named, not {PEOPLE}")
        if took["wall_s"] > limits[0] or took["peak_mb"] > limits[1]:
            raise RuntimeError(f"a run does not fit: {took}")


def _print_run(kind: str, took: dict[str, float], idle: dict[str, float]) -> None:
    print(
        f"  {kind:22} {took['wall_s']:6.2f} s, {took['cpu_s']:5.2f} s of them processor time"
        f" ({1e6 * took['cpu_s'] / PEOPLE:.1f} us a person); {took['peak_mb']:.0f} MB at most"
        f" ({idle['peak_mb']:.0f} with nothing due); {took['messages']:,.0f} messages in {took['sends']:.0f} requests"
        f" of at most {took['longest_send'] / 1024:.0f} KB, {took['pages']:.0f} pages of rows"
    )


def _make_due(workshop: Workshop) -> None:
    """Moves the workshop, past all rules, to where its first reminder has just become due."""
    now = clock.whole_seconds(clock.now())
    near = writing.with_values(workshop, scheduled_at=now + timedelta(minutes=60, seconds=-5))
    moments.set_due(near, now - timedelta(seconds=5))
    workshop.update(table.setting(near, {"scheduled_at", "due_at", "due_key", "due_sort"}))


def _child(place: Place, people: int | None) -> dict[str, float]:
    row = seats.new_row(stored(place.world.workshop()["id"]), user_id("bench", "row"), at=clock.now())
    size = sum(len(name) + len(str(next(iter(value.values())))) for name, value in row.serialize().items())
    answer = subprocess.run(
        [sys.executable, "-m", "bench.reminders_child", place.address, place.table_name, str(people or "-")],
        env={**os.environ, "BENCH_ROW_BYTES": str(size)},
        capture_output=True,
        text=True,
        check=True,
    )
    took: dict[str, float] = json.loads(answer.stdout.strip().rpartition("\n")[2])
    return took


# ---- telling


def _measure_telling(place: Place) -> None:
    settings.forget()
    people = [user_id("bench", f"told{number}") for number in range(PER_MESSAGE * 8)]
    _make_people(people)
    ours, theirs = _through_the_function(), _Plain(place)
    for kind, capacity in (("a block of 48", PER_BLOCK * 10), ("60 rows", None)):
        shares = _shares(place, people, capacity)
        each = PER_BLOCK if capacity else PER_MESSAGE
        _compare_requests(ours, theirs, next(shares), each)
        gc.collect()
        cpu: dict[str, list[float]] = {"ours": [], "theirs": [], "mail": []}
        rates: dict[tuple[str, int], list[float]] = {}
        for _round in range(ROUNDS):
            for name, job in (("ours", ours), ("theirs", theirs)):
                cpu[name].append(_thread_ms(job, list(itertools.islice(shares, BATCH))) / BATCH / each)
                for threads in (1, MANY):
                    work = [[next(shares)] for _ in range(MANY)]
                    rates.setdefault((name, threads), []).append(_rate(job, work, threads) * each)
            with _mailing():
                cpu["mail"].append(_thread_ms(ours, list(itertools.islice(shares, 1))) / each)
        show(
            f"Processor time per person, {kind} in a message",
            "ms",
            "deliveries",
            "held against",
            [
                Result("in the app, over bare calls", cpu["ours"], cpu["theirs"], CPU_GOAL),
                Result("with mail, over without", cpu["mail"], cpu["ours"]),
            ],
        )
        show(
            f"People a second, {kind} in a message, against an emulated table on the same processors",
            "1/s",
            "deliveries",
            "bare calls",
            [
                Result(f"{threads} thread{'s' * (threads > 1)}", rates["ours", threads], rates["theirs", threads])
                for threads in (1, MANY)
            ],
        )


def _make_people(people: Sequence[str]) -> None:
    now = clock.whole_seconds(clock.now())
    with Item.batch_write() as batch:
        for number, person in enumerate(people):
            batch.save(
                Profile(
                    *profile_key(person),
                    user_id=person,
                    display_name=f"Person {number}",
                    avatar_color="#2f6f4f",
                    email=f"p{number}@example.com",
                    created_at=now,
                    updated_at=now,
                )
            )


def _shares(place: Place, people: Sequence[str], capacity: int | None) -> Iterator[Share]:
    """Messages without end, each for other people or another workshop than all before."""
    each = PER_BLOCK if capacity else PER_MESSAGE
    while True:
        workshop = stored(place.world.workshop(max_capacity=capacity, starts_in=timedelta(minutes=62))["id"])
        groups = [tuple(some) for some in itertools.batched(people, each, strict=False) if len(some) == each]
        with Item.batch_write() as batch:
            for number, some in enumerate(groups):
                for person in some:
                    row = seats.new_row(workshop, person, at=workshop.created_at)
                    row.block = number if capacity else None
                    batch.save(row)
                if capacity:
                    holders = {member(person) for person in some}
                    batch.save(SeatBlock(*block_key(workshop.id, number), seats_left=0, holders=holders))
        start = clock.to_text(workshop.scheduled_at)
        announcement = Announcement(
            "workshop_reminder",
            workshop.id,
            f"{workshop.id}#reminder#{start}",
            workshop.scheduled_at,
            "seated",
            {"scheduled_at": start, "offsets": [60]},
        )
        for number, some in enumerate(groups):
            yield Share(announcement, block=number) if capacity else Share(announcement, people=some)


def _through_the_function() -> Job:
    answer, context = handler("deliveries"), Context("deliveries", "bench")

    def job(shares: Sequence[Share]) -> None:
        records = [
            {"messageId": str(number), "body": share.to_message(), "attributes": {"ApproximateReceiveCount": "1"}}
            for number, share in enumerate(shares)
        ]
        if answer({"Records": records}, context)["batchItemFailures"]:
            raise RuntimeError("a message failed")

    return job


@contextmanager
def _mailing() -> Iterator[None]:
    """Mail is set up, and SES takes whatever it gets at once."""
    os.environ["MAIL_FROM"], real = "studio@example.com", mailing.Mail.__init__.__defaults__
    settings.forget()
    mailing.Mail.__init__.__defaults__ = (lambda *_, **__: "taken",)
    try:
        yield
    finally:
        mailing.Mail.__init__.__defaults__ = real
        del os.environ["MAIL_FROM"]
        settings.forget()


class _Plain:
    """The requests that telling takes, by a client of their own."""

    def __init__(self, place: Place) -> None:
        self.client, self.table = emulator.client(place.address), place.table_name

    def __call__(self, shares: Sequence[Share]) -> None:
        """Reads who it is for, the workshop and the people; puts what each is told."""
        for share in shares:
            workshop_id, people = share.announcement.workshop_id, share.people
            if share.block is not None:
                key = _raw(*block_key(workshop_id, share.block))
                block = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True)["Item"]
                people = tuple(sorted(f"usr_{holder}" for holder in block["holders"]["SS"]))
            keys = [_raw(*workshop_key(workshop_id))]
            for person in people:
                keys += [
                    _raw(*profile_key(person)),
                    _raw(*preferences_key(person)),
                    _raw(*attendee_key(workshop_id, person)),
                ]
            for some in itertools.batched(keys, 100, strict=False):
                asked = {self.table: {"Keys": list(some), "ConsistentRead": True}}
                self.client.batch_get_item(RequestItems=asked)
            for person in people:
                self._put(person, share)

    def _put(self, person: str, share: Share) -> None:
        announcement = share.announcement
        item = {
            **_raw(f"INBOX#{person}", f"ntf_bare{announcement.workshop_id}"),
            "kind": {"S": "notification"},
            "type": {"S": announcement.type},
            "entity_type": {"S": "workshop"},
            "entity_id": {"S": announcement.workshop_id},
            "data": {"S": json.dumps({"title": "Raku firing", **announcement.data})},
            "created_at": {"S": clock.to_text(announcement.at)},
            "made_ms": {"N": "1795860000000"},
            "is_shown": {"BOOL": True},
            "mail": {"S": "none"},
            "expires_at": {"N": "1795860000"},
        }
        self.client.put_item(TableName=self.table, Item=item, ConditionExpression="attribute_not_exists(pk)")


def _raw(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _compare_requests(ours: Job, theirs: "_Plain", share: Share, people: int) -> None:
    """The bare calls must be the ones that the function makes, and hardly more than one of them a write per person."""
    with counted() as asked, _unheard():
        ours([share])
    bare = Use()
    theirs.client.meta.events.register("before-call.dynamodb", bare.began)
    theirs([share])
    theirs.client.meta.events.unregister("before-call.dynamodb", bare.began)
    if asked.operations != bare.operations:
        raise RuntimeError(f"the function asks {asked.operations}, the bare calls are {bare.operations}")
    each = len(asked.writes) / people
    print(
        f"\nWrites per person told: {each:.2f} (at most {MOST_WRITES_EACH}); requests for {people}: {asked.round_trips}"
    )
    if each > MOST_WRITES_EACH:
        raise RuntimeError("that are too many writes")


def _thread_ms(job: Job, shares: Sequence[Share]) -> float:
    with _unheard():
        began = time.thread_time()
        job(shares)
        return (time.thread_time() - began) * 1000


@contextmanager
def _unheard() -> Iterator[None]:
    """The functions' metrics go nowhere."""
    with Path(os.devnull).open("w", encoding="utf-8") as sink, redirect_stdout(sink):
        yield


def _rate(job: Job, work: Sequence[Sequence[Share]], threads: int) -> float:
    """Messages a second."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda _: time.sleep(0.01), range(threads)))  # every thread is there before the clock starts
        with _unheard():
            began = time.perf_counter()
            list(pool.map(job, work))
            return sum(map(len, work)) / (time.perf_counter() - began)
