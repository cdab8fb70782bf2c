"""Two things that every room which writes files must know of a disk: when names last, and when it is full."""

import errno
import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last: without this a rename can be lost in a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_full(error: OSError) -> bool:
    """Tell whether a write failed for want of room, on the disk or in this user's share of it."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT}
