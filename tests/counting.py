"""Counts what is asked of the table, read off botocore's own events: a test can hold an operation to its budget."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from atelier import table

READS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"})


@dataclass(slots=True)
class Use:
    """The requests of one block, in the order they began; `attempts` also counts those repeated after a fault."""

    operations: list[str] = field(default_factory=list)
    attempts: int = 0
    read_units: float = 0.0
    write_units: float = 0.0
    units: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def round_trips(self) -> int:
        """How often the table was asked."""
        return len(self.operations)

    @property
    def reads(self) -> list[str]:
        """The requests that only read."""
        return [name for name in self.operations if name in READS]

    @property
    def writes(self) -> list[str]:
        """The requests that write; a transaction is one."""
        return [name for name in self.operations if name not in READS]

    def began(self, model: Any, **_: Any) -> None:
        """Notes a request (on "before-call")."""
        with self._lock:
            self.operations.append(model.name)

    def sent(self, **_: Any) -> None:
        """Notes an attempt (on "before-send")."""
        with self._lock:
            self.attempts += 1

    def answered(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        """Adds the capacity an answer says it took (on "after-call")."""
        consumed = parsed.get("ConsumedCapacity") or []
        entries = consumed if isinstance(consumed, list) else [consumed]
        units = sum(entry.get("CapacityUnits", 0.0) for entry in entries)
        with self._lock:
            self.units[model.name] = self.units.get(model.name, 0.0) + units
            if model.name in READS:
                self.read_units += units
            else:
                self.write_units += units


@contextmanager
def counted() -> Iterator[Use]:
    """Counts everything asked of the table within the block, by any thread."""
    use = Use()
    events = table.connect().connection.client.meta.events
    hooks = (
        ("before-call.dynamodb", use.began),
        ("before-send.dynamodb", use.sent),
        ("after-call.dynamodb", use.answered),
    )
    for event, hook in hooks:
        events.register(event, hook)
    try:
        yield use
    finally:
        for event, hook in hooks:
            events.unregister(event, hook)
