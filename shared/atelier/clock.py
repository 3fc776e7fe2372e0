"""The one place that asks what time it is; everybody else takes a clock as a parameter."""

from collections.abc import Callable
from datetime import UTC, datetime

type Clock = Callable[[], datetime]


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return datetime.now(UTC)


def whole_seconds(instant: datetime) -> datetime:
    """The instant in UTC without its fraction of a second, as it is stored and shown."""
    return instant.astimezone(UTC).replace(microsecond=0)


def to_text(instant: datetime) -> str:
    """`2027-03-28T17:00:00Z`: RFC 3339, UTC, whole seconds, sortable as text."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_text(text: str) -> datetime:
    """The inverse of `to_text`. Raises ValueError for anything else."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def milliseconds(instant: datetime) -> int:
    """Milliseconds since 1970-01-01T00:00:00Z."""
    return int(instant.timestamp() * 1000)


def from_milliseconds(milliseconds: int) -> datetime:
    """The inverse of `milliseconds`, in whole seconds."""
    return datetime.fromtimestamp(milliseconds // 1000, UTC)


def from_seconds(seconds: float) -> datetime:
    """The instant so many seconds after 1970-01-01T00:00:00Z, in whole seconds."""
    return datetime.fromtimestamp(int(seconds), UTC)
