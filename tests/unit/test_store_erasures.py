"""Erasing at the drop: what needs two, what waits, what stops it, and what of a case is left afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from dropbox.bundle import KeepStep, LineState, StepKind
from dropbox.bundle.keep_step import MAX_NUMBER
from dropbox.errors import BundleItemMismatch, CaseEnded
from dropbox.models import Fingerprint, ItemId, SealedKind
from dropbox.server.store import Outcome, Store
from tests.store_room import ANN, BOARD, BOB, BUREAU, CIS, DAY, Member, Reporter, bytes_under, later, open_store, seat

DELAY = 14
CONTENT = b"what only the desk may read"


@dataclass
class Board:
    """A store with one case of the board's, of which both members have everything."""

    folder: Path
    store: Store
    reporter: Reporter
    ann: Member
    bob: Member
    items: list[ItemId]

    def receive(self, day: int = 0) -> None:
        for member in (self.ann, self.bob):
            member.receive_all(later(day))

    def propose(self, day: int = 0) -> ItemId:
        return self.ann.step(self.reporter.case, StepKind.PROPOSE, later(day), number=len(self.items))

    def agree(self, proposal: ItemId, day: int = 0) -> ItemId:
        return self.bob.step(self.reporter.case, StepKind.SECOND, later(day), about=[proposal])

    def is_held(self) -> bool:
        return any(self.store.has_item(item) for item in self.items)


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    store = open_store(tmp_path / "data")
    seat(store)
    reporter = Reporter(store)
    items = [reporter.send(content=CONTENT), reporter.send()]
    yield Board(tmp_path / "data", store, reporter, Member(store, ANN), Member(store, BOB), items)
    store.close()


def test_what_two_agreed_to_is_not_erased_before_its_day(board: Board) -> None:
    board.agree(board.propose(), day=1)
    board.store.retire(later(DELAY))
    assert board.is_held()
    board.store.retire(later(DELAY + 1))
    assert not board.is_held()
    assert CONTENT not in bytes_under(board.folder)


def test_a_case_that_was_erased_is_in_no_table_once_all_have_heard(board: Board) -> None:
    board.agree(board.propose())
    board.store.retire(later(DELAY))
    board.receive(DELAY)
    board.store.retire(later(DELAY + 1))
    assert board.store.counts().cases == 0
    assert board.store.counts().items == 0
    assert board.reporter.case.encode() not in bytes_under(board.folder)


@pytest.mark.parametrize("days", [DELAY, 400])
def test_one_member_alone_never_erases(board: Board, days: int) -> None:
    proposal = board.propose()
    board.ann.step(board.reporter.case, StepKind.SECOND, DAY, about=[proposal])
    board.store.retire(later(days))
    assert board.is_held()


def test_a_member_with_two_vaults_is_still_one(board: Board) -> None:
    proposal = board.propose()
    Member(board.store, ANN).step(board.reporter.case, StepKind.SECOND, DAY, about=[proposal])
    board.store.retire(later(DELAY))
    assert board.is_held()


def test_a_second_for_another_proposal_counts_for_nothing(board: Board) -> None:
    board.propose()
    board.agree(ItemId("f" * 32))
    board.store.retire(later(DELAY))
    assert board.is_held()


def test_another_desks_member_cannot_be_the_second(board: Board) -> None:
    proposal = board.propose()
    Member(board.store, CIS, BUREAU).step(board.reporter.case, StepKind.SECOND, DAY, about=[proposal])
    board.store.retire(later(DELAY))
    assert board.is_held()


@pytest.mark.parametrize("who", ["ann", "bob"])
def test_nothing_is_erased_once_anybody_opposed_it(board: Board, who: str) -> None:
    proposal = board.propose()
    board.agree(proposal)
    getattr(board, who).step(board.reporter.case, StepKind.OPPOSE, later(DELAY), about=[proposal])
    board.store.retire(later(DELAY))
    assert board.is_held()


def test_nothing_is_erased_under_a_hold_whoever_laid_it_and_when(board: Board) -> None:
    board.agree(board.propose())
    board.bob.step(board.reporter.case, StepKind.LAY, later(DELAY))
    board.store.retire(later(DELAY))
    board.store.retire(later(400))
    assert board.is_held()


