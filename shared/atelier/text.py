"""Texts that people type: trimmed, NFC, without control characters; times with an offset; zones that exist."""

import re
import unicodedata
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from atelier import clock

_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})?")


class Input(BaseModel):
    """What a client sends: nothing unknown, no guessing of types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Query(BaseModel):
    """What a client asks for in the query string: text by nature, unknown names ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Paged(Query):
    """A list's `limit` and `cursor`."""

    limit: int = Field(default=25, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=1024)


class Output(BaseModel):
    """What a client gets."""

    model_config = ConfigDict(frozen=True)


def left_out() -> Any:
    """The value of a PATCH's field that was left out; `model_fields_set` tells it from a null that was sent."""
    return None


def changes(patch: Input) -> dict[str, Any]:
    """What a PATCH sets, nulls included."""
    return {name: getattr(patch, name) for name in patch.model_fields_set}


def _clean(value: Any) -> Any:
    return (
        unicodedata.normalize("NFC", value).strip()
        if isinstance(value, str) and value.isprintable()
        else _clean_odd(value)
    )


def _clean_odd(value: Any) -> Any:
    """The slow way, for texts with line breaks or characters that Python does not call printable."""
    if not isinstance(value, str):
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("must be Unicode text without lone surrogates") from None
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _refuse_controls(allowed: str) -> AfterValidator:
    def check(value: str) -> str:
        if any(unicodedata.category(character) == "Cc" and character not in allowed for character in value):
            raise ValueError("must not contain control characters")
        return value

    return AfterValidator(check)


def _instant(value: Any) -> datetime:
    if isinstance(value, datetime):
        return clock.whole_seconds(value)
    if not isinstance(value, str) or not (match := _RFC3339.fullmatch(value)):
        raise ValueError("must be an RFC 3339 date and time, such as 2027-03-28T17:00:00Z")
    if match[2] is None:
        raise ValueError("must carry an offset, such as Z or +02:00")
    try:
        return clock.whole_seconds(datetime.fromisoformat(value.upper()))
    except (ValueError, OverflowError):
        raise ValueError("must be a date and time that exists") from None


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("must be an IANA time zone, such as Europe/Berlin") from None
    return value


Clean = BeforeValidator(_clean)
OneLine = _refuse_controls("")
ManyLines = _refuse_controls("\n\t")

type Title = Annotated[str, Clean, StringConstraints(min_length=1, max_length=200), OneLine]
type Name = Annotated[str, Clean, StringConstraints(min_length=1, max_length=100), OneLine]
type ShortText = Annotated[str, Clean, StringConstraints(max_length=500), ManyLines]
type LongText = Annotated[str, Clean, StringConstraints(max_length=20_000), ManyLines]
type Place = Annotated[str, Clean, StringConstraints(max_length=500), OneLine]
type Instant = Annotated[datetime, BeforeValidator(_instant)]
type Zone = Annotated[str, StringConstraints(max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$"), AfterValidator(_zone)]
