"""One mutant and what came of it: how it ended, how long it took and what memory, and whether it left its folder.

It runs in a worker process of its own, whose address space is bounded: a reader that eats memory breaks off there.
"""

from __future__ import annotations

import base64
import ctypes
import os
import resource
import shutil
import signal
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from dropbox.errors import DropboxError
from tests.attacking.bundles.target import Lie, Target
from tests.attacking.processes import open_files, status_number

MAX_SECONDS = 2.0
MAX_MIB = 200.0
STUCK_SECONDS = 20
ROOM_BYTES = 2 << 30
"""What a worker may take on top of what it has: a bomb is called long before that."""
MAX_RECIPE_BYTES = 4096
_MIB = 1 << 20
_OUTSIDE = (Path("/tmp/planted"), Path("/planted"), Path("/tmp/x00.txt"))
_libc = ctypes.CDLL(None)


class Stuck(BaseException):
    """A reader did not end in any reasonable time."""


@dataclass(frozen=True)
class Ended:
    """How one mutant ended. `finding`: what it broke, or nothing. `refusal`: the error's name; empty where accepted.

    `seconds`: of the processor.
    """

    target: str
    number: int
    how: tuple[str, ...]
    seconds: float
    mib: float
    refusal: str = ""
    finding: str = ""
    recipe: str = ""


@dataclass
class Cage:
    """The tree in which a reader works: `inside` is its own, and nothing else in it may change."""

    root: Path
    inside: Path = field(init=False)
    _before: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.inside = self.root / "a" / "b" / "inside"
        self.inside.mkdir(parents=True)
        for place in (self.root, self.root / "a", self.root / "a" / "b"):
            (place / "canary").write_text("sings")
            (place / "items").mkdir()
            (place / "items" / "canary").write_text("sings")
        self._before = self._seen()

    def _seen(self) -> dict[str, Any]:
        seen: dict[str, Any] = {str(path): os.path.lexists(path) for path in _OUTSIDE}
        for place, folders, files in os.walk(self.root):
            if place == str(self.inside):
                folders.clear()
                continue
            for name in files:
                found = os.lstat(f"{place}/{name}")
                seen[f"{place}/{name}"] = (found.st_mtime_ns, found.st_size, found.st_ino)
            seen[place] = sorted((*folders, *files))
        return seen

    def changed(self) -> str:
        """Return what is not as it was outside; nothing when all is."""
        now = self._seen()
        return next((name for name in {**self._before, **now} if self._before.get(name) != now.get(name)), "")

    def empty(self) -> None:
        for path in self.inside.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def bound_memory() -> None:
    """Bound this process's address space, so that no bomb takes the machine."""
    room = status_number("self", "VmSize") * 1024 + ROOM_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (room, room))


def attempt(target: Target, seed: int, number: int, cage: Cage) -> Ended:
    """Make one mutant, hand it to its reader, and judge what came of it; a slow one is tried again."""
    chances = Random(f"{seed}/bundles/{target.name}/{number}")
    how: list[str] = []
    data = target.mutant(chances, how)
    ended = _once(target, number, data, tuple(how), cage)
    for _ in range(2):
        if ended.finding or ended.seconds <= MAX_SECONDS:
            break
        again = _once(target, number, data, tuple(how), cage)
        ended = again if again.seconds < ended.seconds else ended
    if not ended.finding and ended.seconds > MAX_SECONDS:
        ended = _with(ended, f"it took {ended.seconds:.1f} s")
    if ended.finding:
        ended = Ended(**{**vars(ended), "recipe": recipe(seed, ended, data)})
    return ended


def recipe(seed: int, ended: Ended, data: bytes) -> str:
    """Return how to make the mutant again: its seed and number, and its bytes where they are few."""
    packed = base64.b64encode(zlib.compress(data, 9)).decode()
    bytes_said = f"; zlib, base64: {packed}" if len(packed) <= MAX_RECIPE_BYTES else f"; {len(data)} bytes"
    return f"seed {seed}, {ended.target} {ended.number} ({'; '.join(ended.how)[:300]}){bytes_said}"


def _with(ended: Ended, finding: str) -> Ended:
    return Ended(**{**vars(ended), "finding": finding})


def _once(target: Target, number: int, data: bytes, how: tuple[str, ...], cage: Cage) -> Ended:
    accepted, refusal, finding = None, "", ""
    descriptors = open_files("self")
    begun = time.process_time()  # other work on the machine is no fault of the reader's; one that hangs is stuck
    with peak() as memory:
        try:
            with _alarm():
                accepted = target.read(data, cage.inside)
        except DropboxError as error:
            refusal = type(error).__name__
        except Stuck:
            finding = f"it did not end within {STUCK_SECONDS} s"
        except MemoryError:
            finding = "it took all memory that there was"
        except Exception as error:
            finding = f"{type(error).__name__} instead of a refusal: {str(error)[:100]}"
    seconds = time.process_time() - begun
    if not refusal and not finding:
        try:
            target.judge(data, accepted)
        except Lie as lie:
            finding = str(lie)
        except Exception as error:
            finding = f"what was accepted cannot be read again: {type(error).__name__} {str(error)[:100]}"
    accepted = None
    if not finding and memory.mib > MAX_MIB:
        finding = f"it took {memory.mib:.0f} MiB"
    if not finding and open_files("self") > descriptors:
        finding = "it left a file open"
    if changed := cage.changed():
        finding = f"it got out of its folder: {changed}"
    cage.empty()
    return Ended(target.name, number, how, seconds, memory.mib, refusal, finding)


@dataclass
class Peak:
    mib: float = 0.0


@contextmanager
def peak() -> Iterator[Peak]:
    """Measure what memory was taken at most, on top of what was there."""
    Path("/proc/self/clear_refs").write_text("5")  # proc(5): the peak of the resident set begins anew
    before = status_number("self", "VmRSS")
    found = Peak()
    yield found
    found.mib = max(0, status_number("self", "VmHWM") - before) * 1024 / _MIB
    if found.mib > 20:
        _libc.malloc_trim(0)  # or the next mutant would find room that this one took


@contextmanager
def _alarm() -> Iterator[None]:
    def ring(_signal: int, _frame: object) -> None:
        raise Stuck

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, STUCK_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