def test_a_hold_is_not_lifted_by_one_member(board: Board) -> None:
    hold = board.bob.step(board.reporter.case, StepKind.LAY)
    lift = board.ann.step(board.reporter.case, StepKind.LIFT, about=[hold])
    board.ann.step(board.reporter.case, StepKind.SECOND_LIFT, about=[lift])
    board.agree(board.propose())
    board.store.retire(later(DELAY))
    assert board.is_held()
    board.bob.step(board.reporter.case, StepKind.SECOND_LIFT, about=[lift])
    board.store.retire(later(DELAY))
    assert not board.is_held()


def test_lifting_one_hold_does_not_lift_another_that_nobody_had_heard_of(board: Board) -> None:
    case = board.reporter.case
    hold = board.bob.step(case, StepKind.LAY)
    lift = board.ann.step(case, StepKind.LIFT, about=[hold])
    board.bob.step(case, StepKind.LAY)
    board.bob.step(case, StepKind.SECOND_LIFT, about=[lift])
    board.agree(board.propose())
    board.store.retire(later(DELAY))
    assert board.is_held()


def test_a_reporter_who_writes_again_loses_nothing(board: Board) -> None:
    board.agree(board.propose())
    message = board.reporter.send(later(DELAY - 1))
    board.store.retire(later(400))
    assert board.is_held()
    assert board.store.has_item(message)
    assert board.store.case(board.reporter.case).erasures == {}


def test_no_proposal_outlives_what_its_author_cannot_have_read(board: Board) -> None:
    board.agree(board.ann.step(board.reporter.case, StepKind.PROPOSE, number=MAX_NUMBER))
    message = board.reporter.send(later(DELAY - 1))
    board.store.retire(later(400))
    assert board.is_held()
    assert board.store.has_item(message)


def test_the_reporter_sees_the_day_and_no_day_before_two_agreed(board: Board) -> None:
    proposal = board.propose()
    assert board.store.case(board.reporter.case).erasures == {}
    board.agree(proposal, day=2)
    assert board.store.case(board.reporter.case).erasures == {BOARD: later(2 + DELAY)}


def test_the_codename_opens_nothing_after_it(board: Board) -> None:
    board.agree(board.propose())
    board.store.retire(later(DELAY))
    assert board.store.find_case(board.reporter.lookup_id) is None
    with pytest.raises(CaseEnded):
        board.store.case(board.reporter.case)
    with pytest.raises(CaseEnded):
        board.store.case_terms(board.reporter.case)
    with pytest.raises(CaseEnded):
        board.reporter.send(later(DELAY))


def test_the_notes_that_agreed_wait_for_the_member_who_comes_late(board: Board) -> None:
    proposal = board.propose()
    second = board.agree(proposal)
    board.ann.receive_all()
    board.store.retire(later(DELAY))
    board.store.retire(later(400))
    waiting = board.store.pickup(BOARD, later(400))
    assert {item.item for item in waiting.items} == {proposal, second}
    assert [line.state for line in waiting.log].count(LineState.ERASED) == len(board.items)


def test_no_answer_bundle_brings_anything_back(board: Board) -> None:
    reply = board.ann.writing(board.reporter.case)
    board.ann.answer(writings=[reply])
    board.agree(board.propose())
    board.store.retire(later(DELAY))
    late = board.bob.writing(board.reporter.case, SealedKind.NOTE)
    found = board.ann.answer(later(DELAY), writings=[reply]).writings + board.bob.answer(writings=[late]).writings
    assert found == (Outcome.KNOWN, Outcome.SKIPPED)
    board.receive(DELAY)
    board.store.retire(later(DELAY))
    assert board.ann.answer(later(DELAY), writings=[reply]).writings == (Outcome.KNOWN,)


def test_a_withdrawn_case_takes_its_desks_notes_on_erasing_and_no_others(board: Board) -> None:
    board.receive()
    board.reporter.send(withdraw="withdraw")
    note = board.ann.writing(board.reporter.case, SealedKind.NOTE)
    assert board.ann.answer(writings=[note]).writings == (Outcome.SKIPPED,)
    proposal = board.ann.step(board.reporter.case, StepKind.PROPOSE, number=3)
    assert board.store.has_item(proposal)


def test_a_case_whose_codename_ended_can_still_be_erased_by_its_desk(board: Board) -> None:
    board.receive()
    board.store.retire(later(400))
    assert board.store.counts().cases == 0
    proposal = board.propose(400)
    second = board.agree(proposal, 401)
    assert {item.item for item in board.store.pickup(BOARD, later(401)).items} == {proposal, second}
    board.receive(402)
    board.store.retire(later(401 + DELAY))
    assert board.store.counts().cases == 0


