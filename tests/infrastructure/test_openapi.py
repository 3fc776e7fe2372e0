"""The OpenAPI document and the error pages: as the code has them, complete, and the same as the deployed routes."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel

from atelier import http
from local import openapi
from local.documents import ERRORS, OPENAPI, documents, refusals, stale_pages
from tests.infrastructure import expanded

MAKE = "run `make docs`"


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    """The document in the checkout."""
    document: dict[str, Any] = json.loads(OPENAPI.read_text(encoding="utf-8"))
    return document


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_the_documents_are_what_the_code_says() -> None:
    current = documents()
    differing = [
        path.name for path, text in current.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    assert not differing, MAKE
    assert not stale_pages(current), MAKE


def test_generating_twice_gives_the_same() -> None:
    assert documents() == documents()


def test_it_is_openapi(written: dict[str, Any]) -> None:
    assert written["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(written).validate()


def test_its_routes_are_the_deployed_ones(written: dict[str, Any]) -> None:
    deployed = {(method, path) for method, path, _ in expanded.operations()}
    assert {(method, path) for method, path, _ in _operations(written)} == deployed


def test_its_public_operations_are_the_routes_without_an_authorizer(written: dict[str, Any]) -> None:
    assert written["security"] == [{"jwt": []}]
    open_routes = {
        (method, path) for method, path, operation in expanded.operations() if operation["security"] == [{"NONE": []}]
    }
    public = {(method, path) for method, path, operation in _operations(written) if operation.get("security") == []}
    assert public == open_routes


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does(written: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in _operations(written)]
    assert sorted(set(names)) == sorted(names)
    assert all(operation["summary"] for _, _, operation in _operations(written))


def test_every_tag_is_a_function_and_told(written: dict[str, Any]) -> None:
    told = {tag["name"] for tag in written["tags"] if tag["description"]}
    assert {tag for _, _, operation in _operations(written) for tag in operation["tags"]} == told
    assert all((expanded.FUNCTIONS / name).is_dir() for name in told)


def test_every_code_has_a_page(written: dict[str, Any]) -> None:
    codes = set(re.findall(r"^- `(\w+)`: ", "\n".join(_descriptions(written)), re.MULTILINE))
    assert "not_found" in codes
    assert not [code for code in codes if not (ERRORS / f"{code}.md").is_file()]


def _descriptions(written: dict[str, Any]) -> list[str]:
    return [
        answer["description"]
        for _, _, operation in _operations(written)
        for answer in operation["responses"].values()
        if "description" in answer
    ]


def test_every_error_is_in_the_index() -> None:
    index = (ERRORS / "README.md").read_text(encoding="utf-8")
    assert not [kind.code for kind, _ in refusals() if f"[`{kind.code}`]({kind.code}.md)" not in index]


def test_every_error_the_document_allows_is_declared_by_kind(written: dict[str, Any]) -> None:
    statuses = {kind.code: status for kind, status in refusals()}
    for method, path, operation in _operations(written):
        for status, answer in operation["responses"].items():
            problem = answer.get("content", {}).get("application/problem+json")
            if problem:
                codes = problem["schema"]["allOf"][1]["properties"]["code"]["enum"]
                assert {statuses[code] for code in codes} == {int(status)}, (method, path)


def test_what_a_request_may_carry_is_told(written: dict[str, Any]) -> None:
    workshops = written["paths"]["/v1/workshops"]
    parameters = {each.get("name", each.get("$ref")): each for each in workshops["get"]["parameters"]}
    assert parameters["limit"]["schema"] == {"default": 25, "maximum": 100, "minimum": 1, "type": "integer"}
    assert parameters["cursor"]["schema"] == {"maxLength": 1024, "type": "string"}
    assert workshops["post"]["parameters"] == [{"$ref": "#/components/parameters/IdempotencyKey"}]
    edit = written["paths"]["/v1/workshops/{workshop_id}"]["patch"]
    identifier, if_match = edit["parameters"]
    assert re.fullmatch(identifier["schema"]["pattern"], "wks_01k9abcdefghjkmnpqrstvwxyz")
    assert if_match == {"$ref": "#/components/parameters/IfMatch"}
    assert {"400", "401", "403", "404", "409", "412", "413", "415", "422", "503"} <= set(edit["responses"])


def test_what_an_answer_carries_is_told(written: dict[str, Any]) -> None:
    created = written["paths"]["/v1/workshops"]["post"]["responses"]
    assert set(created["201"]["headers"]) == {"ETag", "Idempotency-Replayed", "Location"}
    assert set(created["503"]["headers"]) == {"Retry-After"}
    assert set(written["paths"]["/v1/workshops"]["get"]["responses"]["200"]["headers"]) == {"Link"}
    assert "headers" not in written["paths"]["/v1/workshops/{workshop_id}/token"]["post"]["responses"]["200"]
    assert "content" not in written["paths"]["/v1/workshops/{workshop_id}"]["delete"]["responses"]["204"]
    page = written["paths"]["/v1/public/errors/{code}"]["get"]["responses"]["200"]
    assert list(page["content"]) == ["text/html; charset=utf-8"]


def test_bodies_refuse_what_they_do_not_know(written: dict[str, Any]) -> None:
    for _, _, operation in _operations(written):
        if "requestBody" in operation:
            (content,) = operation["requestBody"]["content"].values()
            name = content["schema"]["$ref"].rpartition("/")[2]
            assert written["components"]["schemas"][name]["additionalProperties"] is False


def test_two_models_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    api = http.Api()

    def named(field: type) -> type[BaseModel]:
        return type(
            "Twin", (BaseModel,), {"__annotations__": {"value": field}, "__module__": f"twins.of_{field.__name__}"}
        )

    for path, model in (("/one", named(int)), ("/two", named(str))):

        @api.route("GET", path, {200: model})
        def answer() -> http.Answer:
            """Never called."""
            return http.Answer(200)

    monkeypatch.setattr(openapi, "functions", lambda: [openapi.Function("twins", "Twins.", api.operations)])
    with pytest.raises(openapi.SchemaNameError, match="Twin"):
        openapi.document()
