"""Workshops as calendar events (RFC 5545), the same in a file, in a feed and in a mail.

Times are in UTC: an event happens at an instant, and each calendar shows it by its reader's clock. A VTIMEZONE would
say how the host's clock runs, and could be out of date by the time a workshop takes place. The host's zone is told
beside the event, as X-WR-TIMEZONE of a file.

The library folds lines at 75 octets on the borders of characters. Texts are escaped here, see `_Text`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import quote

from icalendar import Alarm, Calendar, Event, vCalAddress, vText

from atelier import clock
from atelier.workshops import moments
from atelier.workshops.items import Workshop

PRODUCT = "-//Atelier//Workshops//EN"
REFRESH = "PT1H"
ALARM_BEFORE = timedelta(minutes=15)
MOST_FEED_BYTES = 5_700_000
"""What a feed may take before its lines are folded: Lambda answers with 6 MB at most, and a feed that is too large is
none.
"""

_BYTES_PER_CHARACTER = 4
_BYTES_AROUND = 700
"""What an event takes besides the texts that people write."""


class _Text(vText):
    """A text, escaped as RFC 5545, 3.3.11 has it.

    The library takes a backslash before a large N for a line break, so that C:\\New came out in two lines, and it
    leaves names of calendars as they are.
    """

    def to_ical(self) -> bytes:
        """The text as it stands in a content line."""
        escaped = str(self).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
        return escaped.encode()


@dataclass(frozen=True, slots=True)
class Shown:
    """A workshop as it is shown to somebody. host: their name. is_tentative: the reader waits for a seat.

    join_url: the page where one joins; empty: none. category: the name of the category.
    """

    workshop: Workshop
    description: str
    host: str
    join_url: str = ""
    category: str | None = None
    is_tentative: bool = False


def uid_of(workshop_id: str) -> str:
    """The event's UID: the same everywhere and for ever, whatever address the API has."""
    return f"{workshop_id}@atelier"


def event(shown: Shown) -> Event:
    """The event of a workshop. It says when it last changed, not when it was asked for: the same in, the same out."""
    workshop = shown.workshop
    made = Event()
    made.add("uid", uid_of(workshop.id))
    made.add("sequence", int(workshop.sequence))
    made.add("dtstamp", workshop.updated_at)
    made.add("created", workshop.created_at)
    made.add("last-modified", workshop.updated_at)
    made.add("dtstart", workshop.scheduled_at)
    made.add("dtend", moments.ends_at(workshop))
    made.add("summary", _Text(workshop.title))
    if shown.description:
        made.add("description", _Text(shown.description))
    if workshop.location:
        made.add("location", _Text(workshop.location))
    made.add("status", _status(shown))
    made.add("organizer", _organizer(shown))
    if shown.category:
        made.add("categories", _Text(shown.category))
    if shown.join_url and workshop.format != "in_person":
        made.add("url", shown.join_url)
        # RFC 7986, 5.11: where one takes part in a conference.
        made.add("conference", shown.join_url, {"VALUE": "URI", "FEATURE": "VIDEO", "LABEL": workshop.title})
    if workshop.status in ("scheduled", "lobby"):
        made.add_component(_alarm(workshop))
    return made


def file(shown: Shown) -> bytes:
    """One workshop as a file to take into a calendar."""
    calendar = _calendar("PUBLISH")
    calendar.add("x-wr-timezone", shown.workshop.timezone)
    calendar.add_component(event(shown))
    return bytes(calendar.to_ical())


def feed(name: str, source: str, events: Iterable[Shown]) -> bytes:
    """Everything of one person, for a calendar that looks again every hour. source: the feed's own address.

    Up to 37 events have their descriptions whole, however long. With more, long ones are cut to what the other texts
    leave, so that the feed can be sent.
    """
    calendar = _calendar("PUBLISH")
    calendar.add("name", _Text(name))
    calendar.add("x-wr-calname", _Text(name))
    calendar.add("source", source, {"VALUE": "URI"})
    calendar.add("refresh-interval", timedelta(hours=1), {"VALUE": "DURATION"})
    calendar.add("x-published-ttl", REFRESH)
    listed = list(events)
    left = MOST_FEED_BYTES - sum(map(_undescribed_bytes, listed))
    longest = max(0, left) // (_BYTES_PER_CHARACTER * max(1, len(listed)))
    for shown in listed:
        calendar.add_component(event(replace(shown, description=_shortened(shown.description, longest))))
    return bytes(calendar.to_ical())


def invitation(shown: Shown, *, method: str, sender: str, address: str, name: str) -> bytes:
    """The event for one person, to go with a mail (RFC 5546). method: REQUEST, or CANCEL to take it out again."""
    calendar = _calendar(method)
    made = event(shown)
    if method == "CANCEL":
        made["status"] = vText("CANCELLED")
        # RFC 5546, 3.2.5: what is cancelled rings no more.
        made.subcomponents = []
    del made["organizer"]
    organizer = vCalAddress(f"mailto:{sender}")
    organizer.params["cn"] = vText(shown.host)
    made.add("organizer", organizer)
    attendee = vCalAddress(f"mailto:{address}")
    attendee.params["cn"] = vText(name)
    attendee.params["partstat"] = vText("TENTATIVE" if shown.is_tentative else "ACCEPTED")
    attendee.params["rsvp"] = vText("FALSE")
    made.add("attendee", attendee)
    calendar.add_component(made)
    return bytes(calendar.to_ical())


def join_url(template: str, workshop_id: str) -> str:
    """The page where one joins a workshop; empty where there is none."""
    return template.replace("{id}", quote(workshop_id))


def _undescribed_bytes(shown: Shown) -> int:
    """What an event takes at most without its description. Its title stands there three times."""
    workshop = shown.workshop
    texts = 3 * len(workshop.title) + len(workshop.location or "") + len(shown.host) + len(shown.category or "")
    return _BYTES_AROUND + 3 * len(shown.join_url) + _BYTES_PER_CHARACTER * texts


def _shortened(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    return f"{text[: longest - 1]}\u2026" if longest > 0 else ""


def _calendar(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    return calendar


def _status(shown: Shown) -> str:
    if shown.workshop.status == "cancelled":
        return "CANCELLED"
    return "TENTATIVE" if shown.is_tentative else "CONFIRMED"


def _organizer(shown: Shown) -> vCalAddress:
    """The host by name. Their address is theirs alone to give, and RFC 5545 takes any URI here."""
    organizer = vCalAddress(f"urn:x-atelier:user:{shown.workshop.host_id}")
    organizer.params["cn"] = vText(shown.host)
    return organizer


def _alarm(workshop: Workshop) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", -ALARM_BEFORE)
    alarm.add("description", _Text(workshop.title))
    return alarm


def file_name(workshop: Workshop) -> str:
    """What a downloaded file is called: its day, and nothing that a title could smuggle into a header."""
    return f"workshop-{clock.to_text(workshop.scheduled_at)[:10]}.ics"
