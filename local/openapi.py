"""The OpenAPI document, read off the code: the routes as functions register them, the models as they check values."""

import importlib
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from local.errors import LocalError
from local.openapi_parts import GATEWAY_ANSWERS, HEADERS, PARAMETERS, SCHEMAS, SECURITY_SCHEMES
from local.places import ROOT

if TYPE_CHECKING:
    from atelier.errors import AtelierError
    from atelier.http import Operation

type Json = dict[str, Any]
type Mode = Literal["validation", "serialization"]

SCHEMA_PREFIX = "#/components/schemas/"
METHODS_WITH_BODY = ("POST", "PUT", "PATCH")


BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


class SchemaNameError(LocalError):
    """Two different schemas have one name, so that a reference to it says nothing."""


class _Generator(GenerateJsonSchema):
    """Pydantic's generator, but fields get no title that only repeats their name, and answers hold all their fields."""

    def field_title_should_be_set(self, _: Any) -> bool:
        return False

    def field_is_required(self, field: Any, total: bool) -> bool:
        return self.mode == "serialization" or super().field_is_required(field, total)


@dataclass(frozen=True, slots=True)
class Function:
    """A function that speaks HTTP."""

    name: str
    about: str
    operations: list["Operation"]


def functions() -> list[Function]:
    """Every function with routes, by name. Importing them needs neither a table nor an account."""
    if str(ROOT / "shared") not in sys.path:
        sys.path.insert(0, str(ROOT / "shared"))
    found = []
    for file in sorted((ROOT / "functions").glob("*/app.py")):
        module = importlib.import_module(f"functions.{file.parent.name}.app")
        if hasattr(module, "api"):
            found.append(Function(file.parent.name, (module.__doc__ or "").strip(), module.api.operations))
    return found


def document() -> Json:
    """The whole API.

    Raises:
        SchemaNameError: two different models share a name.
        LocalError: a route lacks something that its description needs.
    """
    api = functions()
    operations = [(function, operation) for function in api for operation in function.operations]
    schemas = _Schemas([operation for _, operation in operations])
    paths: Json = {}
    for function, operation in operations:
        described = _Described(operation, schemas).operation() | {"tags": [function.name]}
        methods = paths.setdefault(_address(operation), {})
        if operation.method.lower() in methods:
            raise LocalError(f"Two functions answer {operation.method} {operation.path}.")
        methods[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": _info(),
        "servers": [{"url": "/", "description": "Where this document came from; the stack's output ApiUrl says where"}],
        "security": [{"jwt": []}],
        "tags": [{"name": function.name, "description": function.about} for function in api],
        "paths": {path: dict(sorted(paths[path].items())) for path in sorted(paths)},
        "components": {
            "securitySchemes": SECURITY_SCHEMES,
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "responses": GATEWAY_ANSWERS,
            "schemas": dict(sorted((schemas.components | SCHEMAS).items())),
        },
    }


def _address(operation: "Operation") -> str:
    http = importlib.import_module("atelier.http")
    return f"{http.PREFIX}{operation.path}"


def _body_of(operation: "Operation") -> type[BaseModel]:
    http = importlib.import_module("atelier.http")
    model: type[BaseModel] = http.body_model(operation.parameters["body"])
    return model


def _info() -> Json:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {
        "title": "Atelier",
        "version": project["version"],
        "summary": project["description"],
        "description": (
            "Errors are problem documents (RFC 9457); `type` leads to a page that says what to do. "
            "Lists answer `items` and `next_cursor`, and a `Link` to the next page. "
            "Instants are RFC 3339: in with an offset, out in UTC."
        ),
        "license": {"name": "Apache License 2.0", "identifier": project["license"]},
    }


