"""Pictures of QR codes as a camera would see them, and a decoder that is not the one who drew them."""

import re
import struct
import zlib

import zxingcpp


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
