"""Stream records, sorted into what happened to which workshop and category."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from atelier.categories.items import Category
from atelier.rsvps.items import Attendee, SeatBlock, WaitlistEntry
from atelier.table import Item
from atelier.workshops.items import Workshop

_KINDS = {
    "seats": SeatBlock,
    "attendee": Attendee,
    "waiting": WaitlistEntry,
    "workshop": Workshop,
    "category": Category,
}


@dataclass(slots=True)
class Happened:
    """What a batch shows of one workshop or category, and the records it came from.

    takers: per block, whose seats are new. rows: people whose row names a seat, as it did then.
    categories: those whose lists a workshop entered or left. Flags are set by any one record of the batch.
    """

    sequence_numbers: list[str] = field(default_factory=list)
    blocks: dict[int, set[str]] = field(default_factory=dict)
    rows: dict[str, Attendee] = field(default_factory=dict)
    somebody_waits: bool = False
    seats_changed: int = 0
    waiting_changed: int = 0
    has_new_time: bool = False
    limit_is_lifted: bool = False
    categories: set[str] = field(default_factory=set)
    category_is_gone: bool = False

    @property
    def has_seats(self) -> bool:
        """Whether anything happened to seats, rows or the waitlist, or may let those who wait in."""
        moved = self.blocks or self.rows or self.somebody_waits or self.seats_changed or self.waiting_changed
        return bool(moved or self.limit_is_lifted)


def sort(records: Iterable[Mapping[str, Any]]) -> dict[str, Happened]:
    """What happened, by workshop or category id. Records of other kinds, and of kinds made by a newer version, are
    left out.
    """
    happened: dict[str, Happened] = {}
    for record in records:
        old, new = _item(record, "OldImage"), _item(record, "NewImage")
        some = new or old
        if some is None or type(some) not in _KINDS.values():
            continue
        about = happened.setdefault(some.pk.split("#")[1], Happened())
        about.sequence_numbers.append(record["dynamodb"]["SequenceNumber"])
        _note(about, old, new)
    return happened


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
            about.seats_changed += _is_seated(new) - _is_seated(old)
            if isinstance(new, Attendee) and new.is_seated and new.block is not None:
                about.rows[new.user_id] = new
        case WaitlistEntry():
            about.somebody_waits = about.somebody_waits or new is not None
            about.waiting_changed += (new is not None) - (old is not None)
        case Workshop():
            _note_edit(about, cast("Workshop | None", old), cast("Workshop | None", new))
        case Category():
            about.category_is_gone = new is None


def _note_edit(about: Happened, old: Workshop | None, new: Workshop | None) -> None:
    lists = {workshop.category_key for workshop in (old, new) if workshop is not None and workshop.category_key}
    if (old.category_key if old else None) != (new.category_key if new else None):
        about.categories |= {key.split("#")[1] for key in lists}
    if old is not None and new is not None:
        about.has_new_time = about.has_new_time or old.scheduled_at != new.scheduled_at
        about.limit_is_lifted = about.limit_is_lifted or (old.capacity is not None and new.capacity is None)


def _is_seated(row: Item | None) -> bool:
    return isinstance(row, Attendee) and row.is_seated
