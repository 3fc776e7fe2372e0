"""What tests of recordings at the simulated Agora do over and over: start, stop, look."""

from collections.abc import Mapping
from typing import Any

from atelier.agora.rest import TaskGoneError
from tests.agora_simulator import Agora

CHANNEL, HOST, RECORDER = "a1b2c3", 7, 2_000_000_001
FOLDER = "recordings/wks01/"


def started(agora: Agora, uid: int = RECORDER, channel: str = CHANNEL, **changes: Any) -> tuple[str, str]:
    """A resource and its recording. changes: other parts of the request."""
    rest = agora.rest()
    resource_id = rest.acquire(channel, uid)
    request = agora.start_request(channel, uid)
    for part, values in changes.items():
        request[part] = {**request[part], **values} if isinstance(values, dict) else values
    return resource_id, rest.start(channel, uid, resource_id, request)


def stop(agora: Agora, task: tuple[str, str], uid: int = RECORDER) -> bool:
    return agora.rest().stop(CHANNEL, uid, *task)


def status(agora: Agora, task: tuple[str, str]) -> int:
    """The status of a recording; 0 when Agora knows nothing of it."""
    try:
        return agora.rest().query(*task).status
    except TaskGoneError:
        return 0


def of_recording(told: list[Mapping[str, Any]]) -> list[int]:
    """The types of the notices about recordings."""
    return [notice["eventType"] for notice in told if notice["productId"] == 3]
