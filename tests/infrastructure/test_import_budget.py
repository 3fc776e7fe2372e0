"""What a function loads at a cold start: neither what it does not use nor more and more."""

import json
import os
import subprocess
import sys
import sysconfig
from functools import cache
from typing import Any

import pytest

from tests.infrastructure.expanded import FUNCTIONS, ROOT, folder_of, source

NOWHERE = {
    "aws_lambda_powertools.event_handler": "routes are ours; it loads every resolver there is",
    "aws_lambda_powertools.utilities.parser": "bodies are read by our own models",
    "aws_xray_sdk": "Lambda's own tracing needs no SDK",
    "asyncio": "nothing here is asynchronous",
    "boto3": "PynamoDB has botocore; other clients come from it or are made on first use",
    "moto": "it is for tests",
    "segno": "it is loaded when a QR code is drawn",
    "pydantic_settings": "settings are read by 40 lines of ours",
    "pytest": "it is for tests",
    "unittest": "it is for tests",
}
OUTSIDE_HTTP = {"pydantic", "pydantic_core", "atelier.http"}
ONLY_FOR = {
    "atelier.agora.tokens": {"tokens", "recorder", "recording_webhook", "upkeep"},
    "atelier.agora.rest": {"recorder", "upkeep"},
    "jinja2": {"deliveries"},
    "icalendar": {"calendars", "deliveries"},
    "atelier.rooms.joining": {"tokens"},
    "atelier.rooms.chat": {"rooms"},
    "atelier.recordings.recorder": {"recorder"},
    "reportlab": {"packs"},
    "dateutil.rrule": {"series", "projections", "deliveries", "upkeep", "calendars"},
}
MOST_MODULES_HTTP = 535
MOST_MODULES = 480
MOST_MODULES_WITH_DOCUMENTS = 680
MORE_WITH_RULES = 40
"""dateutil's rules bring 20 modules along, and the packages of series the rest."""

_TELL = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
import app
loaded = sorted(sys.modules)
import gc
from atelier.table import Item
connection = Item._connection
json.dump({
    "modules": loaded,
    "connected": connection is not None and connection.connection._client is not None,
    "collects": gc.isenabled(),
    "frozen": gc.get_freeze_count(),
}, sys.stdout)
"""

every_function = pytest.mark.parametrize("name", sorted(file.parent.name for file in FUNCTIONS.glob("*/app.py")))


@cache
def _started(name: str) -> dict[str, Any]:
    """How a function stands after its import, in a process of its own that believes to be Lambda."""
    folders = [str(FUNCTIONS / name), str(ROOT / "shared"), sysconfig.get_path("purelib")]
    environment = {
        "PATH": os.defpath,
        "LAMBDA_TASK_ROOT": "/var/task",
        "TABLE_NAME": "atelier",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    done = subprocess.run(
        [sys.executable, "-B", "-S", "-P", "-c", _TELL, json.dumps(folders)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    started: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return started


def _speaks_http(name: str) -> bool:
    return any(
        event["Type"] == "HttpApi"
        for logical_id, resource in source()["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function" and folder_of(logical_id) == name
        for event in resource["Properties"].get("Events", {}).values()
    )


@every_function
def test_nothing_is_loaded_that_no_function_uses(name: str) -> None:
    assert not {module: NOWHERE[module] for module in _started(name)["modules"] if module in NOWHERE}


@every_function
def test_only_functions_that_speak_http_load_what_that_takes(name: str) -> None:
    loaded = OUTSIDE_HTTP & set(_started(name)["modules"])
    assert loaded == (OUTSIDE_HTTP if _speaks_http(name) else set())


@pytest.mark.parametrize("module", sorted(ONLY_FOR))
def test_what_only_some_functions_need_is_loaded_by_them_alone(module: str) -> None:
    loaders = {
        file.parent.name for file in FUNCTIONS.glob("*/app.py") if module in _started(file.parent.name)["modules"]
    }
    assert loaders == ONLY_FOR[module]


@every_function
def test_the_number_of_modules_stays_bounded(name: str) -> None:
    most = MOST_MODULES_HTTP if _speaks_http(name) else MOST_MODULES
    loaded = _started(name)["modules"]
    most += MORE_WITH_RULES if "dateutil.rrule" in loaded else 0
    assert len(loaded) <= (MOST_MODULES_WITH_DOCUMENTS if {"jinja2", "icalendar", "reportlab"} & set(loaded) else most)


@every_function
def test_the_table_is_connected_before_the_first_request(name: str) -> None:
    assert _started(name)["connected"]


@every_function
def test_garbage_is_collected_again_once_everything_is_loaded(name: str) -> None:
    assert _started(name)["collects"]
    assert _started(name)["frozen"] > 0
