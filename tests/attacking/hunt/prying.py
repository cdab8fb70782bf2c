"""Another process tries to look into the server, and a signal that makes others drop a core is sent to it."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import factories
from tests.attacking.hunt import memory
from tests.drop_process import BIN, START_SECONDS, free_port
from tests.visitor import Visitor

USER, OTHER_USER = 61_234, 61_235
"""Numbers of no account: root's run gives them to a server and to who pries, because root may look into everything."""


@dataclass(frozen=True)
class Pried:
    """What was got: ways into the server, ways into an ordinary process (which must work), and cores."""

    ways: tuple[str, ...]
    ways_of_others: tuple[str, ...] | None
    ordinary: tuple[str, ...]
    cores: int


def pry(folder: Path, public: Path) -> Pried:
    """Run a second server in `folder`, as a user of its own where this is root's run."""
    user = USER if os.geteuid() == 0 else None
    with _server(folder, public, user) as server:
        ways = memory.peek(server.pid, user)
        others = memory.peek(server.pid, OTHER_USER) if user is not None else None
        with waiting(user) as pid:
            ordinary = memory.peek(pid, user)
        server.send_signal(signal.SIGABRT)
        server.wait(30)
        cores = len([path for path in folder.rglob("core*") if path.is_file()])
    return Pried(tuple(ways), None if others is None else tuple(others), tuple(ordinary), cores)


@contextmanager
def _server(folder: Path, public: Path, user: int | None) -> Iterator[subprocess.Popen[bytes]]:
    port = free_port()
    config = _config(folder, public)
    if user is not None:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user, user)
    process = subprocess.Popen(
        [BIN / "dropbox-server", "serve", "--config", config, "--local", f"127.0.0.1:{port}"],
        cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        user=user, group=user, extra_groups=None if user is None else [],
        env={**os.environ, "HOME": str(folder), "TMPDIR": str(folder)},
        preexec_fn=_want_cores,  # noqa: PLW1509  # no threads yet
    )  # fmt: skip
    try:
        _wait(process, port)
        yield process
    finally:
        process.kill()
        process.wait()


def _config(folder: Path, public: Path) -> Path:
    folder.mkdir()
    (folder / "keys").mkdir()
    shutil.copy(public, folder / "keys" / "anna.asc")
    fingerprint = factories.run_gpg(folder, "--with-colons", "--show-keys", str(public)).split(b"\nfpr:")[1]
    shown = fingerprint.decode().split("\n")[0].strip(":")
    return factories.write_config(folder, {"advisers": [shown]}, server="allow_swap = true\nmin_free_mib = 16")


def _want_cores() -> None:
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            if Visitor("127.0.0.1", port).get("/").status == 200:
                return
        except OSError:
            assert process.poll() is None, "the server that was to be pried into did not start"
            time.sleep(0.05)


@contextmanager
def waiting(user: int | None, first: str = "") -> Iterator[int]:
    """Give a process that does `first` and waits. Where nothing shuts it off, who cannot look in has shown nothing."""
    command = [sys.executable, "-c", f"{first}\nimport time; print(1, flush=True); time.sleep(60)"]
    groups: list[int] | None = None if user is None else []
    process = subprocess.Popen(command, stdout=subprocess.PIPE, user=user, group=user, extra_groups=groups)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
    finally:
        process.kill()
        process.communicate()
