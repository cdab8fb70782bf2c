"""A log that does not hold: whatever was changed, left out or put in twice is named by its first bad line."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from dropbox.bundle import LineState
from dropbox.envelope.account import Account, LogAct, LogLine, LogPart, details_digest, line_hash
from dropbox.errors import ExplanationUnusable, NothingToExplain
from dropbox.models import Fingerprint, ItemId, Kind, Mandate, VaultId
from dropbox.records import from_json, to_json
from dropbox.workstation import case_log
from dropbox.workstation.banners import banners
from dropbox.workstation.case_log import checking as log_checking
from dropbox.workstation.casebook import Casebook, EpochLog, ItemRecord, LogEntry, State, detail_of
from dropbox.workstation.log_faults import LogFault, LogWrong
from tests.casebooks import ANNA, BRAM, CASE, DAY, EPOCH, casebook, on, submission, writing

THEIRS = VaultId("d" * 32)
Lines = tuple[LogLine, ...]


def chain(count: int = 4, mandate: Mandate | None = Mandate.ADVISE, known: int = 1) -> Lines:
    """Return good lines of bram's vault."""
    lines: Lines = ()
    for n in range(1, count + 1):
        lines = (*lines, link(lines, n, mandate, known))
    return lines


def link(before: Lines, n: int, mandate: Mandate | None = Mandate.ADVISE, known: int = 1) -> LogLine:
    details = (("file", str(n)), ("salt", f"{n:032x}"))
    return LogLine(
        n=n,
        previous=line_hash(CASE, THEIRS, before[-1] if before else None),
        day=DAY,
        by=BRAM,
        act=LogAct.VIEWED,
        mandate=mandate,
        known=known,
        digest=details_digest(details),
        details=details,
    )


def bring(
    book: Casebook,
    lines: Lines,
    *,
    vault: VaultId = THEIRS,
    author: Fingerprint = BRAM,
    alone: bool = True,
    knows: tuple[ItemId, ...] | None = None,
) -> ItemRecord:
    note = writing(book, Kind.NOTE, author=author, own=author == ANNA)
    account = Account(log=LogPart(vault, lines, alone=alone))
    book.update(note.item, detail=replace(detail_of(note), account=account, knows=knows))
    return book.items[note.item]


def begun(mandate: Mandate = Mandate.ADVISE) -> Casebook:
    book = casebook()
    submission(book, 1, mandate=mandate)
    return book


def first_bad(book: Casebook) -> tuple[int, LogWrong] | None:
    """Check the case, and return its only fault's line and reason."""
    log_checking.take(book, [CASE])
    faults = book.log_faults.get(CASE, ())
    assert len(faults) <= 1
    return (faults[0].n, faults[0].why) if faults else None


def test_good_chains_raise_no_alarm_however_their_notes_came() -> None:
    lines = chain(6)
    for parts in ((lines,), (lines[:2], lines[2:]), (lines[2:], lines[:2]), (lines[:4], lines[1:])):
        book = begun()
        case_log.add(book, CASE, LogAct.OPENED)
        for part in parts:
            bring(book, part)
        assert first_bad(book) is None
        assert banners(book) == []


