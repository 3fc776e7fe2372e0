"""The documents that follow from the code: the OpenAPI document, and a page for each error."""

import importlib
import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, cast

from local.openapi import document, functions
from local.places import ROOT

if TYPE_CHECKING:
    from atelier.errors import AtelierError

OPENAPI = ROOT / "docs" / "openapi.json"
ERRORS = ROOT / "docs" / "errors"

_PAGE = """# {title}

`{code}`, status {status} {phrase}

## Why

{cause}

## What to do

{remedy}
"""

_INDEX = """# Errors

Every error of Atelier's own is a problem document (RFC 9457). Its `code` is stable and its `type` leads to a page;
these are the pages, and a deployment serves the same pages at `/v1/public/errors/<code>`.

| code | status | means |
|---|---|---|
"""


def documents() -> dict[Path, str]:
    """The documents as they ought to be, by where they stand."""
    written = {OPENAPI: json.dumps(document(), indent=2, ensure_ascii=False) + "\n"}
    index = _INDEX
    explanation = importlib.import_module("atelier.error_pages").explanation
    for kind, status in refusals():
        page = _PAGE.format(
            title=kind.title,
            code=kind.code,
            status=status,
            phrase=HTTPStatus(status).phrase,
            cause=explanation(kind).cause,
            remedy=explanation(kind).remedy,
        )
        written[ERRORS / f"{kind.code}.md"] = page
        index += f"| [`{kind.code}`]({kind.code}.md) | {status} | {kind.title} |\n"
    written[ERRORS / "README.md"] = index
    return written


def refusals() -> Iterator[tuple[type["AtelierError"], int]]:
    """Every error that the layer names, with its status."""
    functions()  # An error may be defined anywhere in the layer: it is known once its module is loaded.
    errors = importlib.import_module("atelier.errors")
    http = importlib.import_module("atelier.http")
    for kind in errors.catalogue():
        if kind.__module__.startswith("atelier."):
            yield cast("type[AtelierError]", kind), http.status_of(kind)


def stale_pages(current: dict[Path, str]) -> list[Path]:
    """Pages of errors that there are no longer."""
    return sorted(set(ERRORS.glob("*.md")) - set(current))


def write_documents() -> None:
    """Bring the documents in the checkout up to date."""
    current = documents()
    for path in stale_pages(current):
        path.unlink()
    ERRORS.mkdir(parents=True, exist_ok=True)
    for path, text in current.items():
        path.write_text(text, encoding="utf-8")
    print(f"{OPENAPI.relative_to(ROOT)} and {len(current) - 1} pages in {ERRORS.relative_to(ROOT)} are up to date.")
