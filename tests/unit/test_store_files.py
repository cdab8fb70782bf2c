"""The folder of items and the database below: swept, locked, private, and empty of what was deleted."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import text

from dropbox.errors import InvalidValue, StoreBusy, StoreError
from dropbox.models import ItemId, SealedKind, new_item_id
from dropbox.server.store import Store, Swept, exclusive
from dropbox.server.store import connection as connection_room
from tests.store_room import DAY, Member, Reporter, bytes_under, later, open_store

# --- sweeping -----------------------------------------------------------------------------------------------------


def test_a_sweep_takes_what_a_crash_left_and_nothing_else(store: Store, tmp_path: Path) -> None:
    reporter = Reporter(store)
    kept = reporter.send()
    folder = tmp_path / "items"
    store.part_path(new_item_id()).write_bytes(b"half")
    (folder / f"{new_item_id()}.pgp").write_bytes(b"no row")
    (folder / f"{new_item_id()}.reply").write_bytes(b"no row")
    (folder / f"{kept}.reply").write_bytes(b"a row, but of another kind")
    (folder / "README").write_text("somebody's own")
    assert store.sweep() == Swept(parts=1, orphans=3, missing=0)
    assert sorted(path.name for path in folder.iterdir()) == sorted([f"{kept}.pgp", "README"])
    assert store.sweep() == Swept(0, 0, 0)


def test_a_sweep_counts_rows_whose_file_is_gone_and_keeps_them(store: Store, tmp_path: Path) -> None:
    item = Reporter(store).send()
    (tmp_path / "items" / f"{item}.pgp").unlink()
    assert store.sweep() == Swept(0, 0, 1)
    assert store.has_item(item)


def test_a_discarded_part_is_gone_and_may_be_discarded_again(store: Store) -> None:
    item = new_item_id()
    store.part_path(item).write_bytes(b"half")
    store.discard(item)
    store.discard(item)
    assert not store.part_path(item).exists()


@pytest.mark.parametrize("name", ["../secret", "", "A" * 32, "0" * 31, "0" * 31 + "/"])
def test_no_name_leads_out_of_the_folder(store: Store, name: str) -> None:
    with pytest.raises(InvalidValue):
        store.part_path(ItemId(name))


def test_an_items_file_is_never_written_over(store: Store, tmp_path: Path) -> None:
    item = Reporter(store).send(content=b"first")
    store.part_path(item).write_bytes(b"second")
    with pytest.raises(StoreError):
        store._blobs.keep(item, SealedKind.SUBMISSION, DAY)
    assert (tmp_path / "items" / f"{item}.pgp").read_bytes() == b"first"


def test_a_part_that_is_a_link_is_not_followed(store: Store, tmp_path: Path) -> None:
    item, target = new_item_id(), tmp_path / "target"
    target.write_bytes(b"not ours")
    target.chmod(0o644)
    store.part_path(item).symlink_to(target)
    with pytest.raises(StoreError):
        store._blobs.keep(item, SealedKind.SUBMISSION, DAY)
    assert target.stat().st_mode & 0o777 == 0o644


# --- the transfer lock --------------------------------------------------------------------------------------------


def test_transfers_sweeps_and_letting_go_wait_for_each_other(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "transfer_lock", lambda: exclusive.exclusive(store._data_dir / "transfer.lock", 0.01))
    with store.transfer_lock():
        for attempt in (store.sweep, lambda: store.retire(DAY), store.transfer_lock().__enter__):
            with pytest.raises(StoreBusy):
                attempt()
    store.retire(DAY)


def test_a_second_store_on_the_same_folder_shares_the_lock(store: Store, tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as other:
        with store.transfer_lock(), pytest.raises(StoreBusy), other.transfer_lock(wait_seconds=0.01):
            pass
        with other.transfer_lock():
            pass


# --- the database -------------------------------------------------------------------------------------------------


def test_every_connection_is_careful(store: Store) -> None:
    expected = {
        "journal_mode": "wal",
        "synchronous": 2,
        "secure_delete": 1,
        "temp_store": 2,
        "foreign_keys": 1,
        "busy_timeout": 10_000,
        "trusted_schema": 0,
        "wal_autocheckpoint": 256,
        "journal_size_limit": 0,
    }
    found: list[dict[str, object]] = []

    def look() -> None:
        with store._database.read() as connection:
            found.append({name: connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in expected})
            barrier.wait()

    barrier = threading.Barrier(7)
    threads = [threading.Thread(target=look) for _ in range(7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 7


def test_the_busy_timeout_survives_a_scrub(store: Store) -> None:
    store._database.scrub()
    with store._database.read() as connection:
        assert connection.execute(text("PRAGMA busy_timeout")).scalar_one() == 10_000


def test_a_reader_that_holds_the_log_delays_the_scrub_and_the_next_call_makes_up_for_it(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_room.Database.scrub, "__defaults__", (0.05,))
    reporter, ann = Reporter(store), Member(store)
    reporter.send()
    writing = ann.writing(reporter.case, lock=b"gone lock!" * 8)
    ann.answer(writings=[writing])
    with closing(sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM items").fetchone()
        start = monotonic()
        store.delete_reply(reporter.case, writing.item)
        assert monotonic() - start < 2
        assert store.case(reporter.case).replies == ()
        assert b"gone lock!" in bytes_under(tmp_path)
        assert store.retire(DAY).scrubbed is False
    reporter.send()
    assert b"gone lock!" not in bytes_under(tmp_path)


def test_retiring_scrubs_what_an_earlier_call_could_not(store: Store, tmp_path: Path) -> None:
    reporter, ann = Reporter(store), Member(store)
    reporter.send()
    writing = ann.writing(reporter.case, lock=b"gone lock!" * 8)
    ann.answer(writings=[writing])
    with store._database.read() as reading:
        reading.execute(text("SELECT count(*) FROM items")).scalar_one()
        assert store._database.scrub(seconds=0) is False
    assert store.retire(later(1)).scrubbed is True
    assert (tmp_path / "store.sqlite-wal").stat().st_size == 0


def test_a_writer_that_never_ends_is_not_waited_for_without_end(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_room, "_PRAGMAS", ("busy_timeout=20", *connection_room._PRAGMAS[1:]))
    store.close()
    with closing(sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy):
            Reporter(store).send()
        assert list((tmp_path / "items").iterdir()) == []
        writer.execute("ROLLBACK")
    Reporter(store).send()


def test_an_error_of_the_database_carries_nothing_out(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(StoreError) as failed, store._database.write() as connection:
        connection.execute(text("SELECT canary FROM nowhere WHERE x = :secret"), {"secret": "canary"})
    assert "canary" not in f"{failed.value!r} {failed.value} {caplog.text}"
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__
    assert "SQLITE_ERROR" in caplog.text


def _clear_rosters_and_fail(store: Store) -> None:
    with store._database.write() as connection:
        connection.execute(text("DELETE FROM memberships"))
        raise ZeroDivisionError


def test_a_block_that_fails_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        _clear_rosters_and_fail(store)
    assert len(store.rosters()) == 2
