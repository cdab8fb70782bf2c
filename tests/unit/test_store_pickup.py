"""What a desk is handed: everything it has not received, nothing of another desk, in no order that tells anything."""

from dropbox.bundle import LIMITS, LineState
from dropbox.models import DeskId, Fingerprint, ItemId, SealedKind
from dropbox.server.store import Store
from tests.store_room import (
    ANN,
    BOARD,
    BOB,
    BUREAU,
    CIS,
    DAY,
    Member,
    Reporter,
    everybody,
    later,
    seat,
)


def _held(store: Store, desk: DeskId = BOARD) -> set[ItemId]:
    return {item.item for item in store.pickup(desk, DAY).items}


def _states(store: Store, desk: DeskId = BOARD) -> list[LineState]:
    return [line.state for line in store.pickup(desk, DAY).log]


def test_an_empty_desk_has_an_empty_pickup(store: Store) -> None:
    pickup = store.pickup(BOARD, DAY)
    assert (pickup.items, pickup.log, pickup.confirmed) == ((), (), {})
    assert list(pickup.rosters) == [BOARD]


def test_a_desk_is_handed_its_own_items_alone(store: Store) -> None:
    mine, theirs, both = (Reporter(store, desks).send() for desks in ((BOARD,), (BUREAU,), (BOARD, BUREAU)))
    assert _held(store) == {mine, both}
    assert _held(store, BUREAU) == {theirs, both}


def test_an_item_is_what_its_file_is(store: Store) -> None:
    reporter = Reporter(store)
    item = reporter.send(later(2), content=b"sealed")
    (held,) = store.pickup(BOARD, later(3)).items
    assert (held.item, held.case, held.kind, held.day) == (item, reporter.case, SealedKind.SUBMISSION, later(2))
    assert (held.path.read_bytes(), held.bytes, held.sha256) == (b"sealed", 6, store.has_item(item))


def test_numbers_are_given_once_and_run_on(store: Store) -> None:
    first = [Reporter(store).send() for _ in range(3)]
    numbers = {item.item: item.n for item in store.pickup(BOARD, DAY).items}
    assert sorted(numbers.values()) == [1, 2, 3]
    second = [Reporter(store).send() for _ in range(2)]
    again = {item.item: item.n for item in store.pickup(BOARD, DAY).items}
    assert {item: again[item] for item in first} == numbers
    assert sorted(again[item] for item in second) == [4, 5]
    assert [line.n for line in store.pickup(BOARD, DAY).log] == [1, 2, 3, 4, 5]


def test_numbers_do_not_tell_in_which_order_items_came(store: Store) -> None:
    sent = [Reporter(store).send() for _ in range(12)]
    pickup = store.pickup(BOARD, DAY)
    numbers = {item.item: item.n for item in pickup.items}
    assert [numbers[item] for item in sent] != list(range(1, 13))
    assert [numbers[item] for item in sorted(sent)] != list(range(1, 13))
    assert [item.n for item in pickup.items] != list(range(1, 13))


def test_each_desk_counts_for_itself(store: Store) -> None:
    for _ in range(4):
        Reporter(store, (BUREAU,)).send()
    Reporter(store, (BOARD, BUREAU)).send()
    assert [line.n for line in store.pickup(BOARD, DAY).log] == [1]
    assert [line.n for line in store.pickup(BUREAU, DAY).log] == [1, 2, 3, 4, 5]


def test_one_members_receipts_leave_the_others_their_items(store: Store) -> None:
    item = Reporter(store).send()
    Member(store, ANN).receive_all()
    assert _held(store) == {item}
    Member(store, BOB).receive_all()
    assert _held(store) == set()
    assert _states(store) == [LineState.RECEIVED]


def test_one_desks_receipts_say_nothing_about_another(store: Store) -> None:
    item = Reporter(store, (BOARD, BUREAU)).send()
    Member(store, CIS, BUREAU).receive_all()
    assert _held(store, BUREAU) == set()
    assert _held(store) == {item}
    assert store.counts().waiting == {BOARD: 1, BUREAU: 0}


def test_a_new_member_is_handed_what_the_others_have_and_the_store_still_holds(store: Store) -> None:
    item = Reporter(store).send()
    for member in everybody(store):
        member.receive_all()
    assert _held(store) == set()
    seat(store, {BOARD: [ANN, BOB, CIS], BUREAU: [CIS]}, later(1))
    assert _held(store) == {item}


def test_a_member_who_left_holds_nothing_up(store: Store) -> None:
    Reporter(store).send()
    Member(store, ANN).receive_all()
    seat(store, {BOARD: [ANN], BUREAU: [CIS]}, later(1))
    assert _held(store) == set()


def test_a_desk_without_members_has_received_nothing(store: Store) -> None:
    item = Reporter(store).send()
    for member in everybody(store):
        member.receive_all()
    seat(store, {BOARD: [], BUREAU: [CIS]}, later(1))
    assert _held(store) == {item}
    assert store.counts().waiting == {BOARD: 1}


