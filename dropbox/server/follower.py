"""Hashes a sealed file while gpg is still writing it, so that an acknowledgement does not wait for a second reading."""

import hashlib
import os
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

from dropbox.errors import StoreError

READ_BYTES = 256 * 1024


class Follower:
    """Use as a context around the writing: `look` from time to time, `finish` when the file is whole.

    Its thread starts at the first `look`; a file that is whole before that is read by the caller.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._digest = hashlib.sha256()
        self._size = 0
        self._descriptor: int | None = None
        self._look = Event()
        self._whole = False
        self._failed = False
        self._thread = Thread(target=self._follow, name="follower", daemon=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._failed |= kind is not None
        self._end()

    def look(self) -> None:
        """Say that the file has grown; never waits."""
        self._look.set()
        if not self._started:
            self._thread.start()

    def finish(self) -> tuple[int, str]:
        """Return the whole file's size and SHA-256; raises StoreError when it cannot be read."""
        self._end()
        if not self._started:
            self._follow()
        if self._failed:
            raise StoreError
        return self._size, self._digest.hexdigest()

    def _end(self) -> None:
        self._whole = True
        self._look.set()
        if self._started:
            self._thread.join()

    @property
    def _started(self) -> bool:
        return self._thread.ident is not None

    def _follow(self) -> None:
        try:
            while not self._whole:
                self._look.wait()
                self._look.clear()
                descriptor = self._read_on()
                # The disk writes while gpg still seals: the fsync at the end took a sixth of an upload's time.
                os.fdatasync(descriptor)
            if not self._failed:
                self._read_on()
        except OSError:
            self._failed = True
        finally:
            if self._descriptor is not None:
                os.close(self._descriptor)

    def _read_on(self) -> int:
        """Hash what is new and return the file's descriptor."""
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        while data := os.read(self._descriptor, READ_BYTES):
            self._digest.update(data)
            self._size += len(data)
        return self._descriptor
