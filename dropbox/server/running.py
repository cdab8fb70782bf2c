"""Which process serves a data folder: the one that holds its lock, and that wrote its number into it.

The lock is never tried here: a look must not be what keeps a server from starting.
"""

import os
from pathlib import Path

LOCK_FILE = "serve.lock"
_LOCKS = Path("/proc/locks")
_MAX_DIGITS = 20


def note_pid(descriptor: int) -> None:
    """Write this process's number into the lock that it holds."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)


def running_pid(data_dir: Path) -> int | None:
    """Return the number of the process that serves this folder, or None where none does."""
    try:
        path = data_dir / LOCK_FILE
        pid, inode = int(path.read_bytes()[:_MAX_DIGITS]), path.stat().st_ino
        held = _LOCKS.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):  # never started, or by an earlier version
        return None
    return pid if any(_is_held(line.split(), pid, inode) for line in held) else None


def _is_held(words: list[str], pid: int, inode: int) -> bool:
    """Read a line of proc_locks(5): `1: FLOCK ADVISORY WRITE 4711 fe:00:1234 0 EOF`."""
    return words[1:2] == ["FLOCK"] and words[4:5] == [str(pid)] and words[5].rpartition(":")[2] == str(inode)
