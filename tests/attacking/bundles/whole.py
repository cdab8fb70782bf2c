"""Whole imports, each in a process that is forked for it: what it says, what it takes, and what it left where.

Nothing is stood in for: gpg, vault, store and the commands' own main functions are the real ones.
"""

from __future__ import annotations

import os
import pickle
import select
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from tests.attacking.bundles.measuring import STUCK_SECONDS
from tests.attacking.processes import status_number

MAX_EXTRA_SECONDS = 2.0
"""On top of what the import of the same bundle takes that nobody bent: gpg has its own price."""
MAX_MIB = 200.0
_VOLATILE = ("S.", "random_seed", ".#lk", "lock", "trustdb", "pubring.kbx~", "store.sqlite-")


@dataclass(frozen=True)
class Done:
    """What a forked command left behind. `seconds`: of all processors, gpg too. `mib`: at most, on top of ours."""

    code: int
    out: str
    err: str
    seconds: float
    mib: float

    @property
    def error(self) -> str:
        """Return the line that says why it was refused; what the log says may stand before it."""
        return next((line for line in self.err.splitlines() if line.startswith("error: ")), "")

    @property
    def strange(self) -> str:
        """Return what is wrong with how it ended, whatever it was about."""
        if self.code not in {0, 1}:
            return f"it ended with {self.code}: {self.err.strip()[-160:]}"
        if self.code == 1 and not self.error:
            return f"it was refused without a line of ours: {self.err.strip()[-160:]}"
        if self.error.startswith(("error: unexpected", "error: the system refused")):
            return self.error
        return "a traceback was shown" if "Traceback" in self.err else ""


def forked(run: Callable[[], tuple[int, str, str]]) -> Done:
    """Run something in a process of its own, and measure it until it and all that it waited for have ended."""
    reading, writing = os.pipe()
    ours = status_number("self", "VmRSS")
    pid = os.fork()
    if not pid:
        os.close(reading)
        _child(run, writing)
    os.close(writing)
    data = b""
    end = time.monotonic() + 3 * STUCK_SECONDS
    with os.fdopen(reading, "rb", 0) as told:
        while select.select([told], [], [], max(0, end - time.monotonic()))[0]:
            if not (piece := told.read(1 << 16)):
                break
            data += piece
        else:
            os.kill(pid, signal.SIGKILL)
    _, status, used = os.wait4(pid, 0)
    code, out, err = pickle.loads(data) if data else (os.waitstatus_to_exitcode(status) or 99, "", "it was killed")
    return Done(code, out, err, used.ru_utime + used.ru_stime, max(0, used.ru_maxrss - ours) / 1024)


def _child(run: Callable[[], tuple[int, str, str]], writing: int) -> None:
    os.setpgid(0, 0)
    try:
        ended = run()
    except BaseException:
        ended = (98, "", traceback.format_exc())
    with os.fdopen(writing, "wb") as told:
        pickle.dump(ended, told)
    os._exit(0)


def tree(folder: Path, *, without: tuple[Path, ...] = ()) -> dict[str, str]:
    """Return what lies under a folder, by its path: links by where they lead, files by their hash. gpg's own odds and
    ends are left out.
    """
    found: dict[str, str] = {}
    for place, folders, files in os.walk(folder):
        here = Path(place)
        folders[:] = [name for name in folders if here / name not in without]
        found[place] = "a folder"
        links = [name for name in folders if (here / name).is_symlink()]
        for name in (*files, *links):
            path = here / name
            if path in without or name.startswith(_VOLATILE):
                continue
            found[str(path)] = str(path.readlink()) if path.is_symlink() else _hash(path)
    return found


def _hash(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError:
        return "no file"


def differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return sorted(name for name in {**before, **after} if before.get(name) != after.get(name))


@dataclass
class WholeTally:
    """What all whole imports came to; goes from one process to another as it is."""

    imports: int = 0
    refused: int = 0
    accepted: int = 0
    items: int = 0
    broken: int = 0
    seconds: float = 0.0
    mib: float = 0.0
    refusals: Counter[str] = field(default_factory=Counter)
    found: list[tuple[str, str]] = field(default_factory=list)

    def add(self, done: Done, usual: float, findings: list[str], how: str) -> None:
        """Count one import; `findings`: what it broke."""
        self.imports += 1
        self.refused += done.code == 1
        self.accepted += done.code == 0
        if done.code == 1:
            self.refusals[done.error[:90]] += 1
        self.seconds, self.mib = max(self.seconds, done.seconds - usual), max(self.mib, done.mib)
        said = [done.strange, *findings]
        said += (
            [f"it took {done.seconds:.1f} s, {usual:.1f} s is usual"]
            if done.seconds > usual + MAX_EXTRA_SECONDS
            else []
        )
        said += [f"it took {done.mib:.0f} MiB"] if done.mib > MAX_MIB else []
        said = [each for each in said if each]
        self.broken += bool(said)
        if len(self.found) < 30:
            self.found += [(each, how) for each in said]

    def take(self, other: WholeTally) -> None:
        for name in ("imports", "refused", "accepted", "items", "broken"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.seconds, self.mib = max(self.seconds, other.seconds), max(self.mib, other.mib)
        self.refusals += other.refusals
        self.found += other.found