class _Schemas:
    """The schemas of all models that go over the wire, under names that are theirs alone."""

    def __init__(self, operations: Iterable["Operation"]) -> None:
        wanted: dict[tuple[type[BaseModel], Mode], None] = {}
        queries: set[type[BaseModel]] = set()
        for operation in operations:
            if "body" in operation.parameters:
                wanted[_body_of(operation), "validation"] = None
            if "query" in operation.parameters:
                wanted[operation.parameters["query"], "validation"] = None
            wanted |= {(model, "serialization"): None for model in operation.answers.values() if model is not None}
            if "query" in operation.parameters:
                queries.add(operation.parameters["query"])
        references, generated = models_json_schema(
            list(wanted), ref_template=SCHEMA_PREFIX + "{model}", schema_generator=_Generator
        )
        self._references = references
        self._definitions: Json = generated.get("$defs", {})
        # Where two schemas want one name, Pydantic gives both longer ones, with signs that a class name never has.
        doubled = sorted(name for name in self._definitions if not name.isalnum())
        if doubled or (doubled := sorted(set(SCHEMAS) & set(self._definitions))):
            raise SchemaNameError(f"Different schemas share a name; rename one of each: {', '.join(doubled)}.")
        only_queries = {self.name(model, "validation") for model in queries}
        self.components: Json = {name: made for name, made in self._definitions.items() if name not in only_queries}

    def reference(self, model: type[BaseModel], mode: Mode) -> Json:
        """A reference to a model's schema."""
        reference: Json = self._references[model, mode]
        return reference

    def name(self, model: type[BaseModel], mode: Mode) -> str:
        """The name of a model's schema."""
        return str(self.reference(model, mode)["$ref"]).removeprefix(SCHEMA_PREFIX)

    def properties(self, model: type[BaseModel]) -> tuple[Json, set[str]]:
        """The schemas of a model's fields, and the names of those that are required."""
        schema = self._definitions[self.name(model, "validation")]
        return schema.get("properties", {}), set(schema.get("required", ()))


class _Described:
    """One operation and how to put it."""

    def __init__(self, operation: "Operation", schemas: _Schemas) -> None:
        self._operation = operation
        self._schemas = schemas
        self._asks_for = operation.parameters

    def operation(self) -> Json:
        """The operation object."""
        handler = self._operation.handler
        docstring = handler.__doc__
        if not docstring:
            raise LocalError(f"{handler.__module__}.{handler.__name__} has no docstring to describe it by.")
        summary, _, rest = docstring.strip().partition("\n\n")
        described: Json = {"operationId": handler.__name__, "summary": _one_line(summary)}
        if rest:
            described["description"] = "\n\n".join(map(_one_line, rest.split("\n\n")))
        if self._operation.is_public:
            described["security"] = []
        if parameters := [*self._path_parameters(), *self._query_parameters(), *self._header_parameters()]:
            described["parameters"] = parameters
        if "body" in self._asks_for:
            http = importlib.import_module("atelier.http")
            required = not http.body_is_optional(self._asks_for["body"])
            schema = self._schemas.reference(_body_of(self._operation), "validation")
            described["requestBody"] = {"required": required, "content": {"application/json": {"schema": schema}}}
        described["responses"] = self._responses()
        return described

    def _path_parameters(self) -> Iterator[Json]:
        http = importlib.import_module("atelier.http")
        for name in re.findall(r"\{(\w+)\}", self._operation.path):
            schema = {"type": "string", "pattern": f"^{http.path_pattern(name).pattern}$"}
            yield {"name": name, "in": "path", "required": True, "schema": schema}

    def _query_parameters(self) -> Iterator[Json]:
        if "query" not in self._asks_for:
            return
        properties, required = self._schemas.properties(self._asks_for["query"])
        for name, schema in properties.items():
            parameter = {"name": name, "in": "query", "required": name in required}
            kept = _without_null(schema)
            if "description" in kept:
                parameter["description"] = kept.pop("description")
            yield parameter | {"schema": kept}

    def _header_parameters(self) -> Iterator[Json]:
        for asked, name in (("if_match", "IfMatch"), ("guard", "IdempotencyKey")):
            if asked in self._asks_for:
                yield {"$ref": f"#/components/parameters/{name}"}

    def _responses(self) -> Json:
        responses: dict[int, Json] = {
            status: self._answer(status, model) for status, model in self._operation.answers.items()
        }
        responses |= {status: _problem(status, kinds) for status, kinds in self._problems().items()}
        for name, gateway in GATEWAY_ANSWERS.items():
            status = int(name.removeprefix("Gateway"))
            if self._operation.is_public and status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
                continue
            if status in responses:
                responses[status]["description"] += f"\n\nOr {gateway['description']}"
                responses[status]["content"] |= gateway["content"]
            else:
                responses[status] = {"$ref": f"#/components/responses/{name}"}
        return {str(status): responses[status] for status in sorted(responses)}

    def _answer(self, status: int, model: type[BaseModel] | None) -> Json:
        answer: Json = {"description": HTTPStatus(status).phrase}
        if headers := self._headers(status):
            answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in headers}
        if model is not None:
            answer["content"] = {"application/json": {"schema": self._schemas.reference(model, "serialization")}}
        elif status not in BODILESS:
            answer["content"] = {self._media_type(): {"schema": {"type": "string"}}}
        return answer

    def _headers(self, status: int) -> list[str]:
        """The headers that come with an answer; what a handler sets stands in its code by name."""
        if status == HTTPStatus.NO_CONTENT:
            return []
        sent: set[str] = {name for name in ("ETag", "Location") if name in self._words}
        if "page_headers" in self._words:
            sent.add("Link")
        if status != HTTPStatus.CREATED:
            sent.discard("Location")
        elif "guard" in self._asks_for:
            sent.add("Idempotency-Replayed")
        return sorted(sent)

    def _media_type(self) -> str:
        named = [word for word in self._words if re.match(r"(text|image|application)/[\w.+-]+", word)]
        if len(named) != 1:
            raise LocalError(f"{self._operation.handler.__name__} answers a text of {len(named)} media types, not one.")
        return named[0]

    @cached_property
    def _words(self) -> frozenset[str]:
        handler = self._operation.handler
        return (
            frozenset(_words_of(handler, sys.modules[handler.__module__]))
            if isinstance(handler, FunctionType)
            else frozenset()
        )

    def _problems(self) -> dict[int, list[type["AtelierError"]]]:
        """The refusals by status: those the route names, and those that follow from what it asks for."""
        errors = importlib.import_module("atelier.errors")
        http = importlib.import_module("atelier.http")
        possible: set[type[AtelierError]] = {*self._operation.problems, errors.TableUnavailableError}
        if not self._operation.is_public:
            possible.add(errors.NotSignedInError)
        if "{" in self._operation.path:
            possible.add(errors.NotFoundError)
        if self._operation.method in METHODS_WITH_BODY:
            possible.add(errors.BodyTooLargeError)
        if "query" in self._asks_for:
            possible.add(errors.BadQueryError)
        if "body" in self._asks_for:
            possible |= {errors.MalformedJsonError, errors.UnsupportedMediaTypeError, errors.ValidationFailedError}
        if "if_match" in self._asks_for:
            possible |= {errors.BadIfMatchError, errors.StaleVersionError}
        if "guard" in self._asks_for:
            possible |= {errors.BadIdempotencyKeyError, errors.IdempotencyKeyReusedError, errors.RequestInProgressError}
        by_status: dict[int, list[type[AtelierError]]] = {}
        for kind in sorted(possible, key=lambda kind: kind.code):
            by_status.setdefault(http.status_of(kind), []).append(kind)
        return by_status


