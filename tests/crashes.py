"""Commands that die: at each of their fsyncs, as in a power cut, or at any moment, as by kill -9."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import NoReturn

from dropbox.workstation.main import main
from tests.factories_bundles import Investigator

PROGRAM = "import sys; from dropbox.workstation.main import main; sys.exit(main())"


def crash_at(person: Investigator, moment: int, *arguments: str) -> bool:
    """Run a command in a child that is killed at its n-th fsync; tell whether it was."""
    child = os.fork()
    if child == 0:
        _die_at(person, moment, arguments)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def _die_at(person: Investigator, moment: int, arguments: tuple[str, ...]) -> NoReturn:
    os.environ["GNUPGHOME"] = str(person.home)
    left = [moment]
    os.fsync = _killing(os.fsync, left)  # type: ignore[assignment]  # we only ever give it descriptors
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os._exit(main([*arguments, "--vault", str(person.vault)]))


def _killing(synced: Callable[[int], None], left: list[int]) -> Callable[[int], None]:
    def fsync(descriptor: int) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        synced(descriptor)

    return fsync


def kill_after(person: Investigator, seconds: float, *arguments: str) -> bool:
    """Run a command in a process of its own and kill it so long after its start; tell whether it was still there."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments, "--vault", str(person.vault)],
        env={**os.environ, "GNUPGHOME": str(person.home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(seconds)
    process.kill()
    return process.wait() == -signal.SIGKILL
