"""A store is born once; later starts notice what is not as it was."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dropbox.errors import StartRefused
from dropbox.server.identity import Identity
from dropbox.server.store import Store
from tests.earlier_stores import age
from tests.store_room import Reporter, open_store


def _change(data_dir: Path, statement: str) -> None:
    connection = sqlite3.connect(data_dir / "store.sqlite")
    with connection:
        connection.execute(statement)
    connection.close()


def _new(data_dir: Path, *, trial: bool = False) -> Store:
    store = open_store(data_dir, trial=trial)
    store.close()
    return store


def test_what_a_store_was_born_with_never_changes(tmp_path: Path) -> None:
    first, again = _new(tmp_path), _new(tmp_path)
    assert again.meta == first.meta
    assert first.meta.drop == Identity.load_or_create(tmp_path).drop
    assert (len(first.meta.epoch), len(first.meta.kdf.salt)) == (32, 16)


def test_two_stores_share_neither_epoch_nor_salt(tmp_path: Path) -> None:
    one, two = _new(tmp_path / "one").meta, _new(tmp_path / "two").meta
    assert one.epoch != two.epoch
    assert one.kdf.salt != two.kdf.salt


def test_nothing_in_the_folder_is_open_to_others(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    Reporter(store).send()
    with store.transfer_lock():
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
    names = {path.name for path in files}
    assert {"store.sqlite", "store.sqlite-wal", "store.sqlite-shm", "transfer.lock"} <= names
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert (tmp_path / "items").stat().st_mode & 0o777 == 0o700
    store.close()


def test_a_start_that_was_killed_before_the_tables_is_finished(tmp_path: Path) -> None:
    Identity.load_or_create(tmp_path)
    (tmp_path / "store.sqlite").touch(mode=0o600)
    assert open_store(tmp_path).counts().cases == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE drop_meta SET kdf = replace(kdf, '\"passes\":3', '\"passes\":2')",
        'UPDATE drop_meta SET kdf = replace(kdf, \'"salt":"\', \'"salt":"00\')',
        "UPDATE drop_meta SET kdf = 'no JSON'",
        "UPDATE drop_meta SET epoch = '00000000000000000000000000000000'",
        "UPDATE drop_meta SET trial = 1",
        "UPDATE drop_meta SET drop_key = replace(drop_key, substr(drop_key, 1, 1), 'z')",
        "UPDATE drop_meta SET format = 3",
        "DELETE FROM drop_meta",
    ],
)
def test_a_changed_birth_certificate_refuses_to_start(tmp_path: Path, statement: str) -> None:
    _new(tmp_path)
    _change(tmp_path, statement)
    with pytest.raises(StartRefused):
        open_store(tmp_path)


@pytest.mark.parametrize("name", ["secret.key", "signing.key"])
def test_another_drops_secret_refuses_to_start(tmp_path: Path, name: str) -> None:
    _new(tmp_path / "ours")
    _new(tmp_path / "theirs")
    (tmp_path / "theirs" / name).replace(tmp_path / "ours" / name)
    with pytest.raises(StartRefused):
        open_store(tmp_path / "ours")


def test_a_missing_store_beside_sealed_items_is_not_made_anew(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    item = Reporter(store).send()
    store.close()
    (tmp_path / "store.sqlite").unlink()
    for _ in range(2):
        with pytest.raises(StartRefused, match="missing"):
            open_store(tmp_path)
    assert (tmp_path / "items" / f"{item}.pgp").exists()


def test_a_damaged_store_is_refused_without_a_traceback(tmp_path: Path) -> None:
    _new(tmp_path)
    (tmp_path / "store.sqlite").write_bytes(b"this is no database" * 300)
    with pytest.raises(StartRefused, match="damaged") as refused:
        open_store(tmp_path)
    assert "backup" in refused.value.hint


def test_a_store_that_is_a_link_is_refused(tmp_path: Path) -> None:
    _new(tmp_path / "elsewhere")
    Identity.load_or_create(tmp_path / "data")
    (tmp_path / "data" / "store.sqlite").symlink_to(tmp_path / "elsewhere" / "store.sqlite")
    with pytest.raises(StartRefused):
        open_store(tmp_path / "data")


@pytest.mark.parametrize("trial", [True, False])
def test_a_trials_store_stays_a_trials_store(tmp_path: Path, *, trial: bool) -> None:
    assert _new(tmp_path, trial=trial).meta.trial is trial
    with pytest.raises(StartRefused, match="for ever"):
        open_store(tmp_path, trial=not trial)
    assert _new(tmp_path, trial=trial).meta.trial is trial


def test_a_store_that_is_refused_gains_nothing(tmp_path: Path) -> None:
    _new(tmp_path)
    age(tmp_path, "0.1.0")
    _change(tmp_path, "UPDATE drop_meta SET trial = 1")
    with pytest.raises(StartRefused):
        open_store(tmp_path)
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(cases)")]
    assert "sealed_view" not in columns
