"""Edits: the version an editor saw, and another try when somebody else was faster."""

from collections.abc import Callable
from dataclasses import dataclass

from atelier.errors import RequestInProgressError, StaleVersionError

MOST_TRIES = 6


class CollisionError(Exception):
    """The item changed between reading and writing it. Never leaves this module's `until_applied`."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The versions an edit may be applied to, as `If-Match` names them; `*` is any."""

    versions: frozenset[str]

    def check(self, version: int) -> None:
        """Raises StaleVersionError unless the current version is one of them."""
        if "*" not in self.versions and str(version) not in self.versions:
            raise StaleVersionError(f"The current version is {version}.")


def until_applied[T](attempt: Callable[[], T]) -> T:
    """Runs an edit (read, decide, write on condition) until no other edit comes between.

    Raises RequestInProgressError when others were faster each time.
    """
    for _ in range(MOST_TRIES):
        try:
            return attempt()
        except CollisionError:
            continue
    raise RequestInProgressError
