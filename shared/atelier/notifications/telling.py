"""What is told, and as what it stands in an inbox: a thing about a workshop, or an edit of a series, which is told once
however many of its workshops a person has a place in.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from atelier import clock
from atelier.notifications import mailing, reasons
from atelier.notifications.announcements import Announcement
from atelier.notifications.items import GOVERNED_BY, AnnouncedType, NotificationType, notification_id
from atelier.rsvps.items import Attendee
from atelier.series.items import Series, SeriesEdit, series_edit_key, series_key
from atelier.table import Item, Key
from atelier.workshops.items import Workshop


@dataclass(frozen=True, slots=True)
class Told:
    """What stands in an inbox. kind: the wish that governs it. is_mail_only: whether no inbox shows it."""

    id: str
    kind: NotificationType
    is_mail_only: bool
    entity_type: str
    entity_id: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Telling:
    """What is told, as the workshop is now, and by what mail. around: what mails show beside the workshop.

    edit: of the series, where the announcement is part of one, and the series as it is now.
    """

    announcement: Announcement
    workshop: Workshop
    around: Mapping[Key, Item]
    mail: mailing.Mail
    now: datetime
    edit: SeriesEdit | None = None
    series: Series | None = None

    def told(self, row: Attendee | None, offset: int | None) -> Told:
        """What one person is told. offset: of a reminder, the minutes before the start."""
        if self.edit is not None and self.series is not None:
            return self._of_series(self.edit, self.series)
        announcement, workshop = self.announcement, self.workshop
        governing = GOVERNED_BY.get(announcement.type)
        about, source = announcement.at, announcement.source
        data: dict[str, Any] = {"title": workshop.title, **announcement.data}
        formerly = reasons.formerly(announcement, workshop, row)
        if formerly is not None:
            data["moved_from"] = clock.to_text(formerly)
        if offset is not None:
            # Whichever announcement tells of it, alone or together with others, it is the same reminder.
            about, source = reasons.due_at(workshop, offset), f"{source}#{offset}"
            del data["offsets"]
            data["minutes_before"] = offset
        kind = governing or cast("NotificationType", announcement.type)
        return Told(notification_id(about, source), kind, governing is not None, "workshop", workshop.id, data)

    def _of_series(self, edit: SeriesEdit, series: Series) -> Told:
        told_id = notification_id(edit.at, str(self.announcement.through))
        data = {"title": series.title, **cast("dict[str, Any]", edit.data)}
        return Told(told_id, cast("NotificationType", edit.type), False, "series", series.id, data)

    def occasion(self, row: Attendee | None, offset: int | None) -> mailing.Occasion:
        """Why one person is written to."""
        if self.edit is not None and self.series is not None:
            return self._of_series_by_mail(self.edit, self.series)
        lead = None if offset is None else mailing.lead_minutes(offset, self.workshop.scheduled_at, self.now)
        formerly = reasons.formerly(self.announcement, self.workshop, row)
        waits = row is not None and row.status == "waitlisted"
        return mailing.Occasion(self.announcement.type, self.workshop, self.around, lead, formerly, waits)

    def _of_series_by_mail(self, edit: SeriesEdit, series: Series) -> mailing.Occasion:
        data = cast("dict[str, Any]", edit.data)
        moved_from, starts_at = data.get("moved_from"), data["scheduled_at"]
        told = mailing.OfSeries(
            title=series.title,
            workshop_id=data["workshop_id"],
            starts_at=clock.from_text(starts_at),
            cancelled=tuple(clock.from_text(at) for at in data.get("cancelled", ()) if at != starts_at),
        )
        formerly = clock.from_text(moved_from) if moved_from else None
        kind = cast("AnnouncedType", edit.type)
        return mailing.Occasion(kind, self.workshop, self.around, formerly=formerly, series=told)


def keys_around(announcement: Announcement) -> Iterator[Key]:
    """Where the edit stands that an announcement is part of, and its series."""
    if announcement.through is not None:
        series_id, _, version = announcement.through.partition("#")
        yield series_key(series_id)
        yield series_edit_key(series_id, int(version))
