"""Letters: the reader's language and clock, nothing a title says gets out of its place, and how they are sent."""

import email
import tomllib
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from atelier.mail import letters, messages, wording
from atelier.mail.letters import Reader, Subject

START = datetime(2027, 3, 28, 17, 0, tzinfo=UTC)
KINDS = (
    "workshop_reminder",
    "workshop_cancelled",
    "workshop_invite",
    "workshop_recording",
    "workshop_updated",
    "workshop_started",
    "waitlist_promoted",
    "attendee_removed",
)


def a_subject(**fields: Any) -> Subject:
    usual = {
        "title": "Raku firing",
        "host": "Hanna",
        "starts_at": START,
        "zone": "Europe/Berlin",
        "location": None,
        "is_online": True,
    }
    return Subject(**{**usual, **fields})


def a_letter(
    kind: str = "workshop_reminder", locale: str = "en", zone: str = "Europe/Berlin", **fields: Any
) -> letters.Letter:
    lead = 60 if kind == "workshop_reminder" else None
    subject = a_subject(**fields)
    return letters.about(
        kind,
        Reader("Ana", locale, zone),
        subject,
        lead_minutes=lead,
        link="https://app.example.com/workshops/wks_1",
        unsubscribe_url="https://api.example.com/v1/public/unsubscribe/abc",
    )


def parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=default)


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_every_language_has_the_same_words_with_the_same_places(language: str) -> None:
    def shape(words: Any) -> Any:
        if isinstance(words, dict):
            return {name: shape(value) for name, value in words.items()}
        if isinstance(words, list):
            return [shape(value) for value in words]
        return sorted(part.split("}")[0] for part in words.split("{")[1:])

    assert shape(wording.catalogue(language)) == shape(wording.catalogue("en"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_every_kind_of_letter_can_be_written_in_every_language(kind: str, language: str) -> None:
    letter = a_letter(kind, language, formerly=START)
    assert "Raku firing" in letter.subject
    assert "Raku firing" in letter.text
    assert f'<html lang="{language}">' in letter.html
    assert "{" not in letter.subject + letter.text


@pytest.mark.parametrize(
    ("locale", "language"),
    [("de", "de"), ("de-AT", "de"), ("ES-mx", "es"), ("en-GB", "en"), ("ja", "en"), ("deu", "en")],
)
def test_the_readers_locale_chooses_the_language_and_english_is_for_all_others(locale: str, language: str) -> None:
    assert wording.language_of(locale) == language


def test_times_are_told_by_the_readers_clock_and_by_the_hosts_with_their_offsets() -> None:
    text = a_letter(locale="de", zone="America/New_York").text
    assert "Wann: Sonntag, 28. März 2027, 13:00 EDT (UTC-04:00)" in text
    assert "Beim Gastgeber: Sonntag, 28. März 2027, 19:00 CEST (UTC+02:00)" in text


def test_one_clock_is_told_once() -> None:
    text = a_letter(zone="Europe/Berlin").text
    assert text.count("28 March 2027") == 1


def test_a_zone_without_letters_is_named_by_its_offset() -> None:
    assert wording.moment(START, "Asia/Kathmandu", "en") == "Sunday, 28 March 2027, 22:45 (UTC+05:45)"


@pytest.mark.parametrize(
    ("minutes", "told"),
    [(5, "in 5 minutes"), (60, "in 1 hour"), (120, "in 2 hours"), (1440, "in 1 day"), (10080, "in 7 days")],
)
def test_the_lead_is_told_in_the_largest_unit_that_fits(minutes: int, told: str) -> None:
    assert wording.lead(minutes, "en") == told


def test_a_new_time_is_told_with_the_old_one() -> None:
    text = a_letter("workshop_updated", formerly=datetime(2027, 3, 27, 17, 0, tzinfo=UTC)).text
    assert "Before: Saturday, 27 March 2027, 18:00 CET (UTC+01:00)" in text


def test_what_a_host_writes_is_text_and_never_markup_or_a_place_to_fill() -> None:
    letter = a_letter(title="<script>alert(1)</script> {host} %s", location="<b>Studio</b>")
    assert "<script>" not in letter.html
    assert "&lt;b&gt;Studio" in letter.html
    assert "{host} %s" in letter.text


def test_a_message_has_both_bodies_and_says_how_to_stop_it() -> None:
    url = "https://api.example.com/v1/public/unsubscribe/abc"
    raw = messages.build(
        a_letter(),
        sender="studio@example.com",
        sender_name="Atelier",
        recipient="ana@example.com",
        message_id="ntf_1@example.com",
        unsubscribe_url=url,
    )
    message = parsed(raw)
    assert message["List-Unsubscribe"] == f"<{url}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Message-ID"] == "<ntf_1@example.com>"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_the_link_to_stop_mail_is_on_the_wire_as_it_is_however_long() -> None:
    url = f"https://api.a-studio-with-a-long-name.example.com/v1/public/unsubscribe/{'0123456789abcdef' * 5}"
    raw = messages.build(
        a_letter(),
        sender="studio@example.com",
        sender_name="Atelier",
        recipient="ana@example.com",
        message_id="ntf_1@example.com",
        unsubscribe_url=url,
    )
    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in raw


def test_a_title_in_any_script_survives_the_wire() -> None:
    title = "Töpfern mit 陶芸 und 🏺"
    raw = messages.build(
        a_letter(title=title),
        sender="a@example.com",
        sender_name="Ä",
        recipient="b@example.com",
        message_id="1@example.com",
    )
    message = parsed(raw)
    assert title in str(message["Subject"])
    body = message.get_body(("plain",))
    assert body is not None
    assert title in body.get_content()
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_a_calendar_comes_as_a_body_and_as_a_file() -> None:
    content = b"BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nEND:VCALENDAR\r\n"
    raw = messages.build(
        a_letter("workshop_cancelled"),
        sender="a@example.com",
        sender_name="Atelier",
        recipient="b@example.com",
        message_id="1@example.com",
        calendar=messages.CalendarPart("CANCEL", content),
    )
    parts = {part.get_content_type(): part for part in parsed(raw).walk()}
    assert parts["text/calendar"].get_param("method") == "CANCEL"
    assert parts["application/ics"].get_filename() == "workshop.ics"
    assert (
        parts["text/calendar"].get_payload(decode=True) == parts["application/ics"].get_payload(decode=True) == content
    )


@pytest.mark.parametrize("recipient", ["ana@example.com\r\nBcc: eve@example.com", "not an address", ""])
def test_no_header_can_be_smuggled_in_by_an_address(recipient: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        messages.build(
            a_letter(), sender="a@example.com", sender_name="A", recipient=recipient, message_id="1@example.com"
        )


def test_a_code_comes_without_anything_to_click() -> None:
    letter = letters.with_code("483920", Reader("Ana", "de", "Europe/Berlin"))
    assert "483920" in letter.subject
    assert "http" not in letter.text


def test_no_catalogue_is_left_out() -> None:
    found = {path.stem for path in Path(wording.__file__).with_name("wording").glob("*.toml")}
    assert found == set(wording.LANGUAGES)
    assert all(
        tomllib.loads(path.read_text("utf-8")) for path in Path(wording.__file__).with_name("wording").glob("*.toml")
    )
