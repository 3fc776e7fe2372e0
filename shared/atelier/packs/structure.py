"""From the JSON of outputs to a document: keys become headings or names, uniform lists tables, and texts prose.

What is too dense or too deep to be read as a document is shown as the JSON that it is. So the number of blocks is
bounded, whatever the outputs hold: a page is set at the price of its blocks.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from atelier.packs import prose
from atelier.packs.document import (
    Block,
    Chapter,
    Code,
    Definitions,
    Document,
    Heading,
    Line,
    Outcome,
    Paragraph,
    Points,
    Span,
    Table,
    ordered,
)

MOST_PIECES = 2000
"""How many pieces of one output are set as a document; more than that is data."""

DEEPEST_HEADING = 4
_LONGEST_SHORT = 160
_LONGEST_CELL = 200
_LONGEST_KEY = 80
_MOST_COLUMNS = 6
_NAMING_KEYS = ("name", "title", "label", "id", "key", "question", "summary")
_NOTHING: Line = (Span("—"),)


def document_of(title: str, subject: str, outcomes: Sequence[Outcome]) -> Document:
    """The document of these outcomes, a chapter for each."""
    return Document(title, subject, tuple(_chapter(outcome) for outcome in ordered(outcomes)))


def _chapter(outcome: Outcome) -> Chapter:
    blocks = () if outcome.output is None else tuple(_blocks(outcome.output, 1, MOST_PIECES))
    return Chapter(outcome.order, outcome.name, blocks)


def _blocks(value: Any, level: int, budget: int) -> Iterator[Block]:
    if _weight(value, budget) > budget:
        yield from _dense(value, level, budget)
        return
    match value:
        case str():
            yield from prose.blocks(value, level)
        case dict() if value:
            yield from _object(value, level, budget)
        case list() if value:
            yield from _list(value, level, budget)
        case _:
            yield Paragraph(_scalar(value))


def _dense(value: Any, level: int, budget: int) -> Iterator[Block]:
    """Keys are told as long as there are few of them; each of their values gets its part of the budget."""
    if isinstance(value, str):
        yield Code(value)
    elif isinstance(value, dict) and level <= DEEPEST_HEADING and len(value) <= budget // 20:
        yield from _object(value, level, budget // len(value))
    else:
        yield _as_json(value)


def _object(value: Mapping[str, Any], level: int, budget: int) -> Iterator[Block]:
    if level > DEEPEST_HEADING:
        yield _as_json(value)
        return
    entries: list[tuple[str, Line]] = []
    for key, part in value.items():
        if len(key) <= _LONGEST_KEY and _is_short(part):
            entries.append((_spoken(key), _scalar(part)))
            continue
        if entries:
            yield Definitions(tuple(entries))
            entries = []
        yield from _heading(level, _spoken(key))
        yield from _blocks(part, level + 1, budget)
    if entries:
        yield Definitions(tuple(entries))


def _heading(level: int, text: str) -> Iterator[Block]:
    if len(text) <= _LONGEST_KEY:
        yield Heading(level, text)
    else:
        yield Heading(level, f"{text[: _LONGEST_KEY - 1].rstrip()}…")
        yield Paragraph((Span(text, "strong"),))


def _list(value: Sequence[Any], level: int, budget: int) -> Iterator[Block]:
    if all(_is_short(part) for part in value):
        yield Points(tuple(_scalar(part) for part in value))
    elif table := _table(value):
        yield table
    elif level > DEEPEST_HEADING:
        yield _as_json(value)
    elif all(isinstance(part, str) for part in value):
        for part in value:
            yield from prose.blocks(part, level)
    else:
        for number, part in enumerate(value, start=1):
            heading, rest = _named(part, number)
            yield Heading(level, heading)
            if rest is not None:
                yield from _blocks(rest, level + 1, budget)


def _named(part: Any, number: int) -> tuple[str, Any]:
    """What an item of a list is called, and what else there is to say of it."""
    if isinstance(part, dict):
        for key in _NAMING_KEYS:
            told = part.get(key)
            if isinstance(told, str) and told.strip() and _is_short(told):
                rest = {name: value for name, value in part.items() if name != key}
                return f"{number}. {told.strip()}", rest or None
    return f"{number}.", part


def _table(value: Sequence[Any]) -> Table | None:
    """The table that a list of objects is, when they have mostly the same few keys with short values."""
    if len(value) < 2 or not all(isinstance(part, dict) and part for part in value):  # noqa: PLR2004 - one row is no table
        return None
    columns = list(dict.fromkeys(key for part in value for key in part))
    filled = sum(len(part) for part in value)
    cells = [part.get(column) for part in value for column in columns]
    is_uniform = (
        len(columns) <= _MOST_COLUMNS and filled * 2 >= len(cells) and len(max(columns, key=len)) <= _LONGEST_KEY
    )
    if not is_uniform or not all(_is_short(cell, _LONGEST_CELL) for cell in cells):
        return None
    rows = tuple(tuple(_cell(part[column]) if column in part else "" for column in columns) for part in value)
    return Table(tuple(_spoken(column) for column in columns), rows)


def _is_short(value: Any, longest: int = _LONGEST_SHORT) -> bool:
    if isinstance(value, str):
        return len(value) <= longest and "\n" not in value.strip("\n")
    return value is None or isinstance(value, bool | int | float) or value in ({}, [])


def _scalar(value: Any) -> Line:
    if isinstance(value, str):
        return prose.line(value.strip()) or _NOTHING
    return (Span(_cell(value)),) if _cell(value) else _NOTHING


def _cell(value: Any) -> str:
    match value:
        case str():
            return value.strip()
        case None | dict() | list():
            return "—"
        case bool():
            return "yes" if value else "no"
        case _:
            return json.dumps(value)


def _spoken(key: str) -> str:
    """A key as one would say it: `user_stories` and `userStories` are user stories. Others stay as they are."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*(?:[_-][A-Za-z0-9]+)*", key):
        return " ".join(key.split()) or "—"
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", key).replace("_", " ").replace("-", " ").split()
    told = " ".join(word if word.isupper() else word.lower() for word in words)
    return told[0].upper() + told[1:]


def _weight(value: Any, enough: int) -> int:
    """How many pieces a value comes to; once it is more than enough, how many more is not counted."""
    if isinstance(value, str):
        return prose.weight(value)
    total = 1
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        total += _weight(part, enough)
        if total > enough:
            break
    return total


def _as_json(value: Any) -> Code:
    """Indented as far as that does not make it many times as long."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    compact = json.dumps(value, ensure_ascii=False)
    return Code(text if len(text) <= 2 * len(compact) and text.count("\n") <= MOST_PIECES else compact, "json")
