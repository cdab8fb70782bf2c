"""A test report goes when its token comes back, and takes nothing else with it."""

import secrets
from datetime import timedelta
from pathlib import Path

from dropbox.bundle import LineState
from dropbox.server.store import Store
from tests.store_room import BOARD, BUREAU, DAY, Reporter

TOKEN = "ab" * 32


def test_only_the_tokens_own_case_goes(store: Store, tmp_path: Path) -> None:
    ours, other = Reporter(store), Reporter(store)
    item, kept = ours.send(), other.send()
    store.canaries.sent(TOKEN, ours.case, DAY)
    assert store.canaries.waiting() == ((BOARD, DAY),)
    with store.transfer_lock():
        assert store.canaries.came_back([secrets.token_hex(32)], BOARD) == 0
        assert store.has_item(item) is not None
        assert store.canaries.came_back([TOKEN], BOARD) == 1
        assert store.has_item(item) is None
        assert store.canaries.came_back([TOKEN], BOARD) == 0
    assert store.has_item(kept) is not None
    assert store.find_case(ours.lookup_id) is None
    assert store.find_case(other.lookup_id) == other.case
    assert store.canaries.waiting() == ()
    assert not list(tmp_path.rglob(f"{item}.*"))


def test_another_desk_cannot_let_it_go(store: Store) -> None:
    ours = Reporter(store)
    item = ours.send()
    store.canaries.sent(TOKEN, ours.case, DAY)
    assert store.canaries.came_back([TOKEN], BUREAU) == 0
    assert store.has_item(item) is not None


def test_no_number_of_made_up_tokens_breaks_an_import(store: Store) -> None:
    ours = Reporter(store)
    ours.send()
    store.canaries.sent(TOKEN, ours.case, DAY)
    made_up = (f"{number:064x}" for number in range(300_000))
    assert store.canaries.came_back([*made_up, TOKEN], BOARD) == 1


def test_a_case_that_somebody_wrote_to_is_not_let_go(store: Store) -> None:
    ours = Reporter(store)
    items = [ours.send(), ours.send()]
    store.canaries.sent(TOKEN, ours.case, DAY)
    assert store.canaries.came_back([TOKEN], BOARD) == 1
    assert all(store.has_item(item) is not None for item in items)


def test_its_number_in_the_log_counts_as_withdrawn(store: Store) -> None:
    ours = Reporter(store)
    ours.send()
    store.canaries.sent(TOKEN, ours.case, DAY)
    with store.transfer_lock():
        (before,) = store.pickup(BOARD, DAY).log
        store.canaries.came_back([TOKEN], BOARD)
        (line,) = store.pickup(BOARD, DAY).log
    assert (before.state, line.state) == (LineState.HERE, LineState.WITHDRAWN)
    assert line.sha256 == before.sha256


def test_what_was_not_sent_is_forgotten_and_only_the_tokens_hash_is_kept(store: Store, tmp_path: Path) -> None:
    ours = Reporter(store)
    ours.send()
    store.canaries.sent(TOKEN, ours.case, DAY)
    store.canaries.forget(TOKEN)
    assert store.canaries.waiting() == ()
    store.canaries.sent(TOKEN, ours.case, DAY)
    files = [path.read_bytes() for path in tmp_path.rglob("store.sqlite*") if path.is_file()]
    assert any(ours.case.encode() in data for data in files)
    assert not any(TOKEN.encode() in data or bytes.fromhex(TOKEN) in data for data in files)


def test_a_test_report_whose_case_ended_as_any_other_does_is_forgotten(store: Store) -> None:
    gone, next_one = Reporter(store), Reporter(store)
    next_one.send()
    store.canaries.sent(TOKEN, gone.case, DAY)
    store.canaries.sent("cd" * 32, next_one.case, DAY + timedelta(days=1))
    assert store.canaries.came_back([TOKEN], BOARD) == 0
    assert store.canaries.waiting() == ((BOARD, DAY + timedelta(days=1)),)
