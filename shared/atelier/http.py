"""HTTP: the only module that knows it. Routes, who is calling, entity tags, problem documents, the line in the log."""

import hashlib
import inspect
import json
import re
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import NoneType
from typing import Any, get_args
from urllib.parse import urlencode

from pydantic import BaseModel
from pynamodb.exceptions import PynamoDBException

from atelier import clock, errors, observability, retries, table
from atelier.accounts.caller import Caller
from atelier.bodies import read_body, read_query, read_raw_body
from atelier.edits import Expected
from atelier.idempotency import Guard, ReplayedError
from atelier.ids import user_id
from atelier.networks import network_of
from atelier.paging import Page
from atelier.settings import api_settings

PREFIX = "/v1"
START_WITHIN_S = 2.8
ANYBODY = "anybody"
"""Whose the keys of requests are that need no token, with the route and the network they come from."""

LEAST_KEY_OF_ANYBODY = 16
"""How long such a key is at least: two people behind one address must not think of the same one."""

RETRY_AFTER_S = 2

STATUS_OF: dict[type[errors.AtelierError], int] = {
    errors.MalformedError: 400,
    errors.UnauthenticatedError: 401,
    errors.ForbiddenError: 403,
    errors.AbsentError: 404,
    errors.ConflictError: 409,
    errors.StaleError: 412,
    errors.TooLargeError: 413,
    errors.MediaTypeError: 415,
    errors.InvalidError: 422,
    errors.LimitedError: 429,
    errors.UnavailableError: 503,
}

_ID = re.compile(r"[a-z]{2,4}_[0-9a-z]{16,32}")
_SLUG = re.compile(r"[a-z_]{1,64}")
_TOKEN = re.compile(r"[0-9A-Za-z_.-]{16,128}")
_ETAG_LIST = re.compile(r'\s*(?:W/)?"[^"]*"\s*(?:,\s*(?:W/)?"[^"]*"\s*)*')
_CACHE = "private, no-store"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route answers: a status, a model, a text or bytes, and headers."""

    status: int
    content: BaseModel | str | bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Operation:
    """A route as it is registered, for the OpenAPI document and the tests that compare it with the template."""

    method: str
    path: str
    handler: Callable[..., Answer]
    answers: Mapping[int, type[BaseModel] | None]
    problems: tuple[type[errors.AtelierError], ...]
    is_public: bool
    parameters: Mapping[str, Any]


def status_of(error: type[errors.AtelierError]) -> int:
    """The HTTP status of a kind of refusal."""
    return next(STATUS_OF[kind] for kind in error.__mro__ if kind in STATUS_OF)


@dataclass(frozen=True, slots=True)
class _Request:
    """What is at hand while one request is answered; `told` goes into its log line."""

    event: dict[str, Any]
    told: dict[str, Any] = field(default_factory=dict)


def path_pattern(name: str) -> re.Pattern[str]:
    """What a value in the path can look like at all; anything else names nothing."""
    if name == "token":
        return _TOKEN
    return _ID if name.endswith("_id") else _SLUG


class Api:
    """The routes of one function. `api.handle` is its Lambda handler.

    API Gateway has found the route already: it tells its key and the values in the path, so nothing is matched here.
    """

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self._by_route_key: dict[str, Operation] = {}
        self._is_cold = True

    def route(
        self,
        method: str,
        path: str,
        answers: Mapping[int, type[BaseModel] | None],
        *,
        problems: tuple[type[errors.AtelierError], ...] = (),
        public: bool = False,
    ) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
        """Registers a route.

        The handler asks by parameter name for what it needs: `caller`, `body`, `query`, `if_match`, `guard`, path ids;
        a `body` of `Model | None` may be left out;
        `raw` is the body as it came, byte for byte; `headers` are in lower case; `base_url` is the API's address;
        `source_address` is the one the request came from.
        """

        def register(handler: Callable[..., Answer]) -> Callable[..., Answer]:
            parameters = {name: p.annotation for name, p in inspect.signature(handler).parameters.items()}
            operation = Operation(method, path, handler, answers, problems, public, parameters)
            self.operations.append(operation)
            self._by_route_key[f"{method} {PREFIX}{path}"] = operation
            return handler

        return register

    def handle(self, event: dict[str, Any], _context: Any) -> dict[str, Any]:
        """Answers one API Gateway request (payload 2.0).

        An unexpected error goes up, so that Lambda counts it and API Gateway says 500.
        """
        started = time.monotonic()
        observability.table_use.reset()
        request = _Request(event)
        status = 500
        try:
            with retries.time_to_start(START_WITHIN_S):
                answer = self._answer_or_refuse(request)
            response = _respond(answer)
            status = answer.status
            return response
        finally:
            about = event.get("requestContext", {})
            observability.logger.info(
                "request",
                request_id=about.get("requestId"),
                method=about.get("http", {}).get("method"),
                status=status,
                ms=round((time.monotonic() - started) * 1000, 1),
                cold=self._is_cold,
                round_trips=observability.table_use.round_trips,
                read_units=observability.table_use.read_units,
                write_units=observability.table_use.write_units,
                **request.told,
            )
            self._is_cold = False
            observability.flush()

    def _answer_or_refuse(self, request: _Request) -> Answer:
        operation = self._by_route_key.get(request.event.get("routeKey", ""))
        try:
            if operation is None:
                raise errors.NotFoundError("There is no such route.")
            return _answer(request, operation, request.event.get("pathParameters") or {})
        except errors.AtelierError as error:
            return _refuse(request, error)
        except ReplayedError as replayed:
            return _replay(replayed)
        except (PynamoDBException, retries.OutOfTimeError) as error:
            return _table_failed(request, error)


def _answer(request: _Request, operation: Operation, path_values: Mapping[str, str]) -> Answer:
    event = request.event
    request.told["route"] = operation.path
    wanted = operation.parameters
    given: dict[str, Any] = dict(path_values)
    for name, text in path_values.items():
        if not path_pattern(name).fullmatch(text):
            raise errors.NotFoundError
    if not operation.is_public:
        caller = read_caller(event)
        request.told["user"] = caller.id
        if "caller" in wanted:
            given["caller"] = caller
    raw = read_raw_body(event)
    sources: dict[str, Callable[[], Any]] = {
        "raw": lambda: raw,
        "headers": lambda: event.get("headers", {}),
        "base_url": lambda: public_url(event),
        "source_address": lambda: read_source_address(event),
        "query": lambda: read_query(event, wanted["query"]),
        "if_match": lambda: read_if_match(event),
        "body": lambda: _read_body(event, raw, wanted["body"]),
        "guard": lambda: read_guard(event, raw, given.get("caller"), operation),
    }
    given |= {name: read() for name, read in sources.items() if name in wanted}
    return operation.handler(**given)


def body_model(annotation: Any) -> type[BaseModel]:
    """The model of a route's body, out of `Model` or, where the body may be left out, `Model | None`."""
    model: type[BaseModel] = next((kind for kind in get_args(annotation) if kind is not NoneType), annotation)
    return model


