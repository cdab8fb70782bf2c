"""What the file system keeps of a file, beside its bytes: four times, a number, places in folder and on disk."""

from __future__ import annotations

import ctypes
import fcntl
import os
import struct
from dataclasses import dataclass
from pathlib import Path

_AT_FDCWD, _SYMLINK_NOFOLLOW, _STATX_ALL = -100, 0x100, 0xFFF
_FIEMAP, _FIEMAP_SYNC, _EXTENTS = 0xC020660B, 1, 8
_LIBC = ctypes.CDLL(None, use_errno=True)
_HEAD = struct.Struct("=QQLLLL")
_EXTENT = struct.Struct("=QQQQQLLLL")


@dataclass(frozen=True)
class Trace:
    """Times in nanoseconds; `born` is 0 and `physical` -1 where the file system does not say."""

    name: str
    bytes: int
    blocks: int
    inode: int
    modified: int
    read: int
    changed: int
    born: int
    place: int
    physical: int
    extents: int


def of_folder(folder: Path) -> dict[str, Trace]:
    """Return the traces of every file in a folder, by name; `place` is where the folder lists it."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
    return {name: _of(folder / name, place) for place, name in enumerate(names)}


def _of(path: Path, place: int) -> Trace:
    seen = path.lstat()
    physical, extents = _extents(path)
    return Trace(
        path.name, seen.st_size, seen.st_blocks, seen.st_ino, seen.st_mtime_ns, seen.st_atime_ns, seen.st_ctime_ns,
        born_ns(path), place, physical, extents,
    )  # fmt: skip


def born_ns(path: Path) -> int:
    """Return a file's birth time (statx(2)); Python's own stat does not have it on Linux."""
    buffer = ctypes.create_string_buffer(256)
    failed = _LIBC.statx(_AT_FDCWD, os.fsencode(path), _SYMLINK_NOFOLLOW, _STATX_ALL, buffer)
    if failed:
        raise OSError(ctypes.get_errno(), "statx")
    seconds, nanoseconds = struct.unpack_from("=qL", buffer.raw, 80)
    return int(seconds) * 1_000_000_000 + int(nanoseconds)


def _extents(path: Path) -> tuple[int, int]:
    """Return where the first byte lies on the disk, and in how many pieces the file (FIEMAP)."""
    request = bytearray(_HEAD.pack(0, 1 << 62, _FIEMAP_SYNC, 0, _EXTENTS, 0) + bytes(_EXTENTS * _EXTENT.size))
    try:
        with path.open("rb") as file:
            fcntl.ioctl(file, _FIEMAP, request)
    except OSError:  # tmpfs has no extents
        return -1, 0
    found = _HEAD.unpack_from(request)[3]
    return (_EXTENT.unpack_from(request, _HEAD.size)[1], found) if found else (-1, 0)
