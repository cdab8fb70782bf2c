"""The drop's own log: when it started and stopped, what tor did, which keys end, which bundles were refused.

Nothing about reporters: no room that answers them may import this one (setup.cfg holds it), and what is written are the
program's own fixed lines. They carry the day and no clock time: a refused bundle's would say when a person came.
"""

import fcntl
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from dropbox.errors import DropboxError, LogUnusable, StartRefused
from dropbox.in_memory import is_in_memory
from dropbox.models import today
from dropbox.server import private
from dropbox.settings import Log

LOG_FILE = "drop.log"
LOCK_FILE = "drop.log.lock"
MAX_LINE_CHARACTERS = 400
_KIB = 1024

Say = Callable[[str], None]


class LogFiles:
    """A few files that take turns; several processes may write to them. Without a folder it takes every line and
    keeps none.
    """

    def __init__(self, log: Log) -> None:
        self._folder = log.folder
        # with no older one the handler would let its one file grow for ever
        self._older = max(1, log.keep - 1)
        self._max_bytes = log.max_kib * log.keep * _KIB // (self._older + 1)

    @classmethod
    def open(cls, log: Log) -> "LogFiles":
        """Make the folder ready. Raises StartRefused when others may read it, or LogUnusable: also where it should lie
        in memory and does not.
        """
        if log.folder is not None:
            try:
                private.make_folder(log.folder, "the log's folder")
            except OSError:
                raise LogUnusable("log.folder") from None
            if log.memory_only and not is_in_memory(log.folder):
                raise LogUnusable("log.memory_only: the folder lies on a disk")
        return cls(log)

    def write(self, line: str, day: date | None = None) -> None:
        """Add a line under its day. A log that cannot be written stops nothing."""
        if self._folder is None:
            return
        text = "".join(letter if letter.isprintable() else " " for letter in line)[:MAX_LINE_CHARACTERS]
        with suppress(OSError), self._turn(self._folder), self._handler(self._folder) as handler:
            handler.emit(_record(f"{day or today()} {text}"))

    def also(self, say: Say) -> Say:
        """Return what says a line and keeps it."""

        def both(line: str) -> None:
            self.write(line)
            say(line)

        return both

    @contextmanager
    def _turn(self, folder: Path) -> Iterator[None]:
        """Keep two processes from turning the files over at once."""
        descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def _handler(self, folder: Path) -> Iterator[RotatingFileHandler]:
        """Open the newest file for one line: what another process turned over meanwhile is not written to."""
        handler = _PrivateHandler(folder / LOG_FILE, maxBytes=self._max_bytes, backupCount=self._older)
        try:
            yield handler
        finally:
            handler.close()


class _PrivateHandler(RotatingFileHandler):
    """Makes its files for their owner only, and leaves it to the caller when one cannot be written."""

    def _open(self) -> TextIOWrapper:
        return os.fdopen(os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "a")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's own name
        raise  # noqa: PLE0704  # called while one is being handled


def note_refused(log: Log, what: str, error: DropboxError) -> None:
    """Write that something was refused, and why, in the error's fixed words alone."""
    with suppress(StartRefused, LogUnusable):
        LogFiles.open(log).write(f"{what} refused: {error.message}")


def _record(text: str) -> logging.LogRecord:
    return logging.LogRecord("drop", logging.INFO, "", 0, text, None, None)
