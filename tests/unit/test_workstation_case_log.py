"""The log of a case: lines that nobody can change, leave out or put under another day without a hash that tells."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dropbox.envelope.account import (
    MAX_NOTE_LINES,
    Account,
    LogAct,
    LogLine,
    LogPart,
    MarkChange,
    details_digest,
    line_hash,
)
from dropbox.errors import InvalidValue
from dropbox.models import CaseId, Kind, Mandate, VaultId
from dropbox.records import from_json, to_json, to_sparse_json
from dropbox.workstation import case_log
from dropbox.workstation.casebook import Casebook, ItemRecord, detail_of
from tests.casebooks import ANNA, BRAM, CASE, DAY, casebook, on, submission, writing

OTHER_VAULT = VaultId("d" * 32)


def carried(book: Casebook, part: LogPart, **more: object) -> ItemRecord:
    """Add a note that brings these lines."""
    author = more.pop("author", ANNA if part.vault == book.vault else BRAM)
    note = writing(book, Kind.NOTE, author=author, own=author == ANNA)  # type: ignore[arg-type]
    book.update(note.item, detail=replace(detail_of(note), account=Account(log=part)))
    return book.items[note.item]


def bram(lines: int, days: int = 0) -> Casebook:
    """Return a colleague's casebook that has so many lines."""
    book = casebook()
    book.vault, book.key = OTHER_VAULT, BRAM
    submission(book, 1)
    with on(DAY + timedelta(days=days)):
        for _ in range(lines):
            case_log.add(book, CASE, LogAct.VIEWED, file="1")
    return book


def test_a_line_does_not_lose_its_mandate_its_day_or_what_was_known() -> None:
    book = casebook()
    submission(book, 1, mandate=Mandate.ADVISE)
    with on(DAY):
        first = case_log.add(book, CASE, LogAct.OPENED)
    submission(book, 2, mandate=Mandate.LISTEN)
    submission(book, 3, mandate=Mandate.LISTEN, kind=Kind.WITHDRAWAL)
    with on(DAY + timedelta(days=1)):
        second = case_log.add(book, CASE, LogAct.SAVED, files="2", where="/x")
    assert (first.n, first.day, first.by, first.mandate, first.known) == (1, DAY, ANNA, Mandate.ADVISE, 1)
    assert (second.n, second.mandate, second.known) == (2, None, 3)
    assert first.previous == line_hash(CASE, book.vault, None)
    assert second.previous == line_hash(CASE, book.vault, first)
    assert case_log.told_details(second) == {"files": "2", "where": "/x"}
    assert from_json(Casebook, to_json(book)).log == book.log


def test_no_field_of_a_line_can_be_changed_under_the_same_hash() -> None:
    book = casebook()
    line = case_log.add(book, CASE, LogAct.OPENED)
    before = line_hash(CASE, book.vault, line)
    others = {
        "n": 2,
        "previous": "0" * 64,
        "day": line.day + timedelta(days=1),
        "by": BRAM,
        "act": LogAct.VIEWED,
        "mandate": Mandate.INVESTIGATE,
        "known": 7,
        "digest": "0" * 64,
    }
    for name, value in others.items():
        changed = replace(line, **{name: value})  # type: ignore[arg-type]
        assert line_hash(CASE, book.vault, changed) != before, name
    assert line_hash(CaseId("d" * 32), book.vault, line) != before
    assert line_hash(CASE, OTHER_VAULT, line) != before
    assert line_hash(CASE, book.vault, replace(line, details=None)) == before, "an erasure would break the chain"


def test_what_a_short_detail_said_cannot_be_guessed_from_its_digest() -> None:
    book = casebook()
    one, two = (case_log.add(book, CASE, LogAct.STATE, state="closed") for _ in range(2))
    assert one.digest != two.digest
    assert details_digest((("state", "closed"),)) not in (one.digest, two.digest)


def test_a_name_of_a_folder_that_is_no_text_does_not_stop_the_log() -> None:
    book = casebook()
    line = case_log.add(book, CASE, LogAct.SAVED, where="/stick/\udce9" + "x" * 999)
    assert case_log.told_details(line)["where"].startswith("/stick/?x")


def test_the_same_of_one_day_is_kept_once_and_of_the_next_day_again() -> None:
    book = casebook()
    with on(DAY):
        assert case_log.add_once(book, CASE, LogAct.VIEWED, file="1")
        assert not case_log.add_once(book, CASE, LogAct.VIEWED, file="1")
        assert case_log.add_once(book, CASE, LogAct.VIEWED, file="2")
    with on(DAY + timedelta(days=1)):
        assert case_log.add_once(book, CASE, LogAct.VIEWED, file="1")


def test_an_import_does_not_tell_of_notes_that_only_bring_a_log() -> None:
    book = casebook()
    one, two = submission(book, 1), submission(book, 2)
    brought = carried(book, LogPart(OTHER_VAULT, bram(1).log[CASE], alone=True))
    case_log.add_imported(book, [brought.item])
    assert CASE not in book.log
    case_log.add_imported(book, [one.item, two.item, brought.item])
    assert case_log.told_details(book.log[CASE][0])["items"] == "2"
    assert [record.item for record in book.thread(CASE)] == [one.item, two.item]


