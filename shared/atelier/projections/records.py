"""Stream records, sorted into what happened to which workshop, category or group."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from atelier import clock
from atelier.accounts.items import Ban, EmailGuard, Profile
from atelier.categories.items import Category
from atelier.groups.items import Group
from atelier.guided.items import BuildPack, Guided
from atelier.invites import following as invites
from atelier.invites.items import AddressInvite
from atelier.notifications import announcing
from atelier.notifications.announcements import Announcement
from atelier.notifications.items import Preferences
from atelier.packs import following as packs
from atelier.privacy.items import Erasure
from atelier.recordings.following import became_ready
from atelier.recordings.items import Recording
from atelier.rooms.items import PresenceFact
from atelier.rsvps.items import Attendee, Invite, SeatBlock, WaitlistEntry
from atelier.series.items import Follower, Series
from atelier.table import Item
from atelier.workshops.items import Workshop

_KINDS = {
    "seats": SeatBlock,
    "attendee": Attendee,
    "waiting": WaitlistEntry,
    "invite": Invite,
    "address_invite": AddressInvite,
    "email": EmailGuard,
    "workshop": Workshop,
    "series": Series,
    "category": Category,
    "erasure": Erasure,
    "guided": Guided,
    "build_pack": BuildPack,
    "group": Group,
    "presence": PresenceFact,
    "recording": Recording,
    "profile": Profile,
    "preferences": Preferences,
    "follower": Follower,
    "ban": Ban,
}


@dataclass(slots=True)
class Happened:
    """What a batch shows of one workshop or category, and the records it came from.

    takers: per block, whose seats are new. rows: people whose row names a new seat, as it did then. entered: new rows.
    categories: those whose lists a workshop entered or left. present: people of whom a new fact tells when they were in
    the room. rights_moved: people who were removed, or may now do other things in the room than before.
    recording_moved: whether a workshop that is recorded went live or stopped being so. has_recording: whether one of
    its recordings can be watched now. gone: the category, group, guided workshop or person that was deleted. planners:
    people whose own calendars it changed; those of everybody else follow by announcements. invited: people and
    addresses that are invited now, and addresses that were confirmed. pack_tasks: what build packs need. is_unfinished:
    whether an edit of a series is decided and not carried out. since: when the first of it happened. banned: whom this
    host banned.
    Flags are set by any one record of the batch.
    """

    sequence_numbers: list[str] = field(default_factory=list)
    blocks: dict[int, set[str]] = field(default_factory=dict)
    rows: dict[str, Attendee] = field(default_factory=dict)
    entered: list[Attendee] = field(default_factory=list)
    somebody_waits: bool = False
    seats_changed: int = 0
    waiting_changed: int = 0
    limit_is_lifted: bool = False
    categories: set[str] = field(default_factory=set)
    gone: Category | Group | Guided | Erasure | None = None
    present: set[str] = field(default_factory=set)
    rights_moved: set[str] = field(default_factory=set)
    recording_moved: bool = False
    announcements: list[Announcement] = field(default_factory=list)
    newcomers: set[str] = field(default_factory=set)
    codes: list[str] = field(default_factory=list)
    wished_offsets: frozenset[int] = frozenset()
    has_recording: bool = False
    planners: set[str] = field(default_factory=set)
    invited: list[invites.Followed] = field(default_factory=list)
    followers: set[str] = field(default_factory=set)
    banned: set[str] = field(default_factory=set)
    pack_tasks: list[packs.Task] = field(default_factory=list)
    made_by: str | None = None
    is_unfinished: bool = False
    since: datetime | None = None

    @property
    def has_seats(self) -> bool:
        """Whether anything happened to seats, rows or the waitlist, or may let those who wait in."""
        moved = self.blocks or self.rows or self.somebody_waits or self.seats_changed or self.waiting_changed
        return bool(moved or self.limit_is_lifted)


def sort(records: Iterable[Mapping[str, Any]]) -> dict[str, Happened]:
    """What happened, by the id of what it is about. Records of other kinds, and of kinds made by a newer version, are
    left out.
    """
    happened: dict[str, Happened] = {}
    for record in records:
        old, new = _item(record, "OldImage"), _item(record, "NewImage")
        some = new or old
        if some is None or type(some) not in _KINDS.values():
            continue
        about = happened.setdefault(_subject(some), Happened())
        about.sequence_numbers.append(record["dynamodb"]["SequenceNumber"])
        at = clock.from_seconds(record["dynamodb"]["ApproximateCreationDateTime"])
        about.since = min(at, about.since or at)
        _note(about, old, new)
        about.invited += invites.worth_following(old, new)
        about.is_unfinished = isinstance(new, Series) and bool(new.pending)
        about.banned |= {one.user_id for one in (new,) if isinstance(one, Ban)}
        about.followers |= {one.user_id for one in (old, new) if isinstance(one, Follower)}
        about.pack_tasks += packs.worth_doing(old, new)
        about.announcements += _announced(old, new, at)
    _leave_to_the_last(happened)
    return happened


def _leave_to_the_last(happened: dict[str, Happened]) -> None:
    """What several ask for alike follows once, with the last of them: the 91 workshops of a new series have one
    category and one host.
    """
    categories: set[str] = set()
    planners: set[str] = set()
    for about in reversed(happened.values()):
        about.categories, categories = about.categories - categories, about.categories | categories
        about.planners, planners = about.planners - planners, about.planners | planners


def _subject(item: Item) -> str:
    """The workshop, category or group; of an address, whose it is: nobody's address belongs in a log."""
    return item.user_id if isinstance(item, EmailGuard) else item.pk.split("#")[1]


