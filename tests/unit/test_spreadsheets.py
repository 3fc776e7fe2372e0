"""CSV files: cells that no program takes for formulas, names that no header breaks on, sizes that can be answered."""

import csv
import gzip
import io

import pytest

from atelier import spreadsheets
from atelier.errors import ExportTooLargeError
from atelier.spreadsheets import Sheet, harmless, headers_of, takes_gzip


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201", " =1"]
)
def test_what_begins_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"


def test_what_begins_so_after_a_semicolon_does_too() -> None:
    assert harmless("Ana;=1+1") == "Ana;'=1+1"
    assert harmless("Ana; @x;+2") == "Ana;' @x;'+2"
    assert harmless("=1;=2") == "'=1;'=2"


@pytest.mark.parametrize("text", ["", "Ana", "Ana-Marie", "a=b", "a@b.example", "1+1", "'=1", "Ana; Ben", "日本"])
def test_anything_else_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize("is_compressed", [True, False])
def test_a_file_is_read_as_it_was_written(is_compressed: bool) -> None:
    rows = [['Ana, "the" potter', "zwei\nZeilen"], ["日本 🏺", ""], ["x;y", "'"]]
    sheet = Sheet(["a", "b"], is_compressed=is_compressed)
    sheet.add(rows)
    content = sheet.finish()
    plain = gzip.decompress(content) if is_compressed else content
    assert plain.startswith(b"\xef\xbb\xbfa,b\r\n")
    assert plain.endswith(b"\r\n")
    assert list(csv.reader(io.StringIO(plain.decode("utf-8-sig"), newline=""))) == [["a", "b"], *rows]


def test_a_file_that_cannot_be_answered_is_refused_before_it_is_all_made() -> None:
    sheet = Sheet(["a"], is_compressed=False)
    made = 0

    def rows() -> object:
        nonlocal made
        while True:
            made += 1
            yield ["x" * 998]

    with pytest.raises(ExportTooLargeError):
        sheet.add(rows())  # type: ignore[arg-type]
    assert spreadsheets.MOST_BYTES <= made * 1000 <= spreadsheets.MOST_BYTES + 100_000


def test_the_most_that_is_made_fits_into_what_lambda_answers() -> None:
    in_base64 = -(-spreadsheets.MOST_BYTES // 3) * 4
    assert in_base64 + 2_000 < 6 * 1024 * 1024


def test_compressed_ten_times_as_many_rows_fit() -> None:
    line = [f"usr_{'a' * 16}", "Ana", "2027-03-28T17:00:00Z", "Europe/Berlin", "yes"]
    packed, plain = Sheet(line, is_compressed=True), Sheet(line, is_compressed=False)
    for sheet in (packed, plain):
        sheet.add(line for _ in range(20_000))
    assert len(packed.finish()) * 10 < len(plain.finish())


@pytest.mark.parametrize(
    ("told", "takes"),
    [
        (None, False),
        ("", False),
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("identity", False),
        ("deflate, br", False),
    ],
)
def test_only_who_says_so_gets_gzip(told: str | None, takes: bool) -> None:
    assert takes_gzip({} if told is None else {"accept-encoding": told}) is takes


@pytest.mark.parametrize(
    ("name", "plain", "full"),
    [
        ("Raku firing", "Raku-firing", "Raku%20firing"),
        ('Café "x"/..\\y\r\nSet-Cookie: a', "Cafe-x-..-y-Set-Cookie-a", "Caf%C3%A9%20-x-..-y-Set-Cookie-%20a"),
        ("日本", "export", "%E6%97%A5%E6%9C%AC"),
        ("..", "export", "export"),
        ("x" * 300, "x" * 80, "x" * 80),
    ],
)
def test_a_file_is_called_after_its_title_and_nothing_gets_out_of_the_header(name: str, plain: str, full: str) -> None:
    headers = headers_of(name, is_compressed=True)
    assert headers["Content-Disposition"] == f"attachment; filename=\"{plain}.csv\"; filename*=UTF-8''{full}.csv"
    assert (headers["Content-Encoding"], headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert "Content-Encoding" not in headers_of(name, is_compressed=False)
