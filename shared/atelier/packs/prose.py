"""Texts that people typed, as blocks. Of Markdown it knows what people type anyway: lists, headings, fenced code,
`**strong**`, and code between backticks. Everything else is what it looks like.
"""

import re
from collections.abc import Iterator

from atelier.packs.document import Block, Code, Heading, Line, Paragraph, Points, Span

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*([A-Za-z0-9+#.-]{0,30})[^`]*")
_HEADING = re.compile(r"(#{1,6})[ \t]+(\S.{0,159})")
_BULLET = re.compile(r"[ \t]*[-*+•][ \t]+(\S.*)")
_NUMBERED = re.compile(r"[ \t]*(\d{1,6})[.)][ \t]+(\S.*)")
_INLINE = re.compile(r"\*\*(?=\S)([^*\n]+)(?<=\S)\*\*|(`+)(?!`)([^`\n]+)(?<!`)\2(?!`)")


def line(text: str) -> Line:
    """One piece of text with what is strong or code in it."""
    spans: list[Span] = []
    end = 0
    for found in _INLINE.finditer(text):
        if found.start() > end:
            spans.append(Span(text[end : found.start()]))
        spans.append(Span(found[1], "strong") if found[1] else Span(found[3].strip() or found[3], "code"))
        end = found.end()
    if end < len(text):
        spans.append(Span(text[end:]))
    return tuple(spans)


def weight(text: str) -> int:
    """How many pieces a text can come to at most."""
    return 1 + text.count("\n") + text.count("**") + text.count("`")


def blocks(text: str, level: int) -> Iterator[Block]:
    """The blocks of a text; its own headings begin at this level."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        if not lines[at].strip():
            at += 1
        elif fence := _FENCE.fullmatch(lines[at]):
            end = _end_of_fence(lines, at, fence[1])
            yield Code("\n".join(lines[at + 1 : end]), fence[2])
            at = end + 1
        elif heading := _HEADING.fullmatch(lines[at]):
            yield Heading(min(level + len(heading[1]) - 1, 4), heading[2])
            at += 1
        elif _BULLET.fullmatch(lines[at]):
            end = _end_of(_BULLET, lines, at)
            yield Points(tuple(line(found[1]) for found in map(_BULLET.fullmatch, lines[at:end]) if found))
            at = end
        elif numbered := _NUMBERED.fullmatch(lines[at]):
            end = _end_of_numbers(lines, at, int(numbered[1]))
            items = tuple(line(found[2]) for found in map(_NUMBERED.fullmatch, lines[at:end]) if found)
            yield Points(items, int(numbered[1]))
            at = end
        else:
            end = at + 1
            while end < len(lines) and lines[end].strip() and not _begins_block(lines[end]):
                end += 1
            yield Paragraph(line("\n".join(part.strip() for part in lines[at:end])))
            at = end


def _begins_block(text: str) -> bool:
    return any(pattern.fullmatch(text) for pattern in (_FENCE, _HEADING, _BULLET, _NUMBERED))


def _end_of(pattern: re.Pattern[str], lines: list[str], start: int) -> int:
    end = start
    while end < len(lines) and pattern.fullmatch(lines[end]):
        end += 1
    return end


def _end_of_numbers(lines: list[str], start: int, first: int) -> int:
    """Numbers that do not count on are no list's, and must be shown as they are."""
    end = start
    while end < len(lines) and (found := _NUMBERED.fullmatch(lines[end])) and int(found[1]) == first + end - start:
        end += 1
    return end


def _end_of_fence(lines: list[str], start: int, mark: str) -> int:
    """Where the closing fence stands; a fence that is never closed goes to the end."""
    closing = re.compile(rf" {{0,3}}{re.escape(mark[0])}{{{len(mark)},}}[ \t]*")
    for number in range(start + 1, len(lines)):
        if closing.fullmatch(lines[number]):
            return number
    return len(lines)
