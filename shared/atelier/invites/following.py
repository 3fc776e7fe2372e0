"""What follows from new invitations and confirmed addresses, off the stream: claims, messages, places in lists.

Everything here looks at the table as it is now and may run twice, late, or beside itself.
"""

from collections.abc import Iterable
from itertools import groupby
from typing import cast

from atelier import clock, table
from atelier.accounts.items import EmailGuard
from atelier.invites import claiming, moving
from atelier.invites.items import AddressInvite
from atelier.notifications import fan_out
from atelier.notifications.announcements import Announcement
from atelier.rsvps.items import Invite
from atelier.table import Item
from atelier.workshops.items import Workshop, workshop_key

type Followed = Invite | AddressInvite | EmailGuard


def worth_following(old: Item | None, new: Item | None) -> list[Followed]:
    """What has to be followed up of a change: somebody is invited who was not, an address is awaited, or is a
    person's now.
    """
    match old, new:
        case _, Invite() as after:
            was_invited = isinstance(old, Invite) and old.stands
            return [after] if after.stands and not was_invited else []
        case None, AddressInvite() as after if after.claimed_by is None:
            return [after]
        case _, EmailGuard() as after:
            return [after]
    return []


def follow(changed: Iterable[Followed], *, at: clock.Clock = clock.now) -> None:
    """Does what follows for one workshop, or for one person's addresses."""
    people: list[Invite] = []
    for one in changed:
        match one:
            case EmailGuard():
                claiming.of_confirmed(one.pk.removeprefix("EMAIL#"), one.user_id, at=at)
            case AddressInvite():
                claiming.of_invited(one, at=at)
            case Invite():
                people.append(one)
    if people:
        _catch_up(people)
        for announcement in announced(people):
            fan_out.announce(announcement)


def _catch_up(invites: Iterable[Invite]) -> None:
    """Who read the workshop before it was moved may have come after everybody was moved."""
    by_workshop = {invite.workshop_id: invite for invite in invites}
    found = table.read_many(map(workshop_key, by_workshop))
    for invite in invites:
        workshop = cast("Workshop | None", found.get(workshop_key(invite.workshop_id)))
        if workshop is not None:
            moving.move_one(invite, workshop)


def announced(invites: Iterable[Invite]) -> Iterable[Announcement]:
    """What people are told of their invitations, those who were invited together by one announcement.

    Who came by a link invited themselves.
    """
    told = [invite for invite in invites if not all(ground.startswith("lnk_") for ground in invite.grounds or ())]
    told.sort(key=_together)
    for (at, by, workshop_id), some in groupby(told, _together):
        people = tuple(invite.user_id for invite in some)
        source = f"{workshop_id}#invited"
        about = clock.from_text(at)
        yield Announcement("workshop_invite", workshop_id, source, about, "named", {"invited_by": by}, people=people)


def _together(invite: Invite) -> tuple[str, str, str]:
    return clock.to_text(invite.told_as), invite.invited_by, invite.workshop_id
