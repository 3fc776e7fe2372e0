"""The blocks of a document as what ReportLab sets."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import CondPageBreak, LongTable, Paragraph, Spacer, XPreformatted

from atelier.packs import document as model
from atelier.packs import pdf_styles as styles
from atelier.packs.pdf_fonts import CODE, STRONG, TEXT, Fonts

LINES_TOGETHER = 40
"""Code is cut into pieces of so many lines, because a piece that goes over a page's end is measured again."""

MOST_SIGNS_AT_ONCE = 3000
"""A paragraph that goes over a page's end is broken into lines again: a very long one, on every page of it."""

SIGNS_PER_LINE = 25
"""So many signs of a heading fit in a line, whatever they are: a heading is kept together, and with what follows."""

_EAST_ASIAN = re.compile("[\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef]")
_FONT_OF: dict[model.Style, str] = {"plain": TEXT, "strong": STRONG, "code": CODE}
_NARROWEST, _LONGEST_COUNTED = styles.WIDTH / 10, 40


class Entry(NamedTuple):
    """What a heading adds to the contents."""

    level: int
    text: str
    key: str


class Setter:
    """Sets blocks with these fonts."""

    def __init__(self, fonts: Fonts) -> None:
        self._fonts = fonts

    def markup(self, text: str, font: str, *, base: str) -> str:
        """A text as ReportLab reads it, each part in a font that can show it; base is the paragraph's own."""
        parts = []
        for run in self._fonts.runs(text, font):
            told = escape(run.text).replace("\n", "<br/>")
            parts.append(told if run.font == base else f'<font name="{run.font}">{told}</font>')
        return "".join(parts)

    def text(self, text: str, style: ParagraphStyle, bullet: str | None = None) -> Any:
        """A paragraph of a plain text."""
        return self._paragraph(self.markup(text, style.fontName, base=style.fontName), text, style, bullet)

    def lines(self, line: model.Line, style: ParagraphStyle, bullet: str | None = None) -> Iterator[Any]:
        """The paragraphs of a line: one, unless it is longer than can be set at once."""
        parts = list(portions(line, MOST_SIGNS_AT_ONCE))
        for part in parts[:-1]:
            yield self.line(part, styles.unspaced(style), bullet)
            bullet = None
        yield self.line(parts[-1], style, bullet)

    def line(self, line: model.Line, style: ParagraphStyle, bullet: str | None = None) -> Any:
        """A paragraph of a line with its styles."""
        marked = "".join(self.markup(span.text, _FONT_OF[span.style], base=style.fontName) for span in line)
        return self._paragraph(marked, "".join(span.text for span in line), style, bullet)

    def _paragraph(self, marked: str, text: str, style: ParagraphStyle, bullet: str | None) -> Any:
        is_east_asian = len(_EAST_ASIAN.findall(text)) * 3 > len(text)
        return Paragraph(marked, styles.breaking_anywhere(style) if is_east_asian else style, bulletText=bullet)

    def link(self, text: str, key: str, style: ParagraphStyle) -> Any:
        """A paragraph that leads to the heading of this key."""
        marked = self.markup(text, style.fontName, base=style.fontName)
        return self._paragraph(f'<a href="#{key}" color="#{styles.INK.hexval()[2:]}">{marked}</a>', text, style, None)

    def heading(self, level: int, text: str, key: str) -> Any:
        """A heading; level 0 is a chapter's. It carries what the contents are made of."""
        heading = self.text(text, styles.HEADINGS[level])
        heading.entry = Entry(level, text, key)
        return heading

    def block(self, block: model.Block, key: str) -> Iterator[Any]:
        """What a block becomes. key: of the heading that it is or stands under."""
        match block:
            case model.Heading(level, text):
                style = styles.HEADINGS[level]
                height = style.leading * (1 + len(text) // SIGNS_PER_LINE)
                yield CondPageBreak(style.spaceBefore + height + 3 * styles.BODY.leading)
                yield self.heading(level, text, key)
            case model.Paragraph(line):
                yield from self.lines(line, styles.BODY)
            case model.Points(lines, first):
                style = styles.POINT if first is None else styles.NUMBERED
                for number, line in enumerate(lines, start=first or 0):
                    yield from self.lines(line, style, "•" if first is None else f"{number}.")
                yield Spacer(0, 4)
            case model.Definitions(entries):
                yield self._definitions(entries)
                yield Spacer(0, 10)
            case model.Table():
                yield self._table(block)
                yield Spacer(0, 10)
            case model.Code(text):
                yield from self._code(text)
                yield Spacer(0, 10)

    def _definitions(self, entries: Sequence[tuple[str, model.Line]]) -> Any:
        rows = [[self.text(term, styles.HEAD_CELL), self.line(line, styles.CELL)] for term, line in entries]
        return LongTable(rows, colWidths=[0.28 * styles.WIDTH, 0.72 * styles.WIDTH], style=styles.DEFINITIONS)

    def _table(self, table: model.Table) -> Any:
        rows = [[self.text(column, styles.HEAD_CELL) for column in table.columns]]
        rows += [[self.text(cell, styles.CELL) for cell in row] for row in table.rows]
        return LongTable(rows, colWidths=_widths(table), repeatRows=1, style=styles.TABLE)

    def _code(self, text: str) -> Iterator[Any]:
        lines = [part for line in text.expandtabs(4).split("\n") for part in cut(line, styles.CODE_COLUMNS)]
        for start in range(0, len(lines), LINES_TOGETHER):
            some = "\n".join(lines[start : start + LINES_TOGETHER])
            parts = []
            for run in self._fonts.runs(some, CODE):
                told = escape(run.text)
                parts.append(told if run.font == CODE else f'<font name="{run.font}">{told}</font>')
            yield XPreformatted("".join(parts), styles.CODE_BLOCK)


def portions(line: model.Line, most: int) -> Iterator[model.Line]:
    """A line in parts of at most so many signs, cut at blanks where there are some."""
    part: list[model.Span] = []
    taken = 0
    for span in line:
        text = span.text
        while taken + len(text) > most:
            end = text.rfind(" ", 0, most - taken) + 1 or most - taken
            yield (*part, model.Span(text[:end], span.style))
            part, taken, text = [], 0, text[end:]
        part.append(model.Span(text, span.style))
        taken += len(text)
    yield tuple(part)


def cut(line: str, columns: int) -> list[str]:
    """A line in parts that fit: signs of East Asia and pictures take two columns each."""
    if line.isascii():
        return [line[start : start + columns] for start in range(0, len(line), columns)] or [""]
    parts, start, taken = [], 0, 0
    for at, sign in enumerate(line):
        width = 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        if taken + width > columns:
            parts.append(line[start:at])
            start, taken = at, 0
        taken += width
    return [*parts, line[start:]]


def _widths(table: model.Table) -> list[float]:
    """Columns get width by what is longest in them, within bounds; none is too narrow for a word."""
    longest = [
        min(max(1, *(len(row[column]) for row in (table.columns, *table.rows))), _LONGEST_COUNTED)
        for column in range(len(table.columns))
    ]
    rest = styles.WIDTH - _NARROWEST * len(longest)
    return [_NARROWEST + rest * length / sum(longest) for length in longest]
