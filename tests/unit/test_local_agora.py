"""What Agora knows the local cloud by: made once, kept, and where the functions look for it."""

from dataclasses import fields
from typing import Any, cast

from atelier.agora import secrets
from atelier.agora.tokens import Credentials
from local.agora.project import CLOUD_RECORDING, RTC
from local.agora_host import describe_agora, start_agora
from local.agora_keys import let_store_in, put_agora_keys
from local.ministack import MiniStack

PATH = "/atelier/agora"


class Emulator:
    """Stands in for the emulator: its parameter store, and users who are made and never asked for again."""

    def __init__(self) -> None:
        self.parameters: dict[str, str] = {}
        self.kinds: set[str] = set()
        self.users: list[str] = []
        self.policies: list[dict[str, Any]] = []

    def client(self, _service: str) -> "Emulator":
        return self

    def get_parameters_by_path(self, *, Path: str, **_: Any) -> dict[str, Any]:
        found = [{"Name": name, "Value": value} for name, value in self.parameters.items() if name.startswith(Path)]
        return {"Parameters": found}

    def get_parameters(self, *, Names: list[str], **_: Any) -> dict[str, Any]:
        return {"Parameters": [{"Name": name, "Value": self.parameters[name]} for name in Names]}

    def put_parameter(self, **asked: Any) -> None:
        self.parameters[asked["Name"]] = asked["Value"]
        self.kinds.add(asked["Type"])

    def create_user(self, **asked: Any) -> None:
        self.users.append(asked["UserName"])

    def create_access_key(self, **_: Any) -> dict[str, Any]:
        return {"AccessKey": {"AccessKeyId": f"AKIA{len(self.users)}", "SecretAccessKey": "s"}}

    def put_user_policy(self, **asked: Any) -> None:
        self.policies.append(asked)


def as_emulator(emulator: Emulator) -> MiniStack:
    return cast("MiniStack", emulator)


def test_everything_that_a_function_reads_is_stored_as_a_secret() -> None:
    emulator = Emulator()
    put_agora_keys(as_emulator(emulator), PATH)
    kinds = (Credentials, secrets.RestAccess, secrets.StorageAccess, secrets.WebhookSecrets)
    wanted = {f"{PATH}/{field.name}" for kind in kinds for field in fields(kind)}
    assert wanted == set(emulator.parameters)
    assert emulator.kinds == {"SecureString"}
    for kind in kinds:
        secrets.read_from(emulator, PATH, kind)


def test_each_product_has_a_secret_of_its_own_and_the_webhook_knows_both() -> None:
    emulator = Emulator()
    project = put_agora_keys(as_emulator(emulator), PATH)
    known = secrets.read_from(emulator, PATH, secrets.WebhookSecrets).all
    assert known == (project.webhook_secret(RTC), project.webhook_secret(CLOUD_RECORDING))
    assert known[0] != known[1]


def test_a_later_run_finds_what_an_earlier_one_kept() -> None:
    emulator = Emulator()
    first = put_agora_keys(as_emulator(emulator), PATH)
    kept = dict(emulator.parameters)
    assert put_agora_keys(as_emulator(emulator), PATH) == first
    assert emulator.parameters == kept
    assert emulator.users == ["atelier-recordings"]


def test_two_clouds_have_nothing_in_common() -> None:
    one, other = Emulator(), Emulator()
    for emulator in (one, other):
        put_agora_keys(as_emulator(emulator), PATH)
    secret = {name for name in one.parameters if "storage" not in name}
    assert not {one.parameters[name] for name in secret} & {other.parameters[name] for name in secret}


def test_the_storage_user_may_put_recordings_and_no_more() -> None:
    emulator = Emulator()
    let_store_in(as_emulator(emulator), "films")
    [policy] = emulator.policies
    assert '"Action": "s3:PutObject", "Resource": "arn:aws:s3:::films/recordings/*"' in policy["PolicyDocument"]
    assert policy["PolicyDocument"].count("Action") == 1


def test_the_stack_says_where_agora_is_and_what_signs_its_notices() -> None:
    agora = start_agora(put_agora_keys(as_emulator(Emulator()), PATH), "http://127.0.0.1:9/v1")
    try:
        told = describe_agora(agora)
    finally:
        agora.stop()
    project = agora.simulator.project
    assert told == {
        "url": agora.url,
        "app_id": project.app_id,
        "app_certificate": project.app_certificate,
        "webhook_secret": project.webhook_secret(RTC).decode(),
    }
