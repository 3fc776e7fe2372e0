"""RSVPs a second through the handler, by one thread and by eight, and as many bare calls by as many threads.

The table is an emulator on the same processors, so the rates themselves say nothing; what they are to each other does.
"""

import itertools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from atelier import clock
from bench import plain
from bench.ground import Place, handler, meet, request
from bench.report import Result, show
from tests.calling import id_of
from tests.workshops import stored

ROUNDS = 5
PEOPLE = 48
MANY = 8
SEATS = 4800
BLOCKS = SEATS // 48

type Job = Callable[[str], object]


def run(place: Place, _: int) -> None:
    """Measures in turns and prints."""
    workshop = stored(place.world.workshop(max_capacity=SEATS)["id"])
    answer, now, blocks = handler("rsvps"), clock.whole_seconds(clock.now()), itertools.cycle(range(BLOCKS))
    path = f"/workshops/{workshop.id}/rsvp"

    def ours(user: str) -> None:
        if answer(*request("POST", path, user))["statusCode"] != 201:
            raise RuntimeError("an RSVP was refused")

    def theirs(user: str) -> None:
        plain.rsvp(workshop, id_of(user), next(blocks), SEATS, now)

    rates: dict[tuple[str, int], list[float]] = {}
    names = itertools.count()
    for _round in range(ROUNDS):
        for kind, job in (("handler", ours), ("bare", theirs)):
            for threads in (1, MANY):
                users = [f"rate{next(names)}" for _ in range(PEOPLE)]
                meet(users)
                rates.setdefault((kind, threads), []).append(_rate(job, users, threads))
    show(
        "RSVPs a second, against an emulated table on the same processors",
        "1/s",
        "these",
        "those",
        [
            Result(f"handler, {MANY} threads, over 1", rates["handler", MANY], rates["handler", 1]),
            Result(f"bare calls, {MANY} threads, over 1", rates["bare", MANY], rates["bare", 1]),
            Result("handler over bare calls, 1 thread", rates["handler", 1], rates["bare", 1]),
            Result(f"handler over bare calls, {MANY} threads", rates["handler", MANY], rates["bare", MANY]),
        ],
    )


def _rate(job: Job, users: list[str], threads: int) -> float:
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda _: time.sleep(0.01), range(threads)))  # every thread is there before the clock starts
        began = time.perf_counter()
        list(pool.map(job, users))
        return len(users) / (time.perf_counter() - began)
