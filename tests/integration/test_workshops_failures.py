"""What becomes of workshops when the process dies, the table refuses, or an answer is lost."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from functools import partial
from typing import Any

import pytest

from tests.calling import Reply, World
from tests.counting import counted
from tests.faults import Killed, answers_lost, dead_table, failing_with, killed_after, killed_before
from tests.workshops import ask, audit_of, bring_near, everything, ids, stored, wanted

KEY = {"Idempotency-Key": "2f1c8a4e"}
DEATHS = [killed_before, killed_after]

type Request = Callable[[], Reply]


def deaths(request: Request, kill: Callable[[int], AbstractContextManager[Any]], n: int) -> bool:
    """Sends a request that dies at its n-th write; whether it came that far."""
    with kill(n) as fault:
        with suppress(Killed):
            request()
        return bool(fault.struck)


def making() -> Request:
    body = wanted(description="Bring gloves.", max_capacity=3)
    return lambda: ask("POST", body=body, headers=KEY)


@pytest.mark.parametrize("kill", DEATHS)
@pytest.mark.parametrize("n", [1, 2])
def test_a_death_while_making_leaves_one_workshop_after_the_same_request_again(
    world: World, kill: Callable[[int], AbstractContextManager[Any]], n: int
) -> None:
    request = making()
    assert deaths(request, kill, n)
    whole = {"WORKSHOP", "IDEMPOTENCY"}
    left = {pk.split("#")[0] for pk, _ in everything()} - {"USER"}
    assert left in (set(), whole)
    again = request()
    assert again.status == 201
    assert ids(ask("GET")) == [again.json["id"]]
    assert ("idempotency-replayed" in again.headers) == (left == whole)
    assert ask("GET", f"/{again.json['id']}").json == again.json
    assert not deaths(request, kill, 1)


def test_every_write_of_making_has_its_death_above(world: World) -> None:
    with counted() as use:
        making()()
    assert use.writes == ["PutItem", "TransactWriteItems"]


EDITS: dict[str, dict[str, object]] = {
    "title": {"title": "Pit firing"},
    "description": {"description": "With smoke."},
    "no description": {"description": "", "title": "Pit firing"},
    "capacity": {"max_capacity": 60, "title": "Roomier", "description": "With smoke."},
    "less capacity": {"max_capacity": 2},
    "no limit": {"max_capacity": None},
}


@pytest.mark.parametrize("kill", DEATHS)
@pytest.mark.parametrize("body", EDITS.values(), ids=EDITS.keys())
def test_a_death_while_editing_leaves_all_or_nothing_and_the_same_request_does_the_rest(
    world: World, kill: Callable[[int], AbstractContextManager[Any]], body: dict[str, object]
) -> None:
    n = 1
    while True:
        workshop = world.workshop(description="Bring gloves.", max_capacity=3)
        before = ask("GET", f"/{workshop['id']}").json
        expected = before | body
        struck = deaths(partial(ask, "PATCH", f"/{workshop['id']}", body=body), kill, n)
        found = ask("GET", f"/{workshop['id']}").json
        assert {name: found[name] for name in body} in ({name: before[name] for name in body}, body)
        again = ask("PATCH", f"/{workshop['id']}", body=body)
        assert (again.status, again.headers["etag"]) == (200, '"2"')
        assert {name: again.json[name] for name in body} == {name: expected[name] for name in body}
        assert ask("GET", f"/{workshop['id']}").json == again.json
        if not struck:
            break
        n += 1
    assert n > 1


@pytest.mark.parametrize("kill", DEATHS)
def test_a_death_while_cancelling_leaves_one_audit_entry_after_the_same_request_again(
    world: World, kill: Callable[[int], AbstractContextManager[Any]]
) -> None:
    workshop = world.workshop()

    def request() -> Reply:
        return ask("DELETE", f"/{workshop['id']}")

    assert deaths(request, kill, 1)
    assert request().status == (204 if kill is killed_before else 409)
    assert stored(workshop["id"]).status == "cancelled"
    assert len(audit_of(workshop["id"])) == 1
    assert ids(ask("GET")) == []


@pytest.mark.parametrize("kill", DEATHS)
def test_a_death_between_the_steps_of_its_life_leaves_one_audit_entry_each(
    world: World, kill: Callable[[int], AbstractContextManager[Any]]
) -> None:
    workshop = world.workshop()
    bring_near(workshop["id"])
    for step, status in (("lobby", "lobby"), ("start", "live"), ("end", "ended")):
        request = partial(ask, "POST", f"/{workshop['id']}/{step}")
        assert deaths(request, kill, 1)
        reply = request()
        assert (reply.status, reply.json["status"]) == (200, status)
    assert len(audit_of(workshop["id"])) == 3


def test_a_lost_answer_is_no_second_effect(world: World) -> None:
    world.meet("host")
    body = wanted(max_capacity=3)
    with answers_lost() as fault:
        made = ask("POST", body=body, headers=KEY)
    assert (made.status, fault.struck) == (201, 1)
    path = f"/{made.json['id']}"
    assert ids(ask("GET")) == [made.json["id"]]
    with answers_lost() as fault:
        edited = ask("PATCH", path, body={"title": "Pit firing"}, headers={"If-Match": '"1"'})
    assert (edited.status, edited.headers["etag"], fault.struck) == (200, '"2"', 1)
    with answers_lost() as fault:
        cancelled = ask("DELETE", path, headers={"If-Match": '"2"'})
    assert (cancelled.status, fault.struck) == (204, 1)
    assert len(audit_of(made.json["id"])) == 1


FAULTS = [
    ("ProvisionedThroughputExceededException", ()),
    ("ThrottlingException", ()),
    ("InternalServerError", ()),
    ("TransactionInProgressException", ()),
    ("TransactionCanceledException", ("TransactionConflict",)),
    ("TransactionCanceledException", ("None", "ThrottlingError")),
]


@pytest.mark.parametrize(("code", "reasons"), FAULTS, ids=str)
def test_a_refusal_that_passes_is_not_seen(world: World, code: str, reasons: tuple[str, ...]) -> None:
    world.meet("host")

    def through(request: Request) -> Reply:
        with failing_with(code, 2, reasons=reasons) as fault:
            reply = request()
        assert fault.struck == 2
        return reply

    made = through(lambda: ask("POST", body=wanted(), headers=KEY))
    path = f"/{made.json['id']}"
    assert made.status == 201
    assert through(lambda: ask("PATCH", path, body={"title": "Pit firing"})).headers["etag"] == '"2"'
    assert through(lambda: ask("DELETE", path)).status == 204
    assert len(audit_of(made.json["id"])) == 1


@pytest.mark.parametrize(
    ("mode", "method", "body"),
    [
        ("refused", "GET", None),
        ("500", "POST", wanted()),
        ("refused", "PATCH", {"title": "x"}),
        ("500", "DELETE", None),
    ],
)
def test_a_dead_table_is_told_as_such(world: World, mode: Any, method: str, body: object) -> None:
    workshop = world.workshop()
    path = "" if method == "POST" else f"/{workshop['id']}"
    before = everything()
    with dead_table(mode):
        began = time.monotonic()
        reply = ask(method, path, body=body)
    assert (reply.status, reply.code) == (503, "table_unavailable")
    assert reply.headers["retry-after"]
    assert time.monotonic() - began < 5
    assert everything() == before
