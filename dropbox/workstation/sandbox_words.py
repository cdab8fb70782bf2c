"""Also inside the sandbox: which words stand where on a page, as poppler or tesseract tell it, packed for a frame.

Like the program that it belongs to it imports nothing of this package, and whoever reads what it makes believes nothing
of it. Places are in thousandths of the page, rounded outwards.
"""

import html
import math
import re
import struct

MAX_WORDS = 20_000
MAX_WORD_BYTES = 255
_WHOLE = 1000
_PLACE = struct.Struct(">HHHHBB")
_NUMBER = r'(-?\d{1,7}(?:\.\d{1,9})?)"'
_PAGE = re.compile(rf'<page width="{_NUMBER} height="{_NUMBER}>')
_WORD = re.compile(rf'<word xMin="{_NUMBER} yMin="{_NUMBER} xMax="{_NUMBER} yMax="{_NUMBER}>(.*?)</word>', re.DOTALL)
_TSV_WORD = "5"


def of_pdf(xhtml: bytes, straight: bytes, drawn: tuple[int, int]) -> bytes:
    """Pack what `pdftotext -bbox` says of one page.

    straight: what it says with -nodiag. What is not in there is written askew, and poppler takes such words to pieces.
    drawn: the width and height that the page's picture has.
    """
    text = xhtml.decode("utf-8", "replace")
    page = _PAGE.search(text)
    if page is None:
        return b""
    # poppler turns the words of a page that lies on its side, and leaves width and height as they stand in the file
    scale = max(float(page[1]), float(page[2])) / max(*drawn, 1)
    width, height = drawn[0] * scale, drawn[1] * scale
    known = {found[0] for found in _WORD.finditer(straight.decode("utf-8", "replace"))}
    packed = []
    for found in _WORD.finditer(text):
        left, top, right, bottom = (float(found[number]) for number in range(1, 5))
        place = (left, top, right, bottom)
        packed.append(_pack(html.unescape(found[5]), place, width, height, askew=found[0] not in known))
    return b"".join(packed[:MAX_WORDS])


def of_tsv(tsv: bytes, width: int, height: int) -> bytes:
    """Pack what `tesseract … tsv` says of a picture of this size."""
    packed = []
    for line in tsv.decode("utf-8", "replace").splitlines():
        cells = line.split("\t")
        if len(cells) == 12 and cells[0] == _TSV_WORD and cells[11].strip():
            left, top, wide, high = (float(cell) for cell in cells[6:10])
            packed.append(_pack(cells[11], (left, top, left + wide, top + high), width, height))
    return b"".join(packed[:MAX_WORDS])


def _pack(
    text: str, place: tuple[float, float, float, float], width: float, height: float, *, askew: bool = False
) -> bytes:
    if not (width > 0 and height > 0):
        return b""
    left, top, right, bottom = place
    outwards = (
        *(math.floor(_WHOLE * left / width), math.floor(_WHOLE * top / height)),
        *(math.ceil(_WHOLE * right / width), math.ceil(_WHOLE * bottom / height)),
    )
    left, top, right, bottom = (max(0, min(_WHOLE, part)) for part in outwards)
    word = text.encode("utf-8", "replace")[:MAX_WORD_BYTES]
    if left >= right or top >= bottom:  # beside the page: nobody sees it
        return b""
    return _PLACE.pack(left, top, right, bottom, askew, len(word)) + word
