"""Due work: what waits for its minute stands in a sparse, sharded index, and only while it waits.

There is no watermark to keep: an outage leaves what was due where it is, and the next look finds it.
"""

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta

from atelier import clock

SHARDS = 4
"""One index partition takes 1,000 writes a second; a look at all of them costs one query each."""

LEASE = timedelta(seconds=150)
"""So long who has claimed due work is left alone with it: longer than a run may take, and so short that who dies over
the reminder five minutes ahead leaves time for another run before the start.
"""


def shard_of(subject_id: str) -> str:
    """The partition of the index that a subject stands in."""
    return f"DUE#{hashlib.sha256(subject_id.encode()).digest()[0] % SHARDS}"


def shards() -> Iterator[str]:
    """Every partition of the index."""
    return (f"DUE#{number}" for number in range(SHARDS))


def sort_of(at: datetime, subject_id: str) -> str:
    """The place of a subject in its partition: by when it is looked at."""
    return f"{clock.to_text(at)}#{subject_id}"


def lease_of(now: datetime, subject_id: str) -> str:
    """The place of a subject that is claimed now. No two claims are the same, so everybody knows their own."""
    return f"{sort_of(now + LEASE, subject_id)}#{secrets.token_hex(4)}"


def up_to(now: datetime) -> str:
    """The greatest place of anything that is due by now."""
    return f"{clock.to_text(now)}#~"
