"""A notice that cannot be applied is set aside, holds nobody up, and comes back by a command once the cause is gone."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.ministack import aws_client
from local.places import ROOT, STACK_NAME
from local.redrive import addresses
from tests.e2e.agora import Room
from tests.e2e.api import Api
from tests.e2e.scenes import Table, eventually, join, make_live, my_status

TRIES_PATIENCE_S = 30.0
INVISIBLE_S = 2


@pytest.fixture
def failures(api: Api) -> Iterator[tuple[Any, str]]:
    """The notices' failures, with tries that follow each other quickly: what fails is invisible for 2 s, not 120."""
    url = api.stack["aws"]["endpoint_url"]
    sqs = aws_client("sqs", url)
    failed, queue = addresses(aws_client("cloudformation", url), STACK_NAME, "notices")
    usual = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.purge_queue(QueueUrl=failed)
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": str(INVISIBLE_S)})
    yield sqs, failed
    sqs.set_queue_attributes(QueueUrl=queue, Attributes=usual)


def _waiting(sqs: Any, queue: str) -> int:
    name = "ApproximateNumberOfMessages"
    return int(sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[name])["Attributes"][name])


def _redrive(stack_file: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "local", "redrive", "notices"],
        cwd=ROOT,
        env=os.environ | {"ATELIER_LOCAL_DIR": str(Path(stack_file).parent)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout


def test_a_notice_that_fails_is_set_aside_and_applied_once_its_cause_is_mended(
    api: Api, shared_run: dict[str, Any], failures: tuple[Any, str]
) -> None:
    host, ana, ben = api.people(3)
    broken, sound = (make_live(api, host) for _ in range(2))
    join(api, broken, ana)
    join(api, sound, ben)
    room, other = Room(api, broken), Room(api, sound)
    room.ask(ana)
    table = Table(api.stack)
    [item] = [item for item in table.items(f"CHANNEL#{room.channel}") if item["sk"] == "#ROOM"]
    table.put(item | {"kind": "of_tomorrow"})

    room.enter(ana)
    other.enter(ben)
    eventually(lambda: my_status(api, ben, sound), "joined")

    def set_aside() -> bool:
        """The simulator may say everything twice."""
        said = len([notice for notice in room.notices() if "uid" in notice["payload"]])
        return 0 < said == _waiting(*failures)

    eventually(set_aside, True, TRIES_PATIENCE_S)
    assert my_status(api, ana, broken) == "rsvp"

    table.put(item)
    count = _waiting(*failures)
    assert _redrive(shared_run["stack"]).startswith(f"{count} moved")
    eventually(lambda: my_status(api, ana, broken), "joined")
    assert _waiting(*failures) == 0
