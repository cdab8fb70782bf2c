"""Statements in the store: who sits where follows from them alone, on the day that a change was taken in."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import pytest

from dropbox.bundle import RosterStatement, SignedStatement, StatedMember
from dropbox.errors import StartRefused
from dropbox.models import DeskId, Fingerprint, Membership, current_members
from dropbox.server.store import Store, statements
from tests.seating import put_down
from tests.store_room import ANN, BOARD, BOB, BUREAU, CIS, DAY, Reporter, later, open_store

Members = Mapping[Fingerprint, date | None]


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path)
    yield store
    store.close()


def wanted(**desks: Members) -> dict[DeskId, list[StatedMember]]:
    return {DeskId(desk): [StatedMember(*member) for member in members.items()] for desk, members in desks.items()}


def start(store: Store, day: date = DAY, **desks: Members) -> None:
    """Open a store as a server does with this configuration, with everybody's key at hand."""
    store.statements.keep_keys({name: b"key" for members in desks.values() for name in members}, day)
    open_up(store, day, **desks)


def open_up(store: Store, day: date, **desks: Members) -> None:
    listed = wanted(**desks)
    store.statements.adopt(day)
    store.statements.begin(listed, day)
    store.statements.seat(listed.keys(), day)
    store.statements.propose(listed, day)


def proposed(store: Store, desk: DeskId = BOARD) -> RosterStatement:
    return store.statements.proposals()[desk]


def sign(store: Store, day: date, statement: RosterStatement | None = None) -> bool:
    """Take in what is proposed; whether a signature is good is asked before, in another room."""
    signed = SignedStatement(statement or proposed(store), "signature")
    with store._database.write() as connection:
        return statements.apply(connection, store.meta.drop, signed, day)


def seats(store: Store, day: date, desk: DeskId = BOARD) -> frozenset[Fingerprint]:
    return store.statements.chain(desk)[-1].statement.members_on(day)


def test_the_first_statement_is_what_the_configuration_lists(store: Store) -> None:
    start(store, board={BOB: None, ANN: None})
    (first,) = store.statements.chain(BOARD)
    assert (first.signature, first.statement.day) == (None, DAY)
    assert [each.fingerprint for each in first.statement.members] == [ANN, BOB]
    assert store.roster(BOARD) == (Membership(ANN, DAY), Membership(BOB, DAY))
    assert store.statements.proposals() == {}


def test_a_changed_configuration_seats_nobody(store: Store) -> None:
    start(store, board={ANN: None})
    start(store, later(2), board={ANN: None, BOB: None})
    assert current_members(store.roster(BOARD)) == (ANN,)
    assert seats(store, later(2)) == {ANN}
    statement = proposed(store)
    assert (statement.number, statement.day) == (2, later(2))
    assert statement.previous == store.statements.chain(BOARD)[0].statement.sha256


def test_a_proposal_keeps_its_bytes_until_something_else_is_asked_for(store: Store) -> None:
    start(store, board={ANN: None})
    start(store, later(1), board={ANN: None, BOB: None})
    before = proposed(store)
    start(store, later(9), board={BOB: None, ANN: None})
    assert proposed(store) == before
    start(store, later(9), board={ANN: None, CIS: None})
    assert proposed(store) != before
    start(store, later(9), board={ANN: None})
    assert store.statements.proposals() == {}


def test_a_change_counts_from_the_day_it_comes_in_and_no_earlier(store: Store) -> None:
    start(store, board={ANN: None})
    start(store, later(1), board={BOB: None})
    assert sign(store, later(20))
    assert store.roster(BOARD) == (Membership(ANN, DAY, later(20)), Membership(BOB, later(20)))
    assert proposed_is_gone(store)


def proposed_is_gone(store: Store) -> bool:
    return BOARD not in store.statements.proposals()


def test_what_is_no_longer_proposed_counts_no_more(store: Store) -> None:
    start(store, board={ANN: None})
    start(store, board={ANN: None, BOB: None})
    old = proposed(store)
    start(store, board={ANN: None, CIS: None})
    assert not sign(store, DAY, old)
    assert sign(store, DAY)
    assert not sign(store, DAY, old)
    assert seats(store, DAY) == {ANN, CIS}


def test_who_leaves_with_a_day_is_there_until_it_is_over(store: Store) -> None:
    start(store, board={ANN: None, BOB: None})
    start(store, board={ANN: None, BOB: later(5)})
    sign(store, DAY)
    for day in (0, 5):
        store.statements.close_ended(later(day))
        assert current_members(store.roster(BOARD)) == (ANN, BOB)
        assert seats(store, later(day)) == {ANN, BOB}
    assert seats(store, later(6)) == {ANN}
    store.pickup(BOARD, later(9))
    assert store.roster(BOARD)[1] == Membership(BOB, DAY, later(5))
    start(store, later(9), board={ANN: None})
    assert store.statements.proposals() == {}


