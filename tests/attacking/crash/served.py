"""The drop that is attacked: the real server as a process, its children, and ways to end them without warning."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import factories, ready_commands
from tests.attacking.crash.checker import Checker
from tests.attacking.crash.ledger import Ledger
from tests.attacking.processes import children
from tests.courier_room import CLIENT_KEY
from tests.drop_process import DropProcess, free_port
from tests.journeys.world import DESK_OF, Person, World
from tests.visitor import Visitor

SERVER = "allow_swap = true\nmin_free_mib = 16"
POLL_SECONDS = 0.002


@dataclass
class Served:
    """A world whose server shows both sites on loopback."""

    world: World
    courier_port: int

    @property
    def drop(self) -> DropProcess:
        return self.world.drop

    @property
    def data_dir(self) -> Path:
        return self.world.root / "data"

    def courier(self) -> Visitor:
        return Visitor("127.0.0.1", self.courier_port)

    def let_in(self, name: str, desk: str) -> str:
        """Let somebody use the courier; return their passphrase."""
        added = self.drop.server_json("investigator", "add", name, "--desk", desk, "--client-key", CLIENT_KEY)
        return str(added["passphrase"])

    def checker(self, ledger: Ledger) -> Checker:
        first = {member.desk: member.unseal for member in reversed(self.world.members.values())}
        return Checker(self.data_dir, ledger, first)


@contextmanager
def served(root: Path, before: Callable[[Path], None] = lambda _data: None, **overrides: str) -> Iterator[Served]:
    """Make a drop with two desks and everybody's vault; `before` gets the data folder's place before there is any.

    The server is not started yet.
    """
    root.mkdir()
    before(root / "data")
    try:
        homes = {name: factories.new_home(root, name) for name in DESK_OF}
        people = {name: Person(home, factories.make_key(home, name)) for name, home in homes.items()}
        world = World.make(root, people, **{"server": SERVER, "courier": "enabled = true", **overrides})
        port = free_port()
        world.drop.more = ("--local-courier", f"127.0.0.1:{port}")
        world.drop.server("init")
        world.start_vaults()
        yield Served(world, port)
    finally:
        factories.end_agents(root)


def kill_child(pid: int, name: str, seconds: float) -> bool:
    """Kill a child with this name as soon as there is one; tell whether there was."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for child in children(pid):
            if _kill(child, pid, name):
                return True
        time.sleep(POLL_SECONDS)
    return False


def child_named(pid: int, name: str) -> int | None:
    """Return a living child with this name."""
    return next((child for child in children(pid) if _is(child, pid, name)), None)


def kill_command(seconds: float) -> bool:
    """Kill one of the server's commands that is running beside it; tell whether there was one."""
    waiting = ready_commands._waiting.get("dropbox-server")
    return waiting is not None and kill_child(waiting[0].pid, "", seconds)


def _is(child: int, parent: int, name: str) -> bool:
    try:
        stat = Path(f"/proc/{child}/stat").read_text()
    except OSError:
        return False
    comm, rest = stat[stat.index("(") + 1 : stat.rindex(")")], stat[stat.rindex(")") + 2 :].split()
    return rest[0] != "Z" and int(rest[1]) == parent and name in {"", comm}


def _kill(child: int, parent: int, name: str) -> bool:
    """Kill a process by a descriptor of it, so that no other one that got its number can be hit."""
    try:
        descriptor = os.pidfd_open(child)
    except ProcessLookupError:
        return False
    try:
        if not _is(child, parent, name):
            return False
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    except ProcessLookupError:
        return False
    finally:
        os.close(descriptor)
    return True
