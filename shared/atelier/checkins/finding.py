"""From a code to the desk it is good at, in the same round trips whatever is wrong with it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from atelier import table
from atelier.checkins import codes, desk
from atelier.checkins.codes import Code
from atelier.checkins.items import CheckInCode, Desk, code_key, desk_key
from atelier.errors import CodeNotValidError
from atelier.table import Item, Key
from atelier.workshops.items import Workshop, workshop_key

NOWHERE = "wks_none"
"""The workshop of a code that nobody has: it is looked up like any other, and is not there."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What a code points at. workshop_id: NOWHERE when its stem is nobody's. found: what was asked for beside it.

    workshop: None unless check-in is open there, whether or not the second half of the code is right.
    """

    workshop_id: str
    workshop: Workshop | None
    is_right: bool
    found: dict[Key, Item]

    def require_right(self) -> Workshop:
        """The workshop. Raises CodeNotValidError unless the code is good now."""
        if self.workshop is None or not self.is_right:
            raise CodeNotValidError
        return self.workshop


def key_of(code: Code) -> Key:
    """Where it stands whose the code is."""
    return code_key(code.stem)


def aim(code: Code, placed: Item | None, now: datetime, also: Callable[[str], Iterable[Key]]) -> Aim:
    """What a code points at, after what was read under `key_of`; one round trip, also for what is needed beside it.

    also: the keys of that, for a workshop.
    """
    is_taken = isinstance(placed, CheckInCode) and (placed.expires_at or 0) > now.timestamp()
    workshop_id = cast("CheckInCode", placed).workshop_id if is_taken else NOWHERE
    found = table.read_many([workshop_key(workshop_id), desk_key(workshop_id), *also(workshop_id)])
    workshop = cast("Workshop | None", found.get(workshop_key(workshop_id)))
    there = cast("Desk | None", found.get(desk_key(workshop_id)))
    if workshop is None or there is None or there.stem != code.stem or not desk.is_open(there, workshop, now):
        return Aim(workshop_id, None, False, found)
    is_right = codes.is_right(code, there.stem, there.secret, desk.rhythm(there), now)
    return Aim(workshop_id, workshop, is_right, found)
