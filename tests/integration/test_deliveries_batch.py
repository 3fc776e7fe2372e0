"""The function `deliveries`: batches, what it reports as failed and when that comes again, and what it says of mail."""

import importlib
import json
import sys
from typing import Any

import pytest
from botocore.exceptions import ClientError

from atelier import aws, observability, queues, settings
from atelier.notifications import delivering
from tests.calling import Context, World
from tests.deliveries import before, mailing_from, tick, told
from tests.messages import Outbox
from tests.rooms import rsvp


def record(number: int, body: object, tries: int = 1) -> dict[str, Any]:
    return {
        "messageId": f"m{number}",
        "receiptHandle": f"r{number}",
        "body": json.dumps(body),
        "attributes": {"ApproximateReceiveCount": str(tries)},
        "eventSource": "aws:sqs",
    }


def handle(*records: dict[str, Any]) -> list[str]:
    app = importlib.import_module("functions.deliveries.app")
    answer = app.lambda_handler({"Records": list(records)}, Context("deliveries", "batch"))
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How long what failed was put off, by its receipt."""
    found: dict[str, int] = {}
    monkeypatch.setattr(queues, "come_again", lambda _, receipt, delay_s: found.update({receipt: delay_s}))
    return found


def reminding_task(world: World, sent: Outbox, *people: str) -> Any:
    workshop = world.workshop()
    for user in people:
        assert rsvp(workshop["id"], user).status == 201
    tick(before(workshop, 60))
    [task] = sent.to("deliveries")
    return task


def test_what_fails_is_reported_and_the_rest_of_its_batch_is_done(
    world: World, sent: Outbox, pauses: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = world.workshop(), world.workshop()
    for workshop, user in ((first, "ana"), (second, "ben")):
        assert rsvp(workshop["id"], user).status == 201
    tick(max(before(first, 60), before(second, 60)))
    real = delivering.tell

    def broken(share: Any, mail: Any) -> int:
        if share.announcement.workshop_id == first["id"]:
            raise RuntimeError("broken")
        return real(share, mail)

    monkeypatch.setattr(delivering, "tell", broken)
    tasks = sorted(sent.to("deliveries"), key=lambda task: task["workshop_id"] != first["id"])
    assert handle(*(record(number, task) for number, task in enumerate(tasks))) == ["m0"]
    assert told("ben") == [("workshop_reminder", 60)]
    assert pauses == {"r0": 20}


@pytest.mark.parametrize(("tries", "pause"), [(1, 20), (2, 60), (3, 180), (4, 360), (5, 360)])
def test_what_fails_comes_again_soon_at_first(world: World, pauses: dict[str, int], tries: int, pause: int) -> None:
    assert handle(record(1, {"task": "unheard of"}, tries)) == ["m1"]
    assert pauses == {"r1": pause}


def test_a_queue_that_does_not_put_it_off_changes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "ChangeMessageVisibility")

    monkeypatch.setattr(queues, "come_again", refuse)
    assert handle(record(1, {"task": "unheard of"}), record(2, [])) == ["m1", "m2"]


def test_the_request_that_puts_a_message_off_is_the_one_that_queues_know(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    class Client:
        def change_message_visibility(self, **request: Any) -> None:
            asked.append(request)

    monkeypatch.setattr(aws, "client", lambda _: Client())
    queues.come_again("https://queue", "r1", delay_s=20)
    assert asked == [{"QueueUrl": "https://queue", "ReceiptHandle": "r1", "VisibilityTimeout": 20}]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What goes to the log."""
    found: list[str] = []
    monkeypatch.setattr(observability.logger, "info", lambda message, **_: found.append(message))
    return found


def start_again() -> None:
    sys.modules.pop("functions.deliveries.app", None)
    importlib.import_module("functions.deliveries.app")


def test_without_an_address_people_are_told_in_the_app_alone_and_the_log_says_so_once(
    world: World, sent: Outbox, said: list[str]
) -> None:
    task = reminding_task(world, sent, "ana")
    settings.forget()
    start_again()
    for _ in range(3):
        assert handle(record(1, task)) == []
    assert told("ana") == [("workshop_reminder", 60)]
    assert said.count("mail_off") == 1


def test_with_an_address_the_log_says_nothing_of_it(
    table: str, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with mailing_from(monkeypatch):
        start_again()
    assert "mail_off" not in said
