"""What a share link shows to whoever has its token."""

from datetime import datetime
from typing import cast

from pynamodb.exceptions import PynamoDBException

from atelier import clock, observability, retries, table
from atelier.errors import NotFoundError
from atelier.guided import definitions, links, schemas, shapes, steps
from atelier.guided.items import (
    STEPS,
    Guided,
    ShareLink,
    ShareToken,
    guided_key,
    share_key,
    token_key,
)
from atelier.packs.reading import shared_packs

MOST_PACKS = 25
"""The latest ones: a link shows what there is to build from, not its history."""

COUNT_WITHIN_S = 0.2
"""So long it is tried to count a look, while somebody waits to see what they may see."""


def view(token: str, *, at: clock.Clock = clock.now) -> schemas.SharedWorkshop:
    """What the link of a token shows, in two round trips, one more for packs; and counts that somebody looked.

    Raises NotFoundError for a token that was never given out, whose link was revoked or has expired, and while the
    guided workshop is not `shared`.
    """
    token_hash = links.hash_of(token)
    lead = table.read_one(token_key(token_hash))
    if not isinstance(lead, ShareToken):
        raise NotFoundError
    shows_steps, shows_packs = ("steps" in lead.scope), ("packs" in lead.scope)
    where = guided_key(lead.guided_id), share_key(lead.guided_id, lead.link_id)
    found = table.read_many([*where, *(steps.keys(lead.guided_id, *STEPS) if shows_steps else ())])
    guided, link = cast("Guided | None", found.get(where[0])), cast("ShareLink | None", found.get(where[1]))
    if guided is None or link is None or not works(guided, link, at()):
        raise NotFoundError
    shown = schemas.SharedWorkshop(
        title=guided.title,
        expires_at=link.ends_at,
        steps=_steps(steps.settled(guided, found)) if shows_steps else None,
        packs=shared_packs(guided.id, MOST_PACKS) if shows_packs else None,
    )
    _count(link)
    return shown


def works(guided: Guided, link: ShareLink, now: datetime) -> bool:
    """Whether a link leads anywhere at this moment."""
    ends_at = cast("datetime | None", link.ends_at)
    is_over = ends_at is not None and ends_at <= now
    is_revoked = cast("datetime | None", link.revoked_at) is not None
    return guided.visibility == "shared" and not is_revoked and not is_over


def _steps(states: list[steps.State]) -> list[schemas.SharedStep]:
    names = {step.id: step.name for step in definitions.definitions().steps}
    return [shapes.shared_step(state, names[state.step.step_id]) for state in states]


def _count(link: ShareLink) -> None:
    """Counts a look, wherever the table can be reached: nobody is refused what they may read for want of a count."""
    one_more = ShareLink.access_count.set(ShareLink.access_count + 1)
    try:
        with retries.time_to_start(min(COUNT_WITHIN_S, retries.time_left())):
            ShareLink(*link.key).update([one_more], condition=ShareLink.pk.exists())
    except (PynamoDBException, retries.OutOfTimeError):
        observability.logger.warning("a look at a share link was not counted", link=link.id)
