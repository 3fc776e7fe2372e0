"""How often somebody may guess wrong: 10 times in the 10 minutes from their first miss. Hits cost nothing.

A miss is counted by one conditional addition, which fails once the count is full; what a hit writes checks the same
count in the same transaction. So of however many guesses that arrive at once, a right one counts only if fewer
than the limit were wrong before it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeIs

from pynamodb.transactions import TransactWrite

from atelier import table
from atelier.checkins.items import GuessCount
from atelier.edits import CollisionError, until_applied
from atelier.errors import TooManyGuessesError
from atelier.networks import network_of
from atelier.table import Item, Key

if TYPE_CHECKING:
    from pynamodb.expressions.condition import Condition
    from pynamodb.expressions.update import Action


@dataclass(frozen=True, slots=True)
class Guesses:
    """The wrong guesses of one `who`: at most `most` in `within_s` seconds from the first."""

    what: str
    who: str
    most: int
    within_s: int = 600

    @property
    def key(self) -> Key:
        """Where they are counted."""
        return f"LIMIT#{self.what}#{self.who}", "#LIMIT"

    def require_left(self, found: Item | None, now: datetime) -> None:
        """Raises TooManyGuessesError when, by what was read under `key`, none is left."""
        if _goes_on(found, now) and found.misses >= self.most:
            raise TooManyGuessesError(int(found.expires_at or 0) - int(now.timestamp()))

    def check(self, transaction: TransactWrite, now: datetime) -> None:
        """Lets the transaction fail unless some are left."""
        over = GuessCount.pk.does_not_exist() | (GuessCount.expires_at <= int(now.timestamp()))
        transaction.condition_check(GuessCount, *self.key, condition=over | (GuessCount.misses < self.most))

    def count(self, found: Item | None, now: datetime) -> None:
        """Counts a wrong one, after what was read under `key`. Raises TooManyGuessesError when none was left."""
        seen = found

        def attempt() -> None:
            nonlocal seen
            self.require_left(seen, now)
            missed = self._add(seen, now)
            if missed is not None:
                seen = missed
                raise CollisionError

        until_applied(attempt)

    def _add(self, seen: Item | None, now: datetime) -> Item | None:
        """Adds to the count, or begins anew; gives back the count as it is where it is another than was seen."""
        second = int(now.timestamp())
        if _goes_on(seen, now):
            still: Condition = (GuessCount.expires_at > second) & (GuessCount.misses < self.most)
            return table.update_or_see(GuessCount, self.key, [GuessCount.misses.add(1)], still)
        begun: list[Action] = [
            GuessCount.kind.set(GuessCount),
            GuessCount.misses.set(1),
            GuessCount.expires_at.set(second + self.within_s),
        ]
        over = GuessCount.pk.does_not_exist() | (GuessCount.expires_at <= second)
        return table.update_or_see(GuessCount, self.key, begun, over)


def _goes_on(found: Item | None, now: datetime) -> TypeIs[GuessCount]:
    """Whether wrong guesses were counted that still count."""
    return isinstance(found, GuessCount) and (found.expires_at or 0) > now.timestamp()


def of_person(user_id: str) -> Guesses:
    """The guesses of somebody who is signed in."""
    return Guesses("check_in_person", user_id, 10)


def of_address(source_address: str) -> Guesses:
    """The guesses of everybody without an account behind one address; of IPv6 all of a network count as one."""
    return Guesses("check_in_address", network_of(source_address), 10)


def of_workshop(workshop_id: str) -> Guesses:
    """The guesses of everybody without an account who knows the stem of a workshop's rotating code."""
    return Guesses("check_in_workshop", workshop_id, 100)
