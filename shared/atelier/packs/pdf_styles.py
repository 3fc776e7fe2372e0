"""How a PDF looks: sizes, colours, distances. Lengths are in points."""

from functools import cache

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import TableStyle

from atelier.packs.pdf_fonts import CODE, STRONG, TEXT

PAGE = A4
MARGIN = 22 * mm
TOP, BOTTOM = 26 * mm, 22 * mm
WIDTH = PAGE[0] - 2 * MARGIN
HEIGHT = PAGE[1] - TOP - BOTTOM

INK, FAINT, ACCENT = HexColor(0x1D2430), HexColor(0x667085), HexColor(0x1F4E79)
LINE, SHADE = HexColor(0xD5DAE1), HexColor(0xF3F5F8)

CODE_SIZE, CODE_LEADING = 8, 11
CODE_PADDING = 6
CODE_COLUMNS = int((WIDTH - 2 * CODE_PADDING) / (0.602 * CODE_SIZE))
"""How many signs of the code's font fit in a line: each is 0.602 of its size wide."""

BODY = ParagraphStyle("body", fontName=TEXT, fontSize=10, leading=15, textColor=INK, spaceAfter=7)
POINT = ParagraphStyle("point", BODY, leftIndent=16, bulletIndent=4, bulletFontName=TEXT, spaceAfter=3)
NUMBERED = ParagraphStyle("numbered", POINT, leftIndent=26, bulletIndent=2)
EMPTY = ParagraphStyle("empty", BODY, textColor=FAINT)
CELL = ParagraphStyle("cell", BODY, fontSize=9, leading=12.5, spaceAfter=0)
HEAD_CELL = ParagraphStyle("head cell", CELL, fontName=STRONG)
CODE_BLOCK = ParagraphStyle(
    "code",
    fontName=CODE,
    fontSize=CODE_SIZE,
    leading=CODE_LEADING,
    textColor=INK,
    leftIndent=CODE_PADDING,
    rightIndent=CODE_PADDING,
    backColor=SHADE,
)
CHAPTER = ParagraphStyle("chapter", fontName=STRONG, fontSize=22, leading=28, textColor=ACCENT, spaceAfter=16)
NUMBER = ParagraphStyle("number", fontName=STRONG, fontSize=9, leading=13, textColor=FAINT, spaceAfter=2)
HEADINGS = (
    CHAPTER,
    ParagraphStyle("heading 1", BODY, fontName=STRONG, fontSize=14, leading=19, spaceBefore=14, spaceAfter=6),
    ParagraphStyle("heading 2", BODY, fontName=STRONG, fontSize=11.5, leading=16, spaceBefore=10, spaceAfter=4),
    ParagraphStyle("heading 3", BODY, fontName=STRONG, fontSize=10, leading=15, spaceBefore=8, spaceAfter=3),
    ParagraphStyle("heading 4", BODY, fontName=STRONG, textColor=FAINT, spaceBefore=6, spaceAfter=2),
)
TITLE = ParagraphStyle("title", fontName=STRONG, fontSize=30, leading=38, textColor=INK, spaceAfter=14)
SUBJECT = ParagraphStyle("subject", fontName=TEXT, fontSize=15, leading=22, textColor=FAINT)
LABEL = ParagraphStyle("label", fontName=STRONG, fontSize=11, leading=16, textColor=ACCENT, spaceAfter=10)
ENTRIES = [
    ParagraphStyle("entry 0", BODY, fontName=STRONG, leading=14, spaceAfter=0),
    ParagraphStyle("entry 1", BODY, fontSize=9, leading=12.5, leftIndent=16, spaceAfter=0),
]
RUNNING = ParagraphStyle("running", fontName=TEXT, fontSize=8, leading=11, textColor=FAINT)
RUNNING_RIGHT = ParagraphStyle("running right", RUNNING, alignment=2)

TABLE = TableStyle(
    [
        ("BACKGROUND", (0, 0), (-1, 0), SHADE),
        ("LINEBELOW", (0, 0), (-1, -1), 0.5, LINE),
        ("LINEABOVE", (0, 0), (-1, 0), 0.8, ACCENT),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 4),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
        ("LEFTPADDING", (0, 0), (-1, -1), 6),
        ("RIGHTPADDING", (0, 0), (-1, -1), 6),
    ]
)
CONTENTS = TableStyle(
    [
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
)
DEFINITIONS = TableStyle(
    [
        ("LINEBELOW", (0, 0), (-1, -2), 0.5, LINE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
    ]
)


@cache
def unspaced(style: ParagraphStyle) -> ParagraphStyle:
    """The same style for a part of a paragraph that goes on."""
    return ParagraphStyle(f"{style.name} unspaced", style, spaceAfter=0)


@cache
def breaking_anywhere(style: ParagraphStyle) -> ParagraphStyle:
    """The same style for Chinese and Japanese, where lines break between any two signs."""
    return ParagraphStyle(f"{style.name} anywhere", style, wordWrap="CJK")
