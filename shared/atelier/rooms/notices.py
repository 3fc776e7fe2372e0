"""What follows from each of Agora's notices: a table, by product and type."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from atelier import clock, observability
from atelier.agora.notices import Notice, Product
from atelier.recordings import events
from atelier.recordings.states import Kind
from atelier.rooms import presence

STALE_AFTER: Final = timedelta(days=7)
"""How late a notice may be. It bounds what one that was caught on its way, signature and all, is good for."""

type Effect = Callable[..., bool]

EFFECTS: Final[dict[tuple[int, int], Effect]] = {
    **{(Product.RTC, kind): presence.apply for kind in presence.MEANINGS},
    **{(Product.CLOUD_RECORDING, kind): events.apply for kind in Kind},
}


def apply(notice: Notice, *, at: clock.Clock = clock.now) -> bool:
    """Does what follows from a notice, and says whether it changed anything. In any order, any number of times.

    Stale ones and those that nothing follows from are counted. Raises UnreadableNoticeError, and whatever the table
    raises: then the notice must come again.
    """
    if clock.milliseconds(at() - STALE_AFTER) > notice.notified_ms:
        observability.count("NoticeStale")
        return False
    effect = EFFECTS.get((notice.product, notice.type))
    if effect is None:
        observability.count("NoticeIgnored")
        return False
    return effect(notice, at=at)
