"""QR codes, read by a decoder that is not the one who drew them."""

import re
import struct
import zlib
from base64 import b64decode
from itertools import pairwise

import pytest
import zxingcpp

from atelier.checkins import qr
from tests.calling import World, call
from tests.checkins import desk, opened

LONG_URL = "https://workshops.example.org/en/events/check-in?source=poster&code=ABCD2345&venue=Haus-am-Fluss"


def png_rows(picture: bytes) -> tuple[list[bytes], dict[bytes, bytes]]:
    """A black-and-white PNG as rows of bytes, 0 for black and 255 for white; and its other chunks."""
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    chunks: dict[bytes, bytes] = {}
    place = 8
    while place < len(picture):
        (length,) = struct.unpack(">I", picture[place : place + 4])
        name, data = picture[place + 4 : place + 8], picture[place + 8 : place + 8 + length]
        assert struct.unpack(">I", picture[place + 8 + length : place + 12 + length])[0] == zlib.crc32(name + data)
        chunks[name] = chunks.get(name, b"") + data
        place += 12 + length
    width, height, depth, colour = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (depth, colour) == (1, 0)
    stride = 1 + -(-width // 8)
    lines = zlib.decompress(chunks[b"IDAT"])
    assert len(lines) == stride * height
    rows, above = [], [0] * (stride - 1)
    for line in range(height):
        kind, *packed = lines[line * stride : (line + 1) * stride]
        # A line may be told as what differs from the one above (filter 2).
        assert kind in (0, 2)
        above = [(value + before) % 256 for value, before in zip(packed, above, strict=True)] if kind else packed
        rows.append(bytes(255 if above[x // 8] >> (7 - x % 8) & 1 else 0 for x in range(width)))
    return rows, chunks


def svg_rows(drawing: str, scale: int = 8) -> list[bytes]:
    """A QR code of an SVG as rows of bytes: its one path is lines of one module's height, on a white ground."""
    found = re.search(r'viewBox="0 0 (\d+) (\d+)"|width="(\d+)" height="(\d+)"', drawing)
    assert found is not None
    factor = re.search(r'transform="scale\((\d+)\)"', drawing)
    side = int(found[1] or found[3]) // (int(factor[1]) if factor else 1)
    [path] = re.findall(r'class="qrline"[^>]* d="([^"]+)"', drawing) or re.findall(
        r'stroke="#000"[^>]* d="([^"]+)"', drawing
    )
    black = [[False] * side for _ in range(side)]
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", path):
        told = [float(number) for number in numbers.split()]
        if command == "h":
            for module in range(int(x), int(x + told[0])):
                black[int(y)][module] = True
            x += told[0]
        else:
            x, y = (told[0], told[1]) if command == "M" else (x + told[0], y + told[1])
    rows = [bytes(0 if module else 255 for module in row for _ in range(scale)) for row in black]
    return [row for row in rows for _ in range(scale)]


def decoded(rows: list[bytes]) -> list[str]:
    """What a decoder reads in a picture."""
    picture = memoryview(b"".join(rows)).cast("B", (len(rows), len(rows[0])))
    return [found.text for found in zxingcpp.read_barcodes(picture)]


def test_both_pictures_say_the_address_of_the_code(world: World) -> None:
    for rotates in (None, 30):
        workshop_id, _ = opened(world, rotates_every_s=rotates)
        path = f"/workshops/{workshop_id}/check-in/qr"
        png, svg = (call("checkins", "GET", f"{path}.{kind}", user="host") for kind in ("png", "svg"))
        assert (png.headers["content-type"], svg.headers["content-type"]) == ("image/png", "image/svg+xml")
        assert png.headers["cache-control"] == svg.headers["cache-control"] == "private, no-store"
        url = desk(workshop_id).json["check_in_url"]
        assert decoded(png_rows(b64decode(png.text))[0]) == [url]
        assert decoded(svg_rows(svg.text)) == [url]


@pytest.mark.parametrize("text", ["https://a.example/c?code=ABC234", LONG_URL, "https://köln.example/ß?code=ABC234"])
def test_a_picture_is_sharp_on_paper_at_three_centimetres(text: str) -> None:
    rows, chunks = png_rows(qr.png(text))
    side = len(rows)
    assert {len(row) for row in rows} == {side}
    x, y, unit = struct.unpack(">IIB", chunks[b"pHYs"])
    assert (x, unit) == (y, 1)
    assert side / x == pytest.approx(0.03, rel=0.01)
    assert x / 39.37 >= 600
    # Modules of whole pixels: every edge lies on the same grid; the margin is four modules of it, on each side.
    edges = {place for row in rows for place, (a, b) in enumerate(pairwise(row), 1) if a != b}
    module = min(edges) // 4
    assert module * 4 == min(edges) == side - max(edges)
    assert all(edge % module == 0 for edge in edges)
    assert decoded(rows) == [text]


def test_a_picture_survives_being_printed_small_and_photographed_badly(world: World) -> None:
    rows, _ = png_rows(qr.png(LONG_URL))
    coarse = [row[::3] for row in rows[::3]]
    stained = [
        bytes(255 if 100 < x < 120 and 100 < y < 120 else value for x, value in enumerate(row))
        for y, row in enumerate(coarse)
    ]
    assert decoded(stained) == [LONG_URL]
    assert decoded([bytes(255 for _ in row) for row in coarse]) == []
