"""Letters: what is written to one person about one thing, as plain text and as HTML."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from atelier.mail import wording


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a letter. locale: a BCP 47 tag; zone: an IANA name."""

    name: str
    locale: str
    zone: str


@dataclass(frozen=True, slots=True)
class Subject:
    """The workshop a letter is about. zone: the host's, as planned; formerly: its start before it was moved.

    cancelled: of a series, the workshops that do not take place.
    """

    title: str
    host: str
    starts_at: datetime
    zone: str
    location: str | None
    is_online: bool
    formerly: datetime | None = None
    cancelled: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that is ready to be sent."""

    language: str
    subject: str
    text: str
    html: str


def about(
    kind: str,
    reader: Reader,
    subject: Subject,
    *,
    lead_minutes: int | None = None,
    link: str | None = None,
    unsubscribe_url: str | None = None,
) -> Letter:
    """The letter of a kind of notification. lead_minutes: of a reminder, how far ahead the start is."""
    language = wording.language_of(reader.locale)
    words = wording.catalogue(language)
    told = {"title": subject.title, "host": subject.host}
    if lead_minutes is not None:
        told["lead"] = wording.lead(lead_minutes, language)
    return _write(
        language,
        words["letters"][kind],
        told,
        greeting=words["greeting"].format(name=reader.name),
        lines=_lines(subject, reader, words, language),
        link=link,
        why=words["why"],
        unsubscribe_url=unsubscribe_url,
    )


def with_code(code: str, reader: Reader) -> Letter:
    """The letter that brings a code to an address that is to be confirmed."""
    language = wording.language_of(reader.locale)
    words = wording.catalogue(language)
    return _write(
        language,
        words["letters"]["email_code"],
        {"code": code},
        greeting=words["greeting"].format(name=reader.name),
        lines=[],
        link=None,
        why=words["code_why"],
        unsubscribe_url=None,
    )


def _lines(subject: Subject, reader: Reader, words: dict[str, Any], language: str) -> list[tuple[str, str]]:
    lines = [(words["when"], wording.moment(subject.starts_at, reader.zone, language))]
    if _differ(reader.zone, subject.zone, subject.starts_at):
        lines.append((words["host_time"], wording.moment(subject.starts_at, subject.zone, language)))
    if subject.formerly is not None and subject.formerly != subject.starts_at:
        lines.append((words["formerly"], wording.moment(subject.formerly, reader.zone, language)))
    lines += [(words["cancelled"], wording.moment(at, reader.zone, language)) for at in subject.cancelled]
    places = [words["online"]] if subject.is_online else []
    places += [subject.location] if subject.location else []
    if places:
        lines.append((words["where"], ", ".join(places)))
    lines.append((words["host"], subject.host))
    return lines


def _differ(zone: str, other: str, at: datetime) -> bool:
    """Whether the clocks of two places show another time, or call it otherwise."""
    here, there = at.astimezone(ZoneInfo(zone)), at.astimezone(ZoneInfo(other))
    return (here.utcoffset(), here.tzname()) != (there.utcoffset(), there.tzname())


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=select_autoescape(["html.jinja"]),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )


def _write(language: str, words: dict[str, str], told: dict[str, str], **shown: Any) -> Letter:
    catalogue = wording.catalogue(language)
    subject = words["subject"].format_map(told)
    shown |= {
        "language": language,
        "subject": subject,
        "text": words["text"].format_map(told),
        "join": catalogue["join"],
        "unsubscribe": catalogue["unsubscribe"],
    }
    environment = _environment()
    text = environment.get_template("letter.txt.jinja").render(shown)
    html = environment.get_template("letter.html.jinja").render(shown)
    return Letter(language, subject, text, html)
