"""The PDF of build packs: its text, its signs, its pages, its bytes, and what it costs."""

import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pypdfium2
import pytest
from reportlab.pdfbase.ttfonts import TTFont

from atelier.packs import pdf, structure
from tests.infrastructure.expanded import ROOT
from tests.packs import FONTS, outcomes, pages, sha256, signs_without_glyph

MIXED = "Größe, Übergabe, Straße. 中文：交接班。 日本語、カタカナとひらがな。 한국어 인수인계. 🙂🚀❤️👩‍💻🇩🇪 ✓ → ≠ ☐ α Ж"  # noqa: RUF001
MOST_SECONDS, MOST_MB = 10, 250
"""For two of ten steps: 512 MB have less than a third of a processor, for 180 s. It takes 2.5 s and 110 MB."""


def made(*outputs: Any, title: str = "Handover", subject: str = "Station 7") -> bytes:
    """A PDF of these outputs."""
    return pdf.render(structure.document_of(title, subject, outcomes(*outputs)), FONTS)


@contextmanager
def drawn() -> Iterator[list[tuple[TTFont, str]]]:
    """What fonts are asked to draw meanwhile."""
    asked: list[tuple[TTFont, str]] = []
    split = TTFont.splitString

    def note(font: TTFont, text: Any, *rest: Any, **options: Any) -> Any:
        asked.append((font, text if isinstance(text, str) else text.decode()))
        return split(font, text, *rest, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TTFont, "splitString", note)
        yield asked


def test_every_sign_is_in_the_text_layer_and_has_a_picture() -> None:
    with drawn() as asked:
        content = made(
            {"text": MIXED, "rows": [{"a": MIXED, "b": 1}, {"a": "x", "b": 2}]}, f"```\n{MIXED}\n```", title=MIXED[:40]
        )
    assert asked
    assert not list(signs_without_glyph(asked))
    text = " ".join(pages(content))
    for word in (
        "Größe",
        "Übergabe",
        "Straße",
        "中文",
        "日本語",
        "カタカナとひらがな",
        "한국어",
        "🙂",
        "🚀",
        "👩",
        "💻",
        "✓",
        "→",
    ):
        assert word in text, word


def test_the_check_of_pictures_finds_boxes() -> None:
    with drawn() as asked:
        made("x")
        asked.append((asked[0][0], "中"))
    assert list(signs_without_glyph(asked)) == ["中"]


def test_a_sign_that_no_font_has_is_told_by_its_number() -> None:
    with drawn() as asked:
        text = " ".join(pages(made("rare 𠮷")))
    assert "[U+20BB7]" in text
    assert not list(signs_without_glyph(asked))


def test_it_is_laid_out_as_a_document() -> None:
    content = made("First.", {"goal": "Rest", "people": ["Ada", "Grace"]})
    cover, contents, *chapters = pages(content)
    assert "BUILD PACK" in cover and "Handover" in cover and "Station 7" in cover  # noqa: PT018 - one page, one look
    assert len(chapters) == 10
    for number, (chapter, step_id) in enumerate(
        zip(chapters, [one.step_id for one in outcomes()], strict=True), start=3
    ):
        lines = chapter.split()
        assert step_id.title() in lines
        assert str(number) in lines
        assert f"{step_id.title()}{number}" in contents.split()
    assert "People4" in contents.split()
    assert "Nothing came of this step yet." in chapters[9]


def test_contents_tell_the_page_on_which_a_chapter_begins() -> None:
    content = made("A long one. " * 2000, "Short.")
    texts = pages(content)
    begins = next(number for number, text in enumerate(texts, start=1) if "STEP 2" in text)
    assert begins > 5
    assert f"Define{begins}" in texts[1].split()


def test_bookmarks_lead_to_chapters_and_their_parts() -> None:
    file = pypdfium2.PdfDocument(io.BytesIO(made({"people": ["a", "b" * 200]})))
    told = [(bookmark.level, bookmark.get_title()) for bookmark in file.get_toc()]
    file.close()
    assert told[:3] == [(0, "Empathize"), (1, "People"), (0, "Define")]


def test_markup_in_an_output_is_text() -> None:
    text = " ".join(pages(made("<b>bold</b> & <font color='red'>red</font> &amp; <para>", {"<i>k</i>": "<br/>"})))
    for part in ("<b>bold</b>", "<font color='red'>", "&amp;", "<para>", "<i>k</i>", "<br/>"):
        assert part in text, part


def test_the_same_outputs_make_the_same_bytes() -> None:
    assert made(MIXED, {"a": [1, 2]}) == made(MIXED, {"a": [1, 2]})


def test_another_process_makes_the_same_bytes() -> None:
    program = (
        "from tests.unit.test_pack_pdf import MIXED, made, sha256\n"
        "made('something else first 漢字')\n"
        "print(sha256(made(MIXED, {'a': [1, 2]})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'shared'}", "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == sha256(made(MIXED, {"a": [1, 2]}))


@pytest.mark.parametrize("change", [{"title": "Other"}, {"subject": "Other"}])
def test_another_title_makes_other_bytes(change: dict[str, str]) -> None:
    assert made("x") != made("x", **change)


def test_another_output_makes_other_bytes() -> None:
    assert made("x", "y") != made("x", "z")


def test_only_the_signs_that_are_used_are_in_the_file() -> None:
    assert len(made(MIXED)) < 150_000


@pytest.mark.parametrize(
    "output",
    [
        "x" * 30_000,
        "中文，" * 5000,  # noqa: RUF001 - it is Chinese
        "aあ" * 2000,
        "a\n" * 3000,
        [[[[[[[["deep"]]]]]]]],
        {"": {" ": ""}},
        [{"a": "x" * 200, "b": "y" * 200, "c": "z" * 200, "d": "w" * 200, "e": "v" * 200, "f": "u" * 200}] * 3,
        {"k" * 3000: "v", "long": {"k" * 3000: ["v" * 300]}},
        [{"name": "n" * 160, "text": "t" * 300}],
        "```\nnever closed",
        "**" * 50 + "`" * 50,
        "\u200b\ufe0f\u202e",
        {"a": {"b": {"c": {"d": {"e": ["f", {"g": 1}]}}}}},
    ],
)
def test_odd_outputs_can_be_set(output: Any) -> None:
    assert pages(made(output))


def test_large_outputs_take_what_a_function_has() -> None:
    """In a process of its own, so that the most memory it ever had is its own. `make bench` makes ten of them."""
    program = (
        "import time\n"
        "from tests.memory import peak_mb\n"
        "from tests.packs import large\n"
        "from tests.unit.test_pack_pdf import made\n"
        "content = made(large(), large())\n"
        "print(time.process_time(), peak_mb(), len(content))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'shared'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, megabytes, size = map(float, done.stdout.split())
    assert seconds < MOST_SECONDS
    assert megabytes < MOST_MB
    assert size < 1_000_000