def test_the_log_names_every_number_for_ever(store: Store) -> None:
    received, withdrawn, here = Reporter(store), Reporter(store), Reporter(store)
    hashes = {store.has_item(reporter.send()): reporter for reporter in (received, withdrawn, here)}
    gone = [item.item for item in store.pickup(BOARD, DAY).items if item.case == received.case]
    withdrawn.send(withdraw="withdraw")
    for member in (Member(store, ANN), Member(store, BOB)):
        member.answer(items=gone)
    expected = {received.case: LineState.RECEIVED, withdrawn.case: LineState.WITHDRAWN, here.case: LineState.HERE}
    for day in (DAY, later(40)):
        store.retire(day)
        log = store.pickup(BOARD, day).log
        assert [line.n for line in log] == [1, 2, 3, 4]
        assert {hashes[line.sha256].case: line.state for line in log if line.sha256 in hashes} == expected
    assert store.counts().items == 2


def test_lines_that_say_here_are_just_the_items(store: Store) -> None:
    for _ in range(5):
        Reporter(store, (BOARD, BUREAU)).send()
    Member(store, ANN).receive_all()
    Reporter(store).send(withdraw=None)
    pickup = store.pickup(BOARD, DAY)
    here = {(line.n, line.sha256) for line in pickup.log if line.state is LineState.HERE}
    assert here == {(item.n, item.sha256) for item in pickup.items}


def test_a_hidden_item_that_was_never_handed_out_gets_no_number(store: Store) -> None:
    reporter = Reporter(store)
    reporter.send()
    reporter.send(withdraw="withdraw")
    assert len(store.pickup(BOARD, DAY).log) == 1


def test_rosters_and_keys_of_desks_that_share_a_case_come_along(store: Store) -> None:
    third = DeskId("third")
    seat(store, {BOARD: [ANN, BOB], BUREAU: [CIS], third: [BOB]})
    Reporter(store, (third,)).send()
    assert set(store.pickup(BOARD, DAY).rosters) == {BOARD}
    Reporter(store, (BOARD, BUREAU)).send()
    for member in everybody(store):
        member.receive_all()
    pickup = store.pickup(BOARD, DAY)
    assert set(pickup.rosters) == {BOARD, BUREAU}
    assert pickup.keys == {member: f"key of {member}".encode() for member in (ANN, BOB, CIS)}


def test_past_members_keys_come_along(store: Store) -> None:
    seat(store, {BOARD: [ANN], BUREAU: []}, later(1))
    pickup = store.pickup(BOARD, later(1))
    assert set(pickup.keys) == {ANN, BOB}
    assert [entry.last_day for entry in pickup.rosters[BOARD]] == [None, later(1)]


def test_more_past_members_than_a_bundle_may_carry_do_not_stop_the_export(store: Store) -> None:
    members = [Fingerprint(f"{number:040X}") for number in range(LIMITS.keys + 90)]
    for day in range(1, len(members) // 50 + 2):
        seat(store, {BOARD: members[: day * 50][-50:], BUREAU: []}, later(day))
    pickup = store.pickup(BOARD, later(day))
    assert len(pickup.rosters[BOARD]) > LIMITS.keys
    assert len(pickup.keys) == LIMITS.keys
    assert set(members[-LIMITS.keys + 50 :]) <= set(pickup.keys)


def test_a_desk_hears_of_its_own_vaults_answers_alone(store: Store) -> None:
    ann, cis = Member(store, ANN), Member(store, CIS, BUREAU)
    ann.answer()
    ann.answer()
    cis.answer()
    assert store.pickup(BOARD, DAY).confirmed == {ann.vault: (1, 2)}
    assert store.pickup(BUREAU, DAY).confirmed == {cis.vault: (1,)}


def test_only_a_successful_export_counts_as_a_fetch(store: Store) -> None:
    reporter = Reporter(store)
    reporter.send()
    store.pickup(BOARD, later(1))
    assert store.case(reporter.case).fetched == {BOARD: None}
    for days in (2, 5):
        store.record_fetch(BOARD, later(days))
        assert store.case(reporter.case).fetched == {BOARD: later(days)}


def test_who_is_behind_is_named_with_how_many_and_since_when(store: Store) -> None:
    item = Reporter(store, (BOARD, BUREAU)).send()
    Reporter(store).send(later(2))
    store.record_fetch(BOARD, later(1))
    Member(store, ANN).answer(items=[item])
    seat(store, {BOARD: [ANN, BOB], BUREAU: []}, later(3))
    found = [
        (late.desk, late.fingerprint, late.items, late.oldest_day, late.fetched) for late in store.behind(later(3))
    ]
    assert found == [
        (BOARD, ANN, 1, later(2), later(1)),
        (BOARD, BOB, 2, DAY, later(1)),
        (BUREAU, None, 1, DAY, None),
    ]
    assert [late.items for late in store.behind(later(2))] == [1, 1]
    assert store.behind(DAY) == ()
