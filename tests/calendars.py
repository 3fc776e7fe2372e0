"""Calendars as programs read them: by two parsers, and by the letter of RFC 5545."""

import re
from typing import Any

import icalendar
import vobject

from tests.calling import Reply, call

REQUIRED = {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "SEQUENCE", "STATUS"}
LONGEST_LINE = 75


def file_of(workshop_id: str, user: str = "ana", **headers: str) -> Reply:
    """The file of a workshop."""
    return call("calendars", "GET", f"/workshops/{workshop_id}/calendar.ics", user=user, headers=headers)


def subscribe(user: str = "ana") -> str:
    """A feed's path, as its address says."""
    reply = call("calendars", "POST", "/me/calendar-feed", user=user)
    assert reply.status == 201, reply.text
    return str(reply.json["url"]).partition("/v1")[2]


def feed_of(path: str, **headers: str) -> Reply:
    """What is at a feed's address; nobody signs in for it."""
    return call("calendars", "GET", path, user=None, headers=headers)


def check(text: str) -> None:
    """Holds a calendar to RFC 5545: line ends, folding on the borders of characters, what each event must have."""
    raw = text.encode()
    assert raw.endswith(b"\r\n")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    for line in raw.split(b"\r\n"):
        assert len(line) <= LONGEST_LINE, line
        line.decode()
        assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", line), line
    unfolded = raw.replace(b"\r\n ", b"").decode()
    for event in unfolded.split("\r\nBEGIN:VEVENT\r\n")[1:]:
        own = event.partition("\r\nBEGIN:VALARM\r\n")[0]
        names = {re.split("[;:]", line)[0] for line in own.split("\r\n") if line}
        assert names >= REQUIRED, REQUIRED - names


def events_of(text: str) -> list[dict[str, Any]]:
    """The events of a calendar, after two parsers agreed on them."""
    check(text)
    first = [_told(event) for event in icalendar.Calendar.from_ical(text).walk("VEVENT")]
    second = getattr(vobject.readOne(text), "vevent_list", [])
    assert [event["uid"] for event in first] == [event.uid.value for event in second]
    for mine, theirs in zip(first, second, strict=True):
        assert mine["start"] == theirs.dtstart.value
        assert mine["end"] == theirs.dtend.value
        assert mine["summary"] == theirs.summary.value
        assert mine["status"] == theirs.status.value
        assert str(mine["sequence"]) == theirs.sequence.value
    return first


def _told(event: Any) -> dict[str, Any]:
    return {
        "uid": str(event["uid"]),
        "sequence": int(event["sequence"]),
        "status": str(event["status"]),
        "summary": str(event["summary"]),
        "description": str(event.get("description", "")),
        "location": str(event.get("location", "")),
        "start": event["dtstart"].dt,
        "end": event["dtend"].dt,
        "conference": str(event.get("conference", "")),
        "alarms": len(event.walk("VALARM")),
    }
