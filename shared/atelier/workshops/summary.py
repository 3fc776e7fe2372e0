"""What a workshop came to, once it has ended."""

from atelier.accounts.caller import Caller
from atelier.attendance.totals import totals
from atelier.errors import NotOverError
from atelier.recordings import watching
from atelier.workshops import viewing
from atelier.workshops.schemas import AttendanceTotals, WorkshopSummary


def sum_up(workshop_id: str, caller: Caller) -> WorkshopSummary:
    """A workshop's duration, attendance and recordings, for whoever may see it: three round trips for a usual one.

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
        next_in_series=None,
    )
