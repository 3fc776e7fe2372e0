"""What is worth a look in a request or an answer."""

import json
import re
from collections.abc import Iterable
from typing import Any

import httpx

WIDTH = 200
LIST_SHOWN = 3
TEXT_SHOWN = 60
PERSON_FIELDS = 4
PROBLEM_SHOWN = ("code", "title", "errors")
EVENT_SHOWN = ("SUMMARY", "DTSTART", "SEQUENCE", "STATUS:")
WORKSHOP_SHOWN = ("title", "status", "max_capacity", "attendee_count", "waitlist_count", "seats_left", "my")


def content(answer: httpx.Response) -> Any:
    """The body: JSON read, texts as they are, of anything else what it is."""
    kind = answer.headers.get("content-type", "")
    if answer.content and "json" in kind:
        return answer.json()
    if not answer.content or kind.startswith("text/"):
        return answer.text
    return f"{kind}, {len(answer.content)} bytes"


def short(told: Any) -> str:
    """One line of it."""
    gist = _gist(told)
    line = " ".join((gist if isinstance(gist, str) else json.dumps(gist, ensure_ascii=False)).split())
    return line if len(line) <= WIDTH else f"{line[:WIDTH]}..."


def _gist(told: Any) -> Any:
    """No nulls, people by their names, problems by their codes, long texts and lists cut."""
    match told:
        case {"id": _, "display_name": name, **rest} if len(rest) <= PERSON_FIELDS:
            return name
        case {"types": dict(types), "reminder_offsets": offsets}:
            off = {kind: where for kind, where in types.items() if not all(where.values())}
            return {"not everywhere": off, "reminder_offsets": offsets}
        case dict():
            return {name: _gist(told[name]) for name in _shown(told) if told.get(name) is not None}
        case list():
            left_out = [f"and {len(told) - LIST_SHOWN} more"] if len(told) > LIST_SHOWN else []
            return [*map(_gist, told[:LIST_SHOWN]), *left_out]
    return _text(told) if isinstance(told, str) else told


def _shown(told: dict[str, Any]) -> Iterable[str]:
    match told:
        case {"title": _, "seats_left": _}:
            return WORKSHOP_SHOWN
        case {"code": _, "title": _, "status": _}:
            return PROBLEM_SHOWN
    return told


def _text(told: str) -> str:
    if told.startswith("BEGIN:VCALENDAR"):
        return " ".join(line for line in told.splitlines() if line.startswith(EVENT_SHOWN))
    if told.startswith("<!doctype html>"):
        return re.sub(r"<(title|style)>.*?</\1>|<[^>]+>", " ", told, flags=re.DOTALL)
    return told if len(told) <= TEXT_SHOWN else f"{told[:TEXT_SHOWN]}..."
