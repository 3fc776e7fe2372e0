"""Reads the table's stream and does what follows from each change."""

from typing import Any

from atelier import observability, retries, table
from atelier.projections import following, records

KEEP_MS = 5000
"""Time kept back for answering, so that a slow table makes a reported failure and not a timeout."""


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Works through a batch, workshop by workshop; reports the first record of those that failed, from which the
    stream goes on.
    """
    failed: list[str] = []
    with retries.time_to_start((context.get_remaining_time_in_millis() - KEEP_MS) / 1000):
        happened = records.sort(event["Records"])
        for subject, what in happened.items():
            try:
                following.follow(subject, what)
            except Exception:
                observability.logger.exception("projection failed", subject=subject)
                failed += what.sequence_numbers
    observability.logger.info("batch", records=len(event["Records"]), subjects=len(happened), failed=len(failed))
    if failed:
        observability.count("ProjectionFailed")
    observability.flush()
    return {"batchItemFailures": [{"itemIdentifier": min(failed, key=int)}] if failed else []}


table.connect_when_configured()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handles one batch of stream records."""
    return handle(event, context)
