"""The copy of the database that is kept when a newer program is about to change it, for a way back, and not for long.

A copy keeps what is deleted afterwards: a reporter's locks of replies, and which cases there were. So it is this user's
alone and goes after a week, whether anybody wanted it or not.
"""

import os
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from dropbox.disk import sync_folder
from dropbox.errors import DiskLow, StoreError
from dropbox.server.store.blobs import translated

KEEP_DAYS = 7
_PREFIX, _ENDING, _PART = "store-before-", ".sqlite", ".part"


def keep_copy(store: Path, version: str) -> Path:
    """Copy the database as it was last committed to `store-before-VERSION.sqlite` beside it, over an older one."""
    target = store.with_name(f"{_PREFIX}{version}{_ENDING}")
    part = target.with_name(f"{target.name}{_PART}")
    with translated():
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(descriptor, 0o600)
            _copy(store, part)
            os.fsync(descriptor)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)
        part.replace(target)
        sync_folder(store.parent)
    return target


def let_go(folder: Path, day: date) -> int:
    """Remove copies that are a week old, what a crash left of one, and what a wrong clock dated later than today."""
    with translated():
        gone = [path for path in folder.glob(f"{_PREFIX}*") if _is_due(path, day)]
        for path in gone:
            path.unlink(missing_ok=True)
        if gone:
            sync_folder(folder)
    return len(gone)


def _is_due(path: Path, day: date) -> bool:
    if path.name.endswith(_PART):
        return True
    made = datetime.fromtimestamp(path.lstat().st_mtime, UTC).date()
    return path.name.endswith(_ENDING) and not made <= day < made + timedelta(days=KEEP_DAYS)


def _copy(store: Path, part: Path) -> None:
    try:
        with closing(sqlite3.connect(store)) as reading, closing(sqlite3.connect(part)) as writing:
            reading.backup(writing)
            # the copy would otherwise want a log beside it, which nobody would sweep
            writing.execute("PRAGMA journal_mode=DELETE").fetchone()
    except sqlite3.Error as error:
        full = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
        raise (DiskLow if full else StoreError) from None
