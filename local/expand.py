"""From the SAM template to what the emulator can deploy.

The emulator ignores the OpenAPI body that SAM gives an HTTP API and answers 404 to every call, so the body is turned
into the integrations, routes and authorizers it stands for. AutoPublishAlias would pin a version (an edit would stay
invisible) and DeploymentPreference needs CodeDeploy; both are dropped. So are the statements of bucket policies that
refuse plain HTTP, which is all that the emulator speaks.
"""

import re
from pathlib import Path
from typing import Any

import boto3
import yaml
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from local.places import REGION

type Template = dict[str, Any]

ANY_METHOD = "x-amazon-apigateway-any-method"
INTEGRATION = "x-amazon-apigateway-integration"
CODE_PROPERTIES = ("CodeUri", "ContentUri")
AUTHORIZER = "x-amazon-apigateway-authorizer"


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags."""


def _short_tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = node.value
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_tag)


def read_template(path: Path) -> Template:
    """The template with its short tags written out."""
    template: Template = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    return template


def code_folders(template: Template) -> list[str]:
    """Every local folder that a function or layer of the template takes its code from."""
    return sorted(
        {
            folder
            for resource in template["Resources"].values()
            for name in CODE_PROPERTIES
            if isinstance(folder := resource.get("Properties", {}).get(name), str)
        }
    )


def point_at_uploads(template: Template, bucket: str, uploads: dict[str, str]) -> None:
    """Replace local code folders by where they were uploaded to."""
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        for name in CODE_PROPERTIES:
            if isinstance(folder := properties.get(name), str):
                properties[name] = f"s3://{bucket}/{uploads[folder]}"


def expand(template: Template, parameters: dict[str, str]) -> Template:
    """The plain CloudFormation template, with an HTTP API the emulator serves."""
    functions = [r for r in template["Resources"].values() if r["Type"] == "AWS::Serverless::Function"]
    for settings in (template.get("Globals", {}).get("Function", {}), *(f["Properties"] for f in functions)):
        settings.pop("AutoPublishAlias", None)
        settings.pop("DeploymentPreference", None)
    translator = Translator(managed_policy_map={}, sam_parser=Parser(), boto_session=boto3.Session(region_name=REGION))
    values = parameter_values(template, parameters)
    plain: Template = translator.translate(sam_template=template, parameter_values=values)
    for logical_id, resource in list(plain["Resources"].items()):
        if resource["Type"] == "AWS::ApiGatewayV2::Api" and "Body" in resource["Properties"]:
            _write_out_api(plain["Resources"], logical_id)
        if resource["Type"] == "AWS::S3::BucketPolicy" and not _allow_plain_http(resource["Properties"]):
            del plain["Resources"][logical_id]
    return plain


def _allow_plain_http(policy: dict[str, Any]) -> bool:
    """Take out the statements that refuse plain HTTP; returns whether any other is left."""
    document = policy["PolicyDocument"]
    document["Statement"] = [
        statement
        for statement in document["Statement"]
        if "aws:SecureTransport" not in statement.get("Condition", {}).get("Bool", {})
    ]
    return bool(document["Statement"])


def parameter_values(template: Template, given: dict[str, str]) -> dict[str, str | list[str]]:
    """Every parameter's value as CloudFormation hands it to the SAM transform: lists as lists."""
    values: dict[str, str | list[str]] = {}
    for name, declared in template.get("Parameters", {}).items():
        value = given.get(name, declared.get("Default"))
        if value is None:
            continue
        is_list = declared["Type"] == "CommaDelimitedList" or declared["Type"].startswith("List<")
        values[name] = [part.strip() for part in str(value).split(",")] if is_list else str(value)
    return values


def _write_out_api(resources: dict[str, Any], api: str) -> None:
    """Replace one API's OpenAPI body by the resources it stands for."""
    properties = resources[api]["Properties"]
    body = properties.pop("Body")
    properties.pop("BodyS3Location", None)
    properties.pop("FailOnWarnings", None)
    properties.setdefault("ProtocolType", "HTTP")
    properties.setdefault("Name", body.get("info", {}).get("title") or {"Ref": "AWS::StackName"})
    if cors := body.get("x-amazon-apigateway-cors"):
        properties["CorsConfiguration"] = {key[:1].upper() + key[1:]: value for key, value in cors.items()}
    schemes = body.get("components", {}).get("securitySchemes", {})
    for name, scheme in schemes.items():
        if AUTHORIZER in scheme:
            resources[_authorizer_id(api, name)] = _authorizer(api, name, scheme[AUTHORIZER])
    integrations: dict[str, str] = {}
    for path, operations in body.get("paths", {}).items():
        for method, operation in operations.items():
            integration = operation.get(INTEGRATION)
            if integration is None:
                continue
            uri = repr(integration["uri"])
            if uri not in integrations:
                integrations[uri] = f"{api}Integration{len(integrations)}"
                resources[integrations[uri]] = _integration(api, integration)
            verb = "ANY" if method == ANY_METHOD else method.upper()
            key = "$default" if path == "$default" else f"{verb} {path}"
            route_id = f"{api}Route{re.sub('[^A-Za-z0-9]', lambda m: f'x{ord(m[0]):x}', key)}"
            resources[route_id] = _route(api, key, integrations[uri], operation.get("security", []))


def _authorizer_id(api: str, name: str) -> str:
    return f"{api}Authorizer{re.sub('[^A-Za-z0-9]', '', name)}"


def _authorizer(api: str, name: str, declared: dict[str, Any]) -> dict[str, Any]:
    jwt = declared["jwtConfiguration"]
    source = declared.get("identitySource", "$request.header.Authorization")
    return {
        "Type": "AWS::ApiGatewayV2::Authorizer",
        "Properties": {
            "ApiId": {"Ref": api},
            "Name": name,
            "AuthorizerType": "JWT",
            "IdentitySource": source if isinstance(source, list) else [source],
            "JwtConfiguration": {"Issuer": jwt["issuer"], "Audience": jwt["audience"]},
        },
    }


def _integration(api: str, declared: dict[str, Any]) -> dict[str, Any]:
    return {
        "Type": "AWS::ApiGatewayV2::Integration",
        "Properties": {
            "ApiId": {"Ref": api},
            "IntegrationType": "AWS_PROXY",
            "IntegrationMethod": "POST",
            "IntegrationUri": declared["uri"],
            "PayloadFormatVersion": declared.get("payloadFormatVersion", "2.0"),
            "TimeoutInMillis": declared.get("timeoutInMillis", 30000),
        },
    }


def _route(api: str, key: str, integration: str, security: list[dict[str, Any]]) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "ApiId": {"Ref": api},
        "RouteKey": key,
        "Target": {"Fn::Join": ["/", ["integrations", {"Ref": integration}]]},
    }
    demands = [(name, scopes) for demand in security for name, scopes in demand.items() if name != "NONE"]
    if demands:
        name, scopes = demands[0]
        properties |= {
            "AuthorizationType": "JWT",
            "AuthorizerId": {"Ref": _authorizer_id(api, name)},
            "AuthorizationScopes": scopes,
        }
    return {"Type": "AWS::ApiGatewayV2::Route", "Properties": properties}
