"""Calls a function as API Gateway does: HTTP API, payload 2.0, with the claims of a checked token."""

import importlib
import itertools
import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from atelier import clock, ids
from tests import gateway

ISSUER = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example01"
CLIENT_ID = "1example23456789"
SCOPE = "aws.cognito.signin.user.admin"

type Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

_requests = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Context:
    """What Lambda tells a function about the invocation."""

    function_name: str
    aws_request_id: str
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:000000000000:function:atelier-test"

    def get_remaining_time_in_millis(self) -> int:
        """The time that is left."""
        return 10_000


@dataclass(frozen=True)
class Reply:
    """What the client gets. `headers` are in lower case."""

    status: int
    text: str
    headers: Mapping[str, str]

    @cached_property
    def json(self) -> Any:
        """The body, read as JSON; None when there is none."""
        return json.loads(self.text) if self.text else None

    @property
    def code(self) -> str | None:
        """The stable name of the problem, if this is one."""
        return self.json.get("code") if self.headers.get("content-type") == "application/problem+json" else None


def subject(user: str) -> str:
    """The subject a person of this name has in their tokens."""
    return f"subject-of-{user}"


def id_of(user: str) -> str:
    """The id of the person of this name."""
    return ids.user_id(ISSUER, subject(user))


def claims_of(user: str, groups: Sequence[str] = ()) -> dict[str, str]:
    """The claims of a person's access token as API Gateway passes them on: every value a string."""
    now = int(datetime.now(UTC).timestamp())
    claims = {
        "iss": ISSUER,
        "sub": subject(user),
        "token_use": "access",
        "client_id": CLIENT_ID,
        "scope": SCOPE,
        "username": user,
        "auth_time": str(now),
        "iat": str(now),
        "exp": str(now + 3600),
        "jti": f"jti-{next(_requests)}",
    }
    return claims | ({"cognito:groups": f"[{' '.join(groups)}]"} if groups else {})


def event(
    method: str,
    path: str,
    *,
    user: str | None = "ana",
    body: object = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, object] | None = None,
    groups: Sequence[str] = (),
    claims: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The event of one request. A body of text goes as it is, bytes go as base64, anything else as JSON."""
    asked = {name: _query_text(value) for name, value in (query or {}).items()}
    sent = {"accept": "*/*", "host": "api.example.com", "user-agent": "tests", "x-forwarded-proto": "https"}
    if body is not None:
        sent["content-type"] = "application/json"
    sent |= {name.lower(): value for name, value in (headers or {}).items()}
    number = next(_requests)
    route_key, in_path = gateway.found(method, f"/v1{path}", gateway.deployed_routes())
    context: dict[str, Any] = {
        "accountId": "000000000000",
        "apiId": "abc123def4",
        "domainName": "api.example.com",
        "domainPrefix": "api",
        "http": {
            "method": method,
            "path": f"/v1{path}",
            "protocol": "HTTP/1.1",
            "sourceIp": "203.0.113.7",
            "userAgent": "tests",
        },
        "requestId": f"request-{number}",
        "routeKey": route_key,
        "stage": "$default",
        "time": "21/Nov/2026:10:00:00 +0000",
        "timeEpoch": 1795255200000,
    }
    if user is not None:
        context["authorizer"] = {"jwt": {"claims": dict(claims or claims_of(user, groups)), "scopes": [SCOPE]}}
    made: dict[str, Any] = {
        "version": "2.0",
        "routeKey": context["routeKey"],
        "rawPath": f"/v1{path}",
        "rawQueryString": urlencode(asked),
        "headers": sent,
        "requestContext": context,
        "isBase64Encoded": isinstance(body, bytes),
    }
    if in_path:
        made["pathParameters"] = in_path
    if asked:
        made["queryStringParameters"] = asked
    if body is not None:
        made["body"] = _sent(body)
    return made


def _query_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _sent(body: object) -> str:
    if isinstance(body, bytes):
        return b64encode(body).decode()
    return body if isinstance(body, str) else json.dumps(body)


def send(api: str | Handler, request: Mapping[str, Any]) -> Reply:
    """Hands an event to a handler, or to the one of functions/<api>/app.py."""
    handler = importlib.import_module(f"functions.{api}.app").lambda_handler if isinstance(api, str) else api
    answer = handler(_routed(handler, request), Context("atelier-test", request["requestContext"]["requestId"]))
    headers = {name.lower(): value for name, value in answer.get("headers", {}).items()}
    return Reply(answer["statusCode"], answer.get("body") or "", headers)


def _routed(handler: Handler, request: Mapping[str, Any]) -> dict[str, Any]:
    """The request as a gateway before this very API would hand it on; a test may bring an API of its own."""
    operations = getattr(getattr(handler, "__self__", None), "operations", ())
    if not operations:
        return dict(request)
    routes = [(operation.method, f"/v1{operation.path}") for operation in operations]
    key, in_path = gateway.found(request["requestContext"]["http"]["method"], request["rawPath"], routes)
    return {**request, "routeKey": key, "pathParameters": in_path}


def call(
    api: str | Handler,
    method: str,
    path: str,
    *,
    user: str | None = "ana",
    body: object = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, object] | None = None,
    groups: Sequence[str] = (),
    claims: Mapping[str, str] | None = None,
) -> Reply:
    """One request of a person (None: of nobody) to a function, and its answer. `path` is without `/v1`."""
    made = event(method, path, user=user, body=body, headers=headers, query=query, groups=groups, claims=claims)
    return send(api, made)


class World:
    """A table with people around it. Everybody exists by name; what they make, they make through the API."""

    def __init__(self, table_name: str) -> None:
        self.table_name = table_name

    def id(self, user: str) -> str:
        """A person's id."""
        return id_of(user)

    def meet(self, *users: str) -> None:
        """Lets people be seen for the first time, so that they have profiles."""
        for user in users:
            reply = call("accounts", "GET", "/me", user=user)
            assert reply.status == 200, reply.text

    def category(self, name: str = "Ceramics", **fields: object) -> dict[str, Any]:
        """A category, made by an administrator."""
        return self._made("categories", "/categories", "admin", {"name": name, **fields}, ("admin",))

    def workshop(
        self, host: str = "host", *, starts_in: timedelta = timedelta(days=1), **fields: object
    ) -> dict[str, Any]:
        """A workshop, made by its host."""
        wanted = {
            "title": "Raku firing",
            "scheduled_at": clock.to_text(clock.now() + starts_in),
            "timezone": "Europe/Berlin",
        }
        return self._made("workshops", "/workshops", host, {**wanted, **fields}, ())

    @staticmethod
    def _made(api: str, path: str, user: str, body: object, groups: Sequence[str]) -> dict[str, Any]:
        reply = call(api, "POST", path, user=user, body=body, groups=groups)
        assert reply.status == 201, reply.text
        made: dict[str, Any] = reply.json
        return made