def _problem(status: int, kinds: list[type["AtelierError"]]) -> Json:
    lines = "\n".join(f"- `{kind.code}`: {kind.title}" for kind in kinds)
    codes: Json = {"properties": {"code": {"enum": [kind.code for kind in kinds]}, "status": {"const": status}}}
    schema = {"allOf": [{"$ref": f"{SCHEMA_PREFIX}Problem"}, codes]}
    answer: Json = {
        "description": f"{HTTPStatus(status).phrase}\n\n{lines}",
        "content": {"application/problem+json": {"schema": schema}},
    }
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        answer["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
    return answer


def _words_of(function: FunctionType, module: ModuleType) -> Iterator[str]:
    """The names and texts in a function's code and in that of its module's functions it uses."""
    waiting, seen = [function], {function}
    while waiting:
        code: CodeType = waiting.pop().__code__
        for constant in code.co_consts:
            yield from (
                part for part in (constant if isinstance(constant, tuple) else [constant]) if isinstance(part, str)
            )
        for name in code.co_names:
            yield name
            used = vars(module).get(name)
            if isinstance(used, FunctionType) and used.__module__ == module.__name__ and used not in seen:
                seen.add(used)
                waiting.append(used)


def _without_null(schema: Mapping[str, Any]) -> Json:
    """A query parameter's schema: leaving the parameter out is how a client says null."""
    kept = {name: value for name, value in schema.items() if not (name == "default" and value is None)}
    choices = [choice for choice in kept.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        del kept["anyOf"]
        return {**choices[0], **kept}
    if choices:
        kept["anyOf"] = choices
    return kept


def _one_line(text: str) -> str:
    return " ".join(text.split())
