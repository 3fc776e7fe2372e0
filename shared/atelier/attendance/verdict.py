"""Who counts as present."""

from atelier.workshops.items import Workshop

USUAL_THRESHOLD = 0.85
"""The share of the actual duration that funded trainings ask for."""


def is_present(workshop: Workshop, share: float, threshold: float, *, is_checked_in: bool) -> bool:
    """Whether somebody was there: online by the share of the actual duration, in person by a check-in.

    A hybrid workshop is attended in either way, so one of the two is enough. A code that is given away in a call says
    nothing of who stayed, so online a check-in does not count.
    """
    if workshop.format == "in_person":
        return is_checked_in
    return share >= threshold or (workshop.format == "hybrid" and is_checked_in)
