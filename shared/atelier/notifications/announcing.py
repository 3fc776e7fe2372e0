"""What people are to be told because of a change, read off its images before and after. Nothing is asked of the table.

Nobody is told of what they did themselves. The sources name the edit: a change that is read twice tells nobody twice,
and an edit of a series has one name, whichever of its workshops it changes.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from atelier import clock
from atelier.notifications.announcements import Announcement
from atelier.recordings.items import Recording
from atelier.rsvps.items import Attendee
from atelier.workshops.items import Workshop

TOLD_OF = ("scheduled_at", "duration_minutes", "location", "format")
"""Edits of these change what somebody has planned; the others do not."""


def of_edit(old: Workshop, new: Workshop, at: datetime) -> Iterator[Announcement]:
    """A workshop was cancelled, begun, or changed in what people plan by."""
    if old.status != new.status:
        if new.status == "cancelled":
            yield from _to_all("workshop_cancelled", new, at, _planned(new))
            return
        if old.status == "cancelled":
            yield from _to_all(
                "workshop_updated", new, at, {**_planned(new), "changed": ["status"], **_moved(old, new)}
            )
            return
        if new.status == "live":
            yield Announcement(
                "workshop_started",
                new.id,
                source=f"{new.id}#started#{int(new.version)}",
                at=at,
                audience="seated",
                data=_planned(new),
                but=new.edited_by,
            )
        yield _unsaid(new, at)
        return
    changed = [name for name in TOLD_OF if getattr(old, name) != getattr(new, name)]
    if changed and not new.is_over:
        yield from _to_all("workshop_updated", new, at, {**_planned(new), "changed": changed, **_moved(old, new)})
    elif old.version != new.version:
        yield _unsaid(new, at)


def _unsaid(workshop: Workshop, at: datetime) -> Announcement:
    """What nobody is told of, and yet stands in calendars."""
    source = f"{workshop.id}#edited#{int(workshop.version)}"
    return Announcement("workshop_updated", workshop.id, source, at, "everybody", is_silent=True)


def of_row(old: Attendee, new: Attendee, at: datetime) -> Iterator[Announcement]:
    """Somebody got a seat from the waitlist, or was removed."""
    if old.status == "waitlisted" and new.is_seated:
        source = f"{new.workshop_id}#promoted#{old.waiting_as}"
        yield Announcement("waitlist_promoted", new.workshop_id, source, at, "named", {}, people=(new.user_id,))
    if old.status != "removed" and new.status == "removed":
        source = f"{new.workshop_id}#removed#{new.user_id}"
        yield Announcement("attendee_removed", new.workshop_id, source, at, "named", {}, people=(new.user_id,))


def of_rsvp(row: Attendee, at: datetime) -> Announcement:
    """Somebody took a seat: they are told by mail alone, with the event for their calendar."""
    source = f"{row.workshop_id}#rsvp#{clock.to_text(row.rsvp_at)}"
    return Announcement("rsvp_confirmed", row.workshop_id, source, at, "named", {}, people=(row.user_id,))


def of_recording(recording: Recording, at: datetime) -> Announcement:
    """A recording is ready; those who had a seat are told."""
    source = f"{recording.workshop_id}#recording#{recording.id}"
    return Announcement(
        "workshop_recording", recording.workshop_id, source, at, "seated", {"recording_id": recording.id}
    )


def _to_all(kind: Any, workshop: Workshop, at: datetime, data: dict[str, Any]) -> Iterator[Announcement]:
    """To everybody who has a place, and to the host where somebody else decided."""
    through: str | None = workshop.edited_through
    source = through or f"{workshop.id}#{kind}#{int(workshop.version)}"
    yield Announcement(kind, workshop.id, source, at, "everybody", data, but=workshop.edited_by, through=through)
    if workshop.edited_by != workshop.host_id:
        host = (workshop.host_id,)
        yield Announcement(kind, workshop.id, source, at, "named", data, people=host, through=through)


def _moved(old: Workshop, new: Workshop) -> dict[str, Any]:
    return {} if old.scheduled_at == new.scheduled_at else {"moved_from": clock.to_text(old.scheduled_at)}


def _planned(workshop: Workshop) -> dict[str, Any]:
    return {"scheduled_at": clock.to_text(workshop.scheduled_at), "timezone": workshop.timezone}
