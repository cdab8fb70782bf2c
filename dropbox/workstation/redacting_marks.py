"""Marking by hand what is covered: two corners, numbers in percent, or words; and a page shown with its covers.

What is kept is what was marked. How far a cover goes beyond it is worked out anew each time, by `redacting_words`.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from dropbox.errors import BoxUnreadable, TooManyBoxes
from dropbox.workstation.redacting_boxes import WHOLE, Box
from dropbox.workstation.redacting_words import Find, covers, words_found
from dropbox.workstation.redrawing import Page, png

MAX_BOXES = 300
"""How many places of one file can be marked."""
_PERCENT = re.compile(r"[0-9]{1,3}(?:[.,][0-9])?")
_COVERED = (0, 0, 0, 255)
_MARKED = (176, 32, 32, 90)
_EDGE = (176, 32, 32, 255)
_CORNER_PIXELS = 14


@dataclass(frozen=True)
class Corner:
    """Where somebody pressed on a page, in thousandths of it."""

    x: int
    y: int


def between(page: int, one: Corner, other: Corner) -> Box:
    """Return the box with these two corners, whichever they are."""
    left, top = min(one.x, other.x, WHOLE - 1), min(one.y, other.y, WHOLE - 1)
    return Box(page, left, top, max(one.x, other.x, left + 1) - left, max(one.y, other.y, top + 1) - top)


def in_percent(page: int, numbers: Sequence[str]) -> Box:
    """Return the box at so many percent from the left and the top, so wide and so high. Raises BoxUnreadable."""
    clean = [each.strip() for each in numbers]
    if len(clean) != 4 or not all(_PERCENT.fullmatch(each) for each in clean):
        raise BoxUnreadable
    x, y, width, height = (round(10 * float(each.replace(",", "."))) for each in clean)
    if not (0 <= x < x + width <= WHOLE and 0 <= y < y + height <= WHOLE):
        raise BoxUnreadable
    return Box(page, x, y, width, height)


def as_percent(box: Box) -> tuple[str, str, str, str]:
    """Return what `in_percent` reads again."""
    x, y, width, height = (f"{number / 10:.1f}".removesuffix(".0") for number in (box.x, box.y, box.width, box.height))
    return x, y, width, height


def of_words(page: Page, numbers: Collection[int]) -> tuple[Box, ...]:
    """Return a mark for each of these words (from 0); numbers that no word has mark nothing."""
    chosen = [word for number, word in enumerate(page.words) if number in numbers]
    return tuple(
        Box(page.number, each.left, each.top, each.right - each.left, each.bottom - each.top) for each in chosen
    )


def with_marks(marks: Sequence[Box], more: Sequence[Box]) -> tuple[Box, ...]:
    """Return the marks and more of them, each once, by pages. Raises TooManyBoxes."""
    together = sorted({*marks, *more}, key=lambda each: (each.page, each.y, each.x, each.width, each.height))
    if len(together) > MAX_BOXES:
        raise TooManyBoxes
    return tuple(together)


def covered_words(page: Page, marks: Sequence[Box], find: Find) -> frozenset[int]:
    """Return the numbers of the words that will not be readable."""
    boxes = _covers(page, marks, find)
    return frozenset(
        number
        for number, word in enumerate(page.words)
        for box in boxes
        if box.x <= word.left and word.right <= box.x + box.width and box.y <= word.top
        if word.bottom <= box.y + box.height
    )


def picture(
    page: Page, marks: Sequence[Box], find: Find, *, through: bool = False, corner: Corner | None = None
) -> bytes:
    """Return a page with its covers as a PNG. through: what is under them can still be seen, with the marks' edges."""
    image = page.image()
    veil = Image.new("RGBA", image.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(veil)
    for box in _covers(page, marks, find):
        pen.rectangle(_place(box, image), fill=_MARKED if through else _COVERED)
    if through:
        for box in (each for each in marks if each.page == page.number):
            pen.rectangle(_place(box, image), outline=_EDGE, width=3)
    if corner is not None:
        x, y = corner.x * image.width // WHOLE, corner.y * image.height // WHOLE
        pen.line((x - _CORNER_PIXELS, y, x + _CORNER_PIXELS, y), fill=_EDGE, width=5)
        pen.line((x, y - _CORNER_PIXELS, x, y + _CORNER_PIXELS), fill=_EDGE, width=5)
    return png(Image.alpha_composite(image.convert("RGBA"), veil).convert("RGB"))


def _covers(page: Page, marks: Sequence[Box], find: Find) -> tuple[Box, ...]:
    return covers(page.number, page.words, words_found(page.words, find), marks)


def _place(box: Box, image: Image.Image) -> tuple[int, int, int, int]:
    left, top = box.x * image.width // WHOLE, box.y * image.height // WHOLE
    right, bottom = (box.x + box.width) * image.width // WHOLE, (box.y + box.height) * image.height // WHOLE
    return left, top, max(left, right - 1), max(top, bottom - 1)
