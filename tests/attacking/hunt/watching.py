"""The real server under strace, and whoever it starts: their environments and command lines while they run."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

from dropbox.server import wiping
from tests.attacking.hunt import memory
from tests.attacking.hunt.memory import Keyhole
from tests.attacking.hunt.places import CALLS
from tests.attacking.processes import children
from tests.drop_process import BIN, START_SECONDS, DropProcess

_POLL_SECONDS = 0.005
_ANEW_SECONDS = 0.5


class WatchedDrop(DropProcess):
    """The server as anybody starts it, with a tracer around it and a keyhole into its memory from the beginning."""

    def __init__(self, config: Path, trace: Path, temporary: Path) -> None:
        super().__init__(config)
        self.trace, self._temporary = trace, temporary
        self.keyhole: Keyhole | None = None
        self.began_anew = False
        self._server = 0

    @property
    def pid(self) -> int:
        return self._server

    def start(self) -> None:
        local = f"127.0.0.1:{self.port}"
        serve = [str(BIN / "dropbox-server"), "serve", "--config", str(self.config), "--local", local]
        tracer = ["strace", "-f", "-qq", "-y", "-xx", "-s", "2000000", "-e", f"trace={CALLS}", "-o", str(self.trace)]
        environment = {name: value for name, value in os.environ.items() if name not in wiping.ENVIRONMENT}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*tracer, *serve], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=environment | {"TMPDIR": str(self._temporary)},
            )  # fmt: skip
        deadline = time.monotonic() + 2 * START_SECONDS
        self._server = _first_child(self.process.pid, deadline)
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the server did not start:\n{self.log.read_text(errors='replace')}")
            if not self.began_anew and memory.began_anew(self._server, time.monotonic() + _ANEW_SECONDS):
                self.began_anew, self.keyhole = True, Keyhole.of(self._server)
            time.sleep(0.05 if self.began_anew else 0)
        self.keyhole = self.keyhole or Keyhole.of(self._server)

    def stop(self) -> int | None:
        """End the server itself: a tracer keeps signals to itself."""
        if self.process is None or self.process.poll() is not None:
            return None if self.process is None else self.process.returncode
        with suppress(ProcessLookupError):
            os.kill(self._server, signal.SIGTERM)
        return self.process.wait(20)

    def _answers(self) -> bool:
        try:
            return self.visitor().get("/").status == 200
        except OSError:
            return False


class Family:
    """What /proc shows of a process and of all that it starts; looked at every few milliseconds, in a thread."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.seen: dict[int, bytes] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="family", daemon=True)

    def __enter__(self) -> Family:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def programs(self) -> list[str]:
        """Return the names of the children's programs, one for each that was seen."""
        lines = (seen.split(b"\0", 1)[0] for pid, seen in self.seen.items() if pid != self._pid)
        return [Path(os.fsdecode(line)).name for line in lines]

    def _watch(self) -> None:
        while not self._ended.wait(_POLL_SECONDS):
            self._look(self._pid)

    def _look(self, pid: int, depth: int = 3) -> None:
        shown = _shown(pid)
        # between its fork and its own program a child shows what its parent shows
        if len(shown) > len(self.seen.get(pid, b"")) or b"gpg" in shown:
            self.seen[pid] = shown
        for child in children(pid) if depth else ():
            self._look(child, depth - 1)


def _shown(pid: int) -> bytes:
    parts = []
    for name in ("cmdline", "environ", "comm"):
        with suppress(OSError):
            parts.append(Path(f"/proc/{pid}/{name}").read_bytes())
    return b"\0".join(parts)


def _first_child(pid: int, deadline: float) -> int:
    while time.monotonic() < deadline:
        for child in children(pid):
            with suppress(OSError):
                words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")  # the tracer's until it runs its own
                if words[1:2] and words[1].endswith(b"dropbox-server"):
                    return child
        time.sleep(0.005)
    raise AssertionError("the tracer started no server")
