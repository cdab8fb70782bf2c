"""The two legal days: both sides count alike, nothing is met before it was, and nothing is owed after a withdrawal."""

from datetime import date, timedelta

import pytest

from dropbox.deadlines import acknowledge_by, answer_by
from dropbox.envelope import Work, WorkState
from dropbox.models import CaseId, Kind
from dropbox.workstation.casebook import Casebook, Detail
from dropbox.workstation.clock import (
    ANSWERED_TAGS,
    CaseClock,
    Duty,
    Standing,
    case_clock,
    dues,
    is_soon,
    left_text,
)
from dropbox.workstation.thread import items_of
from tests.casebooks import BRAM, CASE, DAY, DESK, add_case, casebook, submission, writing

WEEK = DAY + timedelta(days=7)


def clock(of: Casebook, *, closed: bool = False, tags: tuple[str, ...] = ()) -> CaseClock:
    found = case_clock(items_of(of, CASE), closed=closed, tags=tags)
    assert found is not None
    return found


@pytest.fixture
def book() -> Casebook:
    made = casebook()
    submission(made, 1)
    return made


def test_a_report_without_a_reply_is_not_acknowledged(book: Casebook) -> None:
    first = clock(book).acknowledge
    assert (first.by, first.standing(WEEK), first.standing(WEEK + timedelta(days=1))) == (
        acknowledge_by(DAY),
        Standing.OPEN,
        Standing.OVERDUE,
    )


def test_a_note_acknowledges_nothing(book: Casebook) -> None:
    writing(book, Kind.NOTE, days=1)
    assert clock(book).acknowledge.open


def test_a_reply_of_any_member_acknowledges_on_the_day_it_came(book: Casebook) -> None:
    writing(book, days=9)
    writing(book, days=3)
    first = clock(book).acknowledge
    assert (first.done, first.standing(WEEK)) == (DAY + timedelta(days=3), Standing.MET)


def test_a_late_reply_is_no_reply_in_time_and_moves_no_day(book: Casebook) -> None:
    writing(book, days=30)
    found = clock(book)
    assert found.acknowledge.standing(DAY + timedelta(days=40)) is Standing.LATE
    assert found.answer.by == answer_by(DAY)


def test_a_reply_that_is_still_here_acknowledges_nothing_yet(book: Casebook) -> None:
    """The reporter cannot read it: it counts once the drop has it, as it does there."""
    reply = writing(book, days=1, own=True, on_drop=False)
    first = clock(book).acknowledge
    assert (first.standing(WEEK), first.standing(WEEK + timedelta(days=9))) == (Standing.ON_ITS_WAY,) * 2
    assert not first.open
    book.update(reply.item, entry_confirmed=True)
    assert clock(book).acknowledge.standing(WEEK) is Standing.MET


def test_no_reply_counts_as_the_answer_by_itself(book: Casebook) -> None:
    for days in (1, 20, 50):
        writing(book, days=days)
    assert clock(book).answer.standing(DAY + timedelta(days=300)) is Standing.OVERDUE


@pytest.mark.parametrize("tag", sorted(ANSWERED_TAGS))
def test_a_case_that_members_call_answered_is_not_due(book: Casebook, tag: str) -> None:
    writing(book, days=1)
    assert clock(book, tags=(tag,)).next is None
    assert clock(book, closed=True).next is None


def test_a_withdrawn_case_owes_nothing_until_it_is_taken_back(book: Casebook) -> None:
    submission(book, 2, days=1, kind=Kind.WITHDRAWAL)
    assert case_clock(items_of(book, CASE), closed=False) is None
    assert dues(book) == []
    submission(book, 3, days=2, kind=Kind.WITHDRAWAL, undo=True)
    assert clock(book).acknowledge.open


def test_the_earliest_day_stands_first_and_a_closed_case_nowhere() -> None:
    made = casebook()
    ids = [CaseId(letter * 32) for letter in "123"]
    for days, case in zip((5, 0, 2), ids, strict=True):
        add_case(made, case)
        submission(made, 1, case=case, days=days)
    note = writing(made, Kind.NOTE, case=ids[2], days=3)
    detail = Detail(Kind.NOTE, "f" * 64, (DESK,), desk=DESK, author=BRAM, work=Work(state=WorkState.CLOSED))
    made.update(note.item, detail=detail)
    assert [(due.case, due.duty) for due in dues(made)] == [(ids[1], Duty.ACKNOWLEDGE), (ids[0], Duty.ACKNOWLEDGE)]


@pytest.mark.parametrize(
    ("today", "text", "soon"),
    [
        (DAY, "7 days left", False),
        (WEEK - timedelta(days=1), "1 day left", True),
        (WEEK, "today", True),
        (WEEK + timedelta(days=1), "1 day too late", True),
        (WEEK + timedelta(days=4), "4 days too late", True),
    ],
    ids=["new", "tomorrow", "today", "yesterday", "long-ago"],
)
def test_the_days_that_are_left_are_not_one_too_many(book: Casebook, today: date, text: str, soon: bool) -> None:
    first = clock(book).acknowledge
    assert (left_text(first, today), is_soon(first, today)) == (text, soon)
