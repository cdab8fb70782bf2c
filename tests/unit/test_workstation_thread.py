"""A case as a thread: in its own order, with what is missing, and found by what people call it."""

from datetime import timedelta

import pytest

from dropbox.codename import case_name
from dropbox.errors import CaseAmbiguous, CaseUnknown, ThreadBroken, VaultEmpty
from dropbox.models import CaseId, Fingerprint, Kind, Mandate, VaultId
from dropbox.workstation.casebook import Casebook, State
from dropbox.workstation.thread import author_name, items_of, missing_numbers, summaries, summarise, withdrawn_on
from tests.casebooks import ANNA, BRAM, CASE, DAY, DESK, add_case, casebook, submission, writing


def order(book: Casebook) -> list[str]:
    return [f"{record.detail.kind}{record.detail.number or ''}" for record in items_of(book, CASE) if record.detail]


def test_items_stand_by_day_and_then_as_they_came() -> None:
    book = casebook()
    submission(book, 1)
    writing(book, days=1)
    submission(book, 2, days=1)
    writing(book, Kind.NOTE, days=2)
    assert order(book) == ["report1", "reply", "message2", "note"]


def test_submissions_keep_their_numbers_however_they_came() -> None:
    book = casebook()
    submission(book, 3, days=2)
    writing(book, days=1)
    submission(book, 1)
    submission(book, 2, days=2)
    assert order(book) == ["report1", "reply", "message2", "message3"]


def test_what_was_written_here_stands_after_what_it_answers_whatever_the_clock_said() -> None:
    book = casebook()
    submission(book, 1, days=5)
    writing(book, days=-400, author=ANNA, own=True)
    submission(book, 2, days=6)
    writing(book, days=900, author=ANNA, own=True)
    submission(book, 3, days=7)
    assert order(book)[:3] == ["report1", "reply", "message2"]


def test_quarantined_and_foreign_items_stand_in_no_thread() -> None:
    book = casebook()
    submission(book, 1)
    submission(book, 2, state=State.QUARANTINED)
    submission(book, 3, state=State.NOT_FOR_YOU)
    other = CaseId("d" * 32)
    add_case(book, other)
    submission(book, 1, case=other)
    assert order(book) == ["report1"]


def test_numbers_below_the_highest_that_nobody_has_are_missing() -> None:
    book = casebook()
    for number in (2, 5):
        submission(book, number)
    writing(book)
    assert missing_numbers(items_of(book, CASE)) == (1, 3, 4)
    assert missing_numbers([]) == ()


def test_a_withdrawal_holds_until_it_is_taken_back_and_may_come_again() -> None:
    book = casebook()
    submission(book, 1)
    assert withdrawn_on(items_of(book, CASE)) is None
    submission(book, 2, days=1, kind=Kind.WITHDRAWAL)
    assert withdrawn_on(items_of(book, CASE)) == DAY + timedelta(days=1)
    submission(book, 3, days=2, kind=Kind.WITHDRAWAL, undo=True)
    assert withdrawn_on(items_of(book, CASE)) is None
    submission(book, 4, days=3, kind=Kind.WITHDRAWAL)
    assert withdrawn_on(items_of(book, CASE)) == DAY + timedelta(days=3)


def test_a_summary_counts_what_it_says() -> None:
    book = casebook()
    submission(book, 1, days=1, read=True)
    submission(book, 2, days=2, mandate=Mandate.INVESTIGATE)
    writing(book, days=2)
    writing(book, Kind.NOTE, days=2)
    writing(book, days=2, author=ANNA, own=True, read=True)
    summary = summarise(book, book.cases[CASE])
    assert (summary.submissions, summary.replies, summary.unread) == (2, 2, 3)
    assert (summary.mandate, summary.received, summary.desk) == (Mandate.INVESTIGATE, DAY + timedelta(days=1), DESK)


def test_a_colleagues_reply_is_not_the_day_of_the_report() -> None:
    book = casebook()
    writing(book, days=-3)
    submission(book, 2)
    assert summarise(book, book.cases[CASE]).received == DAY


def test_the_newest_case_is_listed_first() -> None:
    book = casebook()
    submission(book, 1)
    newer = CaseId("1" * 32)
    add_case(book, newer)
    submission(book, 1, days=1, case=newer)
    assert [summary.case for summary in summaries(book)] == [newer, CASE]


def test_a_case_whose_submissions_are_all_quarantined_does_not_stop_the_list() -> None:
    book = casebook()
    submission(book, 1, state=State.QUARANTINED)
    writing(book)
    other = CaseId("d" * 32)
    add_case(book, other)
    submission(book, 1, case=other)
    assert [summary.case for summary in summaries(book)] == [other]
    with pytest.raises(ThreadBroken):
        summarise(book, book.cases[CASE])


@pytest.mark.parametrize("wanted", ["c" * 32, "cccc", "CCCCC", f" {'c' * 9} "])
def test_a_case_is_found_by_its_id_or_a_part_of_it(wanted: str) -> None:
    assert casebook().find_case(wanted).case == CASE


def test_a_case_is_found_by_its_two_words() -> None:
    name = case_name(CASE)
    for wanted in (name, name.upper(), name.replace(" ", "-"), f"  {name.replace(' ', '   ')} "):
        assert casebook().find_case(wanted).case == CASE


@pytest.mark.parametrize("wanted", ["", "ccc", "d" * 32, "c" * 33, "cccg", "one two", "*", "\x00"])
def test_less_than_a_name_finds_nothing(wanted: str) -> None:
    with pytest.raises(CaseUnknown):
        casebook().find_case(wanted)


def test_a_part_that_fits_two_cases_finds_neither() -> None:
    book = casebook()
    add_case(book, CaseId("cccc" + "0" * 28))
    with pytest.raises(CaseAmbiguous):
        book.find_case("cccc")
    assert book.find_case("ccccc").case == CASE


def test_an_unbound_casebook_says_so() -> None:
    with pytest.raises(VaultEmpty):
        assert Casebook.new(VaultId("b" * 32), ANNA).bound


def test_a_record_that_is_replaced_stands_once_and_last() -> None:
    book = casebook()
    first, second = submission(book, 1), submission(book, 2)
    book.add(first)
    assert sorted(record.arrived for record in book.thread(CASE)) == [second.arrived, second.arrived + 1]
    assert len(book.items) == 2


def test_people_are_named_by_enough_of_their_fingerprint() -> None:
    book = casebook()
    assert author_name(book, ANNA) == "you"
    assert author_name(book, BRAM) == BRAM[-16:]
    assert author_name(book, None) == ""
    assert len(author_name(book, Fingerprint("D4" * 20))) == 16


def test_nobody_is_told_by_a_name_alone_which_anybody_may_give_themselves() -> None:
    book = casebook()
    book.member_names = {BRAM: "you", ANNA: "anna"}
    assert author_name(book, BRAM) == "you (B2B2 B2B2)"
    assert author_name(book, ANNA) == "you"
