"""What the server asks of the kernel before it holds anything secret: no core dumps, no peeking, no swap in clear.

Called once by the main before the store is opened. Nothing here reads a request or the configuration. What memory keeps
of what was freed is the affair of `wiping`.
"""

import ctypes
import os
import resource
import stat
from pathlib import Path

from dropbox.errors import StartRefused

_PR_GET_DUMPABLE = 3
_PR_SET_DUMPABLE = 4
_M_MMAP_THRESHOLD = -3
_LARGE_BYTES = 1 << 20
_SWAP_HINT = "Encrypt the swap (dm-crypt) or switch it off with swapoff -a; server.allow_swap = true accepts the risk."


def close_the_shutters() -> None:
    """Make new files private, switch core dumps off and keep other processes of this user out of our memory."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise StartRefused("The kernel did not let this process be made non-dumpable.")
    _return_large_memory()


def _return_large_memory() -> None:
    """Have glibc give large pieces back to the kernel when they are freed, which clears them.

    Left alone it raises its threshold up to 32 MiB as it goes, and keeps what long texts were read and shown in
    (mallopt(3)). Measured with sixteen of the longest texts at once: 146 MiB at most instead of 270.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # another C library has no such habit
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)


def is_dumpable() -> bool:
    return bool(ctypes.CDLL(None).prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0))


def clear_swap(swaps: Path = Path("/proc/swaps"), sysfs: Path = Path("/sys")) -> tuple[str, ...]:
    """Return the names of the swap areas in use that are neither encrypted nor in RAM (zram)."""
    lines = swaps.read_text(encoding="utf-8").splitlines()[1:] if swaps.exists() else []
    names = [line.split()[0] for line in lines if line.strip()]
    return tuple(name for name in names if not _is_safe(Path(name), sysfs))


def refuse_clear_swap(*, allowed: bool) -> tuple[str, ...]:
    """Raise StartRefused when swap could write plaintext to a disk; return the areas where that is `allowed`."""
    areas = clear_swap()
    if areas and not allowed:
        raise StartRefused("Swap is on and not encrypted: memory with plaintext could be written to disk.", _SWAP_HINT)
    return areas


def _is_safe(area: Path, sysfs: Path) -> bool:
    if area.name.startswith("zram"):
        return True
    try:
        status = area.stat()
    except OSError:
        return False
    device = status.st_rdev if stat.S_ISBLK(status.st_mode) else status.st_dev
    return _is_encrypted(sysfs / "dev" / "block" / f"{os.major(device)}:{os.minor(device)}")


def _is_encrypted(block: Path) -> bool:
    """Tell whether a block device is dm-crypt, or stands (LVM, RAID) on nothing but dm-crypt."""
    uuid = block / "dm" / "uuid"
    if uuid.exists() and uuid.read_text(encoding="utf-8").startswith("CRYPT-"):
        return True
    slaves = block / "slaves"
    below = list(slaves.iterdir()) if slaves.is_dir() else []
    return bool(below) and all(_is_encrypted(slave) for slave in below)
