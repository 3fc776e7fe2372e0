"""The pages of the front: where things are, and the API document made readable."""

import mimetypes
from dataclasses import dataclass
from pathlib import Path

from local.places import ROOT

ASSETS = Path(__file__).with_name("assets")
OPENAPI = ROOT / "docs" / "openapi.json"
FILES = {
    "/": ASSETS / "index.html",
    "/docs": ASSETS / "docs.html",
    "/docs/": ASSETS / "docs.html",
    "/docs/page.js": ASSETS / "docs.js",
    "/docs/page.css": ASSETS / "docs.css",
    "/docs/openapi.json": OPENAPI,
}


@dataclass(frozen=True, slots=True)
class Page:
    """Something the front serves itself."""

    content_type: str
    content: bytes


def page_for(path: str) -> Page | None:
    """The page at a path; read anew every time, so that an edit shows at once."""
    file = FILES.get(path)
    if file is None or not file.is_file():
        return None
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return Page(f"{kind}; charset=utf-8", file.read_bytes())
