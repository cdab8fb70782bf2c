"""The facts of a case: days that the drop named, nothing that anybody wrote, and the same as the clock counts."""

from dataclasses import fields, replace
from datetime import date, timedelta

from dropbox.envelope import Work, WorkState
from dropbox.envelope.account import Account, Classified, HandedOver, Outcome, Subject
from dropbox.models import DeskId, ItemId, Kind, Mandate
from dropbox.workstation.casebook import Casebook, CaseFacts, detail_of
from dropbox.workstation.facts import all_facts, facts_of
from tests.casebooks import ANNA, BRAM, CASE, DAY, DESK, add_case, casebook, many, submission, writing


def noted(book: Casebook, days: int, *, work: Work | None = None, account: Account | None = None) -> None:
    note = writing(book, Kind.NOTE, days=days)
    book.update(note.item, detail=replace(detail_of(note), work=work, account=account))


def facts(book: Casebook) -> CaseFacts:
    found = facts_of(book, CASE)
    assert found is not None
    return found


def test_a_case_without_a_submission_has_no_facts() -> None:
    book = casebook()
    assert facts_of(book, CASE) is None
    assert all_facts(book) == []


def test_a_fresh_case_says_only_when_it_came_and_what_is_allowed() -> None:
    book = casebook()
    submission(book, 1, mandate=Mandate.LISTEN)
    assert facts(book) == CaseFacts(received=DAY, desk=DESK, mandate=Mandate.LISTEN)


def test_facts_hold_no_id_and_no_text() -> None:
    kinds = {field.name for field in fields(CaseFacts)}
    assert kinds == {
        *("received", "desk", "with_desks", "mandate", "subject", "outcome", "acknowledged_after_days"),
        *("answered_after_days", "closed", "withdrawn", "handed_over", "erased"),
    }


def test_a_reply_that_has_not_left_acknowledges_nothing() -> None:
    book = casebook()
    submission(book, 1)
    writing(book, days=3, author=ANNA, own=True, on_drop=False)
    assert facts(book).acknowledged_after_days is None
    writing(book, days=5, author=BRAM)
    assert facts(book).acknowledged_after_days == 5


def test_the_first_reply_counts_and_a_clock_that_was_wrong_makes_no_days_less_than_none() -> None:
    book = casebook()
    submission(book, 1)
    writing(book, days=9)
    writing(book, days=-2)
    assert facts(book).acknowledged_after_days == 0


def test_closing_answers_and_reopening_takes_it_back() -> None:
    book = casebook()
    submission(book, 1)
    noted(book, 10, work=Work(state=WorkState.CLOSED))
    assert (facts(book).closed, facts(book).answered_after_days) == (DAY + timedelta(days=10), 10)
    noted(book, 12, work=Work(state=WorkState.TALKING))
    assert (facts(book).closed, facts(book).answered_after_days) == (None, None)
    noted(book, 40, work=Work(add=("answered",)))
    noted(book, 50, work=Work(state=WorkState.CLOSED))
    assert (facts(book).closed, facts(book).answered_after_days) == (DAY + timedelta(days=50), 40)


def test_the_last_mandate_counts_and_a_withdrawal_outdoes_what_the_desk_said() -> None:
    book = casebook()
    submission(book, 1, mandate=Mandate.INVESTIGATE)
    noted(book, 2, account=Account(classified=Classified(Subject.FRAUD, Outcome.FOUNDED)))
    submission(book, 2, days=3, mandate=Mandate.LISTEN, kind=Kind.MANDATE)
    assert (facts(book).mandate, facts(book).outcome) == (Mandate.LISTEN, Outcome.FOUNDED)
    submission(book, 3, days=4, mandate=Mandate.LISTEN, kind=Kind.WITHDRAWAL)
    assert (facts(book).withdrawn, facts(book).outcome) == (DAY + timedelta(days=4), Outcome.WITHDRAWN)
    submission(book, 4, days=5, mandate=Mandate.LISTEN, kind=Kind.WITHDRAWAL, undo=True)
    assert (facts(book).withdrawn, facts(book).outcome) == (None, Outcome.FOUNDED)


def test_a_hand_over_is_the_outcome_here() -> None:
    book = casebook()
    submission(book, 1)
    moved = HandedOver(DeskId("bureau"), "a" * 32, ItemId("1" * 32), 2, "f" * 64)
    noted(book, 2, account=Account(handed_over=moved))
    assert (facts(book).handed_over, facts(book).outcome) == (DeskId("bureau"), Outcome.HANDED_OVER)


def test_a_report_to_two_desks_names_the_other_one_only() -> None:
    book = casebook()
    report = submission(book, 1)
    book.update(report.item, detail=replace(detail_of(report), desks=(DeskId("bureau"), DESK)))
    assert facts(book).with_desks == (DeskId("bureau"),)


def test_every_case_of_the_vault_is_there_once() -> None:
    book = many(casebook(), 50)
    add_case(book, CASE)
    found = all_facts(book)
    assert len(found) == 50
    assert all(isinstance(each.received, date) for each in found)
