"""What is looked at again and again, whatever anybody told: open rooms, series that go on, and counts."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from atelier import observability, retries, settings, table
from atelier.agora import secrets
from atelier.agora.rest import AgoraRest
from atelier.agora.secrets import RestAccess
from atelier.settings import AgoraSettings, RecorderSettings, RestSettings
from atelier.upkeep import recounts, rooms, series
from atelier.upkeep.pace import Channels, Paced

KEEP_MS = 20_000
"""Time kept back: a question that Agora's both hosts leave open takes 14 s."""

access = secrets.stored_at(lambda: settings.of(AgoraSettings).agora_parameter_path, RestAccess)


def agora() -> Channels:
    """Agora, for one run."""
    return Paced(AgoraRest(access.get(), settings.of(RestSettings).agora_urls.split(",")))


def compare_rooms() -> dict[str, Any]:
    """Compares the open rooms with Agora."""
    return asdict(rooms.compare_all(agora, settings.of(RecorderSettings).recorder_queue_url))


def extend_series() -> dict[str, Any]:
    """Makes the workshops of series that come near."""
    return asdict(series.extend_all())


def recount() -> dict[str, Any]:
    """Recounts what is to come."""
    return asdict(recounts.recount_all())


TASKS: dict[str, Callable[[], dict[str, Any]]] = {
    "rooms": compare_rooms,
    "series": extend_series,
    "recounts": recount,
}


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Does the task that an event names, and tells what it came to. Raises ValueError for an unknown one."""
    task = event.get("task")
    if task not in TASKS:
        raise ValueError(f"there is no task {task!r}; there are {', '.join(TASKS)}")
    try:
        with retries.time_to_start((context.get_remaining_time_in_millis() - KEEP_MS) / 1000):
            return TASKS[task]()
    finally:
        observability.flush()


table.connect_when_configured()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handles one event of the schedule."""
    return handle(event, context)
