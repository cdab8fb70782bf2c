"""The sealed files: one an item, named by its random id, dated to midnight, ours alone.

A file gets its lasting name before its row is written, never after; a name without a row is swept at the next start.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from dropbox.disk import is_full, sync_folder
from dropbox.errors import DiskLow, DropboxError, StoreError
from dropbox.models import ItemId, SealedKind, parse_item_id
from dropbox.server import private

_NAME = re.compile(r"([0-9a-f]{32})\.(pgp|reply|part)")
_COPY_BYTES = 1 << 20


class Blobs:
    """The folder of items."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def create(self) -> None:
        with translated():
            private.make_folder(self.folder, "items")
            sync_folder(self.folder.parent)

    def part(self, item: ItemId) -> Path:
        return self.folder / f"{parse_item_id(item)}.part"

    def path(self, item: ItemId, kind: SealedKind) -> Path:
        return self.folder / f"{parse_item_id(item)}{kind.suffix}"

    def keep(self, item: ItemId, kind: SealedKind, day: date) -> Path:
        """Give a part file its lasting name and day. Call `sync` before the row is committed."""
        part, path = self.part(item), self.path(item, kind)
        with translated():
            if path.exists():
                raise StoreError
            _settle_metadata(part, day)
            part.rename(path)
        return path

    def sync(self) -> None:
        with translated():
            sync_folder(self.folder)

    def discard(self, item: ItemId) -> None:
        """Remove an item's part file, if there is one."""
        with translated():
            self.part(item).unlink(missing_ok=True)

    def erase(self, paths: Sequence[Path]) -> None:
        with translated():
            for path in paths:
                path.unlink(missing_ok=True)
            if paths:
                sync_folder(self.folder)

    def copy(self, item: ItemId, kind: SealedKind, day: date, sha256: str) -> bool:
        """Copy an item's file into its part file, whose birth and place on the disk do not tell when the item came.

        Returns False when the file is not there or is not what its row says; a part file may be left all the same.
        """
        path, part = self.path(item, kind), self.part(item)
        with translated():
            if not path.exists() or _copy(path, part) != sha256:
                return False
            _settle_metadata(part, day)
            return True

    def replace(self, item: ItemId, kind: SealedKind) -> None:
        """Put an item's copy in the place of its file."""
        with translated():
            self.part(item).replace(self.path(item, kind))

    def free_bytes(self) -> int:
        with translated():
            return shutil.disk_usage(self.folder).free

    def list(self) -> Iterator[tuple[ItemId, Path]]:
        """Yield item and path of every file that is ours by its name; others are left alone."""
        with translated():
            for path in sorted(self.folder.iterdir()):
                found = _NAME.fullmatch(path.name)
                if found:
                    yield ItemId(found[1]), path

    def has_items(self) -> bool:
        return self.folder.is_dir() and any(path.suffix != ".part" for _, path in self.list())


def midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _copy(source: Path, target: Path) -> str:
    digest = hashlib.sha256()
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with source.open("rb") as reading, os.fdopen(descriptor, "wb") as writing:
        while chunk := reading.read(_COPY_BYTES):
            digest.update(chunk)
            writing.write(chunk)
    return digest.hexdigest()


def _settle_metadata(path: Path, day: date) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fchmod(descriptor, 0o600)
        os.utime(descriptor, (midnight(day), midnight(day)))
        # after the times, or a power cut brings the true ones back
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def translated() -> Iterator[None]:
    """Turn an OSError, which would carry a path, into one of ours."""
    try:
        yield
    except DropboxError:
        raise
    except OSError as error:
        raise (DiskLow if is_full(error) else StoreError) from None
