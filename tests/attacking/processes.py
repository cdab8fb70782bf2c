"""What /proc tells of a process of ours: its children, its memory, its descriptors. Only numbers leave this room."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def children(pid: int) -> Iterator[int]:
    """Yield the children of a process, of whichever of its threads; none of one that has ended."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return
    for task in tasks:
        with suppress(OSError):  # the thread has ended meanwhile
            yield from map(int, (task / "children").read_text().split())


def status_number(pid: int | str, name: str) -> int:
    """Return a number of a process by its name in proc(5), memory in KiB; `pid` may be `self`."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def memory_mib(pid: int | str) -> float:
    return status_number(pid, "VmRSS") / 1024


def open_files(pid: int | str) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))
