"""A workshop as it begins, whoever makes it: a host, or a series."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from atelier import clock
from atelier.agora.names import new_channel_name
from atelier.rsvps.items import blocks_for
from atelier.workshops import moments
from atelier.workshops.items import Workshop, place_in_lists, workshop_key

LEAD_TIME = timedelta(minutes=15)
"""No workshop is made that starts sooner: people have to hear of it, and its host has to come."""


def new_workshop(workshop_id: str, plan: Mapping[str, Any], *, now: datetime) -> Workshop:
    """A workshop that nobody has written yet, in every list it belongs in, with what is due for it first.

    plan: its attributes by name, as people set them; how many seats there are in blocks, its room and its place in the
    lists follow from them.
    """
    made = clock.whole_seconds(now)
    capacity = plan["max_capacity"]
    workshop = Workshop(
        *workshop_key(workshop_id),
        version=1,
        created_at=made,
        updated_at=made,
        planned_capacity=capacity,
        block_count=0 if capacity is None else blocks_for(int(capacity)),
        channel=new_channel_name(),
        **plan,
    )
    place_in_lists(workshop)
    moments.place(workshop, None, now=now)
    return workshop
