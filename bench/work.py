"""Processor time of a handler's thread per request, over that of the bare calls to the table that the request needs."""

import cProfile
import gc
import os
import pstats
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from atelier import clock
from atelier.accounts.items import profile_key
from atelier.agora.secrets import SecretStore
from atelier.rsvps.items import attendee_key, block_key
from atelier.workshops.items import workshop_key
from bench import plain
from bench.ground import Handler, Place, handler, meet, request
from bench.report import Result, show
from tests.calling import Context, id_of
from tests.counting import counted
from tests.rooms import CREDENTIALS, a_workshop, rsvp
from tests.workshops import stored

ROUNDS = 80
WARM_UP = 5
PAGE = 25
SEATS = 4800
BLOCKS = SEATS // 48
GOAL_RSVP = 2.0

type Job = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Contest:
    """A handler and the bare calls it is held against; each is given the number of the round."""

    name: str
    ours: Job
    theirs: Job
    goal: float | None = None


def run(place: Place, _: int) -> None:
    """Measures, prints, and shows where the time goes when a goal is missed."""
    contests = [_rsvp(place), _refusal(place), _list_page(place), _token(place)]
    results = [_measure(contest) for contest in contests]
    show("Processor time per request", "ms", "handler", "bare calls", results)
    for contest, result in zip(contests, results, strict=True):
        if result.is_missed:
            _profile(contest)


def _rsvp(place: Place) -> Contest:
    names = [f"seated{number}" for number in range(ROUNDS + WARM_UP + 40)]
    plainly = [f"plainly{number}" for number in range(ROUNDS + WARM_UP + 40)]
    meet(names + plainly)
    workshop = stored(place.world.workshop(max_capacity=SEATS)["id"])
    requests = [request("POST", f"/workshops/{workshop.id}/rsvp", user) for user in names]
    answer, now = handler("rsvps"), clock.whole_seconds(clock.now())
    return Contest(
        "RSVP",
        lambda number: _expect(201, answer, requests[number]),
        lambda number: plain.rsvp(workshop, id_of(plainly[number]), number % BLOCKS, SEATS, now),
        GOAL_RSVP,
    )


def _refusal(place: Place) -> Contest:
    meet(["late"])
    workshop_id = place.world.workshop(max_capacity=1, waitlist_enabled=False)["id"]
    rsvp(workshop_id, "early")
    answer, person = handler("rsvps"), id_of("late")
    made = request("POST", f"/workshops/{workshop_id}/rsvp", "late")
    keys = [
        workshop_key(workshop_id),
        profile_key(person),
        attendee_key(workshop_id, person),
        block_key(workshop_id, 0),
    ]
    return Contest("refusal", lambda _: _expect(409, answer, made), lambda _: plain.read(keys))


def _list_page(place: Place) -> Contest:
    for number in range(PAGE + 5):
        place.world.workshop(host=f"host{number % 5}", title=f"Glazing {number}", max_capacity=12)
    answer, made = handler("workshops"), request("GET", "/workshops", "reader", query={"limit": PAGE})
    return Contest(
        f"page of {PAGE}", lambda _: _expect(200, answer, made), lambda _: plain.list_page(id_of("reader"), PAGE)
    )


def _token(place: Place) -> Contest:
    os.environ.setdefault("AGORA_PARAMETER_PATH", "/bench")
    answer = handler("tokens")
    # The credentials of a function that has run for a while: read once, kept in memory.
    vars(sys.modules["functions.tokens.app"])["credentials"] = SecretStore(lambda: CREDENTIALS)
    workshop_id, person = a_workshop(place.world, seated=("speaker",)), id_of("speaker")
    made = request("POST", f"/workshops/{workshop_id}/token", "speaker", body={"device": "main"})
    _expect(200, answer, made)
    keys = [workshop_key(workshop_id), profile_key(person), attendee_key(workshop_id, person)]
    return Contest("token", lambda _: _expect(200, answer, made), lambda _: plain.read(keys))


def _expect(status: int, answer: Handler, made: tuple[dict[str, Any], Context]) -> None:
    got = answer(*made)
    if got["statusCode"] != status:
        raise RuntimeError(f"{status} was expected, not {got['statusCode']}: {got['body']}")


def _measure(contest: Contest) -> Result:
    for number in range(WARM_UP - 1):
        contest.ours(number)
        contest.theirs(number)
    _compare_requests(contest)
    gc.collect()
    ours, theirs = [], []
    for number in range(WARM_UP, WARM_UP + ROUNDS):
        ours.append(_thread_ms(contest.ours, number))
        theirs.append(_thread_ms(contest.theirs, number))
    return Result(contest.name, ours, theirs, contest.goal)


def _compare_requests(contest: Contest) -> None:
    """The bare calls must be the ones the handler makes, or the ratio would say nothing."""
    asked = []
    for job in (contest.ours, contest.theirs):
        with counted() as use:
            job(WARM_UP - 1)
        asked.append(use.operations)
    if asked[0] != asked[1]:
        raise RuntimeError(f"{contest.name}: the handler asks {asked[0]}, the bare calls are {asked[1]}")


def _thread_ms(job: Job, number: int) -> float:
    began = time.thread_time()
    job(number)
    return (time.thread_time() - began) * 1000


def _profile(contest: Contest) -> None:
    print(f"\n{contest.name}: where the handler's time goes")
    profile = cProfile.Profile(time.thread_time)
    for number in range(WARM_UP + ROUNDS, WARM_UP + ROUNDS + 40):
        with suppress(IndexError):
            profile.runcall(contest.ours, number)
    pstats.Stats(profile).strip_dirs().sort_stats("tottime").print_stats(15)
