"""The queues: what is lost nowhere, tried often enough, and set aside where somebody looks."""

from typing import Any

import pytest

from atelier.recordings import lease
from tests.infrastructure import expanded

QUEUES = expanded.of_type("AWS::SQS::Queue")
RECEIVERS = {
    resource["Properties"]["EventSourceArn"]["Fn::GetAtt"][0]: resource["Properties"]
    for resource in expanded.of_type("AWS::Lambda::EventSourceMapping").values()
    if "StartingPosition" not in resource["Properties"]
}
FORTNIGHT = 14 * 24 * 3600

each_received = pytest.mark.parametrize("name", sorted(RECEIVERS))


def _function(name: str) -> dict[str, Any]:
    function: dict[str, Any] = expanded.expanded()["Resources"][RECEIVERS[name]["FunctionName"]["Ref"]]["Properties"]
    return function


def test_every_queue_is_received_or_is_one_of_failures() -> None:
    assert {name for name in QUEUES if not name.endswith("Failures")} == set(RECEIVERS)


@pytest.mark.parametrize("name", sorted(QUEUES))
def test_messages_are_kept_for_a_fortnight_and_encrypted(name: str) -> None:
    properties = QUEUES[name]["Properties"]
    assert properties["MessageRetentionPeriod"] == FORTNIGHT
    assert properties["SqsManagedSseEnabled"] is True


@each_received
def test_what_fails_five_times_is_set_aside(name: str) -> None:
    redrive = QUEUES[name]["Properties"]["RedrivePolicy"]
    assert redrive["maxReceiveCount"] == 5
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": [name.replace("Queue", "Failures"), "Arn"]}


@each_received
def test_a_message_stays_invisible_for_six_times_its_receivers_timeout(name: str) -> None:
    if name == "RecorderQueue":
        # A message of a dead recorder comes again when its lease ends.
        assert QUEUES[name]["Properties"]["VisibilityTimeout"] == lease.LASTS_MS // 1000 > _function(name)["Timeout"]
    else:
        assert QUEUES[name]["Properties"]["VisibilityTimeout"] == 6 * _function(name)["Timeout"]


@each_received
def test_one_bad_message_does_not_take_others_with_it(name: str) -> None:
    assert RECEIVERS[name]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@each_received
def test_a_crowd_of_messages_does_not_become_a_crowd_of_environments(name: str) -> None:
    assert 2 <= RECEIVERS[name]["ScalingConfig"]["MaximumConcurrency"] <= 50
