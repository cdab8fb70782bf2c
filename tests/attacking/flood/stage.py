"""Where the flood comes down: a drop with its own tor on the private network, visitors with circuits of their own."""

from __future__ import annotations

import http.client
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dropbox.server.socks import visit
from scripts.private_tor import PrivateTor
from tests import factories
from tests.attacking import processes
from tests.drop_process import DropProcess
from tests.journeys.over_tor import published_address
from tests.site_room import compile_catalogues
from tests.visitor import Visitor

SECONDS = 60.0
SERVER = "allow_swap = true\nmin_free_mib = 16\nmax_upload_mib = 4"
UNLIMITED = """\
circuit_requests_per_minute = 6000
circuit_burst = 6000
circuit_costly_per_minute = 600
circuit_costly_burst = 600"""
WIDE, NARROW = "wide", "narrow"
"""Two desks: one with the usual letterbox, one with the smallest that there may be."""


class TorVisitor(Visitor):
    """A reporter over the private network; whoever has another `credential` shares no circuit with them."""

    def __init__(self, socks: Path, host: str, credential: str = "") -> None:
        super().__init__(host, 80)
        self.socks, self.host = socks, host
        self.credential = credential or secrets.token_hex(8)

    def connection(self) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(self.host, 80, timeout=SECONDS)
        connection.sock = visit(self.socks, self.host, 80, SECONDS, self.credential)
        return connection


@dataclass
class Stage:
    network: PrivateTor
    drop: DropProcess
    folder: Path
    host: str = ""

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    @property
    def flood_socks(self) -> Path:
        """The flood's own tor, so that what its client costs is not the other reporter's."""
        return self.network.clients[0].socks

    def visitor(self) -> TorVisitor:
        return TorVisitor(self.network.clients[1].socks, self.host)

    def start(self) -> None:
        seen = self.drop.log.stat().st_size if self.drop.log.exists() else 0
        self.drop.start()
        self.host = str(urlsplit(published_address(self.drop, seen)).hostname)

    def restarted(self, server: str) -> None:
        """Start the drop again with other lines under [server]."""
        self.drop.stop()
        config = self.folder / "config.toml"
        config.write_text(config.read_text().replace(f"\n{SERVER}\n", f"\n{SERVER}\n{server}\n"))
        self.start()

    def memory_mib(self) -> float:
        """Return what the server's process has in memory."""
        return processes.memory_mib(self.drop.pid)

    def open_files(self) -> int:
        return processes.open_files(self.drop.pid)

    def items(self) -> int:
        return len(list((self.data_dir / "items").glob("*.pgp")))

    def unfinished(self) -> int:
        return len(list((self.data_dir / "items").glob("*.part")))


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    compile_catalogues()
    home = factories.new_home(folder)
    try:
        key = factories.make_key(home, "anna")
        with PrivateTor() as network:
            (folder / "torrc-defaults").write_text(network.torrc_of_the_network(), encoding="utf-8")
            onion = f'mode = "launch"\ntorrc_defaults = "{folder / "torrc-defaults"}"'
            config = factories.write_config(folder, {WIDE: [key], NARROW: [key]}, server=SERVER, onion=onion)
            text = config.read_text().replace(f'id = "{NARROW}"', f'id = "{NARROW}"\nquota_mib = 16')
            config.write_text(text)
            factories.publish_keys(home, folder / "keys", (key,))
            made = Stage(network, DropProcess(config), folder)
            try:
                made.start()
                yield made
            finally:
                made.drop.stop()
    finally:
        factories.end_agents(folder)
        shutil.rmtree(home, ignore_errors=True)
