"""The transfer lock: exports, imports, sweeps and letting go happen one at a time, in whatever process.

The kernel drops it with the process that held it, so a kill leaves nothing to clean up.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from dropbox.errors import StoreBusy
from dropbox.server.store.blobs import translated

_PAUSE_SECONDS = 0.05


@contextmanager
def exclusive(path: Path, wait_seconds: float) -> Iterator[None]:
    """Hold the lock; StoreBusy when another thread or process still has it after the wait. Not re-entrant."""
    with translated():
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        deadline = monotonic() + wait_seconds
        while not _try(descriptor):
            if monotonic() > deadline:
                raise StoreBusy
            sleep(_PAUSE_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
