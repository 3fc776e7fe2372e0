"""The JSON pack, against the schema that is published for it."""

import json
from typing import Any

import jsonschema
import pytest

from atelier.packs import as_json
from tests.infrastructure.expanded import ROOT
from tests.packs import outcomes

SCHEMA = json.loads((ROOT / "docs" / "schemas" / "build-pack.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def made(*outputs: Any) -> Any:
    """A pack of these outputs, read back."""
    return json.loads(as_json.render("Übergabe", "Station 7", outcomes(*outputs)))


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("output", [None, "text", 1.5, True, [], {"a": [{"b": None}]}])
def test_a_pack_is_what_the_schema_says(output: Any) -> None:
    pack = made(output)
    VALIDATOR.validate(pack)
    assert pack["steps"][0]["output"] == output


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"format_version": 2},
        {"title": ""},
        {"steps": []},
        {"unknown": 1},
    ],
)
def test_the_schema_refuses_what_is_no_pack(change: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate({**made("x"), **change})


def test_outputs_keep_the_order_of_their_keys() -> None:
    assert list(made({"z": 1, "a": 2})["steps"][0]["output"]) == ["z", "a"]


def test_steps_stand_in_order_however_they_were_read() -> None:
    some = outcomes("x", "y")
    assert as_json.render("T", "S", some) == as_json.render("T", "S", reversed(some))
