"""Bringing failures back to their queue: all of them, none lost, here and on AWS by the same command."""

import argparse
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber

from local import ministack, redrive
from local.commands import run
from local.errors import LocalError
from local.places import STACK_NAME, home
from tests import emulator

_names = itertools.count(1)

OUTPUTS = {
    "Api": "https://api.example.com/v1",
    "NoticesQueueUrl": "https://sqs.example.com/notices",
    "NoticesFailuresUrl": "https://sqs.example.com/notices-failures",
    "RecorderQueueUrl": "https://sqs.example.com/recorder",
    "RecorderFailuresUrl": "https://sqs.example.com/recorder-failures",
    "ProjectionsFailuresUrl": "https://sqs.example.com/projections-failures",
}


QUEUES = {
    "Resources": {"NoticesQueue": {"Type": "AWS::SQS::Queue"}, "NoticesFailures": {"Type": "AWS::SQS::Queue"}},
    "Outputs": {
        "NoticesQueueUrl": {"Value": {"Ref": "NoticesQueue"}},
        "NoticesFailuresUrl": {"Value": {"Ref": "NoticesFailures"}},
    },
}


@pytest.fixture
def sqs(dynamodb: str) -> Any:
    """The emulator's queues."""
    return _client("sqs", endpoint_url=dynamodb)


@pytest.fixture
def two(sqs: Any) -> tuple[str, str]:
    """Where failures lie, and where they go."""
    number = next(_names)
    urls = [sqs.create_queue(QueueName=f"redrive-{number}-{name}")["QueueUrl"] for name in ("failures", "queue")]
    return urls[0], urls[1]


def _client(service: str, **options: Any) -> Any:
    return botocore.session.get_session().create_client(
        service, region_name=emulator.REGION, aws_access_key_id="test", aws_secret_access_key="test", **options
    )


def _stack(**outputs: str) -> tuple[Any, Stubber]:
    client = _client("cloudformation")
    stubber = Stubber(client)
    described = {
        "StackName": "studio",
        "CreationTime": "2026-11-21T10:00:00Z",
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": [{"OutputKey": name, "OutputValue": value} for name, value in outputs.items()],
    }
    stubber.add_response("describe_stacks", {"Stacks": [described]}, {"StackName": "studio"})
    stubber.activate()
    return client, stubber


def _bodies(sqs: Any, url: str) -> list[str]:
    found: list[str] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [message["Body"] for message in messages]
    return sorted(found)


def test_everything_is_moved_and_counted(sqs: Any, two: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redrive, "LISTEN_S", 0)
    sent = sorted(f'{{"number": {number}}}' for number in range(23))
    for body in sent:
        sqs.send_message(QueueUrl=two[0], MessageBody=body)
    assert redrive.move(sqs, *two) == 23
    assert _bodies(sqs, two[1]) == sent
    assert _bodies(sqs, two[0]) == []
    assert redrive.move(sqs, *two) == 0


def test_no_more_are_moved_than_at_most(sqs: Any, two: tuple[str, str]) -> None:
    for number in range(15):
        sqs.send_message(QueueUrl=two[0], MessageBody=str(number))
    assert redrive.move(sqs, *two, most=12) == 12
    assert len(_bodies(sqs, two[1])) == 12


@pytest.mark.parametrize("broken", ["SendMessage", "DeleteMessage"])
def test_what_breaks_off_loses_nothing(sqs: Any, two: tuple[str, str], broken: str) -> None:
    """The third message is not sent, or sent and not deleted."""
    for number in range(5):
        sqs.send_message(QueueUrl=two[0], MessageBody=str(number))
    calls = itertools.count(1)

    def fail(**_: Any) -> None:
        if next(calls) == 3:
            raise EndpointConnectionError(endpoint_url="https://sqs.example.com")

    sqs.meta.events.register(f"before-call.sqs.{broken}", fail)
    with pytest.raises(EndpointConnectionError):
        redrive.move(sqs, *two)
    sqs.meta.events.unregister(f"before-call.sqs.{broken}", fail)
    held = int(
        sqs.get_queue_attributes(QueueUrl=two[0], AttributeNames=["ApproximateNumberOfMessagesNotVisible"])[
            "Attributes"
        ]["ApproximateNumberOfMessagesNotVisible"]
    )
    moved = _bodies(sqs, two[1])
    assert (held, len(moved)) == {"SendMessage": (3, 2), "DeleteMessage": (3, 3)}[broken]


