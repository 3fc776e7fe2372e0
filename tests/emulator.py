"""The emulated DynamoDB of one test process: started on a free loopback port, gone when the process is gone."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session

from tests import template
from tests.template import ROOT

REGION = "eu-central-1"
READY_WITHIN_S = 30.0

_RUN = """
import os, sys, threading

def follow_parent():
    os.read(0, 1)
    os._exit(0)

threading.Thread(target=follow_parent, daemon=True).start()
from ministack import app
sys.argv = ["ministack"]
app.main()
"""
"""The parent holds the other end of standard input, so it ends when the parent does, however that happens."""


@cache
def table_definition() -> dict[str, Any]:
    """What CreateTable needs, from the template's own table: keys and indexes as they are deployed."""
    tables = [
        resource["Properties"]
        for resource in template.resources().values()
        if resource["Type"] in ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
    ]
    if len(tables) != 1:
        raise AssertionError(f"template.yaml has {len(tables)} tables, not one")
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    return {name: tables[0][name] for name in wanted} | {"BillingMode": "PAY_PER_REQUEST"}


def client(endpoint: str, service: str = "dynamodb") -> Any:
    """A plain client for making and looking at tables and queues, apart from the one under test."""
    return botocore.session.get_session().create_client(
        service,
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@contextmanager
def running(log_file: Path) -> Iterator[str]:
    """An emulator of our own for as long as the block lasts; gives its address."""
    port = _free_port()
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [str(python()), "-P", "-c", _RUN],
            cwd=log_file.parent,
            env=_environment(port, log_file.parent),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(process, port, log_file)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()


def python() -> Path:
    """The interpreter of the emulator's own environment, which pins another botocore than ours."""
    python = Path(os.environ.get("MINISTACK_PYTHON", ROOT / ".local" / "ministack" / "bin" / "python"))
    if not python.exists():
        sys.exit(f"The emulator's environment is missing: {python}. `make setup` makes it.")
    return python


def _environment(port: int, scratch: Path) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "TZ": "UTC",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "AUTH": "false",
        "SERVICES": "dynamodb,dynamodbstreams,s3,sqs",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "ERROR",
        "DOCKER_HOST": f"unix://{scratch}/no-docker.sock",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log_file: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the emulator ended at once:\n{log_file.read_text(errors='replace')[-2000:]}")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"the emulator did not answer within {READY_WITHIN_S:.0f} s; see {log_file}")
