"""A document says the same as text, as HTML and on paper, and nothing in it becomes markup."""

import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from dropbox.workstation.document import Blank, Document, Heading, Point, Table, Text, as_html, as_pdf, as_text

WHOLE = Document(
    "A title",
    "en",
    (
        Heading("First", 1),
        Text("A text of some words."),
        Heading("Below it", 2),
        Point("one point"),
        Point("another point"),
        Blank("What you fill in"),
        Table(("Risk", "What is done", "What remains"), (("Fire", "water", "ash"), ("Flood", "a boat", "mud"))),
    ),
)


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.words: list[str] = []
        self.balance = 0

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        self.opened.append(tag)
        self.balance += tag != "meta"

    def handle_endtag(self, _tag: str) -> None:
        self.balance -= 1

    def handle_data(self, data: str) -> None:
        self.words += data.split()


def elements(document: Document) -> Elements:
    found = Elements()
    found.feed(as_html(document).decode())
    return found


def test_plain_text_can_be_read_without_any_program() -> None:
    assert as_text(WHOLE).decode() == (
        "A title\n=======\n\nFirst\n-----\n\nA text of some words.\n\nBelow it\n........\n\n- one point\n"
        "- another point\n\n[What you fill in]\n\n"
        "Fire\n  What is done: water\n  What remains: ash\n\nFlood\n  What is done: a boat\n  What remains: mud\n"
    )


def test_a_cell_without_anything_has_no_line_of_its_own() -> None:
    table = Table(("Who", "Key", "Reads"), (("The council", "", "the open part"),))
    assert as_text(Document("T", "en", (table,))).decode().splitlines()[3:] == ["The council", "  Reads: the open part"]


def test_long_lines_are_folded_and_points_hang() -> None:
    text = as_text(Document("T", "en", (Point("word " * 60), Table(("A", "B"), (("x", "word " * 60),)))))
    lines = text.decode().splitlines()
    assert max(map(len, lines)) <= 104
    assert [line for line in lines if line.startswith("- ")] == [lines[3]]
    assert all(line.startswith("  ") for line in lines[4:6])


def test_html_holds_the_same_and_neither_script_nor_style() -> None:
    found = elements(WHOLE)
    assert found.balance == 0
    assert set(found.opened) == {
        *("html", "head", "meta", "title", "body", "h1", "h2", "h3", "p", "ul", "li", "mark"),
        *("table", "tr", "th", "td"),
    }
    assert found.opened.count("ul") == 1
    assert (found.opened.count("li"), found.opened.count("td")) == (2, 6)


def test_no_text_becomes_markup() -> None:
    hostile = '<script>alert("x")</script> & </table>'
    blocks = (Heading(hostile), Text(hostile), Point(hostile), Blank(hostile), Table((hostile,), ((hostile,),)))
    document = Document(hostile, "en", blocks)
    assert "script" not in elements(document).opened
    assert elements(document).balance == 0
    assert as_text(document).decode().count("<script>") == 6


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler's pdftotext is not here")
def test_paper_leaves_nothing_out() -> None:
    done = subprocess.run(["pdftotext", "-raw", "-", "-"], input=as_pdf(WHOLE), capture_output=True, check=True)
    printed = done.stdout.decode().split()
    for word in elements(WHOLE).words:
        assert word in printed


def test_a_document_without_blocks_is_its_title() -> None:
    assert as_text(Document("Alone", "en", ())) == b"Alone\n=====\n"
    assert as_pdf(Document("Alone", "nl", ())).startswith(b"%PDF")
