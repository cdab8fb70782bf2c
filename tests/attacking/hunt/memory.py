"""A process's memory as somebody with every right sees it, and what somebody without that right gets."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.attacking.hunt.needles import Found, Needles

_MAP = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (r)(.)..\s+\S+ \S+ (\d+)\s*(.*)")
_PIECE = 64 << 10
_BEGAN_ANEW = b"PYTHONMALLOC="
PTRACE_ATTACH, PTRACE_DETACH = 16, 17


def began_anew(pid: int, deadline: float) -> bool:
    """Wait until a process has begun itself anew, which gives it new memory; return whether it was seen to."""
    while time.monotonic() < deadline:
        try:
            if _BEGAN_ANEW in Path(f"/proc/{pid}/environ").read_bytes():
                return True
        except OSError:
            return False
        time.sleep(0.001)
    return False


class Keyhole:
    """A look into a process that was opened before it shut itself off, which whoever started it can do.

    What is open stays open: so an ordinary user's run sees what root's would see.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._memory, self._maps = (os.open(f"/proc/{pid}/{name}", os.O_RDONLY) for name in ("mem", "maps"))

    @classmethod
    def of(cls, pid: int) -> Keyhole | None:
        """Return a look into a process, or None where this user gets none."""
        try:
            return cls(pid)
        except OSError:
            return None

    def search(self, needles: Needles) -> tuple[Found, int]:
        """Return what is found in the memory as it is in one moment, and how many bytes were looked at."""
        counted: Found = Counter()
        read = 0
        for data in self.image():
            counted += needles.found(data)
            read += len(data)
        return counted, read

    def image(self) -> list[bytes]:
        """Return what was ever written to, piece by piece; the process stands still meanwhile."""
        os.kill(self.pid, signal.SIGSTOP)
        try:
            return [data for start, end in self._regions() for data in _written(self._memory, start, end)]
        finally:
            os.kill(self.pid, signal.SIGCONT)

    def close(self) -> None:
        os.close(self._memory)
        os.close(self._maps)

    def _regions(self) -> list[tuple[int, int]]:
        os.lseek(self._maps, 0, os.SEEK_SET)
        lines = b"".join(iter(lambda: os.read(self._maps, 1 << 20), b"")).decode()
        return list(_regions(lines.splitlines()))


def _regions(lines: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield from where to where a process may have written; code and data as they lie in files are left out."""
    for line in lines:
        found = _MAP.match(line)
        if found is not None and found[6] not in {"[vvar]", "[vsyscall]"} and (found[4] == "w" or found[5] == "0"):
            yield int(found[1], 16), int(found[2], 16)


def _written(descriptor: int, start: int, end: int) -> Iterator[bytes]:
    """Yield what lies between pieces that are all noughts: stacks and arenas are mostly that."""
    held: list[bytes] = []
    nothing = bytes(_PIECE)
    while start < end:
        try:
            data = os.pread(descriptor, min(_PIECE, end - start), start)
        except (OSError, OverflowError):
            break
        if data and data != nothing[: len(data)]:
            held.append(data)
        elif held:
            yield b"".join(held)
            held = []
        start += len(data) or end
    if held:
        yield b"".join(held)


def peek(pid: int, user: int | None = None) -> list[str]:
    """Return by which of the ways another process gets at the memory: as this user, or as `user` when root asks."""
    command = [
        sys.executable,
        "-m",
        "tests.attacking.hunt.peeking",
        str(pid),
        *([str(user)] if user is not None else []),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    return done.stdout.split()


def ways(pid: int) -> list[str]:
    """Try each way in this very process, and return those that worked."""
    tries = {"mem": _by_file, "ptrace": _by_attaching, "process_vm_readv": _by_copying, "environ": _by_environment}
    return [name for name, attempt in tries.items() if attempt(pid)]


def _by_file(pid: int) -> bool:
    try:
        start, _ = next(_regions(Path(f"/proc/{pid}/maps").read_text().splitlines()))
        with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
            return bool(os.pread(memory.fileno(), 16, start))
    except (OSError, StopIteration):
        return False


def _by_environment(pid: int) -> bool:
    try:
        Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
    return True


def _by_attaching(pid: int) -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
    if libc.ptrace(PTRACE_ATTACH, pid, None, None) != 0:
        return False
    os.waitpid(pid, 0x40000000)  # __WALL
    libc.ptrace(PTRACE_DETACH, pid, None, None)
    return True


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))


def _by_copying(pid: int) -> bool:
    """Copy from any address: whoever may not copy is told so before the address is looked at."""
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(16)
    ours = _Vector(ctypes.cast(buffer, ctypes.c_void_p), 16)
    theirs = _Vector(ctypes.cast(buffer, ctypes.c_void_p), 16)
    size = ctypes.c_ulong
    done = libc.process_vm_readv(pid, ctypes.byref(ours), size(1), ctypes.byref(theirs), size(1), size(0))
    return done >= 0 or ctypes.get_errno() not in (1, 3)  # EPERM; ESRCH
