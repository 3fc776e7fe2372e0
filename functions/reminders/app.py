"""Each minute: does what is due."""

from typing import Any

from atelier import observability, retries, table
from atelier.notifications import reminding

KEEP_MS = 10_000
"""Time kept back, so that the workshop at hand is finished."""


def handle(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """Works until nothing is due or time is nearly over; the next minute goes on."""

    def has_time() -> bool:
        return bool(context.get_remaining_time_in_millis() > KEEP_MS)

    with retries.time_to_start((context.get_remaining_time_in_millis() - KEEP_MS) / 1000):
        worked = reminding.run(has_time=has_time)
    observability.logger.info("due", workshops=worked)
    observability.flush()
    return {"workshops": worked}


table.connect_when_configured()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Handles one tick of the schedule."""
    return handle(event, context)
