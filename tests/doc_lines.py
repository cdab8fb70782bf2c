"""The command lines of the documents, and a world in which they are run: a drop, its desk, stick and workstation.

What stands for something in a document is replaced: `/media/stick`, paths of the package, words in CAPITALS. Commands
that change the machine itself (sudo, apt, systemctl, the package's own) are stood in for by small scripts; for each
of those `ELSEWHERE` names the test that runs the real one.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.drop_process import BIN

ROOT = Path(__file__).parent.parent
_BLOCK = re.compile(r"^ *```console\n(.*?)^ *```", re.MULTILINE | re.DOTALL)

ELSEWHERE = {
    "apt": ("tests/guest/inside.py", 'run("dpkg", "-i"'),
    "onion-dropbox-add": ("tests/guest/inside.py", 'run("onion-dropbox-add"'),
    "onion-dropbox-remove": ("tests/guest/inside.py", 'run("onion-dropbox-remove"'),
    "onion-dropbox": ("tests/guest/inside.py", "onion-dropbox"),
    "systemctl": ("tests/guest/inside.py", "onion-dropbox@"),
    "scripts/package": ("tests/journeys/test_package.py", "package"),
    "scripts/run": ("tests/unit/test_trial.py", 'argv", ["run"'),
    "scripts/demo": ("tests/journeys/test_demo.py", "scripts/demo"),
    "scripts/kit": ("tests/unit/test_kit.py", "kit"),
    "scripts/test": (".ci/run", "scripts/test"),
}
"""Commands for which something stands in here: the file that runs the command itself, and the words that do."""


@dataclass(frozen=True)
class Line:
    document: str
    number: int
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.number}: {self.text}"


def lines_of(document: Path) -> list[Line]:
    """Return every command line of a document, in order; a line that ends in a backslash goes on."""
    text = document.read_text(encoding="utf-8")
    found = []
    for block in _BLOCK.finditer(text):
        first = text.count("\n", 0, block.start(1)) + 1
        joined = block[1].replace("\\\n", "")
        for offset, line in enumerate(joined.splitlines()):
            if line.lstrip().startswith("$ "):
                found.append(Line(document.name, first + offset, line.lstrip()[2:].strip()))
    return found


Hook = Callable[["Machine"], None]


@dataclass
class Machine:
    """A folder that stands for the server or the workstation of a document."""

    folder: Path
    environment: dict[str, str]
    replaced: dict[str, str] = field(default_factory=dict)
    before: Mapping[str, Hook] = field(default_factory=dict)
    """What has to be there before a line runs, by how the line begins. Each must be used."""
    used: set[str] = field(default_factory=set)
    place: Path = field(init=False)

    def __post_init__(self) -> None:
        self.place = self.folder

    def run(self, line: Line) -> str | None:
        """Run a line as a shell would. Returns what went wrong, or None."""
        for start, hook in self.before.items():
            if line.text.startswith(start) and start not in self.used:
                self.used.add(start)
                hook(self)
        text = self.filled(line.text)
        if text.startswith("cd "):
            self.place = self.place / text[3:]
            return None
        done = subprocess.run(
            ["bash", "-c", text],
            cwd=self.place,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode in _codes(text):
            return None
        return f"{line}\n  ran as: {text}\n  exit {done.returncode}\n{done.stdout[-600:]}{done.stderr[-600:]}"

    def filled(self, text: str) -> str:
        for name in sorted(self.replaced, key=len, reverse=True):
            text = text.replace(name, self.replaced[name])
        return text

    def stand_in(self, name: str, *script: str) -> None:
        """Put a shell script in the place of a command."""
        path = self.folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(["#!/bin/bash", "set -e", *script, ""]))
        path.chmod(0o755)

    def unused(self) -> set[str]:
        return set(self.before) - self.used


def _codes(text: str) -> set[int]:
    """Return what may come out: `check` fails in a world without tor, and says so."""
    return {0, 1} if re.search(r" (check|doctor)\b", text) and " keys " not in text else {0}


def start_script(config: Path, port: int, pid: Path, *more: str) -> str:
    """Return a shell line that starts a server, apart from the shell, and waits until it answers."""
    command = [str(BIN / "dropbox-server"), "serve", "--config", str(config), "--local", f"127.0.0.1:{port}", *more]
    code = (
        "import socket,subprocess,sys,time\n"
        f"log = open({str(pid) + '.log'!r}, 'ab')\n"
        f"server = subprocess.Popen({command!r}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,"
        " start_new_session=True)\n"
        f"open({str(pid)!r}, 'w').write(str(server.pid))\n"
        "for _ in range(600):\n"
        "    try:\n"
        f"        socket.create_connection(('127.0.0.1', {port}), 1).close(); break\n"
        "    except OSError:\n"
        "        if server.poll() is not None: sys.exit('the server did not start')\n"
        "        time.sleep(0.05)\n"
        "else: sys.exit('the server did not answer')\n"
    )
    return f"{shlex.quote(sys.executable)} -c {shlex.quote(code)}"


def end_script(pid: Path) -> str:
    """Return shell lines that end a server politely, and wait for it."""
    return (
        f"p=$(cat {shlex.quote(str(pid))}); kill -TERM $p; rm {shlex.quote(str(pid))}; "
        "for i in $(seq 400); do case $(ps -o stat= -p $p) in ''|Z*) break ;; esac; sleep 0.05; done"
    )


def end(pid: Path) -> None:
    """End the server that a line started, if one runs: politely, twice, then at once."""
    if not pid.exists():
        return
    number = int(pid.read_text())
    pid.unlink()
    for wish in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
        if _is_dead(number):
            return
        os.kill(number, wish)
        deadline = time.monotonic() + 8
        while not _is_dead(number) and time.monotonic() < deadline:
            time.sleep(0.02)


def _is_dead(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return True
    return state == "Z"
