"""From a SAM template to routes, integrations and authorizers that the emulator serves."""

from pathlib import Path
from typing import Any

import pytest

from local.expand import code_folders, expand, parameter_values, point_at_uploads, read_template

TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Origins: {Type: CommaDelimitedList, Default: "http://one.test, http://two.test"}
  Scope: {Type: String, Default: use}
Globals:
  Function:
    Runtime: python3.13
    Handler: app.lambda_handler
    AutoPublishAlias: live
    Layers: [!Ref Shared]
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration:
        AllowOrigins: !Ref Origins
        AllowMethods: [GET]
      Auth:
        DefaultAuthorizer: Jwt
        Authorizers:
          Jwt:
            IdentitySource: $request.header.Authorization
            AuthorizationScopes: [!Ref Scope]
            JwtConfiguration:
              issuer: !Sub "https://issuer.test/${Pool}"
              audience: [!Ref Client]
  Pool:
    Type: AWS::Cognito::UserPool
  Client:
    Type: AWS::Cognito::UserPoolClient
    Properties:
      UserPoolId: !Ref Pool
  Bucket:
    Type: AWS::S3::Bucket
  EncryptedOnly:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Statement:
          - {Effect: Deny, Action: "s3:*", Condition: {Bool: {aws:SecureTransport: false}}}
  EncryptedAndFew:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Statement:
          - {Effect: Deny, Action: "s3:*", Condition: {Bool: {aws:SecureTransport: false}}}
          - {Effect: Deny, Action: "s3:DeleteObject", Principal: "*"}
  Shared:
    Type: AWS::Serverless::LayerVersion
    Properties:
      ContentUri: Shared
  ThingsFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ThingsFunction
      DeploymentPreference: {Type: AllAtOnce}
      Events:
        Read: {Type: HttpApi, Properties: {ApiId: !Ref "Api", Method: GET, Path: "/v1/things/{id}"}}
        Make: {Type: HttpApi, Properties: {ApiId: !Ref "Api", Method: POST, Path: /v1/things}}
        Any:
          Type: HttpApi
          Properties: {ApiId: !Ref "Api", Method: GET, Path: /v1/open, Auth: {Authorizer: NONE}}
"""


@pytest.fixture
def template(tmp_path: Path) -> dict[str, Any]:
    file = tmp_path / "template.yaml"
    file.write_text(TEMPLATE)
    return read_template(file)


@pytest.fixture
def plain(template: dict[str, Any]) -> dict[str, Any]:
    point_at_uploads(template, "bucket", {folder: f"{folder}-1.zip" for folder in code_folders(template)})
    return expand(template, {})


def of_type(plain: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [resource["Properties"] for resource in plain["Resources"].values() if resource["Type"] == kind]


def test_every_event_becomes_a_route_to_one_integration(plain: dict[str, Any]) -> None:
    routes = of_type(plain, "AWS::ApiGatewayV2::Route")
    assert {route["RouteKey"] for route in routes} == {"GET /v1/things/{id}", "POST /v1/things", "GET /v1/open"}
    integrations = of_type(plain, "AWS::ApiGatewayV2::Integration")
    assert len(integrations) == 1
    assert len({str(route["Target"]) for route in routes}) == 1


def test_only_the_public_route_is_open(plain: dict[str, Any]) -> None:
    routes = {route["RouteKey"]: route for route in of_type(plain, "AWS::ApiGatewayV2::Route")}
    assert "AuthorizationType" not in routes["GET /v1/open"]
    guarded = routes["POST /v1/things"]
    assert guarded["AuthorizationType"] == "JWT"
    assert guarded["AuthorizationScopes"] == [{"Ref": "Scope"}]


def test_the_authorizer_keeps_issuer_and_audience(plain: dict[str, Any]) -> None:
    (authorizer,) = of_type(plain, "AWS::ApiGatewayV2::Authorizer")
    assert authorizer["JwtConfiguration"] == {
        "Issuer": {"Fn::Sub": "https://issuer.test/${Pool}"},
        "Audience": [{"Ref": "Client"}],
    }


def test_the_api_loses_its_body_and_keeps_cors(plain: dict[str, Any]) -> None:
    (api,) = of_type(plain, "AWS::ApiGatewayV2::Api")
    assert "Body" not in api
    assert api["ProtocolType"] == "HTTP"
    assert api["CorsConfiguration"]["AllowOrigins"] == ["http://one.test", "http://two.test"]


def test_no_version_is_pinned_and_no_deployment_is_staged(plain: dict[str, Any]) -> None:
    kinds = {resource["Type"] for resource in plain["Resources"].values()}
    assert not kinds & {"AWS::Lambda::Alias", "AWS::Lambda::Version", "AWS::CodeDeploy::DeploymentGroup"}


def test_code_comes_from_the_uploads(plain: dict[str, Any]) -> None:
    (function,) = of_type(plain, "AWS::Lambda::Function")
    assert function["Code"] == {"S3Bucket": "bucket", "S3Key": "ThingsFunction-1.zip"}


def test_plain_http_is_refused_by_no_bucket_and_all_else_still_is(plain: dict[str, Any]) -> None:
    (policy,) = of_type(plain, "AWS::S3::BucketPolicy")
    assert [statement["Action"] for statement in policy["PolicyDocument"]["Statement"]] == ["s3:DeleteObject"]
    assert "EncryptedOnly" not in plain["Resources"]


def test_lists_reach_the_transform_as_lists(template: dict[str, Any]) -> None:
    assert parameter_values(template, {"Origins": "http://three.test", "Scope": "all"}) == {
        "Origins": ["http://three.test"],
        "Scope": "all",
    }
