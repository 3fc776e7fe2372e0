"""The attendance of a whole workshop in three numbers."""

from dataclasses import dataclass

from atelier import clock, table
from atelier.attendance.items import Attendance, attendance_pk
from atelier.attendance.record import frame_of, presence_of
from atelier.workshops.items import Workshop


@dataclass(frozen=True, slots=True)
class Totals:
    """attended: how many people were in the room, the host left out; and what they came to on average, 0 for nobody."""

    attended: int
    average_seconds: int
    average_share: float


def totals(workshop: Workshop, *, at: clock.Clock = clock.now) -> Totals:
    """Sums up everybody's attendance: one query per 1 MB of it, some 5,000 people."""
    table.connect()
    frame = frame_of(workshop, at())
    found = table.Item.query(attendance_pk(workshop.id), table.Item.sk.startswith("USER#"))
    people = [
        presence_of(item, frame)
        for item in found
        if isinstance(item, Attendance) and item.intervals and item.user_id != workshop.host_id
    ]
    if not people:
        return Totals(0, 0, 0.0)
    seconds, shares = sum(person.total_seconds for person in people), sum(person.share for person in people)
    return Totals(len(people), round(seconds / len(people)), shares / len(people))
