"""Rows and files side by side: what is held, what a crash left over, and what must stop telling when it came."""

import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, select

from dropbox.errors import DiskLow, StoreBusy
from dropbox.models import ItemId, SealedKind
from dropbox.server.identity import AUTHORS_FOLDER, ITEMS_FOLDER, STORE_FILE
from dropbox.server.store import retention
from dropbox.server.store.blobs import Blobs, midnight, translated
from dropbox.server.store.connection import Database
from dropbox.server.store.records import Swept
from dropbox.server.store.schema import items

_RANDOM = secrets.SystemRandom()
_SHARE_OF_FREE = 4
"""Copies that stand beside their files for a moment take no more than this part of the free disk at once."""


def sha256_of(connection: Connection, item: ItemId) -> str | None:
    return connection.execute(select(items.c.sha256).where(items.c.item_id == item)).scalar_one_or_none()


def sweep(database: Database, blobs: Blobs) -> Swept:
    """Remove part files and files without a row; count the rows without a file."""
    with database.read() as connection:
        rows = connection.execute(select(items.c.item_id, items.c.kind)).all()
    wanted = {blobs.path(ItemId(row.item_id), SealedKind(row.kind)) for row in rows}
    found = {path for _, path in blobs.list()}
    parts = [path for path in found if path.suffix == ".part"]
    orphans = [path for path in found - wanted if path.suffix != ".part"]
    blobs.erase([*parts, *orphans])
    return Swept(len(parts), len(orphans), len(wanted - found))


def settle(database: Database, blobs: Blobs, day: date, *, is_first: bool) -> tuple[int, int, bool]:
    """Rewrite the files and rows of days before this one, in an order by chance.

    Returns how many items were, how many were not, and whether the rows are as they should be.

    A file's change and birth times, its place on the disk and the place of its row in a page keep the instant and the
    order in which items came, whatever their dates say. is_first: nothing has been rewritten yet since the day began;
    rows are then, also when no item came, because showing or deleting a reply leaves its order in the pages too.
    """
    with database.read() as connection:
        waiting = retention.unsettled(connection, day)
    done = _rewrite(blobs, waiting)
    in_order = True
    try:
        if done or is_first:
            database.compact()
    except (StoreBusy, DiskLow):
        done, in_order = [], False
    with database.write() as connection:
        retention.mark_settled(connection, done)
    return len(done), len(waiting) - len(done), in_order


def _rewrite(blobs: Blobs, waiting: list[Row[Any]]) -> list[ItemId]:
    done: list[ItemId] = []
    try:
        for batch in _batches(_RANDOM.sample(waiting, len(waiting)), blobs.free_bytes() // _SHARE_OF_FREE):
            copied, is_full = _rewrite_together(blobs, batch)
            done += copied
            if is_full:
                break  # copies need room for a moment; what is left waits for the next day
    finally:
        blobs.sync()
    return done


def _batches(rows: list[Row[Any]], most_bytes: int) -> Iterator[list[Row[Any]]]:
    """Divide rows into batches whose files are no more than that together; each has one at least."""
    batch: list[Row[Any]] = []
    left = most_bytes
    for row in rows:
        if batch and row.bytes > left:
            yield batch
            batch, left = [], most_bytes
        batch.append(row)
        left -= row.bytes
    if batch:
        yield batch


def _rewrite_together(blobs: Blobs, rows: list[Row[Any]]) -> tuple[list[ItemId], bool]:
    """Put copies in the place of files once all of them are made; returns which were, and whether the disk is full.

    One after the other, each copy would get the number and the place on the disk that the file before it had just
    left, and so keep for everybody in which order they once came.
    """
    copied: list[ItemId] = []
    is_full = False
    kinds = {ItemId(row.item_id): SealedKind(row.kind) for row in rows}
    try:
        try:
            for row in rows:
                item = ItemId(row.item_id)
                if blobs.copy(item, kinds[item], row.day, row.sha256):
                    copied.append(item)
        except DiskLow:
            is_full = True
        for item in _RANDOM.sample(copied, len(copied)):
            blobs.replace(item, kinds[item])
    finally:
        for item in kinds:
            blobs.discard(item)
    return copied, is_full


def blur(data_dir: Path, day: date) -> None:
    """Date the database's files and the folders to midnight, or their times would tell when somebody was last here."""
    with translated():
        authors = data_dir / AUTHORS_FOLDER
        folders = (*data_dir.glob(AUTHORS_FOLDER), data_dir / ITEMS_FOLDER, data_dir)
        for path in (*data_dir.glob(f"{STORE_FILE}*"), *authors.glob("*"), *folders):
            os.utime(path, (midnight(day), midnight(day)))
        paths = list(data_dir.rglob("*"))
        for path in _RANDOM.sample(paths, len(paths)):
            _forget_reading(path, data_dir / ITEMS_FOLDER)


def _forget_reading(path: Path, items_folder: Path) -> None:
    """A file's last reading is when its reply was shown, or when a report was sealed with its key.

    Of items all are dated again: were it only those that had been read, their change times would say which.
    """
    with suppress(FileNotFoundError):
        seen = path.lstat()
        if seen.st_atime_ns > seen.st_mtime_ns or path.parent == items_folder:
            os.utime(path, ns=(seen.st_mtime_ns, seen.st_mtime_ns), follow_symlinks=False)
