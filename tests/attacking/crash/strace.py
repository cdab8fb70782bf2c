"""System calls of the real programs made to fail: strace takes the place of the kernel's answer at the n-th of them.

The server, once it is running, is looked into from outside; a command or a gpg is started by strace itself.
"""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ATTACH_SECONDS = 20.0
LEAVE_SECONDS = 2.0
INJECTED = re.compile(r"\b([a-z0-9_]+)\((.*?)\) = .*\(INJECTED\)")


@dataclass(frozen=True)
class Failure:
    """The n-th of these calls of each thread fails so; `error` "SIGKILL" ends the process there instead."""

    call: str
    error: str
    nth: int

    def __str__(self) -> str:
        return f"{self.call} {self.error} {self.nth}"

    @property
    def options(self) -> list[str]:
        how = f"signal={self.error}" if self.error.startswith("SIG") else f"error={self.error}"
        return ["-e", f"trace={self.call}", "-e", f"inject={self.call}:{how}:when={self.nth}"]


@dataclass
class Seen:
    """What strace wrote down. `calls`: those that were made to fail, each with the paths in its arguments."""

    log: Path
    calls: list[tuple[str, str]] = field(default_factory=list)

    def read(self) -> None:
        if self.log.exists():
            self.calls = INJECTED.findall(self.log.read_text(encoding="utf-8", errors="replace"))


def options(*failures: Failure) -> list[str]:
    """Return what strace is told for several failures at once."""
    traced = ",".join(sorted({failure.call for failure in failures}))
    injected = [part for failure in failures for part in failure.options[2:]]
    return ["-f", "-qq", "-y", "-e", f"trace={traced}", *injected]


@contextmanager
def attached(pid: int, log: Path, *failures: Failure) -> Iterator[Seen]:
    """Have calls of a running process fail until the block ends."""
    log.unlink(missing_ok=True)
    seen = Seen(log)
    tracer = subprocess.Popen(
        ["strace", *options(*failures), "-o", str(log), "-p", str(pid)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        _wait_until_attached(pid, tracer)
        yield seen
    finally:
        _end(tracer)
        seen.read()


def _end(tracer: subprocess.Popen[bytes]) -> None:
    """Let go of the process; when that was killed under it, strace may wait for it for ever."""
    tracer.send_signal(signal.SIGINT)
    try:
        tracer.communicate(timeout=LEAVE_SECONDS)
    except subprocess.TimeoutExpired:
        tracer.kill()
        tracer.communicate()


def _wait_until_attached(pid: int, tracer: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + ATTACH_SECONDS
    while not _is_traced(pid, tracer.pid):
        if tracer.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"strace did not get into the server: {tracer.communicate()[1].decode()[-500:]}")
        time.sleep(0.01)


def _is_traced(pid: int, tracer: int) -> bool:
    line = f"TracerPid:\t{tracer}\n"
    try:
        return all(line in path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/status"))
    except OSError:  # a thread has ended
        return False


def started(log: Path, failures: list[Failure], command: list[str], seconds: float) -> tuple[Seen, int, str]:
    """Run a command whose calls fail; return what was seen, its exit code and its stderr."""
    log.unlink(missing_ok=True)
    done = subprocess.run(
        ["strace", "--seccomp-bpf", *options(*failures), "-o", str(log), *command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    seen = Seen(log)
    seen.read()
    return seen, done.returncode, done.stderr


class GpgInBetween:
    """A `gpg` that stands first in the PATH and passes everything on; while told to, with a call that fails."""

    def __init__(self, folder: Path, real: str) -> None:
        folder.mkdir()
        self.folder, self._told = folder, folder / "told"
        self.log = folder / "log"
        script = folder / "gpg"
        traced = f'exec strace -f -qq -y -o {self.log} $(cat {self._told}) {real} "$@"'
        script.write_text(f'#!/bin/sh\n[ -e {self._told} ] && {traced}\nexec {real} "$@"\n', encoding="ascii")
        script.chmod(0o755)

    @contextmanager
    def failing(self, failure: Failure) -> Iterator[Seen]:
        self.log.unlink(missing_ok=True)
        seen = Seen(self.log)
        self._told.write_text(" ".join(failure.options), encoding="ascii")
        try:
            yield seen
        finally:
            self._told.unlink()
            seen.read()
