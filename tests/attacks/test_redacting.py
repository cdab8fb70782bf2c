"""What hides in a file that is shown with parts of it covered: none of it may be in the file that is made anew."""

import shutil
import struct
from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image, ImageDraw, ImageFont

from dropbox.errors import DropboxError, KindNotRedrawn, NotCovered, PageNotRedrawn, TooManyPages
from dropbox.workstation import paper, redacting, redrawing, sandbox
from dropbox.workstation.paper import FONTS, Paper
from dropbox.workstation.redacting_boxes import Box
from tests import hostile_files
from tests.factories_bundles import World
from tests.redacted import (
    HIDING,
    attached,
    dug_up,
    finder,
    is_black,
    pictures_of,
    redacted,
    stream,
    structure,
    text_of,
    text_pdf,
)

pytestmark = pytest.mark.skipif(
    shutil.which("bwrap") is None or shutil.which("pdftotext") is None, reason="no bubblewrap or no poppler here"
)
reader = pytest.mark.skipif(not sandbox.has_reader(), reason="tesseract is not here: names in pictures go unfound")
cleaner = pytest.mark.skipif(not sandbox.has_cleaner(), reason="mat2 is not here: nothing to go over a file with")
NAME = "Jan Jansen"
SECRET = b"SECRET-7f3a"


def nothing_hides(pdf: bytes) -> bool:
    """Whether a finished file holds pictures and nothing else: no text, no secret, no place for either."""
    return not text_of(pdf).strip() and SECRET not in dug_up(pdf) and not HIDING.search(structure(pdf))


