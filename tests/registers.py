"""Casebooks with cases of every sort, for tests of what is told about a year without telling who."""

from dataclasses import replace
from datetime import date
from hashlib import blake2b

from dropbox.envelope import Work, WorkState
from dropbox.envelope.account import Account, Classified, HandedOver, Outcome, Subject
from dropbox.models import CaseId, DeskId, ItemId, Kind, Mandate
from dropbox.workstation.casebook import Casebook, Erased, detail_of
from dropbox.workstation.facts import facts_of
from tests.casebooks import ANNA, BRAM, DESK, add_case, submission, writing

BUREAU = DeskId("bureau")
TAG = "alderman of the north"
NAMES = {DESK: {"en": "Integrity committee", "nl": "Integriteitscommissie"}, BUREAU: {"en": "Outside bureau"}}


def case_of(number: int) -> CaseId:
    return CaseId(blake2b(f"case {number}".encode(), digest_size=16).hexdigest())


def received(book: Casebook, number: int, *, days: int, mandate: Mandate = Mandate.ADVISE) -> CaseId:
    """Add a case whose report came `days` after 4 March 2026."""
    case = case_of(number)
    add_case(book, case)
    submission(book, 1, case=case, days=days, mandate=mandate)
    return case


def noted(book: Casebook, case: CaseId, days: int, *, work: Work | None = None, account: Account | None = None) -> None:
    note = writing(book, Kind.NOTE, case=case, days=days)
    book.update(note.item, detail=replace(detail_of(note), work=work, account=account))


def erase(book: Casebook, case: CaseId, day: date) -> None:
    """Take a case out as two members' erasure does, and leave what is left of it."""
    facts = facts_of(book, case)
    assert facts is not None
    left = replace(facts, erased=day)
    book.erased[case] = Erased(day, day, "its time is over", ItemId("d" * 32), ANNA, BRAM, 1, {}, facts=left)
    book.forget_case(case)


def fill(book: Casebook) -> list[CaseId]:
    """Add five cases: closed and founded, still open, withdrawn, handed over, and one of the year before."""
    book.desk_names, book.organisation = {desk: dict(names) for desk, names in NAMES.items()}, "Example Aid"
    closed = received(book, 1, days=0, mandate=Mandate.INVESTIGATE)
    writing(book, case=closed, days=3)
    noted(book, closed, 4, account=Account(classified=Classified(Subject.INTIMIDATION, Outcome.FOUNDED)))
    noted(book, closed, 60, work=Work(state=WorkState.CLOSED, add=(TAG,)))
    waits = received(book, 2, days=30, mandate=Mandate.LISTEN)
    gone = received(book, 3, days=40)
    submission(book, 2, case=gone, days=42, kind=Kind.WITHDRAWAL)
    passed = received(book, 4, days=50, mandate=Mandate.INVESTIGATE)
    writing(book, case=passed, days=70)
    made = HandedOver(BUREAU, "a" * 32, ItemId("b" * 32), 2, "c" * 64)
    noted(book, passed, 80, account=Account(handed_over=made))
    before = received(book, 5, days=-100)
    return [closed, waits, gone, passed, before]


LATER = date(2027, 1, 10)
