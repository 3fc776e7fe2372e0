"""The Markdown of build packs: read back by a CommonMark parser, it says what the outputs said and nothing else."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from atelier.packs import markdown, structure
from atelier.packs.document import (
    Chapter,
    Code,
    Definitions,
    Document,
    Heading,
    Outcome,
    Paragraph,
    Points,
    Span,
    Table,
)

PARSER = MarkdownIt("commonmark", {"html": True}).enable("table")
NASTY = st.text(st.sampled_from("ab1 .)-+*_#`~|<>&!?[]()\\=:@/\n\"'ä中"), max_size=40)


def told(*outputs: Any) -> str:
    """The pack of these outputs."""
    steps = [Outcome(f"s{n}", n, f"Step {n}", output) for n, output in enumerate(outputs, start=1)]
    return markdown.render(structure.document_of("T", "S", steps)).decode()


def tokens(text: str) -> list[Any]:
    """What a parser finds, flat."""
    return [part for token in PARSER.parse(text) for part in (token, *(token.children or ()))]


def shown(text: str) -> str:
    """The words a reader sees, blanks apart."""
    return "".join(
        "".join(part.content for part in tokens(text) if part.type in ("text", "code_inline", "fence")).split()
    )


def chapter(*blocks: Any) -> str:
    """A pack with one chapter of these blocks, without its front matter."""
    whole = markdown.render(Document("T", "T", (Chapter(1, "C", blocks),))).decode()
    return whole.partition("## 1. C\n\n")[2]


@settings(max_examples=300, deadline=None)
@given(NASTY)
def test_a_text_shows_as_itself_wherever_it_stands(text: str) -> None:
    wanted = "".join(text.split())
    for block in (
        Paragraph((Span(text),)),
        Points(((Span(text),),)),
        Definitions((("term", (Span(text),)),)),
        Heading(1, text),
        Table((text,), ((text,),)),
    ):
        made = chapter(block)
        found = shown(made).replace("\xa0", "").removeprefix("term:")
        assert found in (wanted, wanted * 2), (block, made)


@settings(max_examples=300, deadline=None)
@given(NASTY)
def test_no_text_becomes_html_or_a_link_or_a_picture(text: str) -> None:
    found = {part.type for part in tokens(chapter(Paragraph((Span(text),)), Table((text,), ((text,),))))}
    assert not found & {"html_block", "html_inline", "link_open", "image", "hr", "blockquote_open"}


@given(st.text(st.sampled_from("`~a \n"), max_size=30))
def test_code_stays_within_its_fence(text: str) -> None:
    [block] = PARSER.parse(chapter(Code(text, "python")))
    assert (block.type, block.content, block.info) == ("fence", f"{text}\n", "python")


def test_two_lists_in_a_row_stay_two() -> None:
    lists = [
        part
        for part in tokens(chapter(Points(((Span("a"),),)), Points(((Span("b"),),))))
        if part.type == "bullet_list_open"
    ]
    assert len(lists) == 2


def test_contents_lead_to_chapters() -> None:
    made = told("a", None)
    assert "1. [Step 1](#1-step-1)\n2. [Step 2](#2-step-2)" in made
    assert made.endswith("## 2. Step 2\n\n*Nothing came of this step yet.*\n")


@pytest.mark.parametrize(
    ("output", "wanted"),
    [
        ("First.\nSecond line.\n\nNext.", "First.\\\nSecond line.\n\nNext."),
        ("- one\n- two", "- one\n- two"),
        ("3. three\n4. four\n9. nine", "3. three\n4. four\n\n<!-- -->\n\n9. nine"),
        ("A **strong** word and `code`.", "A **strong** word and `code`."),
        ("# Big\ntext", "### Big\n\ntext"),
        (
            {"user_goal": "Rest", "riskLevel": 3, "isSure": False},
            "- **User goal:** Rest\n- **Risk level:** 3\n- **Is sure:** no",
        ),
        (
            {"rows": [{"a": 1, "b": "x|y"}, {"a": 2.5}]},
            "### Rows\n\n| A | B |\n| --- | --- |\n| 1 | x\\|y |\n| 2.5 |  |",
        ),
        (["a", 1, None], "- a\n- 1\n- —"),
        ({"people": [{"name": "Ada", "says": ["x"]}]}, "### People\n\n#### 1. Ada\n\n##### Says\n\n- x"),
        (7, "7"),
        ({}, "—"),
    ],
)
def test_outputs_become_what_a_person_would_write(output: Any, wanted: str) -> None:
    assert told(output).partition("## 1. Step 1\n\n")[2] == f"{wanted}\n"


def test_what_is_dense_is_shown_as_the_data_it_is() -> None:
    numbers = list(range(5000))
    made = told({"readings": numbers, "note": "short"})
    assert "### Readings\n\n```json\n[0, 1, 2," in made
    assert "- **Note:** short" in made


def test_what_is_deep_is_shown_as_the_data_it_is() -> None:
    deep: Any = {"end": ["of", {"all": {"x": ["y" * 200]}}]}
    for name in "edcba":
        deep = {name: deep}
    assert '```json\n{\n  "e": {' in told(deep)
