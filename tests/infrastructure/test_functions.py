"""Every function: its folder, its runtime, its limits, its log, its environment."""

import ast
from dataclasses import fields
from pathlib import Path

import pytest

from atelier.settings import (
    AgoraSettings,
    ApiSettings,
    CalendarSettings,
    CheckInSettings,
    DeliverySettings,
    MailSettings,
    NoticeSettings,
    PackQueueSettings,
    PackRetentionSettings,
    PackSettings,
    RecorderSettings,
    RecordingSettings,
    RestSettings,
    TableSettings,
    TokenSettings,
)
from tests.infrastructure import expanded

POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"}
USUAL_SETTINGS = (TableSettings, ApiSettings)
SETTINGS: dict[str, tuple[type, ...]] = {
    "tokens": (AgoraSettings, TokenSettings),
    "workshops": (RecordingSettings,),
    "projections": (RecorderSettings, DeliverySettings, PackQueueSettings),
    "guided": (PackSettings,),
    "packs": (PackSettings, PackQueueSettings, PackRetentionSettings),
    "reminders": (DeliverySettings,),
    "deliveries": (DeliverySettings, MailSettings, CalendarSettings),
    "calendars": (CalendarSettings,),
    "checkins": (CheckInSettings,),
    "recordings": (RecordingSettings,),
    "recording_webhook": (AgoraSettings, NoticeSettings),
    "recorder": (AgoraSettings, TokenSettings, RestSettings, RecorderSettings, RecordingSettings),
    "upkeep": (AgoraSettings, RestSettings, RecorderSettings),
}
"""Which settings a function reads beside the usual ones."""

HTTP_SECONDS = 10
SECONDS = {
    "accounts": 28,
    "checkins": 28,
    "projections": 60,
    "packs": 180,
    "notices": 20,
    "recorder": 60,
    "upkeep": 240,
    "reminders": 120,
    "deliveries": 60,
}
"""How long a function may run, where nobody waits for its answer, or it may be a long one."""

each_function = pytest.mark.parametrize("name", sorted(expanded.functions()))


def test_every_folder_is_deployed_and_every_function_has_a_folder() -> None:
    folders = {path.parent.name for path in expanded.FUNCTIONS.glob("*/app.py")}
    assert folders == set(expanded.functions())


@each_function
def test_a_function_is_one_module_that_ends_with_its_handler(name: str) -> None:
    folder = expanded.FUNCTIONS / name
    files = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    code = {path for path in files if path.parts[0] not in {"__pycache__", "fonts"}} - {Path("requirements.txt")}
    assert code == {Path("app.py")}, "a sibling module would have another name on Lambda than in the tests"
    handler = ast.parse((folder / "app.py").read_text(encoding="utf-8")).body[-1]
    assert isinstance(handler, ast.FunctionDef)
    assert handler.name == "lambda_handler"


@each_function
def test_a_function_runs_on_the_chosen_runtime_with_the_layer(name: str) -> None:
    properties = expanded.functions()[name]["Properties"]
    assert properties["Handler"] == "app.lambda_handler"
    assert properties["Runtime"] == "python3.13"
    assert properties["Architectures"] == [{"Ref": "Architecture"}]
    assert [layer["Ref"] for layer in properties["Layers"]] == list(expanded.of_type("AWS::Lambda::LayerVersion"))
    assert properties["TracingConfig"] == {"Mode": "Active"}


@each_function
def test_time_and_memory_are_decided_not_defaulted(name: str) -> None:
    properties = expanded.functions()[name]["Properties"]
    assert properties["Timeout"] == SECONDS.get(name, HTTP_SECONDS)
    assert properties["MemorySize"] == (256 if name == "reminders" else 512)


@each_function
def test_a_function_logs_to_a_group_that_forgets(name: str) -> None:
    group = expanded.functions()[name]["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
    properties = expanded.of_type("AWS::Logs::LogGroup")[group]["Properties"]
    assert properties["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert properties["LogGroupName"] == {"Fn::Sub": f"/${{AWS::StackName}}/{name}"}


@each_function
def test_the_environment_is_what_the_settings_read(name: str) -> None:
    variables = expanded.functions()[name]["Properties"]["Environment"]["Variables"]
    read = {field.name.upper() for kind in (*USUAL_SETTINGS, *SETTINGS.get(name, ())) for field in fields(kind)}
    assert set(variables) == read | POWERTOOLS
    assert variables["POWERTOOLS_SERVICE_NAME"] == name
    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "Atelier"


def test_defaults_are_the_same_in_template_and_code() -> None:
    parameters = expanded.source()["Parameters"]
    defaults = {
        field.name: field.default for kind in (ApiSettings, TokenSettings, RestSettings) for field in fields(kind)
    }
    assert parameters["AdminGroup"]["Default"] == defaults["admin_group"]
    assert parameters["PublicUrl"]["Default"] == defaults["public_url"]
    assert parameters["AgoraTokenVersion"]["Default"] == defaults["agora_token_version"]
    assert parameters["AgoraUrls"]["Default"] == defaults["agora_urls"]
    assert parameters["AgoraTokenLifetimeSeconds"]["Default"] == defaults["agora_token_lifetime_s"]


def test_the_layer_is_built_from_source_for_the_chosen_processor() -> None:
    layer = expanded.source()["Resources"]["SharedLayer"]
    assert layer["Properties"]["ContentUri"] == "shared/"
    assert layer["Properties"]["RetentionPolicy"] == "Delete"
    assert layer["Metadata"] == {"BuildMethod": "python3.13", "BuildArchitecture": {"Ref": "Architecture"}}
    assert expanded.source()["Parameters"]["Architecture"]["Default"] == "arm64"
