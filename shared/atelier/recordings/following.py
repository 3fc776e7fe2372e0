"""What follows when a recording is ready: its workshop says that it has one."""

from atelier import table
from atelier.recordings.items import Recording
from atelier.workshops.items import Workshop, workshop_key


def became_ready(old: Recording | None, new: Recording | None) -> bool:
    """Whether a change of a recording is the one that made it ready."""
    return new is not None and new.status == "ready" and (old is None or old.status != "ready")


def show(workshop_id: str) -> None:
    """Marks the workshop, once. It is no edit: nobody's ETag changes, and it is kept from waking the stream again."""
    table.update_or_see(
        Workshop,
        workshop_key(workshop_id),
        [Workshop.has_recording.set(True), Workshop.last_change.set("counts")],
        Workshop.has_recording == False,  # noqa: E712 - PynamoDB's comparison
    )
