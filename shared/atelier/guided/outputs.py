"""Outputs of steps: any JSON, kept as compact text. Its texts are cleaned as all are, but not trimmed."""

import json
import unicodedata
from typing import Any

MOST_BYTES = 200 * 1024
DEEPEST = 32
_ALLOWED = "\n\t"


def cleaned(value: Any) -> Any:
    """The value with its texts and keys in NFC, and line breaks as they are written everywhere else.

    Raises ValueError when it is nested deeper than 32 levels, when a text holds control characters or lone surrogates,
    when two keys of an object become one, or when it is larger than 200 KB as compact JSON.
    """
    clean = _clean(value, 0)
    size = len((text_of(clean) or "").encode())
    if size > MOST_BYTES:
        raise ValueError(f"must be at most {MOST_BYTES} bytes as compact JSON, and has {size}")
    return clean


def text_of(value: Any) -> str | None:
    """The value as it is kept: compact JSON; None for null."""
    if value is None:
        return None
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def value_of(text: str | None) -> Any:
    """The inverse of `text_of`."""
    return None if text is None else json.loads(text)


def _clean(value: Any, depth: int) -> Any:
    match value:
        case str():
            return _clean_text(value)
        case dict() | list() if depth == DEEPEST:
            raise ValueError(f"must not be nested deeper than {DEEPEST} levels")
        case dict():
            clean = {_clean_text(key): _clean(part, depth + 1) for key, part in value.items()}
            if len(clean) < len(value):
                raise ValueError("must not hold two keys that are the same in NFC")
            return clean
        case list():
            return [_clean(part, depth + 1) for part in value]
    return value


def _clean_text(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must be Unicode text without lone surrogates") from None
    clean = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    if any(unicodedata.category(sign) == "Cc" and sign not in _ALLOWED for sign in clean):
        raise ValueError("must not contain control characters")
    return clean
