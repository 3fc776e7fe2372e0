"""CSV files for spreadsheet programs (RFC 4180), made row by row: safe to open, and not larger than can be answered.

A file begins with a byte order mark: without one, Excel reads UTF-8 as something else. Every other program skips it.
"""

import csv
import io
import re
import unicodedata
import zlib
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from atelier.errors import ExportTooLargeError

MOST_BYTES = 4_400_000
"""Lambda answers 6 MB at most, as text: in base64 this is 5.9 MB."""

_BYTE_ORDER_MARK = "\ufeff"
_GZIP_WINDOW = 31
_LEVEL = 6
_FLUSHED_AT = 64 * 1024
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_FORMULA_INSIDE = re.compile(rf";(?={_FORMULA.pattern})")
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')
_LONGEST_NAME = 80


def harmless(text: str) -> str:
    """A cell that no program takes for a formula: one that begins like one gets an apostrophe before it.

    After OWASP's "CSV Injection". Where a program splits cells at semicolons, as Excel does in much of Europe, what
    follows one begins a cell too.
    """
    text = _FORMULA_INSIDE.sub(";'", text)
    return f"'{text}" if _FORMULA.match(text) else text


class Sheet:
    """A file that grows by rows; compressed, it holds no more than what has been compressed.

    Raises ExportTooLargeError once it is larger than can be answered.
    """

    def __init__(self, columns: Sequence[str], *, is_compressed: bool) -> None:
        self._compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_WINDOW) if is_compressed else None
        self._done = io.BytesIO()
        self._text = io.StringIO(newline="")
        self._text.write(_BYTE_ORDER_MARK)
        self._writer = csv.writer(self._text, lineterminator="\r\n")
        self._writer.writerow(columns)

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        """Adds rows; each cell is made harmless."""
        for row in rows:
            self._writer.writerow([harmless(cell) for cell in row])
            if self._text.tell() >= _FLUSHED_AT:
                self._flush()

    def finish(self) -> bytes:
        """The whole file."""
        self._flush()
        if self._compressor is not None:
            self._done.write(self._compressor.flush())
        self._check()
        return self._done.getvalue()

    def _flush(self) -> None:
        data = self._text.getvalue().encode()
        self._text.seek(0)
        self._text.truncate()
        self._done.write(data if self._compressor is None else self._compressor.compress(data))
        self._check()

    def _check(self) -> None:
        if self._done.tell() > MOST_BYTES:
            raise ExportTooLargeError


def takes_gzip(headers: Mapping[str, str]) -> bool:
    """Whether a client says that it reads gzip (RFC 9110, 12.5.3). One that says nothing may not."""
    for told in headers.get("accept-encoding", "").lower().split(","):
        coding, _, weight = (part.strip() for part in told.partition(";"))
        if coding in ("gzip", "*"):
            return not re.fullmatch(r"q=0(\.0*)?", weight)
    return False


def headers_of(name: str, *, is_compressed: bool) -> dict[str, str]:
    """The headers of a file: its name as RFC 6266 has it, in ASCII for old programs, and whether it is compressed."""
    shown = _NOT_IN_NAMES.sub("-", name)[:_LONGEST_NAME].strip(" .-") or "export"
    plain = unicodedata.normalize("NFKD", shown).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9.]+", "-", plain).strip("-.") or "export"
    told = {
        "Content-Disposition": f"attachment; filename=\"{plain}.csv\"; filename*=UTF-8''{quote(shown, safe='')}.csv",
        "Vary": "Accept-Encoding",
    }
    return told | ({"Content-Encoding": "gzip"} if is_compressed else {})
