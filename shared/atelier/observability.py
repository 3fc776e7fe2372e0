"""Logs and metrics: one canonical line per request, EMF metrics, no personal data.

What may be logged is ids, routes, codes and numbers. Bodies, tokens, names, addresses and codes never are.
"""

import os
import threading
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger()
# Without a namespace the first count would fail, in the middle of a request.
metrics = Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "Atelier"))
_metrics_lock = threading.Lock()


class TableUse:
    """What one request asked of the table: round trips and capacity units, read off DynamoDB's own answers."""

    def __init__(self) -> None:
        self.round_trips = 0
        self.read_units = 0.0
        self.write_units = 0.0

    def reset(self) -> None:
        """Starts counting anew."""
        self.round_trips = 0
        self.read_units = 0.0
        self.write_units = 0.0

    def note(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        """Adds one answer of DynamoDB; registered on botocore's "after-call"."""
        self.round_trips += 1
        consumed = parsed.get("ConsumedCapacity") or []
        units = sum(
            entry.get("CapacityUnits", 0.0) for entry in (consumed if isinstance(consumed, list) else [consumed])
        )
        if model.name in ("GetItem", "BatchGetItem", "Query"):
            self.read_units += units
        else:
            self.write_units += units


table_use = TableUse()


def count(name: str, amount: float = 1) -> None:
    """Adds to a metric of the function."""
    with _metrics_lock:
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=amount)


def flush() -> None:
    """Writes the metrics that were added, as one EMF line; nothing when there are none."""
    with _metrics_lock:
        if metrics.metric_set:
            metrics.flush_metrics()
