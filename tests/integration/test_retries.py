"""What the table can do to a request, and what becomes of it: success or a 503 within 5 s, and no second effect."""

import json
import time
from collections.abc import Callable
from typing import Any, Literal

import pytest
from pynamodb.exceptions import PutError

from atelier import clock, retries, table
from atelier.accounts.items import AuditEntry, Profile, profile_key
from atelier.categories.items import Category
from atelier.table import Item
from tests.calling import Reply, World, call, id_of
from tests.counting import counted
from tests.faults import answers_lost, dead_table, failing_at_random, failing_with
from tests.sizes import IS_FULL, size

WITHIN_S = 5.0
FOR_EVER = float("inf")

PASSING = [
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "InternalServerError",
    "ServiceUnavailable",
]


def read() -> Reply:
    return call("accounts", "GET", "/me")


def first_sight() -> Reply:
    return call("accounts", "GET", "/me", user="nobody yet")


def edit() -> Reply:
    return call("accounts", "PATCH", "/me", body={"bio": "x", "username": "ana"})


def decide() -> Reply:
    body = {"can_host": False}
    return call("accounts", "PATCH", f"/users/{id_of('ana')}", user="root", groups=("admin",), body=body)


def make(name: str = "Ceramics", key: str = "k") -> Reply:
    headers = {"Idempotency-Key": key}
    return call(
        "categories", "POST", "/categories", user="root", groups=("admin",), body={"name": name}, headers=headers
    )


REQUESTS: list[Callable[[], Reply]] = [read, first_sight, edit, decide, make]
WAITING = REQUESTS if IS_FULL else [read, edit]
"""For what shows only by waiting for as long as a request may."""


def stored(kind: type[Item]) -> list[Any]:
    return [item for item in Item.scan() if isinstance(item, kind)]


def effects() -> tuple[object, ...]:
    """What the requests above can have done."""
    profile = next((item for item in stored(Profile) if item.user_id == id_of("ana")), None)
    told = None if profile is None else (profile.bio, profile.username, profile.can_host, int(profile.version))
    return told, len(stored(Profile)), len(stored(Category)), len(stored(AuditEntry))


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize("code", PASSING)
def test_a_fault_that_passes_is_not_noticed(world: World, code: str, request_: Callable[[], Reply]) -> None:
    world.meet("ana", "root")
    with counted() as use, failing_with(code, 3) as fault:
        reply = request_()
    assert reply.status in (200, 201)
    assert fault.struck == 3
    assert use.attempts == use.round_trips + 3


@pytest.mark.parametrize(
    "reasons", [("TransactionConflict", "None"), ("None", "ThrottlingError"), ("TransactionConflict",) * 2]
)
def test_a_conflict_between_transactions_is_tried_again(world: World, reasons: tuple[str, ...]) -> None:
    world.meet("ana")
    with failing_with("TransactionCanceledException", 4, reasons=reasons) as fault:
        assert edit().status == 200
    assert fault.struck == 4
    assert effects()[0] == ("x", "ana", True, 2)


def test_a_plain_write_that_meets_a_transaction_is_tried_again(world: World) -> None:
    with failing_with("TransactionConflictException", 4) as fault:
        assert first_sight().status == 200
    assert fault.struck == 4


@pytest.mark.parametrize(
    ("code", "request_"),
    [
        *((code, request) for code in ("ThrottlingException", "InternalServerError") for request in WAITING),
        *(("TransactionCanceledException", request) for request in (edit, decide, make)),
    ],
)
def test_a_fault_that_stays_is_a_503_in_time_and_without_effect(
    world: World, code: str, request_: Callable[[], Reply]
) -> None:
    world.meet("ana", "root")
    before = effects()
    started = time.monotonic()
    with failing_with(code, FOR_EVER) as fault:
        reply = request_()
    assert fault.struck > 1
    assert time.monotonic() - started < WITHIN_S
    assert (reply.status, reply.code) == (503, "table_unavailable")
    assert int(reply.headers["retry-after"]) > 0
    assert effects() == before
    assert request_().status in (200, 201)


@pytest.mark.parametrize(
    ("mode", "request_"),
    [
        (mode, request_)
        for mode in ("refused", "black-holed", "500")
        for request_ in (WAITING if mode != "black-holed" else WAITING[-1:])
    ],
)
def test_a_dead_table_is_a_503_in_time_and_forgotten_when_it_lives_again(
    world: World, mode: Literal["refused", "black-holed", "500"], request_: Callable[[], Reply]
) -> None:
    world.meet("ana", "root")
    with dead_table(mode):
        started = time.monotonic()
        reply = request_()
        took = time.monotonic() - started
    assert took < WITHIN_S
    assert (reply.status, reply.code) == (503, "table_unavailable")
    assert request_().status in (200, 201)


