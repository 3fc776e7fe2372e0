"""QR codes, read by a decoder that is not the one who drew them."""

import struct
from base64 import b64decode
from itertools import pairwise

import pytest

from atelier.checkins import qr
from tests.calling import World, call
from tests.checkins import desk, opened
from tests.pictures import decoded, png_rows, svg_rows

LONG_URL = "https://workshops.example.org/en/events/check-in?source=poster&code=ABCD2345&venue=Haus-am-Fluss"


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
