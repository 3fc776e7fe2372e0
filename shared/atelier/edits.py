"""Edits: the version an editor saw, and another try when somebody else was faster."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from atelier import table
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


@contextmanager
def transaction() -> Iterator[TransactWrite]:
    """A transaction whose failed conditions mean that somebody else was faster. Raises CollisionError then."""
    try:
        with table.transaction() as opened:
            yield opened
    except TransactWriteError as error:
        if table.failed_conditions(error):
            raise CollisionError from error
        raise


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
