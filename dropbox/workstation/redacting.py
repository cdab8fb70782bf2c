"""Redacting a file: covers are painted over its pixels, and a new PDF is made of those.

Nothing of the file but pixels gets into the new one. The finished PDF is drawn once more and looked at; where a covered
place is not plain, or a word can be read, nothing is made at all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from io import BytesIO

from PIL import Image, ImageDraw

from dropbox.envelope import Attachment
from dropbox.errors import NotCovered
from dropbox.workstation import sandbox
from dropbox.workstation.opening import Opened
from dropbox.workstation.redacting_boxes import WHOLE, Box
from dropbox.workstation.redacting_words import Find, covers, find_nothing, joined, words_found
from dropbox.workstation.redrawing import Page, cleaned, draw_all, draw_own, png, read
from dropbox.workstation.vault import Vault

COLOUR = (0, 0, 0)
_MAX_ROUNDS = 3
_MAX_PNG_BYTES = 1536 * 1024
_JPEG_QUALITY = 82
_RIM_PIXELS = 2
_DARK = 48


@dataclass(frozen=True)
class RedactedFile:
    """A file that was made anew.

    covered: how many places were painted. unread: pages of which no word was known, or with words written
    askew, so that names may not have been found. read: tesseract read the pages; cleaned: mat2 went over the file.
    """

    pdf: bytes = field(repr=False)
    pages: int
    covered: int
    unread: tuple[int, ...]
    read: bool
    cleaned: bool


def redact(
    vault: Vault,
    opened: Opened,
    attachment: Attachment,
    boxes: Sequence[Box] = (),
    find: Find = find_nothing,
    *,
    seals: int = 0,
) -> RedactedFile:
    """Return an attachment redrawn, with these boxes covered and every word that `find` finds.

    Raises KindNotRedrawn, TooManyPages, PageNotRedrawn, NotCovered, and what viewing.look raises.
    """
    drawn = draw_all(vault, opened, attachment, seals=seals)
    if any(box.page > len(drawn) for box in boxes):
        raise NotCovered(f"{max(box.page for box in boxes)}")
    done = [_cover(page, boxes, find) for page in drawn]
    # its libraries are a third of what every command loads, and few commands make paper
    from dropbox.workstation.paper import paper_of_pictures  # noqa: PLC0415

    pdf = paper_of_pictures(page.packed for page in done)
    pdf = cleaned(pdf) if sandbox.has_cleaner() else pdf
    _verify(pdf, done)
    return RedactedFile(
        pdf=pdf,
        pages=len(done),
        covered=sum(len(page.boxes) for page in done),
        unread=tuple(page.number for page in done if page.unread),
        read=sandbox.has_reader(),
        cleaned=sandbox.has_cleaner(),
    )


# --- covering -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Covered:
    """One page of the new file; width: in pixels, of its picture."""

    number: int
    packed: bytes = field(repr=False)
    width: int
    boxes: tuple[Box, ...]
    unread: bool


def _cover(page: Page, marked: Sequence[Box], find: Find) -> _Covered:
    """Cover a page, read what is left of it, and cover what is found there, until nothing is."""
    picture = page.image()
    seen = read(picture) if find is not find_nothing else ()
    hit = covers(page.number, page.words, words_found(page.words, find), marked)
    boxes = joined((*hit, *covers(page.number, seen, words_found(seen, find), marked)))
    for _ in range(_MAX_ROUNDS):
        _paint(picture, boxes)
        left = read(picture) if seen else ()
        found = words_found(left, find)
        if not found:
            unread = find is not find_nothing and (not (page.words or seen) or any(word.askew for word in page.words))
            return _Covered(page.number, _packed(picture), page.width, boxes, unread)
        boxes = joined((*boxes, *covers(page.number, left, found, ())))
    raise NotCovered(f"{page.number}")


def _paint(picture: Image.Image, boxes: Iterable[Box]) -> None:
    pen = ImageDraw.Draw(picture)
    for box in boxes:
        left, top, right, bottom = _pixels(box, picture.size)
        pen.rectangle((left, top, right - 1, bottom - 1), fill=COLOUR)


def _pixels(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return a box in pixels, rounded outwards: left, top, and the first beyond it on the right and below."""
    width, height = size
    left, top = box.x * width // WHOLE, box.y * height // WHOLE
    right, bottom = -(-(box.x + box.width) * width // WHOLE), -(-(box.y + box.height) * height // WHOLE)
    return left, top, right, bottom


# --- the new file -------------------------------------------------------------------------------------------------


def _packed(picture: Image.Image) -> bytes:
    """Return a painted page for the PDF: exactly, or as a photo where that would be large."""
    exact = png(picture)
    if len(exact) <= _MAX_PNG_BYTES:
        return exact
    packed = BytesIO()
    picture.save(packed, "JPEG", quality=_JPEG_QUALITY)
    return packed.getvalue()


def _verify(pdf: bytes, done: Sequence[_Covered]) -> None:
    """Raises NotCovered unless the PDF has these pages, no word that can be taken out of it, and plain covers."""
    pages = draw_own(pdf)
    if len(pages) != len(done):
        raise NotCovered(f"{min(len(pages), len(done)) + 1}")
    for page, covered in zip(pages, done, strict=True):
        picture = page.image()
        rim = _RIM_PIXELS * (1 + page.width // covered.width)
        if page.words or not all(_is_plain(picture, box, rim) for box in covered.boxes):
            raise NotCovered(f"{page.number}")


def _is_plain(picture: Image.Image, box: Box, rim: int) -> bool:
    """Whether only the cover can be seen in a box. Its rim is a mixture where a page was drawn at another size."""
    left, top, right, bottom = _pixels(box, picture.size)
    inside = (left + rim, top + rim, right - rim, bottom - rim)
    if inside[0] >= inside[2] or inside[1] >= inside[3]:
        inside = ((left + right) // 2, (top + bottom) // 2, (left + right) // 2 + 1, (top + bottom) // 2 + 1)
    return all(high <= _DARK for _low, high in picture.crop(inside).getextrema())  # type: ignore[misc]  # three bands
