"""What the journeys over Tor share: their marks, a drop that launches its own tor, a tor for others, and waiting."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scripts.private_tor import PrivateTor
from tests.drop_process import DropProcess
from tests.journeys.world import Person, World

PUBLISH_SECONDS = 60

# stem and marionette-driver are older than these warnings, and leave a probing socket to the garbage collector
MARKS = [
    pytest.mark.tor,
    pytest.mark.filterwarnings("ignore:setDaemon:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@contextmanager
def world_over_tor(network: PrivateTor, root: Path, people: dict[str, Person], **config: str) -> Iterator[World]:
    """Run a drop that is reached over this network, with a vault for each member; `config` as for World.make."""
    (root / "torrc-defaults").write_text(network.torrc_of_the_network(), encoding="utf-8")
    made = World.make(root, people, onion='mode = "launch"\ntorrc_defaults = "torrc-defaults"', **config)
    with made.drop:
        made.start_vaults()
        yield made


def published_address(drop: DropProcess, after: int = 0) -> str:
    """Wait until the server says that its onion service is reachable; `after` bytes of its log are skipped."""
    deadline = time.monotonic() + PUBLISH_SECONDS
    while time.monotonic() < deadline:
        found = re.search(rb"reachable at (http://[a-z2-7]{56}\.onion/)", drop.log.read_bytes()[after:])
        if found:
            return found[1].decode()
        time.sleep(0.2)
    raise AssertionError(f"not published:\n{drop.log.read_text(encoding='utf-8')}")


def control_mode(socket: Path) -> str:
    return f'mode = "control"\ncontrol_socket = "{socket}"'


def start_tor(folder: Path) -> subprocess.Popen[bytes]:
    """Start a tor for `control` mode in a folder that holds its torrc-defaults."""
    (folder / "control").unlink(missing_ok=True)
    (folder / "torrc").write_text(
        f"DataDirectory {folder}/data\nControlSocket {folder}/control\nCookieAuthentication 1\nSocksPort 0\n",
        encoding="utf-8",
    )
    command = ["tor", "-f", str(folder / "torrc"), "--defaults-torrc", str(folder / "torrc-defaults"), "--quiet"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, stderr=sys.stderr)
    deadline = time.monotonic() + 10
    while not (folder / "control").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return process
