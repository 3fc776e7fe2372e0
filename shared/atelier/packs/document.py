"""What a pack says, before it is Markdown or PDF: chapters of headings, paragraphs, lists, tables and code.

Equal titles and outputs make equal documents: nothing here knows the time, who asked, or how far a step is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

type Style = Literal["plain", "strong", "code"]


@dataclass(frozen=True, slots=True)
class Span:
    """Some text of one style. A line break in it is one."""

    text: str
    style: Style = "plain"


type Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within a chapter: level 1 stands right below the chapter's own."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    line: Line


@dataclass(frozen=True, slots=True)
class Points:
    """A list. first: the number of its first item where it is numbered."""

    lines: tuple[Line, ...]
    first: int | None = None


@dataclass(frozen=True, slots=True)
class Definitions:
    """Names, each with what is said of it."""

    entries: tuple[tuple[str, Line], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of short texts, each as long as there are columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Text that is shown as it is. language: what it is written in, where that is known."""

    text: str
    language: str = ""


type Block = Heading | Paragraph | Points | Definitions | Table | Code


@dataclass(frozen=True, slots=True)
class Outcome:
    """A step and what came of it. output: any JSON; None where there is none."""

    step_id: str
    order: int
    name: str
    output: Any


@dataclass(frozen=True, slots=True)
class Chapter:
    """What came of one step. Without blocks nothing did."""

    number: int
    name: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole pack. subject: the title of the guided workshop."""

    title: str
    subject: str
    chapters: tuple[Chapter, ...]


def ordered(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """The outcomes in the order of their steps, in whatever order they were read."""
    return sorted(outcomes, key=lambda outcome: outcome.order)
