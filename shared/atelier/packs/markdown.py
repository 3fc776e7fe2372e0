"""The Markdown pack: CommonMark with the tables of GitHub's Markdown (https://github.github.com/gfm/).

Whatever a text holds, it shows as that text: it can neither break out of its place nor bring HTML with it.
"""

import re
from collections.abc import Iterator

from atelier.packs.document import (
    Block,
    Chapter,
    Code,
    Definitions,
    Document,
    Heading,
    Line,
    Paragraph,
    Points,
    Span,
    Table,
)

NOTHING_YET = "Nothing came of this step yet."

_SPECIAL = re.compile(r"[\\`*\[\]|~&<>]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])|!(?=\[)|:(?=//)|@")
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_AT_START = re.compile(r"([-+=#:]|\d{1,9}(?=[.)](?:\s|$)))")
_CLOSING = re.compile(r"(?:(?<=\s)|^)#+$")
_NUMBER = re.compile(r"\d+")


def render(document: Document) -> bytes:
    """The pack as UTF-8."""
    return ("\n\n".join(_parts(document)) + "\n").encode()


def _parts(document: Document) -> Iterator[str]:
    yield f"# {_one_line(document.title)}"
    if document.subject != document.title:
        yield f"*{_one_line(document.subject)}*"
    yield "## Contents"
    yield "\n".join(
        f"{chapter.number}. [{_one_line(chapter.name)}](#{_anchor(chapter)})" for chapter in document.chapters
    )
    for chapter in document.chapters:
        yield f"## {chapter.number}. {_one_line(chapter.name)}"
        previous: Block | None = None
        for block in chapter.blocks:
            # Two lists in a row would be one.
            if _is_list(previous) and _is_list(block):
                yield "<!-- -->"
            yield _block(block)
            previous = block
        if not chapter.blocks:
            yield f"*{NOTHING_YET}*"


def _is_list(block: Block | None) -> bool:
    return isinstance(block, Points | Definitions)


def _anchor(chapter: Chapter) -> str:
    """As GitHub, GitLab and most others make them of `2. Define`."""
    return re.sub(r"[^\w\- ]", "", f"{chapter.number}. {chapter.name}".lower()).replace(" ", "-")


def _block(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"{'#' * (level + 2)} {_one_line(text)}"
        case Paragraph(line):
            return _line(line)
        case Points(lines, first):
            marks = (
                ("-" for _ in lines) if first is None else (f"{number}." for number in range(first, first + len(lines)))
            )
            return "\n".join(
                f"{mark} {_indented(_line(line), len(mark) + 1)}" for mark, line in zip(marks, lines, strict=True)
            )
        case Definitions(entries):
            return "\n".join(f"- **{_one_line(term)}:** {_indented(_line(line), 2)}" for term, line in entries)
        case Table(columns, rows):
            head = [_row(columns), f"|{' --- |' * len(columns)}"]
            return "\n".join([*head, *map(_row, rows)])
        case Code(text, language):
            fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
            return f"{fence}{language}\n{text}\n{fence}"


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(_one_line(cell) for cell in cells)} |"


def _line(line: Line) -> str:
    text = "".join(map(_span, line)).strip()
    # A backslash at the end of a line is a line break.
    return "\\\n".join(_safe_start(part.strip(" \t")) or "&nbsp;" for part in text.split("\n"))


def _span(span: Span) -> str:
    if span.style == "code":
        return _inline_code(span.text)
    escaped = _escaped(span.text)
    return f"**{escaped}**" if span.style == "strong" else escaped


def _inline_code(text: str) -> str:
    if "`" in text or "|" in text:
        return _escaped(text)
    return f"`{text}`"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), text)


def _safe_start(text: str) -> str:
    """At the start of a line some more signs mean something."""
    found = _AT_START.match(text)
    if not found:
        return text
    if _NUMBER.fullmatch(found[1]):
        return f"{found[1]}\\{text[len(found[1]) :]}"
    return f"\\{text}"


def _one_line(text: str) -> str:
    return _CLOSING.sub(lambda found: f"\\{found[0]}", _escaped(" ".join(text.split())))


def _indented(text: str, by: int) -> str:
    return text.replace("\n", "\n" + " " * by)
