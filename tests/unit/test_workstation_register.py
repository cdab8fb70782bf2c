"""The register for the law: a line for each report, with what was done and when, and nothing that leads to anybody."""

from dataclasses import fields, replace
from datetime import date, timedelta

import pytest

from dropbox.envelope.account import Outcome, Subject
from dropbox.errors import VaultEmpty
from dropbox.models import Mandate, VaultId
from dropbox.workstation.casebook import Casebook, detail_of
from dropbox.workstation.register import Entry, Step, register_of, years
from dropbox.workstation.thread import items_of
from tests.casebooks import ANNA, DAY, DESK, casebook, writing
from tests.registers import BUREAU, LATER, case_of, erase, fill, noted, received


@pytest.fixture
def book() -> Casebook:
    made = casebook()
    fill(made)
    return made


def entries(book: Casebook, now: date = LATER, year: int = 2026, **more: bool) -> tuple[Entry, ...]:
    return register_of(book, year, now, **more).entries


def test_every_report_of_the_year_has_a_line_and_no_other(book: Casebook) -> None:
    assert [entry.number for entry in entries(book)] == ["2026-001", "2026-002", "2026-003", "2026-004"]
    assert [entry.number for entry in entries(book, year=2025)] == ["2025-001"]
    assert entries(book, year=2024) == ()
    assert years(book) == [2026, 2025]


def test_a_line_says_what_came_when_what_was_done_and_when_it_was_closed(book: Casebook) -> None:
    assert entries(book)[0] == Entry(
        number="2026-001",
        received="2026-03",
        also_for=(),
        mandate=Mandate.INVESTIGATE,
        subject=Subject.INTIMIDATION,
        acknowledged=Step(3, late=False),
        answered=Step(60, late=False),
        outcome=Outcome.FOUNDED,
        handed_over=None,
        withdrawn=None,
        closed="2026-05",
        erased=None,
    )


def test_without_being_asked_for_no_day_is_told(book: Casebook) -> None:
    told = [(e.received, e.withdrawn, e.closed) for e in entries(book)]
    assert all(len(each) == len("2026-03") for line in told for each in line if each is not None)
    with_days = entries(book, with_days=True)
    assert [entry.received for entry in with_days] == ["2026-03-04", "2026-04-03", "2026-04-13", "2026-04-23"]
    assert with_days[0].closed == "2026-05-03"


def test_nobody_who_was_late_looks_in_time(book: Casebook) -> None:
    waits, passed = entries(book)[1], entries(book)[3]
    assert (waits.acknowledged, waits.answered) == (Step(None, late=True), Step(None, late=True))
    assert passed.acknowledged == Step(20, late=True)
    soon = entries(book, now=DAY + timedelta(days=37))[1]
    assert (soon.acknowledged, soon.answered) == (Step(None, late=False), Step(None, late=False))
    assert entries(book, now=DAY + timedelta(days=38))[1].acknowledged.late


def test_to_whoever_withdrew_nothing_is_owed_from_that_day_on(book: Casebook) -> None:
    gone = entries(book)[2]
    assert (gone.withdrawn, gone.outcome) == ("2026-04", Outcome.WITHDRAWN)
    assert (gone.acknowledged, gone.answered) == (Step(None, late=False), Step(None, late=False))


def test_a_case_that_was_handed_over_says_to_whom(book: Casebook) -> None:
    assert (entries(book)[3].handed_over, entries(book)[3].outcome) == (BUREAU, Outcome.HANDED_OVER)


def test_a_report_for_several_desks_is_known_as_one_in_each_register(book: Casebook) -> None:
    case = received(book, 6, days=90)
    report = items_of(book, case)[0]
    book.update(report.item, detail=replace(detail_of(report), desks=(BUREAU, DESK)))
    assert entries(book)[-1].also_for == (BUREAU,)


def test_a_later_report_moves_no_number(book: Casebook) -> None:
    before = {entry.number: entry for entry in entries(book)}
    received(book, 7, days=200)
    writing(book, case=received(book, 8, days=201), days=202, author=ANNA)
    after = {entry.number: entry for entry in entries(book)}
    assert {number: after[number] for number in before} == before
    assert sorted(set(after) - set(before)) == ["2026-005", "2026-006"]


def test_an_erased_case_keeps_its_line_and_moves_no_other(book: Casebook) -> None:
    for number in range(20, 26):
        received(book, number, days=90)
    before = entries(book)
    gone = sorted(map(case_of, range(20, 26)))[3]
    erase(book, gone, DAY + timedelta(days=300))
    after = entries(book)
    assert [entry.number for entry in after if entry.erased] == ["2026-008"]
    assert after[7] == replace(before[7], erased="2026-12")
    assert after[:7] + after[8:] == before[:7] + before[8:]


def test_the_same_register_comes_from_every_vault_of_the_desk(book: Casebook) -> None:
    other = casebook()
    other.vault = VaultId("f" * 32)
    fill(other)
    assert register_of(other, 2026, LATER) == register_of(book, 2026, LATER)


def test_a_line_has_room_for_no_id_name_or_text() -> None:
    assert {field.name for field in fields(Entry)} == {
        *("number", "received", "also_for", "mandate", "subject", "acknowledged", "answered", "outcome"),
        *("handed_over", "withdrawn", "closed", "erased"),
    }


def test_a_note_without_account_changes_nothing(book: Casebook) -> None:
    before = entries(book)
    for case in list(book.cases)[1:]:
        noted(book, case, 5)
    assert entries(book) == before


def test_a_vault_that_knows_no_drop_has_no_register() -> None:
    empty = Casebook.new(VaultId("b" * 32), ANNA)
    with pytest.raises(VaultEmpty):
        register_of(empty, 2026, LATER)
    assert years(empty) == []
