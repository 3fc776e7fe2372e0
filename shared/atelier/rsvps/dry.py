"""What this process knows of blocks that have no seat left: it may refuse by that memory for a second, never admit by
it.
"""

import time
from collections.abc import Callable, Iterable

TRUSTED_FOR_S = 1.0
READ_AGAIN_UP_TO = 8
"""So many blocks are read along with the rest of a request instead of being trusted to be dry: a refusal is then
never out of date.
"""


class DryBlocks:
    """When which block of which workshop was last seen dry."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, dict[int, float]] = {}

    def mark(self, workshop_id: str, number: int) -> None:
        """A block was seen without a seat for whoever comes."""
        if len(self._seen) > 1000:  # noqa: PLR2004 - a bound for a process that lives for hours
            self._seen.clear()
        self._seen.setdefault(workshop_id, {})[number] = self._clock()

    def forget(self, workshop_id: str) -> None:
        """Seats of the workshop were opened."""
        self._seen.pop(workshop_id, None)

    def is_dry(self, workshop_id: str, number: int) -> bool:
        """Whether the block was dry within the last second."""
        seen = self._seen.get(workshop_id, {}).get(number)
        return seen is not None and self._clock() - seen < TRUSTED_FOR_S

    def worth_reading(self, workshop_id: str) -> Iterable[int]:
        """The blocks to read along with a request: those of a small workshop that was seen dry at all."""
        known = self._seen.get(workshop_id, {})
        return known if len(known) <= READ_AGAIN_UP_TO else ()


dry_blocks = DryBlocks()
