"""What a paper must not tell, lose or change."""

import re
import shutil
import subprocess
import sys
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, UnidentifiedImageError

from dropbox.workstation.paper import MAX_CELL_CHARS, Paper

reader = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler's pdftotext is not here")


def text_of(pdf: bytes) -> str:
    """Return what a reader of the PDF finds as text."""
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return done.stdout.decode()


def facts_of(pdf: bytes) -> str:
    return subprocess.run(["pdfinfo", "-"], input=pdf, capture_output=True, check=True).stdout.decode()


def png(width: int, height: int) -> bytes:
    file = BytesIO()
    Image.new("RGB", (width, height), "grey").save(file, "PNG")
    return file.getvalue()


def one_of_everything() -> bytes:
    paper = Paper("The log of a case", "nl", foot="silent blackbird")
    paper.heading("What was done")
    paper.paragraph("Opened.\nAnswered.", bold=True)
    paper.table([("Day", "What"), ("2026-03-04", "read")], widths=(1, 3))
    paper.picture(png(300, 200))
    paper.page_break()
    paper.heading("More", 2)
    return paper.pdf()


def test_the_same_content_does_not_make_other_bytes() -> None:
    assert one_of_everything() == one_of_everything()


@reader
def test_nothing_tells_who_or_what_made_it_or_when() -> None:
    pdf = one_of_everything()
    facts = dict(re.findall(r"^(\S[^:]*):\s*(.*)$", facts_of(pdf), re.MULTILINE))
    assert {"Author", "Creator", "Producer", "ModDate", "Keywords", "Subject"} & facts.keys() == set()
    assert facts["Title"] == "The log of a case"
    assert "2020" in facts["CreationDate"]
    assert facts["Metadata Stream"] == "no"
    assert b"fpdf" not in pdf.lower()


@reader
def test_no_part_is_lost() -> None:
    text = text_of(one_of_everything())
    for part in ("The log of a case", "What was done", "Opened.", "Answered.", "2026-03-04", "silent blackbird"):
        assert part in text
    assert re.findall(r"(\d) ?/ ?(\d)", text) == [("1", "2"), ("2", "2")]


@reader
@pytest.mark.parametrize("words", ["Gräfin Łódź ĳ ÿ", "Ελληνικά", "Привет, Україно", "oﬃce €"])
def test_letters_of_other_scripts_are_not_lost(words: str) -> None:
    paper = Paper("t")
    paper.paragraph(words)
    assert words.replace("ﬃ", "ffi") in text_of(paper.pdf()).replace("ﬃ", "ffi")


@reader
def test_arabic_is_not_lost_beside_numbers() -> None:
    paper = Paper("t", "ar")
    paper.paragraph("مرحبا بالعالم 123")
    text = text_of(paper.pdf())
    assert "123" in text
    assert all(word in text for word in ("مرحبا", "بالعالم"))


@reader
def test_a_character_without_a_glyph_is_not_a_silent_box() -> None:
    paper = Paper("t")
    paper.paragraph("before \u4e2d after\x07")
    assert "before [U+4E2D] after[U+0007]" in text_of(paper.pdf())


@reader
def test_invisible_characters_and_turned_text_do_not_reach_the_paper() -> None:
    paper = Paper("t")
    paper.paragraph("Ja\u200bn \u202eesrever\u202c \u2068x\u2069 so\u00adft \ufeff.")
    assert "Jan esrever x soft ." in text_of(paper.pdf())


@reader
@pytest.mark.parametrize("trick", ["{nb}", "\ue000" * 5, "**bold**", "<b>bold</b>", "__under__"])
def test_a_text_is_not_taken_for_a_command(trick: str) -> None:
    paper = Paper("t")
    paper.paragraph(f"[{trick}]")
    shown = trick if trick.isascii() else "[U+E000]" * 5
    assert f"[{shown}]" in text_of(paper.pdf())


@reader
def test_a_text_of_many_pages_in_one_cell_is_not_refused_or_cut() -> None:
    words = [f"word{number}" for number in range(3 * MAX_CELL_CHARS)]
    paper = Paper("t")
    paper.table([("Day", "What"), ("2026-03-04", " ".join(words)), ("then", "\n" * 200), ("last", "%" * 5000)])
    text = text_of(paper.pdf())
    assert set(words) <= set(text.split())
    assert text.count("%") == 5000
    assert "last" in text


@reader
def test_a_long_tables_heading_is_not_only_on_its_first_page() -> None:
    paper = Paper("t")
    paper.table([("Dayhead", "What"), *[("2026-03-04", "read")] * 200])
    pdf = paper.pdf()
    assert text_of(pdf).count("Dayhead") == int(re.findall(r"Pages:\s+(\d+)", facts_of(pdf))[0]) > 1


def test_empty_texts_and_tables_do_no_harm() -> None:
    paper = Paper("")
    paper.paragraph("")
    paper.heading("")
    paper.table([])
    paper.table([("", "")], head=False)
    assert paper.pdf().startswith(b"%PDF-")


@reader
@pytest.mark.parametrize("size", [(4000, 10), (10, 4000)])
def test_a_picture_of_any_shape_does_not_leave_the_page(size: tuple[int, int]) -> None:
    paper = Paper("t")
    paper.picture(png(*size))
    paper.paragraph("after it")
    assert "after it" in text_of(paper.pdf())


def test_what_is_no_png_is_not_decoded() -> None:
    file = BytesIO()
    Image.new("RGB", (9, 9)).save(file, "GIF")
    with pytest.raises(UnidentifiedImageError):
        Paper("t").picture(file.getvalue())


def test_no_command_waits_for_what_makes_paper_before_it_makes_one() -> None:
    told = "import sys, dropbox.workstation.main; print(sorted({'fpdf', 'fontTools'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("finished", [True, False])
def test_no_font_stays_open_once_nobody_needs_its_paper(finished: bool) -> None:
    before = _open_fonts()
    paper = Paper("A title")
    paper.paragraph("Some words.")
    assert _open_fonts() > before
    if finished:
        paper.pdf()
    else:
        del paper
    assert _open_fonts() <= before


def _open_fonts() -> set[str]:
    found = set()
    for each in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the one that lists them
            found |= {each.name} if each.readlink().suffix == ".ttf" else set()
    return found
