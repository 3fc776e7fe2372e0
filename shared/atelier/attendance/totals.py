"""The attendance of a whole workshop in three numbers."""

from dataclasses import dataclass

from atelier import clock, table
from atelier.attendance.items import Attendance, attendance_pk
from atelier.attendance.record import frame_of, presence_of
from atelier.checkins.items import Guest
from atelier.table import Item
from atelier.workshops.items import Workshop


@dataclass(frozen=True, slots=True)
class Totals:
    """attended: how many people came, the host left out: into the room, or where there is a place to come to, through
    check-in. The averages are of those who were in the room, 0 for nobody.
    """

    attended: int
    average_seconds: int
    average_share: float


def totals(workshop: Workshop, *, at: clock.Clock = clock.now) -> Totals:
    """Sums up everybody's attendance: one query per 1 MB of it, some 5,000 people."""
    table.connect()
    frame = frame_of(workshop, at())
    attended = people = 0
    seconds, shares = 0, 0.0
    for item in Item.query(attendance_pk(workshop.id)):
        attended += _came(item, workshop)
        if isinstance(item, Attendance) and item.intervals and item.user_id != workshop.host_id:
            presence = presence_of(item, frame)
            people += 1
            seconds += presence.total_seconds
            shares += presence.share
    return Totals(attended, round(seconds / people), shares / people) if people else Totals(attended, 0, 0.0)


def _came(item: Item, workshop: Workshop) -> bool:
    has_place = workshop.format != "online"
    match item:
        case Attendance():
            came = bool(item.intervals) or (has_place and item.checked_in_at is not None)
            return came and item.user_id != workshop.host_id
        case Guest():
            return has_place and item.merged_into is None
        case _:
            return False