def test_a_case_that_ended_is_not_opened_for_any_other_note(board: Board) -> None:
    board.receive()
    board.store.retire(later(400))
    note = board.ann.writing(board.reporter.case, SealedKind.NOTE)
    assert board.ann.answer(later(400), writings=[note]).writings == (Outcome.SKIPPED,)
    assert board.store.counts().cases == 0


def test_a_step_that_says_another_case_than_its_note_refuses_the_bundle(board: Board) -> None:
    note = board.ann.writing(board.reporter.case, SealedKind.REPLY)
    with pytest.raises(BundleItemMismatch):
        board.ann.answer(writings=[note], erasures=[_step(board, note.item)])


def _step(board: Board, item: ItemId) -> KeepStep:
    return KeepStep(board.reporter.case, BOARD, item, StepKind.LAY)


# --- several desks ------------------------------------------------------------------------------------------------


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Board]:
    store = open_store(tmp_path / "data")
    seat(store)
    reporter = Reporter(store, (BOARD, BUREAU))
    items = [reporter.send(content=CONTENT)]
    yield Board(tmp_path / "data", store, reporter, Member(store, ANN), Member(store, BOB), items)
    store.close()


def test_the_other_desks_part_stays(shared: Board) -> None:
    cis = Member(shared.store, CIS, BUREAU)
    note = shared.ann.writing(shared.reporter.case, SealedKind.NOTE)
    shared.ann.answer(writings=[note])
    shared.store.pickup(BOARD, DAY)
    shared.agree(shared.propose())
    shared.store.retire(later(DELAY))
    assert shared.store.has_item(note.item) is None
    assert [item.item for item in shared.store.pickup(BUREAU, later(DELAY)).items] == shared.items
    assert shared.items[0] not in {item.item for item in shared.store.pickup(BOARD, later(DELAY)).items}
    assert shared.store.case(shared.reporter.case).desks == (BOARD, BUREAU)
    reply = cis.writing(shared.reporter.case)
    assert cis.answer(later(DELAY), writings=[reply]).writings == (Outcome.STORED,)
    assert reply.item not in {item.item for item in shared.store.pickup(BOARD, later(DELAY)).items}


def test_a_reporter_who_goes_on_is_heard_by_the_desk_that_had_erased(shared: Board) -> None:
    shared.agree(shared.propose())
    shared.store.retire(later(DELAY))
    message = shared.reporter.send(later(DELAY))
    assert message in {item.item for item in shared.store.pickup(BOARD, later(DELAY)).items}
    note = shared.ann.writing(shared.reporter.case, SealedKind.NOTE)
    assert shared.ann.answer(later(DELAY), writings=[note]).writings == (Outcome.STORED,)


def test_the_last_desks_erasure_ends_the_codename(shared: Board) -> None:
    shared.agree(shared.propose())
    shared.store.retire(later(DELAY))
    dora = Fingerprint("D" * 40)
    seat(shared.store, {BOARD: [ANN, BOB], BUREAU: [CIS, dora]})
    case = shared.reporter.case
    proposal = Member(shared.store, CIS, BUREAU).step(case, StepKind.PROPOSE, later(20), number=1)
    Member(shared.store, dora, BUREAU).step(case, StepKind.SECOND, later(20), about=[proposal])
    shared.store.retire(later(20 + DELAY))
    assert not shared.is_held()
    assert shared.store.find_case(shared.reporter.lookup_id) is None
    assert CONTENT not in bytes_under(shared.folder)


def test_a_reply_to_both_desks_is_still_its_reporters(shared: Board) -> None:
    reply = shared.ann.writing(shared.reporter.case)
    shared.ann.answer(writings=[reply])
    shared.agree(shared.propose())
    shared.store.retire(later(DELAY))
    assert [each.item for each in shared.store.case(shared.reporter.case).replies] == [reply.item]


def test_a_killed_import_leaves_no_step_without_its_note(board: Board) -> None:
    note = board.ann.writing(board.reporter.case, SealedKind.NOTE)
    wrong = board.ann.writing(board.reporter.case, SealedKind.SUBMISSION)
    with pytest.raises(BundleItemMismatch):
        board.ann.answer(writings=[note, wrong], erasures=[_step(board, note.item)])
    board.agree(board.propose())
    board.store.retire(DAY + timedelta(days=DELAY))
    assert not board.is_held()
