"""Paper: title, headings, texts, tables and pictures become a PDF that says nothing about its maker.

It carries a title, its language and one fixed day; the same content makes the same bytes. The fonts are embedded, and a
character that they lack is shown by its number. No file and no stranger's format comes in here: pictures are our own.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from unicodedata import category, normalize
from weakref import finalize

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace, TTFFont
from PIL import Image

FONTS = Path(__file__).resolve().parent.parent / "data"
MAX_CELL_CHARS = 400
"""A longer text goes on in a further row: one row has to fit on a page."""

_SOME_DAY = datetime(2020, 1, 1, tzinfo=UTC)
_FILES = {"": "DejaVuSans.ttf", "B": "DejaVuSans-Bold.ttf"}
_FONT = "DejaVu"
_SIZE_PT = 10
_HEAD_SIZES_PT = (18, 14, 11)
_LINE = 1.35
_LONG_SIDE_PT = 842
"""A4's: what pictures become on pages of their own."""
_MM_PER_PT = 25.4 / 72
_MARGIN_MM = 20
_ALL_PAGES = "\ue000" * 5
"""Stands for the number of pages until it is known, as wide as 99999; of a kind that no text from outside keeps."""
_JOINERS = "\u200c\u200d"
_MAX_CELL_LINES = 12


class Paper:
    """One document, built from its top down.

    foot: a short line at the foot of each page, beside its number; numbered: there is a foot at all.
    """

    def __init__(self, title: str, language: str = "en", foot: str = "", *, numbered: bool = True) -> None:
        self._sheet = _Sheet(_shown(foot), numbered)
        # the library keeps the fonts' files open; a paper that nobody finishes lets go of them as well
        self._close = finalize(self, self._sheet.close_fonts)
        self._sheet.set_title(_shown(title))
        self._sheet.set_lang(language)
        self._sheet.add_page()
        self._write(title, "B", _HEAD_SIZES_PT[0], after_mm=4)

    def heading(self, text: str, level: int = 1) -> None:
        """Add a heading of level 1 or 2, kept together with the first lines below it."""
        size_pt = _HEAD_SIZES_PT[level]
        if self._sheet.will_page_break(4 * size_pt * _LINE * _MM_PER_PT):
            self._sheet.add_page()
        self._sheet.ln(2)
        self._write(text, "B", size_pt, after_mm=1.5)

    def paragraph(self, text: str, *, bold: bool = False) -> None:
        """Add a text; its line breaks are kept."""
        self._write(text, "B" if bold else "", _SIZE_PT, after_mm=3)

    def table(self, rows: Sequence[Sequence[str]], *, widths: Sequence[float] | None = None, head: bool = True) -> None:
        """Add a table. head: the first row is a heading, said again on each page; widths: each column's share."""
        if not rows:
            return
        shaped = [tuple(map(_shown, part)) for row in rows for part in _continued(row)]
        self._sheet.set_font(_FONT, size=_SIZE_PT - 1)
        self._sheet.shape(any(_needs_shaping(cell) for row in shaped for cell in row))
        with self._sheet.table(
            shaped,
            col_widths=tuple(widths) if widths is not None else None,
            first_row_as_headings=head,
            headings_style=FontFace(emphasis="BOLD"),
            line_height=(_SIZE_PT - 1) * _LINE * _MM_PER_PT,
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            text_align="LEFT",
            v_align="TOP",
            padding=0.8,
        ):
            pass
        self._sheet.ln(4)

    def picture(self, png: bytes, *, width_mm: float | None = None) -> None:
        """Add a picture, not wider or higher than what a page has room for."""
        with Image.open(BytesIO(png), formats=("PNG",)) as picture:
            room_mm = self._sheet.eph - 10
            width_mm = min(width_mm or self._sheet.epw, room_mm * picture.width / picture.height)
            height_mm = width_mm * picture.height / picture.width
            if self._sheet.will_page_break(height_mm):
                self._sheet.add_page()
            self._sheet.image(picture, w=width_mm, h=height_mm)
        self._sheet.ln(4)

    def page_break(self) -> None:
        self._sheet.add_page()

    def pdf(self) -> bytes:
        """Return the document. Nothing can be added afterwards."""
        try:
            return bytes(self._sheet.output())
        finally:
            self._close()

    def _write(self, text: str, style: str, size_pt: int, after_mm: float) -> None:
        self._sheet.write_text(_shown(text), style, size_pt)
        self._sheet.ln(after_mm)


