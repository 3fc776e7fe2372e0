"""Cursors: where a list goes on, opaque to clients and good for the list they came from only.

A cursor names a position by key, never by number, so that nothing is skipped or repeated while others write. It is
bound to the list, its filters and the person by a digest. The digest is no secret: whoever forges one gets a position
in a list they may read.
"""

import base64
import hashlib
import json
from dataclasses import dataclass

from atelier.errors import BadCursorError

_VERSION = 1
_DIGEST_LENGTH = 16
MOST_CHARACTERS = 1024

type Position = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a cursor is good for: a person, a list and its filters."""

    person: str
    list_name: str
    filters: tuple[tuple[str, str], ...] = ()

    def _digest(self, position: Position) -> str:
        told = json.dumps([_VERSION, self.person, self.list_name, sorted(self.filters), position], ensure_ascii=True)
        return hashlib.sha256(told.encode()).hexdigest()[:_DIGEST_LENGTH]

    def cursor(self, *position: str) -> str:
        """The cursor for what comes after this position."""
        text = json.dumps([self._digest(position), *position], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def position(self, cursor: str | None, parts: int) -> Position | None:
        """The position a cursor names, or None without one.

        Raises BadCursorError when it was not made here for the same person, list and filters, or does not have so
        many parts.
        """
        if cursor is None:
            return None
        if not 0 < len(cursor) <= MOST_CHARACTERS:
            raise BadCursorError
        try:
            digest, *position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        except (ValueError, TypeError) as error:
            raise BadCursorError from error
        if not all(isinstance(part, str) for part in (digest, *position)) or len(position) != parts:
            raise BadCursorError
        if digest != self._digest(tuple(position)):
            raise BadCursorError
        return tuple(position)


@dataclass(frozen=True, slots=True)
class Page[T]:
    """Some things of a list, and the cursor for the ones after them (None at the end)."""

    items: list[T]
    next_cursor: str | None
