"""What every room that writes files must know of a disk: when names last, what lies there now, and when it is full."""

import errno
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path
from typing import BinaryIO

from dropbox.errors import FileUnreadable

_SYNCS_AT_ONCE = 8
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def sync_files(paths: Iterable[Path]) -> None:
    """Make the bytes of many files last. Several wait at once, because a disk makes them last together."""
    with ThreadPoolExecutor(max_workers=_SYNCS_AT_ONCE) as pool:
        for _ in pool.map(_sync_file, paths):
            pass


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last: without this a rename can be lost in a power cut."""
    _sync(folder, os.O_DIRECTORY)


@contextmanager
def private_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that did not exist, for its owner only; its bytes last at the end, and a failure leaves none of them.

    Raises OSError, and what ends the block. Its name lasts when its folder was synced.
    """
    with os.fdopen(os.open(path, _NEW, 0o600), "wb") as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def replace_private(path: Path, part: Path, data: bytes) -> None:
    """Put a file for its owner only in the place of an older one, whole or not at all. Raises OSError.

    `part`: the name under which it grows, beside it; what a killed process left there goes first.
    """
    part.unlink(missing_ok=True)
    with private_file(part) as file:
        file.write(data)
    part.replace(path)
    sync_folder(path.parent)


def read_up_to(path: Path, max_bytes: int) -> bytes:
    """Return a file's bytes, of a larger one than that a byte too many, which tells. Raises FileUnreadable."""
    try:
        with path.open("rb") as stream:
            return stream.read(max_bytes + 1)
    except OSError:
        raise FileUnreadable from None


def _sync_file(path: Path) -> None:
    _sync(path, os.O_NOFOLLOW)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hex, however large it is."""
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def may_make_files(folder: Path) -> bool:
    """Tell whether the disk has room for one more file, however small; some tell no number, and then it counts so."""
    disk = os.statvfs(folder)
    return disk.f_favail > 0 or disk.f_files == 0


def is_full(error: OSError) -> bool:
    """Tell whether a write failed for want of room, on the disk or in this user's share of it."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT}
