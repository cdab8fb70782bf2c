"""The courier's onion service over a private Tor network: who gets there, who does not, and who does not any more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dropbox import config
from dropbox.client_key import ClientKey
from dropbox.server import onion
from dropbox.server.onion import OnionService
from dropbox.settings import Settings
from scripts.private_tor import PrivateTor
from tests import factories
from tests.journeys.over_tor import MARKS, control_mode, start_tor
from tests.onions import Answering, hold_key, is_open, knock, register, wait_for

pytestmark = MARKS

ANNA, BOB = ClientKey.new(), ClientKey.new()


@dataclass
class Carried:
    """Both services of a drop, with something that answers behind each, and what was reported of them."""

    settings: Settings
    service: OnionService
    said: list[str] = field(default_factory=list)

    @property
    def data_dir(self) -> Path:
        return self.settings.server.data_dir

    @property
    def courier(self) -> str:
        return onion.courier_address(self.data_dir) or ""

    @property
    def reporters(self) -> str:
        return onion.known_address(self.data_dir) or ""

    def wait(self, line: str, after: int = 0) -> None:
        wait_for(line, lambda: any(re.search(line, each) for each in self.said[after:]), lambda: self.said)

    def change(self, **keys: ClientKey) -> None:
        """Change the registry and wait until the courier's service is up again for these keys."""
        seen = len(self.said)
        register(self.data_dir, **keys)
        self.wait(f"courier's onion service: up at .* for {len(keys) or 'no'} client", seen)


@contextmanager
def carried(network: PrivateTor, folder: Path, mode: str, members: dict[str, list[str]]) -> Iterator[Carried]:
    with ExitStack() as stack:
        (folder / "torrc-defaults").write_text(network.torrc_of_the_network(), encoding="utf-8")
        if mode == "control":
            (folder / "tor").mkdir(mode=0o700)
            (folder / "tor" / "torrc-defaults").write_text(network.torrc_of_the_network(), encoding="utf-8")
            tor = start_tor(folder / "tor")
            stack.callback(tor.wait, 10)
            stack.callback(tor.terminate)
            lines = control_mode(folder / "tor" / "control")
        else:
            lines = 'mode = "launch"\ntorrc_defaults = "torrc-defaults"'
        path = factories.write_config(folder, members, onion=lines, courier="enabled = true")
        settings = config.load(path)
        settings.server.data_dir.mkdir(mode=0o700)
        for socket in (settings.server.listen, settings.courier.listen):
            stack.enter_context(closing(Answering(socket)))
        said: list[str] = []
        service = onion.onion_service(settings, said.append)
        assert service is not None
        made = Carried(settings, service, said)
        service.start()
        stack.callback(service.stop)
        made.wait("^onion service: reachable at")
        made.wait("^courier's onion service: up at")
        yield made


@pytest.mark.parametrize("mode", ["launch", pytest.param("control", marks=pytest.mark.slow)])
def test_whoever_is_not_named_or_no_longer_named_does_not_reach_the_courier(network: PrivateTor, mode: str) -> None:
    first, second = network.clients
    with factories.short_dir() as folder, carried(network, folder, mode, {"advisers": ["A" * 40]}) as drop:
        assert "for no clients" in drop.said[-1]
        assert knock(first, drop.courier) is None, "nobody is named, so nobody may get there"
        reporter = knock(second, drop.reporters)
        assert reporter is not None
        hold_key(first, drop.courier, ANNA)
        drop.change(anna=ANNA, bob=BOB)
        assert knock(second, drop.courier) is None
        hold_key(second, drop.courier, BOB)
        anna, bob = knock(first, drop.courier), knock(second, drop.courier)
        assert anna is not None
        assert bob is not None
        drop.change(bob=BOB)
        assert not is_open(anna)
        assert knock(first, drop.courier) is None, "her tor remembers the old descriptor"
        assert knock(second, drop.courier) is not None
        assert is_open(reporter), "nothing of the courier's may cut a report off"
