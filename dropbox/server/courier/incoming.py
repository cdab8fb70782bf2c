"""Answer bundles on their way in: each in a file of its own until it was imported, sealed bytes and nothing else.

Nothing is read here; what a bundle is, is seen when the whole of it lies on the disk.
"""

import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dropbox.disk import is_full
from dropbox.errors import BodyTooLarge, DiskLow, StoreError
from dropbox.server.courier import places

INCOMING_FOLDER = "incoming"


class Incoming:
    """`min_free_bytes`: what must stay free on the disk when a bundle's writings have been copied into the store."""

    def __init__(self, data_dir: Path, max_bytes: int, min_free_bytes: int) -> None:
        self._data_dir = data_dir
        self._folder = data_dir / places.COURIER_FOLDER / INCOMING_FOLDER
        self._max_bytes = max_bytes
        self._min_free_bytes = min_free_bytes

    def clear(self) -> None:
        """Make the folder, empty: an upload does not outlive its connection."""
        places.make_empty(self._data_dir, INCOMING_FOLDER)

    @contextmanager
    def held(self, chunks: Iterable[bytes]) -> Iterator[Path]:
        """Give the path of a file with these bytes, which is gone afterwards, whatever happens.

        Raises BodyTooLarge or DiskLow, and whatever ends the upload early.
        """
        path = self._folder / f"{secrets.token_hex(16)}.part"
        try:
            self._write(path, chunks)
            if shutil.disk_usage(self._folder).free - path.stat().st_size < self._min_free_bytes:
                raise DiskLow
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _write(self, path: Path, chunks: Iterable[bytes]) -> None:
        size = 0
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                for chunk in chunks:
                    size += len(chunk)
                    if size > self._max_bytes:
                        raise BodyTooLarge
                    file.write(chunk)
        except OSError as error:
            raise (DiskLow if is_full(error) else StoreError) from None
