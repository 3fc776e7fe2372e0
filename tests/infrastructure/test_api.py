"""The HTTP API: who gets in, how often, from where, and to which code."""

import importlib
import json

import pytest

from tests.infrastructure import expanded

PUBLIC = {
    ("GET", "/v1/health"),
    ("GET", "/v1/public/errors/{code}"),
    ("POST", "/v1/webhooks/agora"),
    ("GET", "/v1/public/calendars/{token}"),
    ("GET", "/v1/public/check-ins"),
    ("POST", "/v1/public/check-ins"),
    ("GET", "/v1/public/shared/{token}"),
    ("GET", "/v1/public/unsubscribe/{token}"),
    ("POST", "/v1/public/unsubscribe/{token}"),
}
EXPOSED = {"ETag", "Link", "Location", "Retry-After", "Idempotency-Replayed"}
SENT = {"Authorization", "Content-Type", "If-Match", "Idempotency-Key"}
PERSONAL = ("ip", "userAgent", "claims", "principalId", "caller", "user", "path", "$context.requestOverride")

speaks_http = pytest.mark.parametrize(
    "name",
    sorted(
        expanded.folder_of(logical_id)
        for logical_id, resource in expanded.source()["Resources"].items()
        if any(event["Type"] == "HttpApi" for event in resource.get("Properties", {}).get("Events", {}).values())
    ),
)


def test_every_route_but_the_public_ones_needs_a_token_with_the_scope() -> None:
    public = set()
    for method, path, operation in expanded.operations():
        (demand,) = operation["security"]
        if demand == {"NONE": []}:
            public.add((method, path))
        else:
            assert demand == {"Jwt": [{"Ref": "RequiredScope"}]}, (method, path)
    assert public == PUBLIC


def test_tokens_are_checked_against_the_chosen_issuer_and_audience() -> None:
    body = expanded.only("AWS::ApiGatewayV2::Api")["Properties"]["Body"]
    (scheme,) = body["components"]["securitySchemes"].values()
    authorizer = scheme["x-amazon-apigateway-authorizer"]
    assert authorizer["type"] == "jwt"
    assert authorizer["identitySource"] == "$request.header.Authorization"
    condition, ours, theirs = authorizer["jwtConfiguration"]["issuer"]["Fn::If"]
    assert condition == "MakesUserPool"
    assert ours == {"Fn::Sub": "https://cognito-idp.${AWS::Region}.${AWS::URLSuffix}/${UserPool}"}
    assert theirs == {"Ref": "OidcIssuer"}
    assert authorizer["jwtConfiguration"]["audience"] == [
        {"Fn::If": ["MakesUserPool", {"Ref": "UserPoolClient"}, {"Ref": "OidcAudience"}]}
    ]


def test_an_issuer_without_an_audience_is_refused_at_deployment() -> None:
    rule = expanded.expanded()["Rules"]["IssuerHasAudience"]
    assert rule["RuleCondition"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "OidcIssuer"}, ""]}]}
    assert rule["Assertions"][0]["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "OidcAudience"}, ""]}]}


def test_the_user_pool_outlives_the_stack() -> None:
    for kind in ("AWS::Cognito::UserPool", "AWS::Cognito::UserPoolClient"):
        resource = expanded.only(kind)
        assert resource["Condition"] == "MakesUserPool"
        assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"
    assert expanded.only("AWS::Cognito::UserPool")["Properties"]["DeletionProtection"] == "ACTIVE"


def test_requests_are_throttled() -> None:
    settings = expanded.only("AWS::ApiGatewayV2::Stage")["Properties"]["DefaultRouteSettings"]
    assert settings["ThrottlingRateLimit"] == {"Ref": "ThrottlingRate"}
    assert settings["ThrottlingBurstLimit"] == {"Ref": "ThrottlingBurst"}


def test_the_api_is_served_at_its_root() -> None:
    stage = expanded.only("AWS::ApiGatewayV2::Stage")["Properties"]
    assert stage["StageName"] == "$default"
    assert stage["AutoDeploy"] is True


def test_pages_of_the_configured_origins_may_call() -> None:
    cors = expanded.only("AWS::ApiGatewayV2::Api")["Properties"]["Body"]["x-amazon-apigateway-cors"]
    assert expanded.source()["Resources"]["HttpApi"]["Properties"]["CorsConfiguration"]["AllowOrigins"] == {
        "Ref": "AllowedOrigins"
    }
    assert "*" not in expanded.source()["Parameters"]["AllowedOrigins"]["Default"]
    assert set(cors["exposeHeaders"]) == EXPOSED
    assert set(cors["allowHeaders"]) >= SENT
    used = {method for method, _, _ in expanded.operations()}
    assert set(cors["allowMethods"]) >= used


def test_the_access_log_knows_the_request_and_not_the_person() -> None:
    settings = expanded.only("AWS::ApiGatewayV2::Stage")["Properties"]["AccessLogSettings"]
    entry = json.loads(settings["Format"])
    assert entry["request_id"] == "$context.requestId"
    assert not [value for value in entry.values() for word in PERSONAL if word in value.split(".")]
    group = expanded.of_type("AWS::Logs::LogGroup")[settings["DestinationArn"]["Fn::GetAtt"][0]]
    assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@speaks_http
def test_the_template_sends_a_function_exactly_the_routes_it_has(name: str) -> None:
    api = importlib.import_module(f"functions.{name}.app").api
    in_code = {(operation.method, f"/v1{operation.path}", operation.is_public) for operation in api.operations}
    uri = f"${{{_logical_id(name)}.Arn}}/invocations"
    in_template = {
        (method, path, (method, path) in PUBLIC)
        for method, path, operation in expanded.operations()
        if operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"].endswith(uri)
    }
    assert in_template == in_code


def _logical_id(name: str) -> str:
    return next(
        logical_id for logical_id in expanded.of_type("AWS::Lambda::Function") if expanded.folder_of(logical_id) == name
    )