@pytest.mark.parametrize("request_", REQUESTS)
def test_an_answer_that_was_lost_has_one_effect(world: World, request_: Callable[[], Reply]) -> None:
    world.meet("ana", "root")
    with answers_lost() as fault:
        reply = request_()
    assert fault.struck == (request_ is not read)
    assert reply.status in (200, 201)
    after = effects()
    assert request_().status in (200, 201)
    assert effects() == after


@pytest.mark.parametrize("request_", [first_sight, edit, decide, make])
def test_when_no_answer_ever_comes_repeating_the_request_has_no_second_effect(
    world: World, request_: Callable[[], Reply]
) -> None:
    world.meet("ana", "root")
    started = time.monotonic()
    with answers_lost(times=FOR_EVER):
        reply = request_()
    assert time.monotonic() - started < WITHIN_S
    assert reply.status == 503
    after = effects()
    repeated = request_()
    assert repeated.status in (200, 201)
    assert effects() == after
    if request_ is make:
        assert repeated.headers["idempotency-replayed"] == "true"


def test_attempts_of_one_transaction_carry_one_token(world: World) -> None:
    world.meet("ana")
    tokens: list[str] = []

    def note(request: Any, **_: Any) -> None:
        tokens.append(json.loads(request.body)["ClientRequestToken"])

    events = table.connect().connection.client.meta.events
    events.register("before-send.dynamodb.TransactWriteItems", note)
    try:
        with failing_with("TransactionCanceledException", 3):
            edit()
    finally:
        events.unregister("before-send.dynamodb.TransactWriteItems", note)
    assert len(tokens) == 4
    assert len(set(tokens)) == 1


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_under_random_faults_everything_succeeds_once_or_is_a_503(world: World, share: float) -> None:
    world.meet("root")
    rounds = size(20, 40)
    made: set[str] = set()
    with failing_at_random(share, seed=4711) as fault:
        for number in range(rounds):
            replies = [make(f"Category {number}", key=str(number)) for _ in range(2)]
            assert {reply.status for reply in replies} <= {201, 503}
            made |= {reply.json["id"] for reply in replies if reply.status == 201}
    assert fault.struck > rounds * share
    for number in range(rounds):
        made.add(make(f"Category {number}", key=str(number)).json["id"])
    assert {item.id for item in stored(Category)} == made
    assert len(made) == rounds


def test_a_mistake_of_ours_is_not_tried_again(world: World) -> None:
    with counted() as use, failing_with("ValidationException"), pytest.raises(PutError):
        table.put_if_absent(_profile())
    assert use.attempts == 1


def test_a_failed_condition_is_not_tried_again(world: World) -> None:
    table.put_if_absent(_profile())
    with counted() as use:
        assert table.put_if_absent(_profile()) is not None
    assert use.attempts == 1


def test_nothing_starts_when_the_time_is_over(world: World) -> None:
    with counted() as use, pytest.raises(retries.OutOfTimeError), retries.time_to_start(-1):
        table.put_if_absent(_profile())
    assert use.attempts == 0
    assert stored(Profile) == []


def test_time_to_start_ends_with_its_block(world: World) -> None:
    with retries.time_to_start(-1):
        pass
    assert table.put_if_absent(_profile()) is None


def _profile() -> Profile:
    now = clock.now()
    return Profile(
        *profile_key("usr_x"), user_id="usr_x", display_name="X", avatar_color="#000000", created_at=now, updated_at=now
    )


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        ({"Error": {"Code": "ThrottlingException"}}, True),
        ({"Error": {"Code": "ConditionalCheckFailedException"}}, False),
        ({"Error": {"Code": "ValidationException"}}, False),
        ({"Error": {"Code": "AccessDeniedException"}}, False),
        ({"Error": {"Code": "Anything"}, "ResponseMetadata": {"HTTPStatusCode": 502}}, True),
        ({"Error": {"Code": "Anything"}, "ResponseMetadata": {"HTTPStatusCode": 400}}, False),
        ({}, False),
    ],
)
def test_what_passes_is_told_from_what_stays(error: dict[str, Any], passes: bool) -> None:
    assert retries.is_transient(error) == passes


@pytest.mark.parametrize(
    ("reasons", "passes"),
    [
        (["TransactionConflict", "None"], True),
        (["None", "ThrottlingError"], True),
        (["TransactionConflict", "ConditionalCheckFailed"], False),
        (["ConditionalCheckFailed"], False),
        (["None"], False),
        ([], False),
        (["ItemCollectionSizeLimitExceeded"], False),
    ],
)
def test_a_cancelled_transaction_passes_only_when_every_reason_does(reasons: list[str], passes: bool) -> None:
    told = [{"Code": reason} for reason in reasons]
    assert (
        retries.is_transient({"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": told}) == passes
    )
