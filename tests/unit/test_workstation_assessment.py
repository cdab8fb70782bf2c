"""The template of the privacy assessment: true of this desk, the same in each language, blank where nobody can know."""

import re

import pytest

from dropbox.bundle import KeepRule
from dropbox.errors import EndingUnknown
from dropbox.models import DeskId, today
from dropbox.workstation import assessment
from dropbox.workstation.assessment.filling import keeping
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.document import Blank, Document, Heading, Point, Table, Text, as_text
from tests.casebooks import DESK, casebook
from tests.registers import fill

LANGUAGES = assessment.TEMPLATES


@pytest.fixture
def book() -> Casebook:
    made = casebook()
    fill(made)
    return made


def text_of(document: Document) -> str:
    return " ".join(as_text(document).decode().split())


def test_there_is_one_in_each_language_of_the_workstation(book: Casebook) -> None:
    assert LANGUAGES == ("en", "nl")
    assert assessment.assessment(book, "en").title == "Privacy assessment (DPIA) of the reporting point of Example Aid"
    assert assessment.assessment(book, "nl").title.endswith("(DPIA) van het meldpunt van Example Aid")


def test_no_language_says_less_than_another(book: Casebook) -> None:
    english, dutch = (assessment.assessment(book, language).blocks for language in LANGUAGES)
    assert [type(block) for block in english] == [type(block) for block in dutch]
    for one, other in zip(english, dutch, strict=True):
        if isinstance(one, Table) and isinstance(other, Table):
            assert (len(one.heads), len(one.rows)) == (len(other.heads), len(other.rows))
        elif isinstance(one, Heading) and isinstance(other, Heading):
            assert one.level == other.level


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_place_is_filled_and_every_table_whole(book: Casebook, language: str) -> None:
    document = assessment.assessment(book, language)
    assert not re.search(r"[{}|]|^#", as_text(document).decode(), re.MULTILINE)
    tables = [block for block in document.blocks if isinstance(block, Table)]
    assert len(tables) == 3
    assert all(len(row) == len(table.heads) and all(row) for table in tables for row in table.rows)


def test_it_says_what_is_so_at_this_desk(book: Casebook) -> None:
    text = text_of(assessment.assessment(book, "en"))
    assert "by the workstation program of the desk Integrity committee" in text
    assert "The desk Integrity committee has 2 members now." in text
    assert "when the reporter chose them as well: Outside bureau." in text
    assert "Within 7 days the reporter hears that the report arrived, and within 3 months after that" in text
    assert str(today().year) in text


def test_what_the_drop_has_not_told_is_a_blank_and_no_guess() -> None:
    fresh = casebook()
    text = text_of(assessment.assessment(fresh, "en"))
    assert "of [the name of your organisation]" in text
    assert "none that this vault knows" in text


def test_each_outcome_has_the_months_that_are_configured() -> None:
    rule = KeepRule(24, {"unfounded": 3, "heard": 1}, erase_delay_days=10)
    table = keeping(rule)
    told = {row[0]: row[1] for row in table.rows}
    assert (told["unfounded"], told["heard and nothing more wanted"], told["well founded"]) == (
        "3 months",
        "1 month",
        "24 months",
    )
    assert told["withdrawn by the reporter"] == "1 month"
    assert told["from the second member's yes until it is erased"] == "10 days"
    fresh = casebook()
    fresh.keeping = rule
    assert "How long it is kept after that: 3 months" in text_of(assessment.assessment(fresh, "en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_only_the_organisation_knows_stays_its_own_to_say(book: Casebook, language: str) -> None:
    document = assessment.assessment(book, language)
    assert assessment.blanks(document) == 17
    asked = " ".join(block.text for block in document.blocks if isinstance(block, Blank))
    assert {"28", "36", "41", "27", "18"} <= set(re.findall("[0-9]+", asked))


def test_it_looks_at_no_case(book: Casebook) -> None:
    before = [assessment.assessment(book, language) for language in LANGUAGES]
    book.cases, book.items = {}, {}
    assert [assessment.assessment(book, language) for language in LANGUAGES] == before


def test_a_desks_hostile_name_is_shown_and_nothing_else(book: Casebook) -> None:
    book.desk_names[DESK] = {"en": "{keeping} <b> \x1b[2J | # ["}
    document = assessment.assessment(book, "en")
    assert all("\x1b" not in block.text for block in document.blocks if isinstance(block, (Text, Point)))
    assert b"<b>" not in assessment.assessment_bytes(document, "dpia.html")
    assert len([block for block in document.blocks if isinstance(block, Table)]) == 3


def test_files_come_in_three_forms_and_no_other(book: Casebook) -> None:
    document = assessment.assessment(book, "nl")
    assert assessment.assessment_bytes(document, "dpia.html").startswith(b'<!DOCTYPE html>\n<html lang="nl">')
    assert assessment.assessment_bytes(document, "dpia.PDF").startswith(b"%PDF")
    assert assessment.assessment_bytes(document, "dpia.txt").decode().startswith("Gegevensbeschermings")
    with pytest.raises(EndingUnknown):
        assessment.assessment_bytes(document, "dpia.docx")


def test_every_other_desk_of_the_drop_is_named(book: Casebook) -> None:
    book.desk_names[DeskId("board")] = {"nl": "Bestuur"}
    assert "when the reporter chose them as well: Bestuur and Outside bureau." in text_of(
        assessment.assessment(book, "en")
    )
