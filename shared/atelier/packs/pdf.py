"""The PDF pack: a title page, the contents, and a chapter for each step.

Equal documents give equal bytes: the file carries a fixed date and an id made of what it holds. It is set in one pass
and chapter by chapter, so that a large one needs neither twice the time nor all of its paragraphs at once. The contents
stand before the pages they tell of: each of their numbers is a form (PDF 32000-1, 8.10) that is drawn when its page is
known.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import (
    ActionFlowable,
    BaseDocTemplate,
    Flowable,
    Frame,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Spacer,
    Table,
)

from atelier.packs import document as model
from atelier.packs import pdf_styles as styles
from atelier.packs.markdown import NOTHING_YET
from atelier.packs.pdf_blocks import Setter
from atelier.packs.pdf_fonts import fonts

MOST_ENTRIES = 34
"""So many entries fit on the page of contents; where there are more, it tells of chapters alone."""

LONGEST_RUNNING = 60
LONGEST_ENTRY = 70
_NUMBER_WIDTH = 40


def render(document: model.Document, fonts_folder: Path) -> bytes:
    """The pack as a file. fonts_folder: where the fonts named in `pdf_fonts` lie."""
    file = io.BytesIO()
    setter = Setter(fonts(fonts_folder))
    story: list[Any] = list(_front(document, setter))
    # The story is read from its head, and each chapter is put there when the one before is done.
    story += [_Chapter(chapter, setter, story) for chapter in document.chapters]
    _Pages(file, document, setter).build(story)
    return file.getvalue()


def _front(document: model.Document, setter: Setter) -> Iterator[Any]:
    yield Spacer(0, 0.26 * styles.HEIGHT)
    yield setter.text("BUILD PACK", styles.LABEL)
    yield setter.text(document.title, styles.TITLE)
    if document.subject != document.title:
        yield setter.text(document.subject, styles.SUBJECT)
    yield NextPageTemplate("inside")
    yield PageBreak()
    yield setter.text("Contents", styles.CHAPTER)
    rows = [_entry(setter, *entry) for entry in _entries(document)]
    yield Table(rows, colWidths=[styles.WIDTH - _NUMBER_WIDTH, _NUMBER_WIDTH], style=styles.CONTENTS)


def _entries(document: model.Document) -> list[tuple[int, str, str]]:
    """Level, key and text of what stands in the contents."""
    entries = []
    for chapter in document.chapters:
        entries.append((0, _key(chapter), chapter.name))
        headings = [block for block in chapter.blocks if isinstance(block, model.Heading) and block.level == 1]
        entries += [(1, _key(chapter, number), heading.text) for number, heading in enumerate(headings, start=1)]
    return entries if len(entries) <= MOST_ENTRIES else [entry for entry in entries if entry[0] == 0]


def _entry(setter: Setter, level: int, key: str, text: str) -> list[Any]:
    return [setter.link(_shortened(text, LONGEST_ENTRY), key, styles.ENTRIES[level]), _PageNumber(key, level)]


def _key(chapter: model.Chapter, number: int = 0) -> str:
    return f"{chapter.number}.{number}"


class _PageNumber(Flowable):  # type: ignore[misc]  # ReportLab has no types
    """Where the number of a page will be."""

    def __init__(self, key: str, level: int) -> None:
        super().__init__()
        self._key = key
        self._style = styles.ENTRIES[level]

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        """As high as the line beside it."""
        return width, self._style.leading

    def draw(self) -> None:
        """Draws the form as it will be; `tell` makes it."""
        self.canv.translate(0, self._style.leading - self._style.fontSize)
        self.canv.doForm(_form(self._key))


def _form(key: str) -> str:
    return f"page-of-{key}"


def _tell(canvas: Any, key: str, level: int) -> None:
    """Makes the number that stands in the contents for this page."""
    style = styles.ENTRIES[level]
    canvas.beginForm(_form(key), 0, -styles.BODY.leading, _NUMBER_WIDTH, styles.BODY.leading)
    canvas.setFont(style.fontName, style.fontSize)
    canvas.setFillColor(style.textColor)
    canvas.drawRightString(_NUMBER_WIDTH, 0, str(canvas.getPageNumber()))
    canvas.endForm()


class _Chapter(ActionFlowable):  # type: ignore[misc]  # ReportLab has no types
    """A chapter that is still to be set."""

    def __init__(self, chapter: model.Chapter, setter: Setter, story: list[Any]) -> None:
        super().__init__()
        self._chapter, self._setter, self._story = chapter, setter, story

    def apply(self, _pages: Any) -> None:
        """Puts it at the head of the story."""
        self._story[:0] = self._flowables()

    def _flowables(self) -> Iterator[Any]:
        setter, chapter = self._setter, self._chapter
        yield PageBreak()
        yield setter.text(f"STEP {chapter.number}", styles.NUMBER)
        yield setter.heading(0, chapter.name, _key(chapter))
        if not chapter.blocks:
            yield setter.text(NOTHING_YET, styles.EMPTY)
        number = 0
        for block in chapter.blocks:
            number += isinstance(block, model.Heading) and block.level == 1
            yield from setter.block(block, _key(chapter, number))


class _Pages(BaseDocTemplate):  # type: ignore[misc]  # ReportLab has no types
    """The pages, and what stands on each of them."""

    def __init__(self, file: io.BytesIO, document: model.Document, setter: Setter) -> None:
        about = {"title": document.title, "subject": document.subject, "creator": "Atelier"}
        super().__init__(file, pagesize=styles.PAGE, invariant=1, pageCompression=1, **about)
        self._setter = setter
        self._told = {key for _, key, _ in _entries(document)}
        self._above = setter.text(_shortened(document.title, LONGEST_RUNNING), styles.RUNNING)
        self._chapter = setter.text("", styles.RUNNING_RIGHT)
        bare = dict.fromkeys(("leftPadding", "rightPadding", "topPadding", "bottomPadding"), 0)
        for name, options in {"title": {"onPage": _cover}, "inside": {"onPageEnd": self._run}}.items():
            frame = Frame(styles.MARGIN, styles.BOTTOM, styles.WIDTH, styles.HEIGHT, **bare)
            self.addPageTemplates([PageTemplate(name, [frame], **options)])

    def afterFlowable(self, flowable: Any) -> None:
        """Tells the contents and the bookmarks of headings."""
        entry = getattr(flowable, "entry", None)
        if entry is None or entry.level > 1:
            return
        if entry.level == 0:
            self._chapter = self._setter.text(_shortened(entry.text, LONGEST_RUNNING), styles.RUNNING_RIGHT)
        self.canv.bookmarkPage(entry.key)
        self.canv.addOutlineEntry(entry.text, entry.key, entry.level, closed=True)
        if entry.key in self._told:
            _tell(self.canv, entry.key, entry.level)

    def _run(self, canvas: Any, _pages: Any) -> None:
        """What runs along: the title and the chapter above, the page's number below."""
        above, below = styles.PAGE[1] - 15 * mm, 11 * mm
        number = self._setter.text(str(canvas.getPageNumber()), styles.RUNNING_RIGHT)
        for paragraph, bottom in ((self._above, above), (self._chapter, above), (number, below)):
            paragraph.wrapOn(canvas, styles.WIDTH, styles.TOP)
            paragraph.drawOn(canvas, styles.MARGIN, bottom)
        canvas.setStrokeColor(styles.LINE)
        canvas.setLineWidth(0.5)
        canvas.line(styles.MARGIN, above - 4, styles.PAGE[0] - styles.MARGIN, above - 4)


def _cover(canvas: Any, _pages: Any) -> None:
    canvas.setFillColor(styles.ACCENT)
    canvas.rect(0, 0, 9 * mm, styles.PAGE[1], stroke=0, fill=1)


def _shortened(text: str, longest: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"