def test_a_day_that_was_over_when_the_signature_came_closes_on_the_day_it_came(store: Store) -> None:
    """Until then items were sealed to the old key, and the roster must say so."""
    start(store, board={ANN: None, BOB: None})
    start(store, later(1), board={ANN: None, BOB: later(3)})
    sign(store, later(8))
    store.retire(later(30))
    assert store.roster(BOARD)[1] == Membership(BOB, DAY, later(8))


def test_nobody_is_left_out_until_the_last(store: Store) -> None:
    start(store, board={ANN: None})
    start(store, later(9), board={ANN: later(3)})
    assert proposed_is_gone(store)


def test_a_desk_that_left_the_configuration_comes_back_with_its_own_members(store: Store) -> None:
    start(store, board={ANN: None}, bureau={CIS: None})
    start(store, later(1), bureau={CIS: None})
    assert current_members(store.roster(BOARD)) == ()
    start(store, later(4), board={BOB: None}, bureau={CIS: None})
    assert store.roster(BOARD) == (Membership(ANN, DAY, later(1)), Membership(ANN, later(4)))
    assert [each.fingerprint for each in proposed(store).members] == [BOB]


def test_a_store_of_before_there_were_statements_states_its_members(store: Store) -> None:
    put_down(store, {BOARD: {ANN: b"key", BOB: b"key"}}, {BOARD: [ANN, BOB], BUREAU: [CIS]}, DAY)
    put_down(store, {}, {BOARD: [ANN], BUREAU: []}, later(1))
    open_up(store, later(5), board={ANN: None, CIS: None}, bureau={BOB: None})
    assert seats(store, later(5)) == {ANN}
    assert [each.fingerprint for each in proposed(store).members] == [ANN, CIS]
    # nobody sat at that desk any more, so nobody could sign
    assert seats(store, later(5), BUREAU) == {BOB}


def test_a_mistyped_key_in_the_first_list_may_be_mended_while_nothing_hangs_on_it(store: Store) -> None:
    store.statements.keep_keys({ANN: b"key"}, DAY)
    open_up(store, DAY, board={ANN: None, BOB: None})
    open_up(store, later(1), board={ANN: None, CIS: None})
    assert seats(store, later(1)) == {ANN, CIS}
    assert current_members(store.roster(BOARD)) == (ANN, CIS)
    Reporter(store).send()
    open_up(store, later(2), board={ANN: None, BOB: None})
    assert seats(store, later(2)) == {ANN, CIS}
    assert [each.fingerprint for each in proposed(store).members] == [ANN, BOB]


def test_a_first_list_that_worked_or_was_fetched_is_not_mended(store: Store) -> None:
    start(store, board={ANN: None}, bureau={CIS: None})
    open_up(store, DAY, board={BOB: None}, bureau={CIS: None})
    assert seats(store, DAY) == {ANN}
    with store._database.write() as connection:
        connection.exec_driver_sql("delete from member_keys")
    store.record_fetch(BUREAU, DAY)
    open_up(store, DAY, board={ANN: None}, bureau={BOB: None})
    assert seats(store, DAY, BUREAU) == {CIS}


@pytest.mark.parametrize("members", [[ANN, BOB, CIS], [CIS], [ANN]])
def test_members_whom_nobody_stated_refuse_the_start(store: Store, members: list[Fingerprint]) -> None:
    start(store, board={ANN: None, BOB: None})
    put_down(store, {}, {BOARD: members}, later(1))
    with pytest.raises(StartRefused):
        start(store, later(2), board={ANN: None, BOB: None})


def test_a_clock_that_went_back_refuses_no_start(store: Store) -> None:
    start(store, board={ANN: None, BOB: None})
    start(store, board={ANN: None, BOB: later(2)})
    sign(store, DAY)
    store.statements.close_ended(later(3))
    start(store, later(1), board={ANN: None, BOB: later(2)})
    assert seats(store, later(1)) == {ANN, BOB}


def test_a_pickup_bundle_has_its_desks_chains_its_proposal_and_the_new_ones_key(store: Store) -> None:
    start(store, board={ANN: None}, bureau={CIS: None})
    Reporter(store, (BOARD, BUREAU)).send()
    start(store, board={ANN: None, BOB: None}, bureau={CIS: None, BOB: None})
    pickup = store.pickup(BOARD, later(1))
    assert pickup.statements == store.statements.chains()
    assert pickup.proposal == proposed(store)
    assert pickup.keys.keys() == {ANN, BOB, CIS}
    assert store.pickup(BUREAU, later(1)).proposal == proposed(store, BUREAU)
