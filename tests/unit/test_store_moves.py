"""A case that another desk got: nothing more goes to the one before, and nothing that was acknowledged is lost."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from dropbox.bundle import LineState
from dropbox.envelope import Moved
from dropbox.errors import BundleForeign, CaseMoved
from dropbox.models import DeskId, SealedKind
from dropbox.server.store import FormerDesk, Outcome, Store
from tests.store_room import ANN, BOARD, BUREAU, CIS, DAY, Member, Reporter, later, open_store, seat

MOVED = Moved("ab" * 16, BOARD, BUREAU)


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path)
    seat(store)
    yield store
    store.close()


def handed_over(store: Store) -> Reporter:
    """Return a reporter whose case went from the board to the bureau with its second submission."""
    reporter = Reporter(store)
    reporter.send()
    reporter.desks = (BOARD, BUREAU)
    reporter.send(moved=MOVED)
    reporter.desks = (BUREAU,)
    return reporter


def test_the_case_is_the_new_desks_from_then_on(store: Store) -> None:
    reporter = handed_over(store)
    state = store.case(reporter.case)
    assert (state.desks, state.former) == ((BUREAU,), (FormerDesk(BOARD, BUREAU, DAY),))
    assert store.case_terms(reporter.case).desks == (BUREAU,)


def test_the_old_desk_still_gets_what_was_sent_before_and_nothing_after(store: Store) -> None:
    reporter = handed_over(store)
    after = reporter.send()
    board, bureau = ([item.item for item in store.pickup(desk, DAY).items] for desk in (BOARD, BUREAU))
    assert (len(board), len(bureau)) == (2, 2)
    assert after in bureau
    assert after not in board


def test_who_was_too_slow_for_the_hand_over_sends_to_nobody(store: Store) -> None:
    reporter = handed_over(store)
    reporter.desks = (BOARD,)
    with pytest.raises(CaseMoved):
        reporter.send()
    reporter.desks = (BOARD, BUREAU)
    with pytest.raises(CaseMoved):
        reporter.send(moved=MOVED)
    assert store.counts().items == 2
    assert not list(store._data_dir.glob("items/*.part"))


def test_a_hand_over_by_a_desk_that_has_not_the_case_is_refused(store: Store) -> None:
    reporter = Reporter(store)
    reporter.send()
    reporter.desks = (BOARD, BUREAU)
    with pytest.raises(CaseMoved):
        reporter.send(moved=Moved(MOVED.ask, DeskId("stranger"), BUREAU))


def test_replies_of_the_old_desk_come_too_late_and_hold_up_nothing_else(store: Store) -> None:
    reporter, other = handed_over(store), Reporter(store)
    other.send()
    ann = Member(store, ANN, BOARD)
    late, fine = ann.writing(reporter.case), ann.writing(other.case)
    assert ann.answer(writings=[late, fine]).writings == (Outcome.SKIPPED, Outcome.STORED)
    assert store.case(reporter.case).replies == ()


def test_the_old_desk_still_keeps_its_own_account(store: Store) -> None:
    reporter = handed_over(store)
    ann = Member(store, ANN, BOARD)
    note = ann.writing(reporter.case, SealedKind.NOTE)
    assert ann.answer(writings=[note]).writings == (Outcome.STORED,)
    assert note.item in [held.item for held in store.pickup(BOARD, DAY).items]
    assert note.item not in [held.item for held in store.pickup(BUREAU, DAY).items]


def test_a_desk_that_never_had_the_case_is_still_refused_whole(store: Store) -> None:
    reporter = Reporter(store)
    reporter.send()
    cis = Member(store, CIS, BUREAU)
    with pytest.raises(BundleForeign):
        cis.answer(writings=[cis.writing(reporter.case, SealedKind.NOTE)])


def test_the_new_desk_answers_as_the_old_one_did(store: Store) -> None:
    reporter = handed_over(store)
    cis = Member(store, CIS, BUREAU)
    assert cis.answer(writings=[cis.writing(reporter.case)]).writings == (Outcome.STORED,)
    assert len(store.case(reporter.case).replies) == 1


def test_receipts_of_the_old_desk_are_taken_after_the_hand_over(store: Store) -> None:
    handed_over(store)
    for desk in (BOARD, BUREAU):
        for member in (ANN, "B" * 40) if desk == BOARD else (CIS,):
            Member(store, member, desk).receive_all()  # type: ignore[arg-type]
    assert store.counts().waiting == {BOARD: 0, BUREAU: 0}
    assert {line.state for line in store.pickup(BOARD, DAY).log} == {LineState.RECEIVED}


def test_both_desks_get_the_rosters_to_check_each_other_with(store: Store) -> None:
    assert set(store.pickup(BOARD, DAY).rosters) == {BOARD}
    handed_over(store)
    for desk in (BOARD, BUREAU):
        assert set(store.pickup(desk, DAY).rosters) == {BOARD, BUREAU}


def test_a_case_that_comes_back_is_its_first_desks_again(store: Store) -> None:
    reporter = handed_over(store)
    reporter.desks = (BOARD, BUREAU)
    reporter.send(later(3), moved=replace(MOVED, origin=BUREAU, to=BOARD))
    state = store.case(reporter.case)
    assert (state.desks, state.former) == ((BOARD,), (FormerDesk(BUREAU, BOARD, later(3)),))
    reporter.send(later(4), moved=MOVED)
    state = store.case(reporter.case)
    assert (state.desks, state.former) == ((BUREAU,), (FormerDesk(BOARD, BUREAU, later(4)),))


def test_where_a_case_was_goes_with_the_case(store: Store, tmp_path: Path) -> None:
    reporter = handed_over(store)
    reporter.desks = (BUREAU,)
    reporter.send(withdraw="withdraw")
    for desk, members in ((BOARD, (ANN, "B" * 40)), (BUREAU, (CIS,))):
        for member in members:
            Member(store, member, desk).receive_all()  # type: ignore[arg-type]
    store.retire(later(400))
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as database:
        assert database.execute("SELECT count(*) FROM former_desks").fetchone() == (0,)
