"""Which folders lie in memory and on no disk: for what may be written down and must be gone with the power.

Looks at the kernel's list of mounts only; what is written there is the caller's.
"""

import os
from pathlib import Path

from dropbox.errors import MemoryFolderMissing

_IN_MEMORY = frozenset({"tmpfs", "ramfs"})
_PLACES = ("/dev/shm", "/tmp")  # noqa: S108  # nosec B108 -- only as far as they are in memory
_MOUNTS = Path("/proc/self/mountinfo")


def memory_folder() -> Path:
    """Return a folder of ours to write in that lies in memory. Raises MemoryFolderMissing."""
    mounts = _mounts()
    for place in (os.environ.get("XDG_RUNTIME_DIR", ""), *_PLACES):
        if place.startswith("/") and os.access(place, os.W_OK | os.X_OK) and _kind(place, mounts) in _IN_MEMORY:
            return Path(place)
    raise MemoryFolderMissing


def is_in_memory(folder: Path) -> bool:
    """Tell whether what is written to this folder stays in memory; where that cannot be known it does not."""
    try:
        return _kind(str(folder.absolute()), _mounts()) in _IN_MEMORY
    except MemoryFolderMissing:
        return False


def _mounts() -> dict[str, str]:
    """Return each mount point's kind of file system (proc(5), mountinfo); the last mount on a point counts."""
    try:
        lines = _MOUNTS.read_text().splitlines()
    except OSError:
        raise MemoryFolderMissing from None
    found: dict[str, str] = {}
    for line in lines:
        before, _, after = line.partition(" - ")
        found[before.split(" ")[4].encode().decode("unicode_escape")] = after.split(" ")[0]
    return found


def _kind(place: str, mounts: dict[str, str]) -> str:
    real = Path(place).resolve()
    return next((mounts[str(path)] for path in (real, *real.parents) if str(path) in mounts), "")
