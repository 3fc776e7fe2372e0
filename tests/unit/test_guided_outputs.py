"""Outputs of steps: what is kept of any JSON, and what is refused."""

import json
import re
from typing import Any

import pytest

from atelier.guided import outputs
from atelier.guided.definitions import definitions
from atelier.guided.items import STEPS


def nested(levels: int) -> Any:
    value: Any = 1
    for number in range(levels):
        value = [value] if number % 2 else {"in": value}
    return value


@pytest.mark.parametrize(
    "value",
    [
        0,
        -1.5,
        True,
        "",
        "  two blanks stay  ",
        [],
        {},
        {"": [None, {"a b": "line\nline\ttab"}]},
        "日本語 🏺 Töpfern",
        10**400,
        nested(outputs.DEEPEST),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_goes_in_comes_out_again(value: Any) -> None:
    text = outputs.text_of(outputs.cleaned(value))
    assert text is not None
    assert outputs.value_of(text) == value
    assert type(outputs.value_of(text)) is type(value)
    assert ", " not in text.replace("a b", "")


def test_null_is_no_output() -> None:
    assert outputs.text_of(outputs.cleaned(None)) is None
    assert outputs.value_of(None) is None


def test_texts_and_keys_are_kept_in_nfc_with_plain_line_breaks() -> None:
    decomposed = "To\u0308pfern\r\nund\rbrennen"
    composed = "T\u00f6pfern\nund\nbrennen"
    assert outputs.cleaned({decomposed: [decomposed]}) == {composed: [composed]}


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("a\x00b", "control"),
        (["a\x1b[31m"], "control"),
        ({"a\x7fb": 1}, "control"),
        ("\x85", "control"),
        ("\ud800", "surrogates"),
        ({"\udfff": 1}, "surrogates"),
        ({"\u00f6": 1, "o\u0308": 2}, "two keys"),
        (nested(outputs.DEEPEST + 1), "deeper than 32"),
        ("x" * (outputs.MOST_BYTES - 1), "bytes"),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_what_no_document_could_show_is_refused(value: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        outputs.cleaned(value)


def test_the_limit_is_of_bytes_of_compact_json_to_the_byte() -> None:
    most = "ö" * (outputs.MOST_BYTES // 2 - 1)
    assert len(json.dumps(most, ensure_ascii=False).encode()) == outputs.MOST_BYTES
    assert outputs.cleaned(most) == most
    with pytest.raises(ValueError, match="204800 bytes"):
        outputs.cleaned(f"{most}o")


def test_the_ten_steps_are_defined_in_order_each_in_words_of_its_own() -> None:
    steps = definitions().steps
    assert [step.id for step in steps] == list(STEPS)
    assert [step.order for step in steps] == list(range(1, 11))
    for texts in ([s.name for s in steps], [s.description for s in steps], [s.prompt_template for s in steps]):
        assert len(set(texts)) == len(STEPS)
        assert all(text and text == text.strip() for text in texts)
    assert not [step.id for step in steps if "\n" in step.description]
    assert not [step.id for step in steps if "You are done when" not in step.description]


def test_a_prompt_uses_the_title_and_earlier_steps_and_nothing_else() -> None:
    for step in definitions().steps:
        used = re.findall(r"\{\{(\w+)\}\}", step.prompt_template)
        assert used, step.id
        assert set(used) <= {"title", *STEPS[: step.order - 1]}, step.id
        assert step.prompt_template.count("{") == 2 * len(used), step.id
