"""The way to the database: pragmas, transactions, scrubbing. The only room that knows that it is SQLite.

Every third-party error stops here; statements and their values never enter one.
"""

import logging
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from dropbox.errors import DiskLow, DropboxError, StartRefused, StoreBusy, StoreError

BUSY_MS = 10_000
SCRUB_SECONDS = 5.0
_IDLE_CONNECTIONS = 4
_WRITING = "onion_dropbox_writing"

_PRAGMAS = (
    f"busy_timeout={BUSY_MS}",
    "journal_mode=WAL",
    # an acknowledged report must outlive a power cut, so every commit reaches the disk
    "synchronous=FULL",
    "secure_delete=ON",
    # sorting and VACUUM would otherwise spill rows into files in the temp folder
    "temp_store=MEMORY",
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "cell_size_check=ON",
    # the log keeps the order of a day's commits and bytes that were deleted since: 256 pages (1 MiB) instead of 1000,
    # and cut to nothing when it starts over
    "wal_autocheckpoint=256",
    "journal_size_limit=0",
)


class Database:
    """One SQLite file, opened by many threads and several processes at once."""

    def __init__(self, path: Path) -> None:
        _create_private(path)
        self.path = path
        self._engine = _engine(path)
        # SQLite's own waiting is a lottery; among our threads the next in line should write
        self._turn = threading.Lock()
        self._unscrubbed = False
        self._in_doubt = False

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open one snapshot. Keep it short: while it is open, deleted bytes cannot leave the write-ahead log."""
        with _translated(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open the one writing transaction; committed when the block ends, rolled back when it raises."""
        with self._alone():
            doubted = self._in_doubt
            try:
                with _translated(), self._engine.connect() as plain:
                    connection = plain.execution_options(**{_WRITING: True})
                    with connection.begin():
                        yield connection
                        self._in_doubt = True
            except DiskLow:
                # the log had no room for all of it, so nothing can make a commit of it
                self._in_doubt = doubted
                raise
            self._in_doubt = False

    def bury_failed(self) -> None:
        """Make sure that a commit that failed stays undone; raises when it may still come back.

        All of it may stand in the log: when the last fsync fails, SQLite forgets it, but whoever reads the log after a
        crash takes it for committed. The next commit is written over it, so we make one.
        """
        if self._in_doubt:
            with self.write() as connection:
                connection.exec_driver_sql("PRAGMA user_version = 0")

    def scrub(self, seconds: float = SCRUB_SECONDS) -> bool:
        """Empty the write-ahead log, so that what was deleted is in no file any more.

        A reader in any process holds it up, or a full disk; after `seconds` this returns False, and the next call makes
        up for it.
        """
        deadline = monotonic() + seconds
        pause = 0.005
        while not self._truncate():
            if monotonic() + pause > deadline:
                self._unscrubbed = True
                return False
            sleep(pause)
            pause = min(pause * 2, 0.1)
        self._unscrubbed = False
        return True

    def scrub_if_due(self) -> None:
        if self._unscrubbed:
            self.scrub(seconds=0)

    def compact(self) -> None:
        """Rewrite the file in the order of its keys: inside a page, rows otherwise lie in the order they came.

        Takes as much memory as the file is large, because a temporary file must not hold rows.
        """
        with self._alone(), _translated(), self._engine.connect() as connection:
            _raw(connection).execute("VACUUM")

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=BUSY_MS / 1000):
            raise StoreBusy
        try:
            yield
        finally:
            self._turn.release()

    def _truncate(self) -> bool:
        with _translated(), self._engine.connect() as connection:
            raw = _raw(connection)
            # the pragma would sit out the whole busy timeout with the writers shut out; we wait between tries instead
            raw.execute("PRAGMA busy_timeout=0")
            try:
                row = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except sqlite3.OperationalError as error:
                # a full disk may have no room for what the log holds: nothing is lost, and a start must not fail of it
                if error.sqlite_errorcode & 0xFF not in {*_BUSY_CODES, sqlite3.SQLITE_FULL}:
                    raise _translate(error) from None
                return False
            finally:
                raw.execute(f"PRAGMA busy_timeout={BUSY_MS}")
            return bool(row[0] == 0)


_BUSY_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _engine(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=QueuePool,
        pool_size=_IDLE_CONNECTIONS,
        max_overflow=-1,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "isolation_level": None},
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # a transaction that starts by reading and writes later can die of another writer; taking the lock first cannot
    writing = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _raw(connection: Connection) -> sqlite3.Connection:
    raw: object = connection.connection.dbapi_connection
    if not isinstance(raw, sqlite3.Connection):
        raise StoreError
    return raw


def _create_private(path: Path) -> None:
    """Make the file ours alone before SQLite would make it with the umask; its -wal and -shm take the same mode."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
    except OSError:
        raise StartRefused(f"{path.name}: cannot be opened by this user, or is a link") from None


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise _translate(error.orig) from None
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise _translate(error) from None


def _translate(error: BaseException | None) -> DropboxError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _BUSY_CODES:
        return StoreBusy()
    if code == sqlite3.SQLITE_FULL:
        return DiskLow()
    logging.getLogger(__name__).error("the store failed: %s", getattr(error, "sqlite_errorname", type(error).__name__))
    return StoreError()
