"""What is due when: an agenda on a clock that may stand still, jump, or be the real one."""

import heapq
import itertools
from collections.abc import Callable

type Action = Callable[[], None]


class Timeline:
    """Actions in the order of their times. clock: seconds since 1970."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._agenda: list[tuple[float, int, Action]] = []
        self._numbers = itertools.count()
        self._at: float | None = None

    def now(self) -> float:
        """The time; within an action that of the action, however late it is carried out."""
        return self._clock() if self._at is None else self._at

    def now_ms(self) -> int:
        """The time in whole milliseconds."""
        return int(self.now() * 1000)

    def later(self, seconds: float, action: Action) -> None:
        """Puts an action on the agenda."""
        heapq.heappush(self._agenda, (self.now() + seconds, next(self._numbers), action))

    def catch_up(self) -> None:
        """Carries out what is due, and what becomes due by it."""
        while self._agenda and self._agenda[0][0] <= self._clock():
            self._at, _, action = heapq.heappop(self._agenda)
            try:
                action()
            finally:
                self._at = None

    def clear(self) -> None:
        """Forgets everything that was to come."""
        self._agenda.clear()