def body_is_optional(annotation: Any) -> bool:
    """Whether a route's body may be left out."""
    return NoneType in get_args(annotation)


def _read_body(event: Mapping[str, Any], raw: bytes, annotation: Any) -> BaseModel | None:
    if not raw and body_is_optional(annotation):
        return None
    return read_body(event, raw, body_model(annotation))


def _refuse(request: _Request, error: errors.AtelierError) -> Answer:
    event = request.event
    request.told["code"] = error.code
    problem = {
        "type": f"{public_url(event)}/public/errors/{error.code}",
        "title": error.title,
        "status": status_of(type(error)),
        "detail": error.detail,
        "code": error.code,
        "request_id": event.get("requestContext", {}).get("requestId"),
        **error.extra,
    }
    headers = {}
    if isinstance(error, errors.UnavailableError):
        headers["Retry-After"] = str(RETRY_AFTER_S)
    elif isinstance(error, errors.LimitedError):
        headers["Retry-After"] = str(error.retry_after_s)
    return Answer(problem["status"], json.dumps(problem, ensure_ascii=False), headers, "application/problem+json")


def _replay(replayed: ReplayedError) -> Answer:
    record = replayed.record
    headers = {"Location": record.location, "ETag": etag(int(record.etag_version)), "Idempotency-Replayed": "true"}
    return Answer(201, record.body, headers)


def _table_failed(request: _Request, error: Exception) -> Answer:
    if isinstance(error, PynamoDBException) and not _is_unavailability(error):
        raise error
    request.told["table_error"] = getattr(error, "cause_response_code", None) or type(error).__name__
    observability.count("TableUnavailable")
    return _refuse(request, errors.TableUnavailableError())


def _respond(answer: Answer) -> dict[str, Any]:
    """The answer as API Gateway takes it."""
    content = answer.content
    headers = {"Cache-Control": _CACHE, **answer.headers}
    if content is not None:
        headers["Content-Type"] = answer.content_type
    if isinstance(content, bytes):
        encoded = b64encode(content).decode()
        return {"statusCode": answer.status, "headers": headers, "body": encoded, "isBase64Encoded": True}
    body = content.model_dump_json() if isinstance(content, BaseModel) else content or ""
    return {"statusCode": answer.status, "headers": headers, "body": body, "isBase64Encoded": False}


