"""Fan-out: from one announcement to messages for a seat block or 60 people each."""

from collections.abc import Iterable, Iterator
from itertools import batched, chain

from atelier import queues, settings, table
from atelier.invites import moving
from atelier.notifications import reasons
from atelier.notifications.announcements import Announcement, Share
from atelier.rsvps.items import Attendee, WaitlistEntry, attendee_key, waitlist_pk
from atelier.settings import DeliverySettings
from atelier.workshops.items import Workshop

PEOPLE_PER_MESSAGE = 60


def announce(announcement: Announcement) -> None:
    """Sends an announcement to the queue as a whole; who receives it fans it out. For who has no time to do so."""
    queues.send_task(settings.of(DeliverySettings).deliveries_queue_url, announcement.to_task())


def fan_out(announcement: Announcement, workshop: Workshop) -> int:
    """Sends a message for each share of an announcement's people, and moves the invitations with their workshop; how
    many messages there were.

    Dying midway and running again sends some shares twice, which tells nobody twice.
    """
    moves = announcement.audience == "everybody" and reasons.moves(announcement, workshop)
    moved = moving.messages(workshop.id) if moves else ()
    messages = chain((share.to_message() for share in shares(announcement, workshop)), moved)
    return queues.send_many(settings.of(DeliverySettings).deliveries_queue_url, messages)


def shares(announcement: Announcement, workshop: Workshop) -> Iterator[Share]:
    """The shares of an announcement's people. Seats of a limited workshop are named by their blocks, unread.

    Those who wait come first: who moves up meanwhile is then found on the list or in a block, and maybe in both.
    """
    if announcement.audience == "named":
        yield from _named(announcement, announcement.people)
        return
    if announcement.audience == "everybody":
        yield from _named(announcement, _waiting(workshop.id))
    if workshop.capacity is not None:
        for number in range(int(workshop.block_count)):
            yield Share(announcement, block=number)
    else:
        yield from _named(announcement, _seated(workshop.id))


def _named(announcement: Announcement, people: Iterable[str]) -> Iterator[Share]:
    for some in batched(people, PEOPLE_PER_MESSAGE, strict=False):
        yield Share(announcement, people=some)


def _seated(workshop_id: str) -> Iterator[str]:
    pk, first = attendee_key(workshop_id, "")
    for row in table.Item.query(
        pk, table.Item.sk.startswith(first), attributes_to_get=["pk", "sk", "kind", "status"], consistent_read=True
    ):
        if isinstance(row, Attendee) and row.is_seated:
            yield row.user_id


def _waiting(workshop_id: str) -> Iterator[str]:
    for entry in table.Item.query(waitlist_pk(workshop_id), consistent_read=True):
        if isinstance(entry, WaitlistEntry):
            yield entry.user_id
