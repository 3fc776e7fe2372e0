"""What a rule comes to, before there is a series."""

from itertools import islice
from typing import cast
from zoneinfo import ZoneInfo

from atelier import table
from atelier.accounts import profiles
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.errors import HostingRevokedError, ValidationFailedError
from atelier.series import recurrence, rules
from atelier.series.schemas import PreviewedOccurrence, SeriesPreview, SeriesPreviewInput
from atelier.series.wallclock import Occurrence, occurrence, offset_text


def preview(caller: Caller, wanted: SeriesPreviewInput) -> SeriesPreview:
    """The first occurrences of a rule, for somebody who may host.

    Raises AccountSuspendedError, HostingRevokedError, and ValidationFailedError for a rule that never happens.
    """
    profile = profiles.seen(caller, cast("Profile | None", table.read_one(profile_key(caller.id))))
    profiles.require_active(profile)
    if not profile.can_host:
        raise HostingRevokedError
    return SeriesPreview(items=[_shown(found) for found in first_occurrences(wanted)])


def first_occurrences(wanted: SeriesPreviewInput) -> list[Occurrence]:
    """The first `count` occurrences on or after the start date, within one cycle of the calendar, 400 years.

    Raises ValidationFailedError for a rule that never happens.
    """
    rule, zone, start = rules.parse(wanted.rrule), ZoneInfo(wanted.timezone), wanted.start_date
    try:
        first = recurrence.first_date(rule, start, wanted.time_of_day, zone)
    except rules.BadRuleError as error:
        raise ValidationFailedError(errors=[{"loc": ["rrule"], "msg": str(error)}]) from None
    days = recurrence.dates(rule, start, wanted.time_of_day, zone, first=first, last=recurrence.furthest_date(start))
    return [occurrence(day, wanted.time_of_day, zone) for day in islice(days, wanted.count)]


def _shown(found: Occurrence) -> PreviewedOccurrence:
    return PreviewedOccurrence(
        scheduled_at=found.scheduled_at,
        local=found.local.isoformat(),
        utc_offset=offset_text(found.utc_offset),
        note=found.note,
    )
