"""Tasks about the followers of a series, for the queue of `deliveries`: where to look, never what to do."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from atelier import queues, settings
from atelier.series.items import Follower, follower_key
from atelier.settings import DeliverySettings
from atelier.table import Item

LOOK_AFTER_S = 15
"""So long after somebody came or went, the request by which they did is over, however it ended."""

type Position = tuple[int, str]
"""A follower's place in their order: since when, and who."""


def look_after(series_id: str, user_id: str) -> None:
    """Has a person's places brought in line, when they began to follow a series or stopped."""
    _send({"task": "follower", "series_id": series_id, "user_id": user_id}, delay_s=LOOK_AFTER_S)


def welcome(series_id: str, workshop_id: str) -> None:
    """Has the followers of a series given places in a new workshop, if there are any."""
    if next(followers(series_id, limit=1), None) is not None:
        go_on(series_id, workshop_id, None)


def go_on(series_id: str, workshop_id: str, after: Position | None) -> None:
    """Has the followers behind a position given places in a new workshop."""
    _send({"task": "followers", "series_id": series_id, "workshop_id": workshop_id, "after": after})


def followers(series_id: str, limit: int | None = None) -> Iterator[Follower]:
    """Who follows a series or is just leaving it, by their ids, strongly consistent."""
    pk, first = follower_key(series_id, "")
    rows = Item.query(pk, Item.sk.startswith(first), consistent_read=True, limit=limit)
    return (cast("Follower", row) for row in rows)


def position(follower: Follower) -> Position:
    """Where a follower stands in the order in which they came."""
    return int(follower.since), follower.user_id


def _send(task: Mapping[str, Any], *, delay_s: int = 0) -> None:
    queues.send_task(settings.of(DeliverySettings).deliveries_queue_url, task, delay_s=delay_s)
