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
        story = self._of_series()
        if story is not None:
            return story.told
        announcement, workshop = self.announcement, self.workshop
        governing = GOVERNED_BY.get(announcement.type)
        about, source = announcement.at, announcement.source
        if announcement.through is not None:
            # All workshops of an edit have one source, and this one is told by itself.
            source = f"{source}#{workshop.id}"
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

    def occasion(self, row: Attendee | None, offset: int | None) -> mailing.Occasion:
        """Why one person is written to."""
        story = self._of_series()
        if story is not None:
            return mailing.Occasion(
                story.kind, self.workshop, self.around, formerly=story.formerly, series=story.by_mail
            )
        lead = None if offset is None else mailing.lead_minutes(offset, self.workshop.scheduled_at, self.now)
        formerly = reasons.formerly(self.announcement, self.workshop, row)
        waits = row is not None and row.status == "waitlisted"
        return mailing.Occasion(self.announcement.type, self.workshop, self.around, lead, formerly, waits)

    def _of_series(self) -> "_OfSeries | None":
        """What is told of the series; None where it is the workshop that is told, by itself.

        Who is in a public workshop of a private series does not know the series, and who is in a public series does
        not know its private workshops.
        """
        edit, series = self.edit, self.series
        if edit is None or series is None or self.workshop.is_private != series.is_private:
            return None
        return _OfSeries(self.announcement, edit, series)


@dataclass(frozen=True, slots=True)
class _OfSeries:
    """An edit of a series, as it is told by way of one of its workshops.

    Of a public series it is one and the same, whichever workshop tells it. Of a private one a person may know some
    workshops alone: it is told by theirs, and what is cancelled apart from what is changed.
    """

    announcement: Announcement
    edit: SeriesEdit
    series: Series

    @property
    def told(self) -> Told:
        """What stands in the inbox."""
        source = str(self.announcement.through)
        if self.kind != self.edit.type:
            source = f"{source}#{self.kind}"
        told_id = notification_id(self.edit.at, source)
        return Told(told_id, cast("NotificationType", self.kind), False, "series", self.series.id, self.data)

    @property
    def kind(self) -> AnnouncedType:
        """The type of the notification."""
        return self.announcement.type if self.series.is_private else cast("AnnouncedType", self.edit.type)

    @property
    def data(self) -> dict[str, Any]:
        """What the notification shows."""
        story = cast("dict[str, Any]", self.edit.data)
        if not self.series.is_private:
            return {"title": self.series.title, **story}
        own = {"workshop_id": self.announcement.workshop_id, **self.announcement.data}
        if self.kind == "workshop_cancelled" and "cancelled" in story:
            own["cancelled"] = story["cancelled"]
        return {"title": self.series.title, **own}

    @property
    def formerly(self) -> datetime | None:
        """Of a move, the start before."""
        moved_from = self.data.get("moved_from")
        return clock.from_text(moved_from) if moved_from else None

    @property
    def by_mail(self) -> mailing.OfSeries:
        """What a mail shows of it."""
        data = self.data
        return mailing.OfSeries(
            title=self.series.title,
            workshop_id=data["workshop_id"],
            starts_at=clock.from_text(data["scheduled_at"]),
            cancelled=tuple(clock.from_text(at) for at in data.get("cancelled", ()) if at != data["scheduled_at"]),
        )


def keys_around(announcement: Announcement) -> Iterator[Key]:
    """Where the edit stands that an announcement is part of, and its series."""
    if announcement.through is not None:
        series_id, _, version = announcement.through.partition("#")
        yield series_key(series_id)
        yield series_edit_key(series_id, int(version))
