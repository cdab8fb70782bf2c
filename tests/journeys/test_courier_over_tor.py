"""The courier's onion service over a private Tor network: who gets there, who does not, and who does not any more."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from marionette_driver.errors import MarionetteException

from dropbox import config
from dropbox.client_key import ClientKey
from dropbox.errors import OnionUnreachable
from dropbox.server import onion
from dropbox.server.onion import OnionKey, OnionService, Service, write_key
from dropbox.server.socks import OnionVisitor
from dropbox.settings import Settings
from scripts.private_tor import Node, PrivateTor
from tests import factories
from tests.drop_process import command_json
from tests.firefox import Firefox
from tests.journeys.over_tor import MARKS, control_mode, start_tor, world_over_tor
from tests.journeys.world import Person, World, come_back, send_report
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


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["launch", "control"])
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
        old, new = drop.courier, OnionKey.new()
        write_key(drop.data_dir, drop.settings.onion.mode, Service.COURIER, new)
        drop.wait(f"courier's onion service: up at http://{new.address}/ for 1 client")
        hold_key(second, new.address, BOB)
        assert knock(second, new.address) is not None
        assert knock(second, old) is None, "the old key is published no more"
        assert is_open(reporter), "nothing of the courier's may cut a report off"


@dataclass
class AtTheCourier:
    """An investigator's online machine: Tor with their client key, and Firefox without scripts."""

    world: World
    client: Node
    folder: Path
    address: str = ""

    def be_let_in(self, name: str) -> str:
        """Make a key here, have the operator add it, give it to this tor; return the passphrase."""
        file = self.folder / "courier.key"
        public = command_json("dropbox-courier", "key", file)["public"]
        added = self.world.drop.server_json("investigator", "add", name, "--desk", "advisers", "--client-key", public)
        self.wait_until_up(1)
        self.address = self.world.drop.server_json("investigator", "list")["address"]
        shown = command_json("dropbox-courier", "show", file, "--address", self.address)
        hold_key(self.client, self.address, ClientKey.from_private(shown["private"]))
        return str(added["passphrase"])

    def wait_until_up(self, clients: int, after: int = 0) -> None:
        log = self.world.drop.log
        line = re.compile(rf"courier's onion service: up at \S+ for {clients or 'no'} client")
        wait_for("the courier's service", lambda: line.search(log.read_text()[after:]) is not None, log.read_text)

    def browser(self) -> Firefox:
        place = str(self.folder)
        return Firefox(self.client.socks_port, browser__download__folderList=2, browser__download__dir=place)

    def can_reach(self, client: Node) -> bool:
        """Tell whether a client gets as far as a page, on a circuit that it did not have before."""
        try:
            return OnionVisitor(client.socks, self.address, timeout=30).get("/").status == 200
        except OnionUnreachable:
            return False


@pytest.fixture(scope="module")
def world(network: PrivateTor, tmp_path_factory: pytest.TempPathFactory, people: dict[str, Person]) -> Iterator[World]:
    with world_over_tor(network, tmp_path_factory.mktemp("tor"), people, courier="enabled = true") as made:
        yield made


@pytest.mark.browser
def test_nothing_is_lost_between_courier_and_vault_and_a_revoked_investigator_is_out(
    world: World, network: PrivateTor, tmp_path: Path
) -> None:
    here, anna = AtTheCourier(world, network.clients[0], tmp_path), world.members["anna"]
    reporter = world.drop.visitor()
    codename = send_report(reporter, "It began in March.", ["advisers"]).codename
    words = here.be_let_in("anna")
    assert not here.can_reach(network.clients[1]), "this tor holds no key"
    with here.browser() as browser:
        browser.go(f"http://{here.address}/?l=en")
        browser.type("input[name=name]", "anna")
        browser.type("input[name=passphrase]", words)
        browser.click("form button")
        browser.click("form[action^='/fetch'] button")
        sha256 = browser.find("pre code").text
        browser.click("a[download]")
        wait_for("the bundle", lambda: any(tmp_path.glob("*.tar")) and not any(tmp_path.glob("*.part")))
        (bundle,) = tmp_path.glob("*.tar")
        assert hashlib.sha256(bundle.read_bytes()).hexdigest() == sha256
        anna.run("import", bundle)
        (case,) = anna.json("cases")
        (tmp_path / "reply.txt").write_text("We read you.", encoding="utf-8")
        anna.run("reply", case["case"], "--text-file", tmp_path / "reply.txt")
        anna.run("export", tmp_path / "answer.tar")
        browser.go(f"http://{here.address}/?l=en")
        browser.type("input[name=bundle]", str(tmp_path / "answer.tar"))
        browser.click("form[action^='/bring'] button")
        assert browser.find_all("ul.told li")
        assert "We read you." in come_back(world.drop.visitor(), codename).text
        browser.go(f"http://{here.address}/?l=en")
        assert browser.find_all("form[action^='/bring']"), "still signed in"
        seen = len(world.drop.log.read_text())
        world.drop.server("investigator", "revoke", "anna")
        assert not shows_what_waits(browser, here.address)
        here.wait_until_up(0, seen)
        assert not shows_what_waits(browser, here.address)
    assert not here.can_reach(network.clients[0]), "her tor holds the key, and remembers the old way in"


def shows_what_waits(browser: Firefox, address: str) -> bool:
    """Tell whether a page for somebody who is signed in comes; none at all does not."""
    try:
        browser.go(f"http://{address}/?l=en", tries=1)
    except MarionetteException:
        return False
    return bool(browser.find_all("form[action^='/bring']"))
