"""A seized disk: what was deleted is in no file any more, write-ahead log and slack of every page included."""

import secrets
from pathlib import Path

from dropbox.server.store import Store
from tests.store_room import BOARD, DAY, Member, Reporter, bytes_under, everybody, later

GONE = b"GONE-CANARY-"
KEPT = b"KEPT-CANARY-"


def _lock(canary: bytes) -> bytes:
    return canary + secrets.token_bytes(80 - len(canary))


def test_no_deleted_lock_survives_in_pages_that_were_split_and_merged(store: Store, tmp_path: Path) -> None:
    reporters = [Reporter(store) for _ in range(4)]
    for reporter in reporters:
        reporter.send()
    ann = Member(store)
    writings = [
        ann.writing(reporter.case, lock=_lock(GONE if number % 2 else KEPT))
        for _ in range(40)
        for number, reporter in enumerate(reporters)
    ]
    for start in range(0, len(writings), 20):
        ann.answer(writings=writings[start : start + 20])
    assert bytes_under(tmp_path).count(GONE) >= 80
    for writing in writings[1:20:2]:
        store.delete_reply(writing.case, writing.item)
        assert writing.lock not in [reply.lock for reply in store.case(writing.case).replies]
    assert [store.delete_replies(reporter.case) for reporter in reporters[1::2]] == [35, 35]
    everything = bytes_under(tmp_path)
    assert GONE not in everything
    assert everything.count(KEPT) >= 80


def test_no_mandate_survives_its_case(store: Store, tmp_path: Path) -> None:
    for number in range(60):
        reporter = Reporter(store)
        reporter.send(DAY if number % 2 else later(100), sealed_mandate=_lock(GONE if number % 2 else KEPT))
    for member in everybody(store):
        member.receive_all()
    assert store.retire(later(366)).cases == 30
    everything = bytes_under(tmp_path)
    assert GONE not in everything
    assert everything.count(KEPT) >= 30


def test_a_seized_store_names_no_item_that_was_withdrawn(store: Store, tmp_path: Path) -> None:
    reporter = Reporter(store)
    item = reporter.send(content=GONE * 10)
    store.pickup(BOARD, DAY)
    reporter.send(withdraw="withdraw")
    assert item.encode() in bytes_under(tmp_path)
    store.retire(later(7))
    everything = bytes_under(tmp_path)
    assert item.encode() not in everything
    assert GONE not in everything


def test_a_closed_store_leaves_no_log_behind(store: Store, tmp_path: Path) -> None:
    Reporter(store).send()
    store.close()
    assert sorted(path.name for path in tmp_path.glob("store.sqlite*")) == ["store.sqlite"]