class _Sheet(FPDF):
    """A document with our fonts and foot, and no word about its maker."""

    def __init__(self, foot: str, numbered: bool) -> None:
        super().__init__(format="A4")
        self._foot = foot
        self._numbered = numbered
        self.set_creation_date(_SOME_DAY)
        self.alias_nb_pages(_ALL_PAGES)
        self.set_margin(_MARGIN_MM)
        self.set_auto_page_break(True, _MARGIN_MM)
        self.set_line_width(0.1)
        for style, name in _FILES.items():
            self.add_font(_FONT, style, FONTS / name)

    def close_fonts(self) -> None:
        """Let go of the fonts' files."""
        for font in self.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()

    def footer(self) -> None:
        if not self._numbered:
            return
        self.set_y(-_MARGIN_MM + 6)
        self.set_font(_FONT, size=8)
        self.shape(_needs_shaping(self._foot))
        self.cell(self.epw - 25, text=self._foot)
        self.cell(25, text=f"{self.page_no()} / {_ALL_PAGES}", align="R")

    def write_text(self, text: str, style: str, size_pt: int) -> None:
        self.set_font(_FONT, style, size_pt)
        self.shape(_needs_shaping(text))
        self.multi_cell(0, size_pt * _LINE * _MM_PER_PT, text, align="L", new_x="LMARGIN", new_y="NEXT")

    def shape(self, needed: bool) -> None:
        """Join and order the letters of scripts that ask for it; the others are four times faster without."""
        self.set_text_shaping(needed)


def paper_of_pictures(pictures: Iterable[bytes]) -> bytes:
    """Return a PDF with one picture on each page, as large as it, and nothing else. PNG or JPEG, and made here."""
    sheet = FPDF(unit="pt")
    sheet.set_creation_date(_SOME_DAY)
    sheet.set_margin(0)
    sheet.set_auto_page_break(False)
    for packed in pictures:
        with Image.open(BytesIO(packed), formats=("PNG", "JPEG")) as picture:
            scale = _LONG_SIDE_PT / max(picture.size)
            width_pt, height_pt = picture.width * scale, picture.height * scale
        sheet.add_page(format=(width_pt, height_pt))
        sheet.image(BytesIO(packed), 0, 0, width_pt, height_pt)
    return bytes(sheet.output())


def _continued(row: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield a row, in as many parts as its longest cell needs."""
    cells = [tuple(_parts(cell)) or ("",) for cell in row]
    for number in range(max(map(len, cells))):
        yield tuple(cell[number] if number < len(cell) else "" for cell in cells)


def _parts(text: str) -> Iterator[str]:
    lines = text.split("\n")
    for first in range(0, len(lines), _MAX_CELL_LINES):
        rest = "\n".join(lines[first : first + _MAX_CELL_LINES])
        while len(rest) > MAX_CELL_CHARS:
            space = rest.rfind(" ", 1, MAX_CELL_CHARS)
            cut = space if space > 0 else MAX_CELL_CHARS
            yield rest[:cut]
            rest = rest[cut:].lstrip(" ")
        yield rest


def _shown(text: str) -> str:
    """Return what can be printed: a character without a glyph by its number, invisible ones not at all."""
    text = normalize("NFC", text).replace("\r\n", "\n").replace("\t", "    ")
    keep = _JOINERS if _needs_shaping(text) else ""
    return "".join(_glyph(letter) for letter in text if letter in keep or category(letter) != "Cf")


def _glyph(letter: str) -> str:
    drawn = letter == "\n" or (category(letter)[0] != "C" and ord(letter) in _known())
    return letter if drawn or letter in _JOINERS else f"[U+{ord(letter):04X}]"


def _needs_shaping(text: str) -> bool:
    return any("\u0590" <= letter <= "\u08ff" or "\ufb1d" <= letter <= "\ufefc" for letter in text)


@lru_cache(maxsize=1)
def _known() -> frozenset[int]:
    """Return the characters that both of the fonts can draw."""
    tables = []
    for name in _FILES.values():
        with TTFont(FONTS / name, lazy=True) as font:
            tables.append(frozenset(font.getBestCmap()))
    return frozenset.intersection(*tables)