@pytest.mark.parametrize("queue", ["notices", "recorder"])
def test_the_addresses_are_the_stack_s_own(queue: str) -> None:
    client, _ = _stack(**OUTPUTS)
    found = redrive.addresses(client, "studio", queue)
    assert found == (f"https://sqs.example.com/{queue}-failures", f"https://sqs.example.com/{queue}")


@pytest.mark.parametrize("queue", ["projections", "Notices", "", "elsewhere"])
def test_a_queue_without_failures_of_its_own_is_refused_and_the_others_named(queue: str) -> None:
    client, _ = _stack(**OUTPUTS)
    with pytest.raises(LocalError, match="it has: notices, recorder"):
        redrive.addresses(client, "studio", queue)


def test_a_stack_that_is_not_there_is_said_in_words() -> None:
    client, stubber = _stack()
    stubber.add_client_error("describe_stacks", "ValidationError", "Stack with id studio does not exist")
    with pytest.raises(LocalError, match="it has: none"):
        redrive.addresses(client, "studio", "notices")
    with pytest.raises(LocalError, match="studio cannot be looked at"):
        redrive.addresses(client, "studio", "notices")


class TestTheCommand:
    @pytest.fixture
    def clients(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
        """Stands in for boto3 on one of the two sides; the other must not be asked."""

        def stand_in(side: str) -> None:
            cloudformation, _ = _stack(**OUTPUTS)
            clients = {"cloudformation": cloudformation, "sqs": "the queues"}
            monkeypatch.setattr(redrive, "aws_client", lambda service, _: clients[service] if side == "local" else None)
            monkeypatch.setattr(boto3, "client", lambda service: clients[service] if side == "aws" else None)
            monkeypatch.setattr(redrive, "read_stack", lambda _: {"aws": {"endpoint_url": "http://127.0.0.1:1"}})
            monkeypatch.setattr(redrive, "STACK_NAME", "studio")

        return stand_in

    @pytest.mark.parametrize("side", ["local", "aws"])
    def test_moves_and_says_how_many(
        self, side: str, clients: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        clients(side)
        monkeypatch.setenv("AWS", "1" if side == "aws" else "")
        monkeypatch.setenv("STACK", "studio" if side == "aws" else "another")
        asked: list[Any] = []

        def move(*arguments: Any) -> int:
            asked.append(arguments)
            return 7

        monkeypatch.setattr(redrive, "move", move)
        redrive.redrive("notices")
        assert asked == [("the queues", OUTPUTS["NoticesFailuresUrl"], OUTPUTS["NoticesQueueUrl"])]
        assert capsys.readouterr().out == "7 moved from the failures back to the queue of notices.\n"

    def test_needs_to_know_which_stack(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS", "1")
        monkeypatch.delenv("STACK", raising=False)
        with pytest.raises(LocalError, match="STACK=<name>"):
            redrive.redrive("notices")

    def test_says_that_nothing_is_lost_when_it_is_broken_off(
        self, clients: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clients("local")
        monkeypatch.delenv("AWS", raising=False)

        def fail(*_: Any) -> int:
            raise ClientError({"Error": {"Code": "ServiceUnavailable"}}, "SendMessage")

        monkeypatch.setattr(redrive, "move", fail)
        with pytest.raises(LocalError, match="Nothing is lost"):
            redrive.redrive("notices")

    def test_finds_the_queues_of_the_local_cloud_by_itself(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("ATELIER_LOCAL_DIR", str(tmp_path))
        monkeypatch.delenv("AWS", raising=False)
        cloud = ministack.start(home(), lambda _: None)
        assert cloud.process.stdout is not None
        try:
            (tmp_path / "stack.json").write_text(json.dumps({"aws": {"endpoint_url": cloud.url}}), encoding="utf-8")
            cloud.client("cloudformation").create_stack(StackName=STACK_NAME, TemplateBody=json.dumps(QUEUES))
            failures, queue = redrive.addresses(cloud.client("cloudformation"), STACK_NAME, "notices")
            for number in range(3):
                cloud.client("sqs").send_message(QueueUrl=failures, MessageBody=str(number))
            assert run(argparse.Namespace(command="redrive", queue="notices")) == 0
            assert _bodies(cloud.client("sqs"), queue) == ["0", "1", "2"]
        finally:
            cloud.stop()
            cloud.process.stdout.close()
        assert capsys.readouterr().out.startswith("3 moved")
