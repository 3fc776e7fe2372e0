"""The words of every letter, per language, from the catalogues beside this module."""

import tomllib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

LANGUAGES = ("en", "de", "es")
FALLBACK = "en"

_HOUR, _DAY = 60, 1440


@cache
def catalogue(language: str) -> dict[str, Any]:
    """The words of a language."""
    text = (Path(__file__).with_name("wording") / f"{language}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def language_of(locale: str) -> str:
    """The language for a BCP 47 tag: `de-AT` reads German. English where there is no catalogue."""
    language = locale.split("-", maxsplit=1)[0].lower()
    return language if language in LANGUAGES else FALLBACK


def lead(minutes: int, language: str) -> str:
    """How far ahead something is, such as "in 2 hours", in the largest unit that divides it."""
    unit, size = next(
        (unit, size) for unit, size in (("days", _DAY), ("hours", _HOUR), ("minutes", 1)) if not minutes % size
    )
    count = minutes // size
    one, many = catalogue(language)[unit]
    form: str = one if count == 1 else many
    return form.format(count=count)


def moment(at: datetime, zone: str, language: str) -> str:
    """An instant on the wall of a place, such as "Sunday, 28 March 2027, 19:00 CEST (UTC+02:00)"."""
    local = at.astimezone(ZoneInfo(zone))
    words = catalogue(language)
    date = words["date"].format(
        weekday=words["weekdays"][local.weekday()],
        day=local.day,
        month=words["months"][local.month - 1],
        year=local.year,
    )
    offset = local.strftime("%:z")
    abbreviation = local.tzname() or ""
    # Zones without letters of their own are named by their offset, which is told anyway.
    name = f" {abbreviation}" if abbreviation.isalpha() else ""
    return f"{date}, {local:%H:%M}{name} (UTC{offset})"
