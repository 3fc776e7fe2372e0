"""Many people after few seats, over HTTP and at the same time; and whether everything agrees afterwards."""

import random
import secrets
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

from local.stack import Stack
from tests.e2e.api import Api
from tests.e2e.scenes import Table

THREADS = 32


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request was answered."""

    who: int
    status_code: int
    user_id: str
    place: str


def crowd(api: Api, count: int) -> list[str]:
    """Tokens of so many people whom the API has never seen: their first request makes their profile."""
    pool = api.pool
    stem = secrets.token_hex(5)
    names = [f"crowd-{stem}-{number}" for number in range(count)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(pool.add, names))
        return list(threads.map(pool.token, names))


def storm(api: Api, workshop: str, tokens: Sequence[str], *, times: int) -> list[Answer]:
    """An RSVP of everybody, so many times each, in random order and 32 at once."""
    order = [who for who in range(len(tokens)) for _ in range(times)]
    random.Random(7).shuffle(order)  # noqa: S311 - an order that can be repeated

    def ask(who: int) -> Answer:
        answer = client.post(f"/workshops/{workshop}/rsvp", headers={"Authorization": f"Bearer {tokens[who]}"})
        body = answer.json()
        return Answer(who, answer.status_code, body.get("user", {}).get("id", ""), body.get("status", answer.text))

    limits = httpx.Limits(max_connections=THREADS)
    with (
        httpx.Client(base_url=api.stack["api"], timeout=60, limits=limits) as client,
        ThreadPoolExecutor(THREADS) as threads,
    ):
        return list(threads.map(ask, order))


def places(answers: Sequence[Answer]) -> dict[str, str]:
    """What everybody got, which all of somebody's answers have to agree on."""
    told: dict[str, set[str]] = {}
    for answer in answers:
        assert answer.status_code in (200, 201), answer
        told.setdefault(answer.user_id, set()).add(answer.place)
    assert not [who for who, got in told.items() if len(got) > 1]
    assert told.keys() <= {answer.user_id for answer in answers if answer.status_code == 201}
    return {who: got.pop() for who, got in told.items()}


def check_table(stack: Stack, workshop: str, wish: dict[str, str], *, capacity: int) -> None:
    """Rows, blocks and waitlist say the same as the answers, and no seat is sold twice, lost or left over."""
    table = Table(stack)
    rows = table.rows(workshop)
    assert {who: row["status"] for who, row in rows.items()} == wish
    blocks = {number: block for number in range(-(-capacity // 48)) if (block := table.block(workshop, number))}
    held = [(f"usr_{who}", number) for number, block in blocks.items() for who in block.get("holders", ())]
    assert sorted(held) == sorted((who, row["block"]) for who, row in rows.items() if row["status"] == "rsvp")
    counted = Counter(wish.values())
    assert len(held) + sum(int(block["seats_left"] + block.get("freed", 0)) for block in blocks.values()) == capacity
    assert len(held) == counted["rsvp"] <= capacity
    waiting = table.waiting(workshop)
    assert len(waiting) == len(set(waiting)) == counted["waitlisted"]
    assert set(waiting) == {who for who, place in wish.items() if place == "waitlisted"}
