"""Agora beside the cloud: its notices come through the front, and its key puts recordings and does nothing else."""

import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.ministack import aws_client
from local.places import REGION
from tests.e2e.agora import control
from tests.e2e.api import Api

PATIENCE_S = 20.0


def test_notices_come_through_the_front_and_are_accepted(api: Api) -> None:
    control(api, "POST", "check")
    deadline = time.monotonic() + PATIENCE_S
    answers: dict[int, int] = {}
    while len(answers) < 8 and time.monotonic() < deadline:
        told = control(api, "GET", "state/test_webhook")["notices"]["newest"]
        answers = {notice["type"]: notice["answer"] for notice in told}
        time.sleep(0.1)
    assert answers == dict.fromkeys((101, 102, 103, 104, 105, 106, 111, 112), 200)


@pytest.fixture(scope="module")
def bucket(api: Api) -> str:
    resources = aws_client("cloudformation", api.stack["aws"]["endpoint_url"]).describe_stack_resources(
        StackName="atelier"
    )["StackResources"]
    [found] = [one["PhysicalResourceId"] for one in resources if one["LogicalResourceId"] == "RecordingsBucket"]
    return str(found)


@pytest.fixture(scope="module")
def agoras_s3(api: Api) -> Any:
    """S3 as Agora's servers see it, with the key that stands in the parameter store."""
    url = api.stack["aws"]["endpoint_url"]
    names = [f"/atelier/agora/storage_{part}_key" for part in ("access", "secret")]
    found = aws_client("ssm", url).get_parameters(Names=names, WithDecryption=True)["Parameters"]
    values = {entry["Name"]: entry["Value"] for entry in found}
    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=values[names[0]],
        aws_secret_access_key=values[names[1]],
    )


def test_agora_may_put_recordings(bucket: str, agoras_s3: Any) -> None:
    agoras_s3.put_object(Bucket=bucket, Key="recordings/e2e/x.ts", Body=b"x")


@pytest.mark.parametrize(
    "act",
    [
        lambda s3, bucket: s3.put_object(Bucket=bucket, Key="elsewhere/x.ts", Body=b"x"),
        lambda s3, bucket: s3.get_object(Bucket=bucket, Key="recordings/e2e/x.ts"),
        lambda s3, bucket: s3.delete_object(Bucket=bucket, Key="recordings/e2e/x.ts"),
        lambda s3, bucket: s3.list_objects_v2(Bucket=bucket),
    ],
    ids=["put elsewhere", "get", "delete", "list"],
)
def test_agora_may_do_nothing_else(act: Callable[[Any, str], object], bucket: str, agoras_s3: Any) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        act(agoras_s3, bucket)
