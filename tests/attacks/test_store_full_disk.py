"""A full disk: the reporter hears of it, nothing is half there, and what was acknowledged is untouched."""

import errno
import os
import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from dropbox.errors import DiskLow, StoreFull
from dropbox.models import ItemId, SealedKind
from dropbox.server.store import Store
from tests.store_room import BOARD, DAY, Member, Reporter, open_store, seat


@pytest.fixture(name="small_disk")
def _small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MiB, where we may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "onion-dropbox-test", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs privileges that are not here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _fill(folder: Path) -> Path:
    filler = folder / "filler"
    filler.touch(mode=0o600)
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return filler


def test_a_full_disk_refuses_a_report_and_keeps_the_others(small_disk: Path) -> None:
    store = open_store(small_disk)
    seat(store)
    reporter = Reporter(store)
    kept = {reporter.send() for _ in range(3)}
    store._database.scrub()
    fillers: list[Path] = []
    with pytest.raises(DiskLow):
        _send_on_a_full_disk(store, reporter, small_disk, fillers)
    assert {path.stem for path in (small_disk / "items").iterdir()} == kept
    with store.case_turn(reporter.case) as turn:
        assert turn.number == 4
    fillers[0].unlink()
    kept.add(reporter.send())
    assert {item.item for item in store.pickup(BOARD, DAY).items} == kept
    store.close()


def _send_on_a_full_disk(store: Store, reporter: Reporter, disk: Path, fillers: list[Path]) -> None:
    """The part file still fits; then nothing does."""
    keep = store._blobs.keep

    def keep_and_fill(item: ItemId, kind: SealedKind, day: date) -> Path:
        path = keep(item, kind, day)
        fillers.append(_fill(disk))
        return path

    store._blobs.keep = keep_and_fill  # type: ignore[method-assign]
    try:
        reporter.send()
    finally:
        store._blobs.keep = keep  # type: ignore[method-assign]


def _no_room(*_arguments: object, **_named: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


PLACES: list[tuple[Any, str]] = [(os, "fsync"), (os, "utime"), (Path, "rename")]


@pytest.mark.parametrize(("place", "name"), PLACES)
def test_no_room_at_any_step_stores_nothing_and_says_so(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Any, name: str
) -> None:
    reporter, ann = Reporter(store), Member(store)
    item, resend_id = reporter.send(), secrets.token_bytes(32)
    attempts: list[tuple[type[Exception], Callable[[], object]]] = [
        (DiskLow, lambda: reporter.send(resend_id=resend_id)),
        (StoreFull, lambda: ann.answer(writings=[ann.writing(reporter.case)])),
    ]
    for expected, attempt in attempts:
        with monkeypatch.context() as patched:
            patched.setattr(place, name, _no_room)
            with pytest.raises(expected) as refused:
                attempt()
        assert str(tmp_path) not in f"{refused.value!r} {refused.value}"
    assert [path.stem for path in (tmp_path / "items").iterdir()] == [item]
    assert store.counts().items == 1
    assert not store.was_sent(resend_id)
    reporter.send(resend_id=resend_id)
    assert store.was_sent(resend_id)


def test_a_full_database_refuses_and_goes_on_when_there_is_room(store: Store, tmp_path: Path) -> None:
    reporter = Reporter(store)
    reporter.send()
    with store._database._engine.connect() as connection:
        connection.execute(text("PRAGMA max_page_count = 1"))
    mandate = secrets.token_bytes(64 << 10)
    with pytest.raises(DiskLow):
        Reporter(store).send(sealed_mandate=mandate)
    assert store.counts().cases == 1
    assert len(list((tmp_path / "items").iterdir())) == 1
    store.close()
    Reporter(store).send(sealed_mandate=mandate)
    assert store.counts().cases == 2


def test_a_full_disk_keeps_no_store_from_being_opened(small_disk: Path) -> None:
    store = open_store(small_disk)
    seat(store)
    with store._database.read():  # who reads keeps what was committed in the log, and the database has to grow for it
        kept = {Reporter(store).send(sealed_mandate=secrets.token_bytes(64 << 10)) for _ in range(4)}
        filler = _fill(small_disk)
    other = open_store(small_disk)
    assert other.counts().items == len(kept)
    assert not other._database.scrub(seconds=0)
    filler.unlink()
    assert {item.item for item in other.pickup(BOARD, DAY).items} == kept
    assert other._database.scrub()
    other.close()
    store.close()
