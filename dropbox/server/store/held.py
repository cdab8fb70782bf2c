"""Rows and files side by side: what is held, what a crash left over, and what must stop telling when it came."""

import os
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


def settle(database: Database, blobs: Blobs, day: date) -> tuple[int, int]:
    """Rewrite the files and rows of days before this one, in the order of their random ids; returns how many were, and
    were not.

    A file's change and birth times, its place on the disk and the place of its row in a page keep the instant and the
    order in which items came, whatever their dates say.
    """
    with database.read() as connection:
        waiting = retention.unsettled(connection, day)
    done = _rewrite(blobs, waiting)
    try:
        if done:
            database.compact()
    except (StoreBusy, DiskLow):
        done = []
    with database.write() as connection:
        retention.mark_settled(connection, done)
    return len(done), len(waiting) - len(done)


def _rewrite(blobs: Blobs, waiting: list[Row[Any]]) -> list[ItemId]:
    done: list[ItemId] = []
    try:
        for row in waiting:
            item = ItemId(row.item_id)
            if blobs.rewrite(item, SealedKind(row.kind), row.day, row.sha256):
                done.append(item)
    except DiskLow:
        # a copy needs room for a moment; what is left waits for the next day
        return done
    finally:
        blobs.sync()
    return done


def blur(data_dir: Path, day: date) -> None:
    """Date the database's files and the folders to midnight, or their times would tell when somebody was last here."""
    with translated():
        authors = data_dir / AUTHORS_FOLDER
        for path in (*data_dir.glob(f"{STORE_FILE}*"), *authors.glob("*"), data_dir / ITEMS_FOLDER, data_dir):
            os.utime(path, (midnight(day), midnight(day)))
        for path in data_dir.rglob("*"):
            _forget_reading(path)


def _forget_reading(path: Path) -> None:
    """A file's last reading is when its reply was shown, or when a report was sealed with its key."""
    with suppress(FileNotFoundError):
        seen = path.lstat()
        if seen.st_atime_ns > seen.st_mtime_ns:
            os.utime(path, ns=(seen.st_mtime_ns, seen.st_mtime_ns), follow_symlinks=False)
