"""The template as it stands and as CloudFormation sees it, for all the tests here."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from local.expand import read_template

type Resource = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
FUNCTIONS = ROOT / "functions"


@cache
def source() -> dict[str, Any]:
    """The SAM template with its short tags written out."""
    return read_template(TEMPLATE)


@cache
def expanded() -> dict[str, Any]:
    """The CloudFormation template that the SAM transform makes of it. No account and no network is needed."""
    template = read_template(TEMPLATE)
    for resource in template["Resources"].values():
        for name in ("CodeUri", "ContentUri"):
            if name in resource.get("Properties", {}):
                resource["Properties"][name] = f"s3://bucket/{resource['Properties'][name]}"
    parameters = {name: declared["Default"] for name, declared in template["Parameters"].items()}
    translator = Translator(
        managed_policy_map={}, sam_parser=Parser(), boto_session=boto3.Session(region_name="eu-central-1")
    )
    plain: dict[str, Any] = translator.translate(sam_template=template, parameter_values=parameters)
    return plain


def of_type(kind: str) -> dict[str, Resource]:
    """The expanded resources of a type, by logical id."""
    return {name: resource for name, resource in expanded()["Resources"].items() if resource["Type"] == kind}


def only(kind: str) -> Resource:
    """The only expanded resource of a type."""
    (resource,) = of_type(kind).values()
    return resource


def folder_of(logical_id: str) -> str:
    """The folder under functions/ that a function takes its code from."""
    code: str = source()["Resources"][logical_id]["Properties"]["CodeUri"]
    return code.removeprefix("functions/").rstrip("/")


def functions() -> dict[str, Resource]:
    """The expanded functions by the names of their folders."""
    return {folder_of(logical_id): resource for logical_id, resource in of_type("AWS::Lambda::Function").items()}


def role_of(function: Resource) -> Resource:
    """The role a function runs under."""
    role: Resource = expanded()["Resources"][function["Properties"]["Role"]["Fn::GetAtt"][0]]
    return role


def statements_of(function: Resource) -> Iterator[dict[str, Any]]:
    """Every statement of a function's own policies, conditional ones included."""
    for policy in role_of(function)["Properties"].get("Policies", []):
        for statement in _as_list(policy["PolicyDocument"]["Statement"]):
            yield from (
                (part for part in statement["Fn::If"][1:] if "Effect" in part) if "Fn::If" in statement else [statement]
            )


def actions_of(statement: dict[str, Any]) -> list[str]:
    """The actions of a statement, which may be written as one string."""
    return _as_list(statement["Action"])


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and OpenAPI operation of every route."""
    for path, methods in only("AWS::ApiGatewayV2::Api")["Properties"]["Body"]["paths"].items():
        for method, operation in methods.items():
            if method != "options":
                yield method.upper(), path, operation


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
