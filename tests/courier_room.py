"""A courier of one's own beside a drop, behind Flask's test client; sealed items are put into the store at once."""

import hashlib
import re
import secrets
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

from flask import Flask
from nacl.pwhash import argon2id

from dropbox.bundle import AnswerEntry, AnswerManifest, write_answer
from dropbox.models import DeskId, Fingerprint, Passphrase, SealedKind, VaultId, new_item_id, today
from dropbox.server.courier import Courier
from dropbox.server.courier_site.app import create_courier_app
from dropbox.server.courier_site.server import create_courier_server, in_the_background
from dropbox.server.store import investigators
from dropbox.settings import Courier as CourierSettings
from tests.arrivals import TIMEOUT_SECONDS, Client
from tests.site_room import CONFIDANT, Browser, Site
from tests.store_room import Reporter
from tests.visitor import Page

CLIENT_KEY = "MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43UOV3HO6DZPIQWCYTDMRSQ"
LIGHT_BYTES = 8 << 20


@dataclass
class CourierRoom:
    """A courier on a drop, with investigators who were let in."""

    site: Site
    courier: Courier
    app: Flask

    def let_in(self, name: str, *desks: DeskId) -> Passphrase:
        with mock.patch.object(investigators, "MEMORY_BYTES", LIGHT_BYTES):
            return self.courier.drop.store.courier.add(name, desks or (CONFIDANT,), CLIENT_KEY)

    def browser(self, language: str = "en") -> Browser:
        return Browser(self.app.test_client(), language)

    def try_in(self, browser: Browser, name: str, words: str) -> Page:
        return browser.submit(browser.get("/").form("passphrase"), {"name": name, "passphrase": words})

    def signed_in(self, name: str, *desks: DeskId) -> Browser:
        browser = self.browser()
        page = self.try_in(browser, name, self.let_in(name, *desks).reveal())
        assert page.status == 200, page.text
        return browser

    def send(self, *desks: DeskId, content: bytes | None = None) -> Reporter:
        """Put a sealed report into the store and return its case."""
        reporter = Reporter(self.courier.drop.store, desks or (CONFIDANT,))
        reporter.send(content=content)
        return reporter

    def revoke(self, name: str) -> None:
        self.courier.drop.store.courier.revoke(name)

    def bring(self, browser: Browser, data: bytes, *, token: str | None = None) -> Page:
        given = browser.get("/").forms[-1].hidden["token"] if token is None else token
        return browser.post("/bring", [("token", given)], [("bundle", "answer.tar", data)])

    def answer(self, reporter: Reporter, author: Fingerprint, desk: DeskId = CONFIDANT, sequence: int = 1) -> bytes:
        """Return a signed answer bundle with one reply to this case."""
        folder = self.site.folder
        content = secrets.token_bytes(100)
        entry = AnswerEntry(
            SealedKind.REPLY, reporter.case, new_item_id(), desk, sha256(content), len(content), bytes(80)
        )
        source, target = folder / f"{entry.item}.reply", folder / f"{entry.item}.tar"
        source.write_bytes(content)
        vault = VaultId(sha256(f"{author}{desk}".encode())[:32])
        manifest = AnswerManifest(
            self.courier.drop.identity.drop, author, vault, desk, sequence, None, today(), (entry,), (), ()
        )
        gpg = self.site.members.gpg
        write_answer(target, manifest, lambda _entry: source, lambda data: gpg.sign_detached(data, author))
        return target.read_bytes()

    def make(self, browser: Browser, desk: DeskId = CONFIDANT) -> Page:
        return browser.submit(next(form for form in browser.get("/").forms if ("desk", desk) in form.fields))


def bundle_path(page: Page) -> str:
    """Return where a made bundle is downloaded from."""
    found = re.search(r'href="(/bundle/[^"]+)"', page.text)
    assert found, page.text
    return found[1].replace("&amp;", "&")


def shown_hash(page: Page) -> str:
    found = re.search(r"<code>([0-9a-f]{64})</code>", page.text)
    assert found, page.text
    return found[1]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@contextmanager
def listening(room: CourierRoom) -> Iterator[Callable[[], Client]]:
    """Serve this courier on a unix socket, as for tor, and give what connects to it."""
    path = room.site.folder / "courier.sock"
    server = create_courier_server(room.courier, path)
    clients: list[Client] = []

    def connect() -> Client:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(TIMEOUT_SECONDS)
        connection.connect(str(path))
        clients.append(Client(connection))
        return clients[-1]

    with in_the_background(server):
        yield connect
        for client in clients:
            client.connection.close()
    path.unlink(missing_ok=True)


@contextmanager
def courier_on(site: Site, release: Sequence[int] = (), **changes: int) -> Iterator[CourierRoom]:
    """Open a courier on a drop that is open already."""
    listen = site.folder / "data" / "courier.sock"
    settings = CourierSettings(listen, enabled=True, release=tuple(release), **changes)
    with mock.patch.object(investigators, "_NOBODYS", _light_nobodys()):
        drop = replace(site.drop, settings=replace(site.drop.settings, courier=settings))
        courier = Courier.open(drop)
        yield CourierRoom(site, courier, create_courier_app(courier))


def _light_nobodys() -> bytes:
    return bytes(argon2id.str(b"nobody", investigators.PASSES, LIGHT_BYTES))


def courier_folder(site: Site) -> Path:
    return site.drop.settings.server.data_dir / "courier"
