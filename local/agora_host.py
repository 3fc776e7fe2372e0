"""Agora beside the local cloud: the simulator told of the front, and writing into the deployed bucket."""

import boto3
from botocore.config import Config

from local.agora import Project, Simulator
from local.agora.files import Put
from local.agora.server import Running, to_webhook
from local.agora_keys import let_store_in
from local.ministack import MiniStack
from local.places import REGION
from local.stack import Agora

WEBHOOK = "/webhooks/agora"


def start_agora(project: Project, api_url: str) -> Running:
    """Start Agora; it sends its notices to the API. Recorders can write once `connect_bucket` was called."""
    return Running(Simulator(project, send=to_webhook(api_url + WEBHOOK)))


def connect_bucket(agora: Running, emulator: MiniStack, bucket: str) -> None:
    """Let recorders write into a bucket, with the key that stands in the parameter store and may do no more."""
    let_store_in(emulator, bucket)
    agora.simulator.put = _writer(agora.simulator.project, emulator.url, bucket)


def describe_agora(agora: Running) -> Agora:
    """Agora as `stack.json` has it. The webhook's secret is that of notices about channels."""
    project = agora.simulator.project
    return Agora(
        url=agora.url,
        app_id=project.app_id,
        app_certificate=project.app_certificate,
        webhook_secret=next(iter(project.webhook_secrets.values())),
    )


def _writer(project: Project, emulator_url: str, bucket: str) -> Put:
    s3 = boto3.client(
        "s3",
        endpoint_url=emulator_url,
        region_name=REGION,
        aws_access_key_id=project.storage_access_key,
        aws_secret_access_key=project.storage_secret_key,
        config=Config(retries={"total_max_attempts": 1}),
    )

    def put(key: str, content: bytes, content_type: str) -> None:
        s3.put_object(Bucket=bucket, Key=key, Body=content, ContentType=content_type)

    return put
