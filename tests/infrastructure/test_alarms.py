"""Every alarm says what to do."""

import re

import pytest

from tests.infrastructure import expanded

ALARMS = expanded.of_type("AWS::CloudWatch::Alarm")
RUNBOOKS = expanded.ROOT / "docs" / "runbooks"

each_alarm = pytest.mark.parametrize("name", sorted(ALARMS))


@each_alarm
def test_an_alarm_names_its_runbook(name: str) -> None:
    found = re.search(r"Runbook (docs/runbooks/[a-z-]+\.md)$", ALARMS[name]["Properties"]["AlarmDescription"])
    assert found
    assert (expanded.ROOT / found[1]).is_file()


@each_alarm
def test_silence_is_no_alarm(name: str) -> None:
    assert ALARMS[name]["Properties"]["TreatMissingData"] == "notBreaching"


@each_alarm
def test_an_alarm_reaches_somebody_where_there_is_a_topic(name: str) -> None:
    condition, topics, _ = ALARMS[name]["Properties"]["AlarmActions"]["Fn::If"]
    assert condition == "HasAlarmTopic"
    assert topics == [{"Ref": "AlarmTopicArn"}]


def test_no_runbook_is_for_nothing() -> None:
    described = " ".join(alarm["Properties"]["AlarmDescription"] for alarm in ALARMS.values())
    assert not [path.name for path in RUNBOOKS.glob("*.md") if path.name not in described]


def test_every_queue_of_failures_has_an_alarm() -> None:
    watched = {
        dimension["Value"]["Fn::GetAtt"][0]
        for alarm in ALARMS.values()
        for dimension in alarm["Properties"]["Dimensions"]
        if dimension["Name"] == "QueueName"
    }
    assert watched >= {name for name in expanded.of_type("AWS::SQS::Queue") if name.endswith("Failures")}
