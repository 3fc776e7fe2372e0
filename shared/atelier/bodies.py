"""What a client sends, read with distrust: bytes to JSON to a model, and the query string likewise."""

import json
import math
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from atelier import errors

MOST_BODY_BYTES = 256 * 1024


def read_raw_body(event: Mapping[str, Any]) -> bytes:
    """The body's bytes as the client sent them. Raises BodyTooLargeError over 256 KB."""
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        if len(body) > MOST_BODY_BYTES * 4 // 3 + 4:
            raise errors.BodyTooLargeError
        try:
            raw = b64decode(body, validate=True)
        except ValueError:
            raise errors.MalformedJsonError("The body is not what it is declared to be.") from None
    else:
        raw = body.encode("utf-8", "surrogatepass")
    if len(raw) > MOST_BODY_BYTES:
        raise errors.BodyTooLargeError
    return raw


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def read_body[M: BaseModel](event: Mapping[str, Any], raw: bytes, model: type[M]) -> M:
    """The body as a model.

    Raises UnsupportedMediaTypeError, MalformedJsonError, or ValidationFailedError with a list of what is wrong where.
    """
    media_type = event.get("headers", {}).get("content-type", "application/json").split(";")[0].strip().lower()
    if media_type != "application/json":
        raise errors.UnsupportedMediaTypeError(f"The Content-Type is {media_type[:100]!r}.")
    try:
        data = json.loads(
            raw.decode("utf-8"), parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_no_doubles
        )
    except RecursionError:
        raise errors.MalformedJsonError("The body is nested too deeply.") from None
    except ValueError as error:
        raise errors.MalformedJsonError(f"The body is not JSON: {error}"[:300]) from None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise errors.ValidationFailedError(errors=_told(error)) from None


def read_query[M: BaseModel](event: Mapping[str, Any], model: type[M]) -> M:
    """The query string as a model; unknown parameters are ignored.

    Raises BadQueryError with a list of what is wrong where.
    """
    try:
        return model.model_validate(event.get("queryStringParameters") or {})
    except ValidationError as error:
        raise errors.BadQueryError(errors=_told(error)) from None


def _told(error: ValidationError) -> list[dict[str, Any]]:
    """What is wrong where; never the value itself, which may be private or unprintable."""
    return [
        {"loc": [str(part).encode("utf-8", "replace").decode() for part in entry["loc"]], "msg": entry["msg"]}
        for entry in error.errors(include_url=False, include_context=False, include_input=False)
    ][:50]
