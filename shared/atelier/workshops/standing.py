"""What a person is in a workshop: its host or a co-host, somebody with a seat, or neither."""

from dataclasses import dataclass

from atelier.accounts.caller import Caller
from atelier.rsvps.items import Attendee
from atelier.workshops.items import Workshop


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person is in a workshop.

    acts_as_host: the host, or an administrator. leads: those, and co-hosts. may_publish: those, and whoever was allowed
    to speak. is_seated: whether they have a seat, which the host needs none of.
    """

    acts_as_host: bool
    leads: bool
    may_publish: bool
    is_seated: bool


def standing_of(workshop: Workshop, row: Attendee | None, caller: Caller) -> Standing:
    """What the caller is in a workshop, by their row in it."""
    acts_as_host = caller.is_admin or workshop.host_id == caller.id
    is_seated = row is not None and row.is_seated
    leads = acts_as_host or (row is not None and is_seated and bool(row.is_co_host))
    speaks = row is not None and is_seated and bool(row.can_speak)
    return Standing(acts_as_host, leads, leads or speaks, is_seated)