def _announced(old: Item | None, new: Item | None, at: datetime) -> Iterable[Announcement]:
    match old, new:
        case Workshop() as before, Workshop() as after:
            return announcing.of_edit(before, after, at)
        case Attendee() as before, Attendee() as after:
            return announcing.of_row(before, after, at)
        case None, Attendee() as after if after.is_seated and not after.through_series:
            return (announcing.of_rsvp(after, at),)
        case before, Recording() as after if became_ready(cast("Recording | None", before), after):
            return (announcing.of_recording(after, at),)
        case _:
            return ()


def _item(record: Mapping[str, Any], image: str) -> Item | None:
    raw = record["dynamodb"].get(image)
    if not raw or raw.get("kind", {}).get("S") not in _KINDS:
        return None
    return Item.from_raw_data(raw)


def _note(about: Happened, old: Item | None, new: Item | None) -> None:
    match new or old:
        case SeatBlock() as block:
            held = set((old.holders or ()) if isinstance(old, SeatBlock) else ())
            holds = set((new.holders or ()) if isinstance(new, SeatBlock) else ())
            about.blocks.setdefault(int(block.pk.split("#")[2]), set()).update(holds - held)
        case Attendee():
            _note_row(about, cast("Attendee | None", old), cast("Attendee | None", new))
        case WaitlistEntry():
            about.somebody_waits = about.somebody_waits or new is not None
            about.waiting_changed += (new is not None) - (old is not None)
        case Workshop():
            _note_edit(about, cast("Workshop | None", old), cast("Workshop | None", new))
        case Category() | Group() | Guided() | Erasure() as one:
            about.gone = one if (new is None) is not isinstance(one, Erasure) else None
        case PresenceFact() as fact:
            if old is None:
                about.present.add(fact.user_id)
        case Recording():
            is_new = became_ready(cast("Recording | None", old), cast("Recording | None", new))
            about.has_recording = about.has_recording or is_new
            about.recording_moved = about.recording_moved or _ends(old, new)
        case Profile() | Preferences():
            _note_person(about, old, new)


def _ends(old: Item | None, new: Item | None) -> bool:
    """Whether a recorder left off by itself: where the workshop goes on, another one is to begin."""
    runs = [isinstance(item, Recording) and item.status in ("starting", "recording") for item in (old, new)]
    return runs == [True, False] and new is not None


def _note_person(about: Happened, old: Item | None, new: Item | None) -> None:
    match old, new:
        case before, Profile(email_code=str() as code):
            if not isinstance(before, Profile) or before.email_code != code:
                about.codes.append(code)
        case before, Preferences(offsets=offsets):
            if not isinstance(before, Preferences) or before.offsets != offsets:
                about.wished_offsets |= offsets


def _note_row(about: Happened, old: Attendee | None, new: Attendee | None) -> None:
    """A row that keeps its seat says nothing of seats, whatever else of it changed: who was in, who may speak."""
    about.seats_changed += _is_seated(new) - _is_seated(old)
    if _place(old) != _place(new):
        about.planners |= {row.user_id for row in (old, new) if row is not None}
    if new is None:
        return
    if old is None:
        about.entered.append(new)
    kept = old is not None and old.is_seated and old.seat_block == new.seat_block
    if new.is_seated and new.seat_block is not None and not kept:
        about.rows[new.user_id] = new
    if _place(old) is None and _place(new) is not None:
        about.newcomers.add(new.user_id)
    if old is not None and _rights(old) != _rights(new):
        about.rights_moved.add(new.user_id)


def _place(row: Attendee | None) -> str | None:
    """What a row is to its person's calendar: a seat, a wait, or nothing."""
    if row is None or not (row.is_seated or row.status == "waitlisted"):
        return None
    return "seat" if row.is_seated else "wait"


def _note_edit(about: Happened, old: Workshop | None, new: Workshop | None) -> None:
    if new is not None:
        about.planners.add(new.host_id)
        comes_back = old is not None and old.status == "cancelled" and new.status != "cancelled"
        about.made_by = new.series_id if old is None or comes_back else about.made_by
    if _counted_in(old) != _counted_in(new):
        about.categories |= {key.split("#")[1] for key in (_counted_in(old), _counted_in(new)) if key}
    if old is not None and new is not None:
        about.limit_is_lifted = about.limit_is_lifted or (old.capacity is not None and new.capacity is None)
        about.recording_moved = about.recording_moved or _recording_moved(old, new)


def _counted_in(workshop: Workshop | None) -> str | None:
    """The list by which a workshop counts for its category; private and cancelled ones count for none."""
    key = workshop.category_key if workshop is not None else None
    return None if key is None or key.endswith("#other") else key


def _recording_moved(old: Workshop, new: Workshop) -> bool:
    is_recorded = bool(new.records) and new.format != "in_person"
    return is_recorded and (old.status == "live") != (new.status == "live")


def _is_seated(row: Attendee | None) -> bool:
    return row is not None and row.is_seated


def _rights(row: Attendee) -> tuple[bool, bool, bool]:
    return row.status == "removed", bool(row.can_speak), bool(row.is_co_host)