def _is_unavailability(error: PynamoDBException) -> bool:
    response = getattr(error.cause, "response", None)
    if response is None:
        return True
    cause = getattr(error.cause, "__cause__", None)
    return retries.is_transient(getattr(cause, "response", None) or response)


def public_url(event: Mapping[str, Any]) -> str:
    """The API's address up to `/v1`, as configured, else as the client of this request used it."""
    configured = api_settings().public_url
    if configured:
        return configured.rstrip("/")
    return f"https://{event.get('requestContext', {}).get('domainName', 'localhost')}{PREFIX}"


def read_source_address(event: Mapping[str, Any]) -> str:
    """The address API Gateway saw the request come from. What a client says of itself in headers counts for nothing."""
    return str(event.get("requestContext", {}).get("http", {}).get("sourceIp", ""))


def location(path: str) -> str:
    """The `Location` of a resource: an absolute path, which stays right behind any domain."""
    return f"{PREFIX}{path}"


def etag(version: int) -> str:
    """The entity tag of a version."""
    return f'"{version}"'


def read_caller(event: Mapping[str, Any]) -> Caller:
    """Who is calling, from the claims that API Gateway checked.

    Raises NotSignedInError when there are none, or when they are an ID token's: a second line behind the authorizer.
    """
    claims = event.get("requestContext", {}).get("authorizer", {}).get("jwt", {}).get("claims") or {}
    issuer, subject = claims.get("iss"), claims.get("sub")
    if not issuer or not subject or claims.get("token_use", "access") != "access":
        raise errors.NotSignedInError
    groups = str(claims.get("cognito:groups") or claims.get("groups") or "").strip("[]").replace(",", " ").split()
    name = claims.get("name") or claims.get("preferred_username") or claims.get("username")
    email = claims.get("email") if str(claims.get("email_verified")).lower() == "true" else None
    return Caller(user_id(issuer, subject), api_settings().admin_group in groups, name, email)


def read_if_match(event: Mapping[str, Any]) -> Expected | None:
    """The versions named by If-Match (RFC 9110, 13.1.1), or None. Raises BadIfMatchError."""
    text = event.get("headers", {}).get("if-match")
    if text is None:
        return None
    if text.strip() == "*":
        return Expected(frozenset("*"))
    if not _ETAG_LIST.fullmatch(text):
        raise errors.BadIfMatchError
    # The comparison is strong, so a weak tag matches nothing.
    return Expected(frozenset(version for weak, version in re.findall(r'(W/)?"([^"]*)"', text) if not weak))


def read_guard(event: Mapping[str, Any], raw: bytes, caller: Caller | None, operation: Operation) -> Guard | None:
    """The Idempotency-Key with a fingerprint of route and body, or None. Of requests without a person a short key is
    none. Raises BadIdempotencyKeyError.
    """
    text = event.get("headers", {}).get("idempotency-key")
    if text is None:
        return None
    if not re.fullmatch(r"[\x20-\x7e]{1,255}", text) or not text.strip():
        raise errors.BadIdempotencyKeyError
    route = f"{operation.method} {event.get('rawPath', '')}\n".encode()
    if caller is None and len(text.strip()) < LEAST_KEY_OF_ANYBODY:
        return None
    person = caller.id if caller else f"{ANYBODY}#{operation.path}#{network_of(read_source_address(event))}"
    return Guard(person, text, hashlib.sha256(route + raw).hexdigest(), clock.now)


def is_unchanged(headers: Mapping[str, str], tag: str) -> bool:
    """Whether If-None-Match (RFC 9110, 13.1.2) names what there is, so that 304 is the answer."""
    told = headers.get("if-none-match", "")
    return told.strip() == "*" or tag in re.findall(r'"[^"]*"', told)


def page_headers(path: str, query: BaseModel, page: Page[Any]) -> dict[str, str]:
    """The `Link` header (RFC 8288) to the next page of a list, if there is one."""
    if page.next_cursor is None:
        return {}
    asked = query.model_dump(mode="json", exclude_none=True, exclude={"cursor"})
    told = {name: str(value).lower() if isinstance(value, bool) else value for name, value in asked.items()}
    return {"Link": f'<{location(path)}?{urlencode({**told, "cursor": page.next_cursor})}>; rel="next"'}


def warm() -> None:
    """Opens the table while Lambda still starts the function, where it has a whole processor."""
    table.connect_when_configured()
