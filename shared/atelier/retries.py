"""Retrying requests to the table, within the time the caller has.

botocore retries throttling and broken connections but never a TransactionConflict, and knows nothing of how long our
caller waits. So its own retries are switched off and this module decides, at the hook botocore offers for that
("needs-retry"). Repeating is safe: a transaction carries one ClientRequestToken over all attempts, and each plain
conditional write of ours recognises its own earlier effect in the item that made the condition fail.
"""

import math
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from botocore.exceptions import ConnectionError as BotocoreConnectionError
from botocore.exceptions import HTTPClientError

TRANSIENT = frozenset(
    {
        "InternalFailure",
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
TRANSIENT_REASONS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})

MOST_ATTEMPTS = 12
_FIRST_PAUSE_S = 0.02
_LONGEST_PAUSE_S = 0.4

_last_start: ContextVar[float | None] = ContextVar("last_start", default=None)


class OutOfTimeError(RuntimeError):
    """The time in which a request to the table may start is over."""


@contextmanager
def time_to_start(seconds: float) -> Iterator[None]:
    """Within this block, no request to the table starts later than `seconds` from now.

    With a read timeout of 2 s, 2.8 s keep an HTTP request under 5 s whatever the table does.
    """
    token = _last_start.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _last_start.reset(token)


def time_left() -> float:
    """Seconds in which a request to the table may still start; infinite outside `time_to_start`."""
    last_start = _last_start.get()
    return math.inf if last_start is None else last_start - time.monotonic()


def is_transient(error: dict[str, Any]) -> bool:
    """Whether a parsed error answer of DynamoDB says that the same request may succeed later.

    A cancelled transaction is transient only when no reason is a failed condition or anything else that lasts.
    """
    code = error.get("Error", {}).get("Code")
    if code == "TransactionCanceledException":
        codes = {reason.get("Code") for reason in error.get("CancellationReasons", [])} - {"None", None}
        return bool(codes) and codes <= TRANSIENT_REASONS
    return code in TRANSIENT or error.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500  # noqa: PLR2004


def install(client: Any) -> None:
    """Makes this module decide over the retries of a botocore client."""
    client.meta.events.register("needs-retry.dynamodb", _pause_before_retry, unique_id="atelier-retries")
    client.meta.events.register_first("before-call.dynamodb", _refuse_late_start, unique_id="atelier-deadline")


def _refuse_late_start(**_: Any) -> None:
    last_start = _last_start.get()
    if last_start is not None and time.monotonic() > last_start:
        raise OutOfTimeError("no time is left to ask the table")


def _pause_before_retry(
    *, response: tuple[Any, dict[str, Any]] | None, attempts: int, caught_exception: Exception | None, **_: Any
) -> float | None:
    """Seconds to wait before the next attempt, or None to give up: full jitter over a doubling window."""
    if caught_exception is not None:
        if not isinstance(caught_exception, (HTTPClientError, BotocoreConnectionError)):
            return None
    elif response is None or not is_transient(response[1]):
        return None
    if attempts >= MOST_ATTEMPTS:
        return None
    pause = random.uniform(0, min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**attempts))  # noqa: S311 - jitter, not a secret
    last_start = _last_start.get()
    if last_start is not None and time.monotonic() + pause > last_start:
        return None
    return pause