Change = Callable[[Lines], Lines]
TAMPERED: dict[str, tuple[Change, tuple[int, LogWrong]]] = {
    "another day": (lambda c: (c[0], replace(c[1], day=DAY + timedelta(days=1)), *c[2:]), (3, LogWrong.UNLINKED)),
    "another act": (lambda c: (replace(c[0], act=LogAct.SAVED), *c[1:]), (2, LogWrong.UNLINKED)),
    "other details": (
        lambda c: (c[0], replace(c[1], details=(("file", "9"), ("salt", "0" * 32))), *c[2:]),
        (2, LogWrong.ALTERED),
    ),
    "one left out": (lambda c: (c[0], *c[2:]), (2, LogWrong.MISSING)),
    "the first left out": (lambda c: c[1:], (1, LogWrong.MISSING)),
    "one put in twice": (lambda c: (*c[:2], replace(c[1], act=LogAct.SAVED), *c[2:]), (2, LogWrong.FORKED)),
    "another beginning": (lambda c: (replace(c[0], previous="0" * 64), *c[1:]), (1, LogWrong.UNLINKED)),
    "by another key": (lambda c: (*c[:3], replace(c[3], by=ANNA)), (4, LogWrong.STRANGER)),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_a_chain_that_was_tampered_with_is_named_by_its_first_bad_line(name: str) -> None:
    change, expected = TAMPERED[name]
    book = begun()
    bring(book, change(chain()))
    assert first_bad(book) == expected
    (banner,) = banners(book)
    assert banner[0].startswith("ALARM. The log of ")
    assert f"line {expected[0]} of " in banner[0]


def test_a_last_line_that_was_cut_off_is_missed_when_the_next_one_comes() -> None:
    book, lines = begun(), chain(4)
    bring(book, lines[:2])
    assert first_bad(book) is None, "nobody can know of what was not sent"
    bring(book, lines[3:])
    assert first_bad(book) == (3, LogWrong.MISSING)


def test_erased_details_break_no_chain() -> None:
    book = begun()
    bring(book, tuple(replace(line, details=None) for line in chain()))
    assert first_bad(book) is None


def test_a_colleague_cannot_write_in_anothers_log_nor_have_it_blamed_on_them() -> None:
    book = begun()
    case_log.add(book, CASE, LogAct.OPENED)
    bring(book, chain(), vault=book.vault)
    log_checking.take(book, [CASE])
    (fault,) = book.log_faults[CASE]
    assert (fault.vault, fault.by, fault.n, fault.why) == (book.vault, BRAM, 1, LogWrong.UNLINKED)


# --- mandates -----------------------------------------------------------------------------------------------------


def test_a_line_under_a_mandate_that_was_not_set_is_found() -> None:
    for wrong in (Mandate.INVESTIGATE, Mandate.LISTEN, None):
        book = begun(Mandate.ADVISE)
        lines = chain(2)
        bring(book, (*lines, link(lines, 3, wrong)))
        assert first_bad(book) == (3, LogWrong.MANDATE)


def test_a_line_after_a_withdrawal_that_does_not_say_so_is_found() -> None:
    book = begun()
    submission(book, 2, kind=Kind.WITHDRAWAL)
    bring(book, chain(1, Mandate.ADVISE, known=2))
    assert first_bad(book) == (1, LogWrong.MANDATE)


def test_a_member_who_did_not_know_yet_of_a_narrower_mandate_is_not_accused() -> None:
    book = begun(Mandate.INVESTIGATE)
    lines = chain(1, Mandate.INVESTIGATE)
    submission(book, 2, mandate=Mandate.LISTEN)
    bring(book, (*lines, link(lines, 2, Mandate.INVESTIGATE, known=1)))
    assert first_bad(book) is None


def test_nobody_goes_on_under_a_wider_mandate_that_their_own_note_knows_was_changed() -> None:
    for alone, expected in ((False, (2, LogWrong.FORGOTTEN)), (True, None)):
        book = begun(Mandate.INVESTIGATE)
        narrower = submission(book, 2, mandate=Mandate.LISTEN)
        bring(book, chain(2, Mandate.INVESTIGATE), alone=alone, knows=(narrower.item,))
        assert first_bad(book) == expected


def test_a_chain_that_knows_less_than_before_is_found() -> None:
    book = begun()
    submission(book, 2)
    lines = chain(1, known=2)
    bring(book, (*lines, link(lines, 2, known=1)))
    assert first_bad(book) == (2, LogWrong.FORGOTTEN)


def test_where_a_submission_is_missing_here_no_mandate_is_held_against_a_colleague() -> None:
    book = begun(Mandate.INVESTIGATE)
    submission(book, 3, mandate=Mandate.INVESTIGATE)
    bring(book, chain(1, Mandate.LISTEN, known=2))
    bring(book, chain(1, Mandate.LISTEN, known=2))
    assert first_bad(book) is None


# --- what a newcomer cannot have ----------------------------------------------------------------------------------


def test_lines_from_before_a_member_came_are_not_missed() -> None:
    book, lines = begun(), chain(5)
    bring(book, lines[2:])
    gone = {1: LogEntry("9" * 64, LineState.RECEIVED)}
    book.logs[EPOCH] = EpochLog(1, DAY, gone)
    assert first_bad(book) is None
    later = lines[:2], lines[3:]
    book = begun()
    book.logs[EPOCH] = EpochLog(1, DAY, gone)
    for part in later:
        bring(book, part)
    assert first_bad(book) == (3, LogWrong.MISSING), "what came after this vault began is missed"


def test_lines_in_a_note_that_does_not_open_here_are_not_missed() -> None:
    book, lines = begun(), chain(5)
    bring(book, lines[2:])
    closed = writing(book, Kind.NOTE, state=State.NOT_FOR_YOU)
    book.update(closed.item, detail=None)
    assert first_bad(book) is None


# --- this vault's own ---------------------------------------------------------------------------------------------


def own(lines: int) -> Casebook:
    book = begun()
    for _ in range(lines):
        case_log.add(book, CASE, LogAct.OPENED)
    return book


def test_an_older_copy_of_this_vault_is_found_when_it_wrote_over_what_had_left() -> None:
    book = own(3)
    whole = book.log[CASE]
    bring(book, whole, vault=book.vault, author=ANNA)
    book.log[CASE] = whole[:1]
    case_log.add(book, CASE, LogAct.SAVED, files="1", where="/x")
    assert first_bad(book) == (2, LogWrong.FORKED) or book.log_faults[CASE][0].why is LogWrong.LOST


def test_an_older_copy_of_this_vault_gets_its_lines_back_and_holds() -> None:
    book = own(3)
    whole = book.log[CASE]
    bring(book, whole, vault=book.vault, author=ANNA)
    book.log[CASE] = whole[:1]
    assert log_checking.check(book, [CASE])[CASE][0].why is LogWrong.LOST
    assert first_bad(book) is None
    assert book.log[CASE] == whole


def test_a_line_of_this_vault_that_was_changed_here_is_found() -> None:
    book = own(3)
    first, second, third = book.log[CASE]
    book.log[CASE] = (first, replace(second, act=LogAct.SAVED), third)
    assert first_bad(book) == (3, LogWrong.UNLINKED)


# --- until it is explained ----------------------------------------------------------------------------------------


def test_an_alarm_stays_until_it_is_explained_and_does_not_come_again() -> None:
    book = begun()
    bring(book, chain()[1:])
    assert first_bad(book) == (1, LogWrong.MISSING)
    log_checking.explain(book, CASE, "  A stick was\n lost. ", DAY)
    assert banners(book) == []
    log_checking.take(book, [CASE])
    assert (book.log_faults[CASE][0].because, banners(book)) == ("A stick was lost.", [])
    assert book.log[CASE][-1].act is LogAct.EXPLAINED
    assert from_json(Casebook, to_json(book)).log_faults == book.log_faults
    forked = replace(chain()[2], act=LogAct.SAVED)
    bring(book, (forked,))
    with on(DAY):
        log_checking.take(book, [CASE])
    assert isinstance(book.log_faults[CASE][0], LogFault)


def test_an_explanation_that_says_nothing_or_is_of_nothing_is_refused() -> None:
    book = begun()
    with pytest.raises(NothingToExplain):
        log_checking.explain(book, CASE, "because", DAY)
    with pytest.raises(NothingToExplain):
        log_checking.explain_lost(book, "because")
    bring(book, chain()[1:])
    log_checking.take(book, [CASE])
    for text in ("", "  ", "x" * 501, "\x1b[2J"):
        with pytest.raises(ExplanationUnusable):
            log_checking.explain(book, CASE, text, DAY)


def test_answer_bundles_that_an_older_copy_knows_nothing_of_raise_an_alarm() -> None:
    book = casebook()
    book.lost_exports = {4: "", 5: ""}
    (banner,) = banners(book)
    assert banner[0].startswith("ALARM. Answer bundles 4 and 5 left from this vault")
    log_checking.explain_lost(book, "Restored after the disk died.")
    assert banners(book) == []
