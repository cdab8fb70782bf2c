"""The register as a file: every form says the same, in the reader's language, and no cell becomes a formula."""

import csv
import io
import json
import re
import shutil
import subprocess
from datetime import date

import pytest

from dropbox.errors import EndingUnknown
from dropbox.models import DeskId
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.register import Register, register_of
from dropbox.workstation.register_file import ENDINGS, as_json, cells, introduction, register_bytes
from tests.casebooks import DESK, casebook
from tests.registers import BUREAU, LATER, case_of, erase, fill

reader = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler's pdftotext is not here")
HEADS = ["Desk", "Number", "Received", "Allowed", "About", "Acknowledged", "Answered", "How it ended", "Closed"]


@pytest.fixture
def book() -> Casebook:
    made = casebook()
    fill(made)
    return made


def made(book: Casebook, year: int = 2026, **more: bool) -> Register:
    return register_of(book, year, LATER, **more)


def in_csv(book: Casebook, register: Register) -> list[list[str]]:
    data = register_bytes(book, register, "register.csv")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def in_pdf(data: bytes) -> str:
    done = subprocess.run(["pdftotext", "-raw", "-", "-"], input=data, capture_output=True, check=True)
    return " ".join(done.stdout.decode().split())


def test_a_table_of_ones_own_has_each_report_and_its_heads(book: Casebook) -> None:
    heads, *rows = in_csv(book, made(book))
    assert heads == HEADS
    assert rows == [
        [
            *("Integrity committee", "2026-001", "March 2026", "investigate", "intimidation"),
            *("after 3 days", "after 60 days", "well founded", "May 2026"),
        ],
        [
            *("Integrity committee", "2026-002", "April 2026", "listen", "not said yet"),
            *("not yet, too late", "not yet, too late", "not said yet", "no"),
        ],
        [
            *("Integrity committee", "2026-003", "April 2026", "advise", "not said yet"),
            *("no longer needed", "no longer needed", "withdrawn by the reporter, April 2026", ""),
        ],
        [
            *("Integrity committee", "2026-004", "April 2026", "investigate", "not said yet"),
            *("after 20 days, too late", "not yet, too late", "handed over to Outside bureau", ""),
        ],
    ]


def test_what_was_erased_says_when_and_that_it_was_not_answered(book: Casebook) -> None:
    erase(book, case_of(2), date(2026, 12, 1))
    row = in_csv(book, made(book))[2]
    assert row[1:] == [
        *("2026-002", "April 2026", "listen", "not said yet", "no, it was too late", "no, it was too late"),
        *("not said yet", "erased, December 2026"),
    ]


def test_with_days_each_line_says_the_day(book: Casebook) -> None:
    assert in_csv(book, made(book, with_days=True))[1][2] == "4 Mar 2026"


def test_plain_text_and_paper_say_what_the_table_says(book: Casebook) -> None:
    register = made(book)
    text = " ".join(register_bytes(book, register, "register.txt").decode().split())
    rows = [cells(book, entry) for entry in register.entries]
    assert all(cell in text for row in rows for cell in row)
    assert text.startswith("Register of reports, 2026: Integrity committee")
    for sentence in introduction(register):
        assert sentence in text


@reader
def test_paper_leaves_no_report_out(book: Casebook) -> None:
    text = in_pdf(register_bytes(book, made(book), "register.PDF"))
    assert re.findall(r"2026-00[0-9]", text) == ["2026-001", "2026-002", "2026-003", "2026-004"]
    assert "Wet bescherming klokkenluiders" in text


def test_the_same_register_makes_the_same_bytes(book: Casebook) -> None:
    for ending in ENDINGS:
        once, again = (register_bytes(book, made(book), f"register{ending}") for _ in range(2))
        assert once == again


def test_an_empty_year_says_so_in_every_form(book: Casebook) -> None:
    assert in_csv(book, made(book, 2020)) == [HEADS]
    assert "There are no reports of 2020." in register_bytes(book, made(book, 2020), "x.txt").decode()


def test_a_desks_name_is_no_formula_in_a_spreadsheet(book: Casebook) -> None:
    book.desk_names[DESK] = {"en": '=HYPERLINK("http://example.org")\x1b[2J'}
    book.desk_names[BUREAU] = {"en": "@SUM(A1)"}
    rows = in_csv(book, made(book))[1:]
    assert all(row[0].startswith("'=HYPERLINK") and "\x1b" not in row[0] for row in rows)
    assert not any(cell.startswith(("=", "@", "+", "-")) for row in rows for cell in row)


def test_a_desk_without_a_name_has_its_id(book: Casebook) -> None:
    book.desk_names = {}
    assert in_csv(book, made(book))[4][7] == f"handed over to {BUREAU}"


@pytest.mark.parametrize("name", ["register", "register.xlsx", ".csv", "register.csv.exe"])
def test_no_file_of_another_form_is_made(book: Casebook, name: str) -> None:
    with pytest.raises(EndingUnknown):
        register_bytes(book, made(book), name)


def test_programs_get_every_line_as_it_is(book: Casebook) -> None:
    told = json.loads(json.dumps(as_json(made(book))))
    assert (told["year"], told["desk"], told["with_days"]) == (2026, DeskId("integrity"), False)
    assert told["entries"][0]["acknowledged"] == {"after_days": 3, "late": False}
    assert [entry["outcome"] for entry in told["entries"]] == ["founded", None, "withdrawn", "handed_over"]


def test_whoever_asks_for_days_is_told_what_they_give_away(book: Casebook) -> None:
    assert not any("who was where" in text for text in introduction(made(book)))
    assert any("who was where" in text for text in introduction(made(book, with_days=True)))
