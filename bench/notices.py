"""Notices a second and processor time each, through `notices`, over the same requests made with plain botocore.

The table is an emulator on the same processors, so the rates themselves say nothing; what they are to each other does.
"""

import gc
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from atelier.rooms.items import participant_key, presence_key, room_key, uid_key
from bench.ground import Place, handler
from bench.report import Result, show
from tests import emulator
from tests.calling import Context, id_of
from tests.counting import Use, counted
from tests.notices import AUDIENCE_JOINS, AUDIENCE_LEAVES, Told, a_channel, batch, came, sent

ROUNDS = 12
GOAL = 1.5
BATCH = 10
BATCHES = 12
MANY = 8
PEOPLE = range(1, BATCH * BATCHES + 1)
"""So many that nobody comes twice in one round, where threads might overtake each other."""
WORKSHOP = "wks_01j00000000000000000000000"

type Job = Callable[[Sequence[Told]], None]


def run(place: Place, _: int) -> None:
    """Measures in turns and prints."""
    channel = a_channel(WORKSHOP, {uid: (f"person{uid}", "main") for uid in PEOPLE})
    told = _notices(channel)
    ours, theirs = _through_the_function(), _Plain(place)
    _compare_requests(ours, theirs, told)
    gc.collect()
    cpu: dict[str, list[float]] = {"ours": [], "theirs": []}
    rates: dict[tuple[str, int], list[float]] = {}
    for _round in range(ROUNDS):
        for kind, job in (("ours", ours), ("theirs", theirs)):
            cpu[kind].append(_thread_ms(job, list(itertools.islice(told, BATCH))) / BATCH)
            for threads in (1, MANY):
                work = [list(itertools.islice(told, BATCH)) for _ in range(BATCHES)]
                rates.setdefault((kind, threads), []).append(_rate(job, work, threads))
    show(
        "Processor time per notice",
        "ms",
        "notices",
        "bare calls",
        [Result("channel event", cpu["ours"], cpu["theirs"], GOAL)],
    )
    show(
        f"Notices a second, in batches of {BATCH}, against an emulated table on the same processors",
        "1/s",
        "notices",
        "bare calls",
        [
            Result("1 thread", rates["ours", 1], rates["theirs", 1]),
            Result(f"{MANY} threads", rates["ours", MANY], rates["theirs", MANY]),
        ],
    )


def _notices(channel: str) -> Iterator[Told]:
    """People who come and go without end."""
    for number in itertools.count():
        kind = (AUDIENCE_JOINS, AUDIENCE_LEAVES)[number // len(PEOPLE) % 2]
        yield came(kind, channel, PEOPLE[number % len(PEOPLE)], number)


def _through_the_function() -> Job:
    answer, context = handler("notices"), Context("notices", "bench")

    def job(notices: Sequence[Told]) -> None:
        event = batch([sent(notice) for notice in notices])
        if answer(event, context)["batchItemFailures"]:
            raise RuntimeError("a notice failed")

    return job


class _Plain:
    """The requests that a notice takes, by a client of their own."""

    def __init__(self, place: Place) -> None:
        self.client, self.table = emulator.client(place.address), place.table_name

    def __call__(self, notices: Sequence[Told]) -> None:
        """Reads where the device is, puts the fact, moves the state."""
        for notice in notices:
            payload = notice["payload"]
            channel, uid, seq = payload["channelName"], payload["uid"], payload["clientSeq"]
            keys = [_raw(*room_key(channel)), _raw(*uid_key(channel, uid))]
            self.client.batch_get_item(RequestItems={self.table: {"Keys": keys, "ConsistentRead": True}})
            is_in = notice["eventType"] == AUDIENCE_JOINS
            user = id_of(f"person{uid}")
            self._put_fact(user, uid, seq, "join" if is_in else "leave")
            self._move_on(user, uid, seq, is_in=is_in)

    def _put_fact(self, user: str, uid: int, seq: int, what: str) -> None:
        item = {
            **_raw(*presence_key(WORKSHOP, user, uid, seq, what)),
            "kind": {"S": "presence"},
            "what": {"S": what},
            "at": {"S": "2026-11-21T10:00:00Z"},
            "client_seq": {"N": str(seq)},
            "device": {"S": "main"},
        }
        self.client.put_item(TableName=self.table, Item=item, ConditionExpression="attribute_not_exists(pk)")

    def _move_on(self, user: str, uid: int, seq: int, *, is_in: bool) -> None:
        values = {
            ":kind": {"S": "participant"},
            ":user": {"S": user},
            ":device": {"S": "main"},
            ":in": {"BOOL": is_in},
            ":publisher": {"BOOL": False},
            ":seq": {"N": str(seq)},
            ":since": {"S": "2026-11-21T10:00:00Z"},
            ":expires": {"N": "1795860000"},
        }
        self.client.update_item(
            TableName=self.table,
            Key=_raw(*participant_key(WORKSHOP, uid)),
            UpdateExpression=(
                "SET kind = :kind, user_id = :user, device = :device, is_in = :in, is_publisher = :publisher, "
                "client_seq = :seq, since = :since, applied_at = :since, expires_at = :expires"
            ),
            ConditionExpression="attribute_not_exists(client_seq) OR client_seq < :seq",
            ExpressionAttributeValues=values,
        )


def _raw(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _compare_requests(ours: Job, theirs: "_Plain", told: Iterator[Told]) -> None:
    """The bare calls must be the ones that the function makes, or the ratio would say nothing."""
    with counted() as asked:
        ours([next(told)])
    with _counted_at(theirs.client) as bare:
        theirs([next(told)])
    if asked.operations != bare.operations:
        raise RuntimeError(f"the function asks {asked.operations}, the bare calls are {bare.operations}")


@contextmanager
def _counted_at(client: Any) -> Iterator[Use]:
    use = Use()
    client.meta.events.register("before-call.dynamodb", use.began)
    yield use
    client.meta.events.unregister("before-call.dynamodb", use.began)


def _thread_ms(job: Job, notices: Sequence[Told]) -> float:
    began = time.thread_time()
    job(notices)
    return (time.thread_time() - began) * 1000


def _rate(job: Job, work: Sequence[Sequence[Told]], threads: int) -> float:
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda _: time.sleep(0.01), range(threads)))  # every thread is there before the clock starts
        began = time.perf_counter()
        list(pool.map(job, work))
        return sum(map(len, work)) / (time.perf_counter() - began)
