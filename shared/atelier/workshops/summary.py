"""What a workshop came to, once it has ended."""

from atelier import table
from atelier.accounts.caller import Caller
from atelier.attendance.totals import totals
from atelier.errors import NotOverError
from atelier.recordings import watching
from atelier.series import succession
from atelier.workshops import shapes, viewing
from atelier.workshops.items import Workshop
from atelier.workshops.schemas import AttendanceTotals, WorkshopSummary


def sum_up(workshop_id: str, caller: Caller) -> WorkshopSummary:
    """A workshop's duration, attendance and recordings, for whoever may see it: three round trips for a usual one,
    four or five for one of a series.

    Raises NotFoundError for everybody else, AccountSuspendedError for suspended people unless it is public,
    NotOverError before its end and when it was cancelled.
    """
    workshop = viewing.require_seen(workshop_id, caller)
    if workshop.status != "ended":
        raise NotOverError(f"It is {workshop.status}.")
    started_at, ended_at = workshop.actual_started_at, workshop.actual_ended_at
    attendance = totals(workshop)
    return WorkshopSummary(
        workshop_id=workshop.id,
        title=workshop.title,
        actual_started_at=started_at,
        actual_ended_at=ended_at,
        duration_seconds=round((ended_at - started_at).total_seconds()),
        attendance=AttendanceTotals(
            rsvp_count=int(workshop.attendee_count),
            attended_count=attendance.attended,
            average_seconds=attendance.average_seconds,
            average_share=attendance.average_share,
        ),
        recordings=watching.parts_of(workshop),
        next_in_series=shapes.next_in_series(_following(workshop, caller)),
    )


def _following(workshop: Workshop, caller: Caller) -> Workshop | None:
    """What comes next in its series, of what the caller may see; nothing is read for a workshop without one."""
    later = succession.candidates(workshop)
    needed = succession.needed(later, caller)
    found = table.read_many(needed) if needed else {}
    return next(iter(succession.visible(later, found, caller)), None)
