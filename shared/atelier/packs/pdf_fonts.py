"""The fonts of a PDF: one for text, and for each sign it lacks the first of the others that has it.

All are shipped beside the function that makes PDFs; only the signs that are used get into a file.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

TEXT, STRONG, CODE = "NotoSans-Regular", "NotoSans-Bold", "DejaVuSansMono"
_EMOJI, _SYMBOLS, _EAST_ASIAN = "NotoEmoji-Regular", "DejaVuSans", "DroidSansFallback"
_FALLBACKS = (_EAST_ASIAN, _EMOJI, _SYMBOLS)
_DROPPED = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]")
"""Signs that only tell how others are to be shown: which way they run, joined or not, in colour or not."""

_BEYOND = re.compile("<([0-9A-F]{5,6})>")


@dataclass(frozen=True, slots=True)
class Run:
    """Text that one font can show."""

    font: str
    text: str


class _Font(TTFont):  # type: ignore[misc]  # ReportLab has no types
    """A font that tells readers of all its signs which they are (PDF 32000-1, 9.10.3).

    ReportLab tells it of those up to U+FFFF; the others have to be told in UTF-16, or emoji could be neither searched
    nor copied.
    """

    def addObjects(self, doc: Any) -> None:
        """Adds the font to the file."""
        super().addObjects(doc)
        for name, stream in doc.idToObject.items():
            if name.startswith("toUnicodeCMap:"):
                stream.content = _BEYOND.sub(_in_utf16, stream.content)


def _in_utf16(found: re.Match[str]) -> str:
    return f"<{chr(int(found[1], 16)).encode('utf-16-be').hex().upper()}>"


class Fonts:
    """The fonts of a folder, ready to be set with."""

    def __init__(self, folder: Path) -> None:
        self._glyphs: dict[str, Any] = {}
        for name in (TEXT, STRONG, CODE, *_FALLBACKS):
            font = _Font(name, str(folder / f"{name}.ttf"))
            pdfmetrics.registerFont(font)
            self._glyphs[name] = font.face.charToGlyph
        self._foreign = {name: _foreign_to(self._glyphs[name]) for name in (TEXT, STRONG, CODE)}
        self._fallback_of: dict[str, str | None] = {}

    def runs(self, text: str, font: str) -> list[Run]:
        """A text in runs. A sign that no font has becomes its number, as `[U+0E01]`: a box would say nothing."""
        text = _DROPPED.sub("", text)
        runs: list[Run] = []
        end = 0
        for found in self._foreign[font].finditer(text):
            if found.start() > end:
                runs.append(Run(font, text[end : found.start()]))
            runs += self._foreign_runs(found[0], font)
            end = found.end()
        if end < len(text):
            runs.append(Run(font, text[end:]))
        return runs

    def _foreign_runs(self, text: str, font: str) -> list[Run]:
        runs: list[Run] = []
        for sign in text:
            fallback = self._fallback(sign)
            run = Run(fallback, sign) if fallback else Run(font, f"[U+{ord(sign):04X}]")
            if runs and runs[-1].font == run.font:
                runs[-1] = Run(run.font, runs[-1].text + run.text)
            else:
                runs.append(run)
        return runs

    def _fallback(self, sign: str) -> str | None:
        if sign not in self._fallback_of:
            having = (name for name in _FALLBACKS if ord(sign) in self._glyphs[name])
            self._fallback_of[sign] = next(having, None)
        return self._fallback_of[sign]


@cache
def fonts(folder: Path) -> Fonts:
    """The fonts of a folder, read once per process."""
    return Fonts(folder)


def _foreign_to(glyphs: Any) -> re.Pattern[str]:
    """Finds the runs of signs that a font lacks."""
    ranges: list[list[int]] = []
    for code in sorted({*glyphs, 0x09, 0x0A}):
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    had = "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in ranges)
    return re.compile(f"[^{had}]+")
