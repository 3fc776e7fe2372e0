"""What calendars make of texts: whatever people write comes out of a reader as it went in, and no feed is too large."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st

from atelier.calendars import events, feeds
from atelier.workshops.items import Workshop, workshop_key
from tests.calendars import check, events_of
from tests.sizes import IS_FULL

MOST_ANSWERED_BYTES = 6 * 1024 * 1024 - 64 * 1024
"""What Lambda answers with at most, and room for what stands around a feed."""

PAGE = "https://app.example.com/workshops/wks_01m7xynacfb6psa2z6yk4pjm35"

AWKWARD = [
    r"C:\New folder",
    r"\n is no line break, \\N neither",
    "a, b; c: d \\, e",
    "\"quoted\" and ^'caret'",
    "BEGIN:VEVENT",
    "漢字" * 80,
    "👩‍👩‍👧‍👦" * 40,
    "e\u0301" * 100,
    "line\u2028separator, no-break\u00a0space, tab\tin between",
    "=?utf-8?q?=C3=A4?= %0A &amp;",
]


def a_workshop(**fields: Any) -> Workshop:
    usual: dict[str, Any] = {
        "title": "Raku firing",
        "host_id": "usr_1",
        "scheduled_at": datetime(2027, 3, 28, 17, tzinfo=UTC),
        "timezone": "Europe/Berlin",
        "format": "online",
        "status": "scheduled",
        "created_at": datetime(2027, 1, 1, tzinfo=UTC),
        "updated_at": datetime(2027, 1, 2, tzinfo=UTC),
    }
    return Workshop(*workshop_key("wks_1"), **{**usual, **fields})


def unfolded(raw: bytes) -> list[str]:
    """The content lines of a calendar."""
    return raw.replace(b"\r\n ", b"").decode().removesuffix("\r\n").split("\r\n")


def read_by_the_letter(raw: bytes, name: str) -> str:
    """A text as RFC 5545, 3.3.11 reads it, from left to right: the parsers take a shortcut with backslashes."""
    [line] = [line for line in unfolded(raw) if re.match(f"{name}[:;]", line)]
    value = line.partition(":")[2]
    assert not re.search(r"(?<!\\)(?:\\\\)*[,;]", value), value
    return re.sub(r"\\([\\,;nN])", lambda found: "\n" if found[1] in "nN" else found[1], value)


def name_of_host(raw: bytes) -> str:
    """The organizer's name: a parameter, in which no backslash means anything, but carets do (RFC 6868)."""
    [line] = [line for line in unfolded(raw) if line.startswith("ORGANIZER;")]
    found = re.match(r'ORGANIZER;CN=(?:"([^"]*)"|([^";:,]*)):', line)
    assert found, line
    return re.sub(r"\^([\^'n])", lambda sign: {"^": "^", "'": '"', "n": "\n"}[sign[1]], found[1] or found[2])


@pytest.mark.parametrize("text", AWKWARD)
def test_an_awkward_text_is_read_as_it_was_written(text: str) -> None:
    shown = events.Shown(a_workshop(title=text, location=text), f"{text}\n\n{text}", "Hanna", category=text)
    raw = events.file(shown)
    check(raw.decode())
    in_event = raw.partition(b"\r\nBEGIN:VALARM\r\n")[0]
    assert read_by_the_letter(in_event, "SUMMARY") == text
    assert read_by_the_letter(in_event, "LOCATION") == text
    assert read_by_the_letter(in_event, "CATEGORIES") == text
    assert read_by_the_letter(in_event, "DESCRIPTION") == f"{text}\n\n{text}"
    assert vobject.readOne(raw.decode()).vevent.summary.value == text


@pytest.mark.parametrize("text", AWKWARD)
def test_an_awkward_name_is_read_as_it_was_written(text: str) -> None:
    raw = events.feed(text, "https://api.example.com/v1/feed.ics", [events.Shown(a_workshop(), "", text)])
    check(raw.decode())
    assert read_by_the_letter(raw, "NAME") == read_by_the_letter(raw, "X-WR-CALNAME") == text
    assert name_of_host(raw) == text


# What a title may hold, and a description besides: letters of every script, what RFC 5545 gives a meaning, line breaks.
letters = st.characters(exclude_categories=["Cc", "Cs"])
titles = st.text(st.one_of(letters, st.sampled_from('\\nN,;:"^=\u2028')), min_size=1, max_size=150)
descriptions = st.text(st.one_of(letters, st.sampled_from("\\nN,;:\n\t")), min_size=1, max_size=300)


@settings(max_examples=150, deadline=None, database=None)
@given(title=titles, location=titles, description=descriptions)
def test_any_text_is_read_as_it_was_written(title: str, location: str, description: str) -> None:
    raw = events.file(events.Shown(a_workshop(title=title, location=location), description, "Hanna"))
    check(raw.decode())
    in_event = raw.partition(b"\r\nBEGIN:VALARM\r\n")[0]
    read = [read_by_the_letter(in_event, name) for name in ("SUMMARY", "LOCATION", "DESCRIPTION")]
    assert read == [title, location, description]


@pytest.mark.parametrize("letter", ["x", "漢", "👍", "\\"] if IS_FULL else ["漢"])
def test_a_feed_of_the_longest_texts_can_still_be_sent(letter: str) -> None:
    shown = events.Shown(
        a_workshop(title=letter * 200, location=letter * 500), letter * 20_000, letter * 100, PAGE, letter * 100
    )
    for number in (500, feeds.MOST_EVENTS):
        raw = events.feed("Ana", "https://api.example.com/v1/feed.ics", [shown] * number)
        assert raw.count(b"BEGIN:VEVENT") == number
        assert len(json.dumps(raw.decode(), ensure_ascii=False).encode()) < MOST_ANSWERED_BYTES


def test_a_full_feed_of_usual_titles_has_much_of_its_descriptions() -> None:
    shown = events.Shown(a_workshop(location="Yard, behind the kiln"), "x" * 20_000, "Hanna", PAGE, "Ceramics")
    raw = events.feed("Ana", "https://api.example.com/v1/feed.ics", [shown] * feeds.MOST_EVENTS)
    text = read_by_the_letter(raw.partition(b"\r\nEND:VEVENT")[0].partition(b"\r\nBEGIN:VALARM")[0], "DESCRIPTION")
    assert text.endswith("x\u2026")
    assert len(text) > 1000


def test_a_feed_of_ordinary_size_has_its_descriptions_whole() -> None:
    shown = events.Shown(a_workshop(), "漢" * 20_000, "Hanna")
    raw = events.feed("Ana", "https://api.example.com/v1/feed.ics", [shown] * 37)
    assert {event["description"] for event in events_of(raw.decode())} == {"漢" * 20_000}


def test_what_takes_an_event_out_again_rings_no_alarm() -> None:
    def sent(method: str) -> list[str]:
        shown = events.Shown(a_workshop(), "", "Hanna")
        return unfolded(
            events.invitation(shown, method=method, sender="a@example.com", address="b@example.com", name="Ben")
        )

    assert "BEGIN:VALARM" in sent("REQUEST")
    assert "BEGIN:VALARM" not in sent("CANCEL")