# --- leaving ------------------------------------------------------------------------------------------------------


def test_no_line_leaves_twice_and_none_stays() -> None:
    book = casebook()
    submission(book, 1)
    for _ in range(3):
        case_log.add(book, CASE, LogAct.OPENED)
    part = case_log.part_for(book, CASE, 10_000)
    assert part is not None
    assert not part.alone
    assert part.lines == book.log[CASE]
    carried(book, part)
    assert case_log.pending(book, CASE) == ()
    assert case_log.part_for(book, CASE, 10_000) is None
    line = case_log.add(book, CASE, LogAct.OPENED)
    assert case_log.pending(book, CASE) == (line,)


def test_lines_that_do_not_fit_beside_a_text_go_alone_and_in_no_more_than_a_note_holds() -> None:
    book = casebook()
    for _ in range(MAX_NOTE_LINES + 5):
        case_log.add(book, CASE, LogAct.OPENED)
    assert case_log.part_for(book, CASE, 1 << 20) is None
    many = list(case_log.parts_alone(book, CASE, 1 << 20))
    assert [len(part.lines) for part in many] == [MAX_NOTE_LINES, 5]
    small = list(case_log.parts_alone(book, CASE, 2000))
    assert tuple(line for part in small for line in part.lines) == book.log[CASE]
    assert len(small) > 2
    assert all(part.alone for part in small)


def test_a_note_that_brings_a_log_alone_can_say_nothing_else() -> None:
    part = LogPart(OTHER_VAULT, bram(1).log[CASE], alone=True)
    assert Account(log=part).is_log_only
    assert not Account(log=replace(part, alone=False)).is_log_only
    with pytest.raises(InvalidValue):
        Account(log=part, marks=MarkChange(remove=("a" * 16,)))


@pytest.mark.parametrize("bad", [{"n": 0}, {"known": -1}, {"digest": "x"}, {"previous": "A" * 64}, {"by": "a1" * 20}])
def test_a_line_of_another_form_is_refused(bad: dict[str, object]) -> None:
    line = to_sparse_json(bram(1).log[CASE][0])
    assert from_json(LogLine, line)
    with pytest.raises(InvalidValue):
        from_json(LogLine, {**line, **bad})


@pytest.mark.parametrize("details", [[["b", "1"], ["a", "1"]], [["a", "1"], ["a", "2"]], [["a"]], [["a", "x" * 201]]])
def test_details_of_another_form_are_refused(details: list[list[str]]) -> None:
    line = to_sparse_json(bram(1).log[CASE][0])
    with pytest.raises(InvalidValue):
        from_json(LogLine, {**line, "details": details})


# --- together -----------------------------------------------------------------------------------------------------


def test_two_members_logs_come_to_one_order_in_either_vault() -> None:
    book, theirs = casebook(), bram(2, days=1)
    submission(book, 1)
    with on(DAY + timedelta(days=1)):
        case_log.add(book, CASE, LogAct.OPENED)
    with on(DAY + timedelta(days=2)):
        case_log.add(book, CASE, LogAct.OPENED)
    mine = LogPart(book.vault, book.log[CASE])
    carried(book, LogPart(OTHER_VAULT, theirs.log[CASE]))
    note = writing(theirs, Kind.NOTE, author=ANNA)
    theirs.update(note.item, detail=replace(detail_of(note), account=Account(log=mine)))
    orders = [[each.hash for each in case_log.of_case(one, CASE)] for one in (book, theirs)]
    assert orders[0] == orders[1]
    assert [each.line.n for each in case_log.of_case(book, CASE)] == [1, 1, 2, 2]


def test_a_clock_that_was_put_back_does_not_turn_a_chain_around() -> None:
    book = casebook()
    for days in (3, 1, 2):
        with on(DAY + timedelta(days=days)):
            case_log.add(book, CASE, LogAct.OPENED)
    assert [each.line.n for each in case_log.of_case(book, CASE)] == [1, 2, 3]


def test_a_vault_that_was_put_back_takes_its_lines_from_its_own_notes_again() -> None:
    book = casebook()
    submission(book, 1)
    for _ in range(4):
        case_log.add(book, CASE, LogAct.OPENED)
    whole = book.log[CASE]
    carried(book, LogPart(book.vault, whole[:2]))
    carried(book, LogPart(book.vault, whole[2:], alone=True))
    book.log[CASE] = whole[:1]
    case_log.adopt(book, CASE)
    assert book.log[CASE] == whole
    assert case_log.pending(book, CASE) == ()


def test_a_line_that_was_written_over_is_shown_beside_the_other_and_leaves() -> None:
    book = casebook()
    submission(book, 1)
    for _ in range(2):
        case_log.add(book, CASE, LogAct.OPENED)
    whole = book.log[CASE]
    carried(book, LogPart(book.vault, whole))
    book.log[CASE] = whole[:1]
    other = case_log.add(book, CASE, LogAct.SAVED, files="1", where="/x")
    case_log.adopt(book, CASE)
    assert book.log[CASE] == (whole[0], other)
    assert [each.line.n for each in case_log.of_case(book, CASE)] == [1, 2, 2]
    assert case_log.pending(book, CASE) == (other,)
