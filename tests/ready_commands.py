"""Our commands, each in a process of its own that need not import the program again.

For each console script a process waits that has imported its main module, made its parser and done nothing else. For
each command it forks: a command has its own memory, umask, limits, signal handlers and environment, as its user's has;
only the half second before is shared. That the scripts themselves start is seen where a drop is served and where the
command lines of the documents are run.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

MAINS = {
    "dropbox-server": "dropbox.server.main",
    "dropbox-workstation": "dropbox.workstation.main",
    "dropbox-courier": "dropbox.courier.main",
}
_ROOT = Path(__file__).parent.parent
_LONGEST = 1 << 20
_waiting: dict[str, tuple[subprocess.Popen[bytes], socket.socket]] = {}


@dataclass(frozen=True)
class Done:
    """What a command left behind; `code` is negative where a signal ended it, as subprocess has it."""

    code: int
    out: str
    err: str


def run(script: Path, arguments: Sequence[str], env: Mapping[str, str], seconds: float = 120) -> Done:
    """Run one of our console scripts with nothing on its standard input; TimeoutError when it takes too long."""
    asked = {"argv": [str(script), *arguments], "env": dict(env), "cwd": str(Path.cwd())}
    with ExitStack() as stack:
        out, err = stack.enter_context(TemporaryFile()), stack.enter_context(TemporaryFile())
        told, tell = os.pipe()
        answer = stack.enter_context(os.fdopen(told, "rb", 0))
        try:
            socket.send_fds(_waiting_for(script.name), [json.dumps(asked).encode()], [out.fileno(), err.fileno(), tell])
        finally:
            os.close(tell)
        pid = answer.readline()
        assert pid, "the process that waits for commands has ended"
        if not select.select([answer], [], [], seconds)[0]:
            os.kill(int(pid), signal.SIGKILL)
            raise TimeoutError(f"{script.name} {arguments[0]}")
        code = int(answer.readline())
        out.seek(0)
        err.seek(0)
        return Done(code, out.read().decode(), err.read().decode())


def _waiting_for(program: str) -> socket.socket:
    if program not in _waiting:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _LONGEST)
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.ready_commands", str(theirs.fileno()), MAINS[program]],
                cwd=_ROOT,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        _waiting[program] = process, ours
    return _waiting[program][1]


@atexit.register
def _end() -> None:
    for process, ours in _waiting.values():
        ours.close()
        process.wait()


def _wait(control: socket.socket) -> dict[str, Any] | None:
    """Fork for each command; return what was asked for in each child, and None when nobody will ask any more."""
    running: dict[int, tuple[int, int]] = {}
    while True:
        for ready in select.select([control.fileno(), *running], [], [])[0]:
            if ready in running:
                pid, tell = running.pop(ready)
                _say(tell, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
                os.close(ready)
                os.close(tell)
                continue
            data, descriptors, _, _ = socket.recv_fds(control, _LONGEST, 3)
            if not data:
                return None
            out, err, tell = descriptors
            pid = os.fork()
            if not pid:
                os.dup2(out, 1)
                os.dup2(err, 2)
                control.close()
                for each in (*descriptors, *running, *(tell for _, tell in running.values())):
                    os.close(each)
                return dict(json.loads(data))
            os.close(out)
            os.close(err)
            _say(tell, pid)
            running[os.pidfd_open(pid)] = pid, tell


def _say(tell: int, number: int) -> None:
    os.write(tell, f"{number}\n".encode())


def _make_the_parser(program: Any) -> None:
    if program.__name__ == MAINS["dropbox-server"]:
        program._parser()
    if program.__name__ == MAINS["dropbox-workstation"]:
        program._parser("en", program.default_folder())


def _main() -> int:
    program = import_module(sys.argv[2])
    _make_the_parser(program)
    os.umask(0o022)
    gc.freeze()
    asked = _wait(socket.socket(fileno=int(sys.argv[1])))
    if asked is None:
        return 0
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["cwd"])
    sys.argv = asked["argv"]
    sys.orig_argv = [sys.executable, *asked["argv"]]  # what a command that begins itself anew begins with
    return int(program.main())


if __name__ == "__main__":
    sys.exit(_main())
