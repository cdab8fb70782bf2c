"""Rosters: what the configuration lists today, and never forgetting who was on one before."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dropbox.errors import ItemUnknown
from dropbox.models import Fingerprint, Membership, current_members
from dropbox.server.store import Store
from tests.seating import put_down
from tests.store_room import ANN, BOARD, BOB, BUREAU, CIS, DAY, Member, Reporter, later, open_store, seat


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path)
    yield store
    store.close()


def _seat(store: Store, members: list[Fingerprint], days: int) -> None:
    put_down(store, {}, {BOARD: members}, later(days))


def test_a_store_without_rosters_has_empty_ones(store: Store) -> None:
    assert store.roster(BOARD) == ()
    assert store.rosters() == {}


def test_a_roster_is_what_the_configuration_lists(store: Store) -> None:
    seat(store)
    assert store.roster(BOARD) == (Membership(ANN, DAY), Membership(BOB, DAY))
    assert store.rosters().keys() == {BOARD, BUREAU}
    before = store.rosters()
    seat(store, day=later(3))
    assert store.rosters() == before


def test_memberships_open_and_close_by_day(store: Store) -> None:
    _seat(store, [ANN], 0)
    _seat(store, [BOB], 4)
    _seat(store, [ANN, BOB], 6)
    _seat(store, [BOB], 9)
    assert store.roster(BOARD) == (
        Membership(ANN, DAY, later(4)),
        Membership(BOB, later(4)),
        Membership(ANN, later(6), later(9)),
    )
    assert current_members(store.roster(BOARD)) == (BOB,)


def test_leaving_and_coming_back_on_one_day_is_never_having_left(store: Store) -> None:
    _seat(store, [ANN], 0)
    _seat(store, [], 0)
    _seat(store, [ANN], 0)
    assert store.roster(BOARD) == (Membership(ANN, DAY),)
    _seat(store, [], 5)
    _seat(store, [ANN], 5)
    assert store.roster(BOARD) == (Membership(ANN, DAY),)


def test_a_member_who_came_back_keeps_their_receipts(store: Store) -> None:
    seat(store)
    item = Reporter(store).send()
    Member(store, ANN).answer(items=[item])
    seat(store, {BOARD: [BOB]}, later(1))
    seat(store, {BOARD: [ANN, BOB]}, later(2))
    assert [late.fingerprint for late in store.behind(later(9))] == [BOB]


def test_a_desk_that_left_the_configuration_has_no_current_members(store: Store) -> None:
    seat(store)
    seat(store, {BUREAU: [CIS]}, later(1))
    assert current_members(store.roster(BOARD)) == ()
    assert len(store.roster(BOARD)) == 2


def test_a_missing_key_does_not_end_a_membership(store: Store) -> None:
    seat(store)
    put_down(store, {BOARD: {}}, {BOARD: [ANN, BOB], BUREAU: [CIS]}, later(1))
    assert current_members(store.roster(BOARD)) == (ANN, BOB)
    assert store.member_key(ANN) == f"key of {ANN}".encode()


def test_a_key_is_kept_for_ever_and_as_it_was(store: Store) -> None:
    for days, key in ((0, b"first"), (3, b"renewed"), (3, b"renewed again"), (5, b"renewed again")):
        put_down(store, {BOARD: {ANN: key}}, {BOARD: [ANN]}, later(days))
    _seat(store, [], 9)
    assert store.member_key(ANN) == b"renewed again"
    assert store.member_key(ANN, later(2)) == b"first"
    assert store.member_key(ANN, later(3)) == b"renewed again"
    assert store.member_key(ANN, later(-5)) == b"first"


def test_a_key_that_was_never_on_a_roster_is_unknown(store: Store) -> None:
    with pytest.raises(ItemUnknown):
        store.member_key(CIS)


def test_a_clock_that_went_back_does_not_bring_an_old_key_back(store: Store) -> None:
    put_down(store, {BOARD: {ANN: b"new"}}, {BOARD: [ANN]}, later(3))
    put_down(store, {BOARD: {ANN: b"newer"}}, {BOARD: [ANN]}, later(1))
    assert store.member_key(ANN) == b"newer"


def test_desks_with_items_are_those_that_may_not_leave(store: Store) -> None:
    seat(store)
    assert store.desks_with_items() == frozenset()
    Reporter(store, (BUREAU,)).send()
    assert store.desks_with_items() == {BUREAU}
