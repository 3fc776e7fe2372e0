"""Asking Agora about channels: not faster than its limit, and not when there is no time left to wait for an answer."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from atelier import retries

if TYPE_CHECKING:
    from atelier.agora.rest import Users, UserState

PER_SECOND = 8.0
"""Agora takes 10 requests a second per account, and the recorder asks as well."""


class Channels(Protocol):
    """What is asked of Agora; `AgoraRest` does it."""

    def users(self, channel: str) -> "Users":
        """Who is in a channel."""
        ...

    def user(self, channel: str, uid: int) -> "UserState":
        """Whether a uid is in a channel."""
        ...


class Paced:
    """Agora, asked at most so often a second. Each question raises OutOfTimeError once the time to start is over."""

    def __init__(
        self,
        agora: Channels,
        *,
        per_second: float = PER_SECOND,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._agora = agora
        self._pause_s = 1 / per_second
        self._monotonic = monotonic
        self._sleep = sleep
        self._next_at = monotonic()

    def users(self, channel: str) -> "Users":
        """Who is in a channel. Raises OutOfTimeError and what Agora raises."""
        self._wait()
        return self._agora.users(channel)

    def user(self, channel: str, uid: int) -> "UserState":
        """Whether a uid is in a channel, and since when. Raises OutOfTimeError and what Agora raises."""
        self._wait()
        return self._agora.user(channel, uid)

    def _wait(self) -> None:
        if retries.time_left() <= 0:
            raise retries.OutOfTimeError("no time is left to ask Agora")
        now = self._monotonic()
        if now < self._next_at:
            self._sleep(self._next_at - now)
        self._next_at = max(now, self._next_at) + self._pause_s
