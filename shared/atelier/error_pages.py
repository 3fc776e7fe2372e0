"""The page behind a problem's `type`: what the error means and what to do, for the person who follows the link."""

import tomllib
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from atelier import errors

HEADERS = {
    "Cache-Control": "public, max-age=3600",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Errors never change between two releases, and a page of text needs nothing from anywhere."""

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} - Atelier</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1.05rem/1.6 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1.25rem }}
h1 {{ line-height: 1.2 }}
h2 {{ font-size: 1.1rem; margin: 2rem 0 0 }}
p {{ margin: .25rem 0 }}
</style>
<h1>{title}</h1>
<p>Status {status} · code <code>{code}</code></p>
<h2>Why</h2>
<p>{cause}</p>
<h2>What to do</h2>
<p>{remedy}</p>
</html>
"""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a refusal comes, and what to do then."""

    cause: str
    remedy: str


@cache
def _explanations() -> dict[str, Explanation]:
    text = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    return {code: Explanation(**told) for code, told in tomllib.loads(text).items()}


def explanation(kind: type[errors.AtelierError]) -> Explanation:
    """What error_pages.toml says of a refusal. Raises KeyError for one that it does not know."""
    return _explanations()[kind.code]


def find(code: str) -> type[errors.AtelierError]:
    """The error of this code. Raises NotFoundError for a code that Atelier never answers."""
    for kind in errors.catalogue():
        if kind.code == code:
            return kind
    raise errors.NotFoundError("Atelier answers no such code.")


def page(kind: type[errors.AtelierError], status: int) -> str:
    """The page of an error, as HTML."""
    return _PAGE.format(
        title=escape(kind.title),
        status=status,
        code=escape(kind.code),
        cause=_prose(explanation(kind).cause),
        remedy=_prose(explanation(kind).remedy),
    )


def _prose(text: str) -> str:
    """Text with its `names` in a fixed-width face."""
    parts = [escape(part) for part in text.split("`")]
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))