def test_a_covered_name_is_neither_text_nor_pixels_in_the_new_file(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = redacted(here, monkeypatch, text_pdf(f"Then {NAME} came in.", "Nobody else."), find=finder(NAME))
    assert made.covered == 1
    assert nothing_hides(made.pdf)
    assert b"Jansen" not in dug_up(made.pdf)
    picture = pictures_of(made.pdf)[0]
    # the line of the name: black between what is left of it
    assert is_black(picture, Box(1, 230, 150, 140, 15))
    assert not is_black(picture, Box(1, 100, 150, 800, 100))


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("box", ["/MediaBox[0 0 595 842]", "/MediaBox[-50 -80 700 900]/CropBox[60 500 520 780]"])
def test_a_cover_does_not_miss_its_word_on_a_page_that_is_turned_or_cropped(
    here: World, monkeypatch: pytest.MonkeyPatch, turn: int, box: str
) -> None:
    monkeypatch.setattr(sandbox, "has_reader", lambda: False)
    data = text_pdf("Jansen", page=b"/Rotate %d" % turn).replace(b"/MediaBox[0 0 595 842]", box.encode())
    assert is_one_cover(pictures_of(redacted(here, monkeypatch, data, find=finder("Jansen")).pdf)[0])


@pytest.mark.parametrize("matrix", ["0 1 -1 0", "0 -1 1 0", "-1 0 0 -1", "1 0 0.4 1", "3 0 0 1"])
def test_a_cover_does_not_miss_a_word_that_is_turned_or_drawn_out(
    here: World, monkeypatch: pytest.MonkeyPatch, matrix: str
) -> None:
    monkeypatch.setattr(sandbox, "has_reader", lambda: False)
    data = text_pdf("Jansen").replace(b"72 700 Td", f"{matrix} 300 400 Tm".encode())
    assert is_one_cover(pictures_of(redacted(here, monkeypatch, data, find=finder("Jansen")).pdf)[0])


@pytest.mark.parametrize("matrix", ["0.7 0.7 -0.7 0.7", "0.97 0.2 -0.2 0.97"])
def test_a_page_with_words_that_are_written_askew_is_not_passed_over_in_silence(
    here: World, monkeypatch: pytest.MonkeyPatch, matrix: str
) -> None:
    """Poppler takes such words to pieces, and tesseract does not read them."""
    data = text_pdf("Jansen").replace(b"72 700 Td", f"{matrix} 300 400 Tm".encode())
    assert redacted(here, monkeypatch, data, find=finder("Jansen")).unread == (1,)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not here")
def test_a_name_in_an_office_file_is_covered(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    data = rb"{\rtf1\ansi{\info{\author SECRET-7f3a}}{\*\comment SECRET-7f3a}It was Jan Jansen, {\v SECRET-7f3a}twice.}"
    made = redacted(here, monkeypatch, data, find=finder(NAME))
    assert made.covered >= 1
    assert nothing_hides(made.pdf)


def test_every_occurrence_is_covered_on_every_page(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    paper = Paper("Report")
    for _ in range(3):
        paper.paragraph(f"{NAME} came. Then left {NAME}, and\nJan\nJansen came again.")
        paper.page_break()
    made = redacted(here, monkeypatch, paper.pdf(), find=finder(NAME))
    assert made.pages == 4
    assert made.covered >= 9
    assert not made.unread or not sandbox.has_reader()


@reader
def test_a_name_in_a_photo_is_covered(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = redacted(here, monkeypatch, photo("The letter was written", f"by {NAME} in June."), find=finder(NAME))
    assert (made.covered >= 1, made.read, made.unread) == (True, True, ())
    left = redrawing.read(pictures_of(made.pdf)[0])
    assert "Jansen" not in " ".join(word.text for word in left)
    assert "letter" in " ".join(word.text for word in left)


@reader
def test_a_text_layer_that_lies_does_not_keep_a_name_readable(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page shows the name as a picture; the text that a program finds in the file is another one."""
    picture = Image.open(BytesIO(photo(f"It was {NAME}.", size=(1190, 400)))).convert("RGB")
    drawn = stream(
        picture.tobytes(),
        b"/Type/XObject/Subtype/Image/Width 1190/Height 400/ColorSpace/DeviceRGB/BitsPerComponent 8",
    )
    data = text_pdf("Nothing to see.", more=[drawn, stream(b"q 595 0 0 200 0 300 cm /P Do Q")])
    data = data.replace(b"/Contents 3 0 R/Resources<<", b"/Contents[3 0 R 7 0 R]/Resources<</XObject<</P 6 0 R>>")
    made = redacted(here, monkeypatch, data, find=finder(NAME))
    assert "Jansen" not in " ".join(word.text for word in redrawing.read(pictures_of(made.pdf)[0]))


def test_pages_that_nothing_could_be_read_on_are_not_passed_over_in_silence(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "has_reader", lambda: False)
    made = redacted(here, monkeypatch, photo(f"It was {NAME}."), find=finder(NAME))
    assert (made.unread, made.read) == ((1,), False)


def test_text_under_somebody_elses_black_box_does_not_come_along(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    data = text_pdf(SECRET.decode()).replace(b"ET\nendstream", b"ET\nendstream")
    covering = stream(b"0 g 60 680 500 60 re f")
    data = text_pdf(SECRET.decode(), more=[covering]).replace(b"/Contents 3 0 R", b"/Contents[3 0 R 6 0 R]")
    assert SECRET.decode() in text_of(data)
    assert nothing_hides(redacted(here, monkeypatch, data).pdf)


HIDDEN = {
    "layer that is off": text_pdf(
        "Seen.",
        more=[b"<</Type/OCG/Name(%s)>>" % SECRET, stream(b"/OC /L BDC BT /F1 24 Tf 72 300 Td (%s) Tj ET EMC" % SECRET)],
        catalog=b"/OCProperties<</OCGs[6 0 R]/D<</OFF[6 0 R]/Order[6 0 R]>>>>",
    )
    .replace(b"/Contents 3 0 R", b"/Contents[3 0 R 7 0 R]")
    .replace(b"<</Font<<", b"<</Properties<</L 6 0 R>>/Font<<"),
    "note": text_pdf(
        "Seen.",
        more=[b"<</Type/Annot/Subtype/Text/Rect[9 9 20 20]/Contents(%s)/T(%s)>>" % (SECRET, SECRET)],
        page=b"/Annots[6 0 R]",
    ),
    "form": text_pdf(
        "Seen.",
        more=[b"<</Type/Annot/Subtype/Widget/FT/Tx/F 2/T(f)/V(%s)/Rect[9 9 99 99]>>" % SECRET],
        page=b"/Annots[6 0 R]",
        catalog=b"/AcroForm<</Fields[6 0 R]>>",
    ),
    "file inside": text_pdf(
        "Seen.",
        more=[stream(SECRET, b"/Type/EmbeddedFile"), b"<</Type/Filespec/F(%s)/EF<</F 6 0 R>>>>" % SECRET],
        catalog=b"/Names<</EmbeddedFiles<</Names[(a) 7 0 R]>>>>",
    ),
    "metadata": text_pdf(
        "Seen.",
        more=[stream(b"<x:xmpmeta><dc:creator>%s</dc:creator></x:xmpmeta>" % SECRET, b"/Type/Metadata/Subtype/XML")],
        catalog=b"/Metadata 6 0 R",
    ).replace(b"/Root 1 0 R", b"/Root 1 0 R/Info<</Author(%s)>>" % SECRET),
    "thumbnail": text_pdf(
        "Seen.",
        more=[stream(SECRET.ljust(48), b"/Width 4/Height 4/ColorSpace/DeviceRGB/BitsPerComponent 8")],
        page=b"/Thumb 6 0 R",
    ),
    "invisible text": text_pdf("Seen.").replace(b"ET\nendstream", b"3 Tr (%s) Tj ET\nendstream" % SECRET),
    "beside the page": text_pdf("Seen.").replace(b"72 700 Td", b"-900 0 Td (%s) Tj 972 700 Td" % SECRET),
    "outside the crop": text_pdf("Seen.", SECRET.decode(), page=b"/CropBox[0 690 595 842]"),
    "script": text_pdf("Seen.", catalog=b"/OpenAction<</S/JavaScript/JS(app.alert\\('%s'\\))>>" % SECRET),
}


@pytest.mark.parametrize("where", HIDDEN)
def test_what_hides_in_a_pdf_does_not_come_along(here: World, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    assert SECRET in dug_up(HIDDEN[where])
    assert nothing_hides(redacted(here, monkeypatch, HIDDEN[where]).pdf)


def test_what_an_earlier_save_held_does_not_come_along(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that only adds to a file leaves in it what was deleted."""
    first = text_pdf(SECRET.decode())
    later = stream(b"BT /F1 24 Tf 72 700 Td (Seen.) Tj ET")
    place = len(first)
    added = b"3 0 obj\n%s\nendobj\n" % later
    table = b"xref\n3 1\n%010d 00000 n \ntrailer<</Size 6/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
    data = first + added + table % (place, first.index(b"xref\n0"), place + len(added))
    assert "Seen." in text_of(data)
    assert SECRET not in text_of(data).encode()
    assert nothing_hides(redacted(here, monkeypatch, data).pdf)


def test_what_hides_in_a_photo_does_not_come_along(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    exif = Image.Exif()
    exif[0x9286] = SECRET.decode()
    exif.get_ifd(0x8825)[1] = SECRET.decode()
    data = hostile_files.picture("JPEG", (400, 300), exif=exif, comment=SECRET) + SECRET
    thumbnail = b"\xff\xec" + struct.pack(">H", 2 + len(SECRET)) + SECRET
    data = data[:2] + thumbnail + data[2:]
    assert data.count(SECRET) >= 4
    made = redacted(here, monkeypatch, data)
    assert nothing_hides(made.pdf)
    for word in (b"GPS", b"Exif", b"exif"):
        assert word not in made.pdf


@pytest.mark.parametrize("cleans", [pytest.param(True, marks=cleaner), False])
def test_the_new_file_does_not_tell_when_or_by_what_it_was_made(
    here: World, monkeypatch: pytest.MonkeyPatch, cleans: bool
) -> None:
    if not cleans:
        monkeypatch.setattr(sandbox, "has_cleaner", lambda: False)
    with attached(here, monkeypatch, text_pdf("Seen.")) as (vault, opened, attachment):
        first = redacting.redact(vault, opened, attachment)
        second = redacting.redact(vault, opened, attachment)
    assert first.cleaned is cleans
    assert first.pdf == second.pdf
    found = structure(first.pdf)
    for word in (b"/Producer (", b"/Author", b"/Creator (", b"/ModDate", b"2026", b"cairo", b"fpdf", b"a.pdf"):
        assert word not in found


def test_a_cover_does_not_end_where_a_name_ends(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of nearly the same length leave the same black bar, which goes beyond each of them."""
    bars = set()
    for name in ("Ann", "Bea", "Eva"):
        picture = pictures_of(redacted(here, monkeypatch, text_pdf(f"Here lives {name}"), find=finder(name)).pdf)[0]
        row = picture.crop((0, int(picture.height * 0.16), picture.width, int(picture.height * 0.16) + 1))
        dark = [x for x in range(row.width) if row.getpixel((x, 0)) == (0, 0, 0)]
        bars.add(max(dark))
    assert len(bars) == 1


def test_a_page_that_is_not_there_is_not_covered_in_vain(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotCovered, match="2"):
        redacted(here, monkeypatch, text_pdf("Seen."), [Box(2, 1, 1, 9, 9)])


def test_a_cover_that_did_not_come_out_is_found(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redacting, "_paint", lambda _picture, _boxes: None)
    with pytest.raises(NotCovered):
        redacted(here, monkeypatch, text_pdf("Seen."), [Box(1, 100, 100, 300, 100)])


def test_text_in_the_new_file_is_found(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "paper_of_pictures", lambda _pictures: text_pdf("Seen."))
    with pytest.raises(NotCovered):
        redacted(here, monkeypatch, text_pdf("Seen."))


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (hostile_files.zip_of(a=b"b"), KindNotRedrawn),
        (b"", KindNotRedrawn),
        (b"\x7fELF" + bytes(100), KindNotRedrawn),
        (hostile_files.many_frames(101), TooManyPages),
        (hostile_files.endless_pdf(), DropboxError),
        (hostile_files.pixel_bomb(), DropboxError),
    ],
)
def test_a_file_that_cannot_be_redrawn_whole_is_not_redrawn_in_part(
    here: World, monkeypatch: pytest.MonkeyPatch, data: bytes, error: type[DropboxError]
) -> None:
    with pytest.raises(error):
        redacted(here, monkeypatch, data)


def test_a_page_that_could_not_be_drawn_is_not_left_out_in_silence(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redrawing, "_ALL_LIMITS", replace(redrawing._ALL_LIMITS, page_seconds=1))
    with pytest.raises(PageNotRedrawn, match="1"):
        redacted(here, monkeypatch, hostile_files.slow_pdf())


def test_a_plain_text_is_redrawn_and_its_names_are_covered(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = redacted(here, monkeypatch, f"On 3 March {NAME} shouted.\n".encode(), find=finder(NAME))
    assert made.covered == 1
    assert nothing_hides(made.pdf)


def is_one_cover(picture: Image.Image) -> bool:
    """Whether all that is dark on a page is one box, without a white spot in it."""
    grey = picture.convert("L")
    place = grey.point(lambda value: 255 if value < 200 else 0).getbbox()
    if place is None:
        return False
    left, top, right, bottom = place
    lightest = grey.crop((left + 3, top + 3, right - 3, bottom - 3)).getextrema()[1]
    return isinstance(lightest, int | float) and lightest < 48


def photo(*lines: str, size: tuple[int, int] = (1400, 900)) -> bytes:
    """A photo of a paper, as a telephone makes it."""
    picture = Image.new("RGB", size, (225, 222, 210))
    pen = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        pen.text((80, 80 + 90 * number), line, fill=(30, 30, 40), font=ImageFont.truetype(FONTS / "DejaVuSans.ttf", 48))
    packed = BytesIO()
    picture.save(packed, "JPEG", quality=80)
    return packed.getvalue()
