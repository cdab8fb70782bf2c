"""What every room that writes files must know of a disk: when names last, what lies there now, and when it is full."""

import errno
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from hashlib import file_digest
from pathlib import Path

from dropbox.errors import FileUnreadable

_SYNCS_AT_ONCE = 8


def sync_files(paths: Iterable[Path]) -> None:
    """Make the bytes of many files last. Several wait at once, because a disk makes them last together."""
    with ThreadPoolExecutor(max_workers=_SYNCS_AT_ONCE) as pool:
        for _ in pool.map(_sync_file, paths):
            pass


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last: without this a rename can be lost in a power cut."""
    _sync(folder, os.O_DIRECTORY)


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


def is_full(error: OSError) -> bool:
    """Tell whether a write failed for want of room, on the disk or in this user's share of it."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT}
