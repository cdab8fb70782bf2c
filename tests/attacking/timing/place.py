"""A drop with a live case, one that has ended and a stored reply, for whoever asks it from outside."""

from __future__ import annotations

import http.client
import secrets
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from dropbox import config
from dropbox.bundle import LineState
from dropbox.codename import KdfParameters, parse
from dropbox.models import DeskId, Fingerprint, ItemId, today
from dropbox.server.app import create_app
from dropbox.server.drop import Drop
from dropbox.server.store import retention
from tests import factories
from tests.drop_process import DropProcess, free_port
from tests.site_room import Browser, compile_catalogues
from tests.store_room import Member, Reporter
from tests.visitor import Page

DESK = DeskId("desk")
LANGUAGES = ("en", "nl", "de", "fr", "ar")
CHEAP = (8 * 1024, 1)
DEAR = (64 << 20, 3)
INVESTIGATOR, STRANGER = "anna", "bram"
CROWD = 100
"""Other cases, so that a search has something to go through."""


@dataclass
class Place:
    """`live`, `ended`: codenames; `reply`: an item of the live case. `drop`: open, beside a server too."""

    config: Path
    live: str
    ended: str
    reply: ItemId
    drop: Drop
    languages: tuple[str, ...] = LANGUAGES

    def other(self, words: str) -> str:
        """Return the same words in an order that opens nothing: as long, as known, as unlike as any."""
        first, second, *rest = words.split()
        return " ".join([second, first, *rest])


@contextmanager
def place(folder: Path, cost: tuple[int, int], *, crowd: int = CROWD) -> Iterator[Place]:
    """Give a drop's configuration and data; the caller opens or serves it."""
    compile_catalogues()
    with ExitStack() as stack, factories.short_dir() as home_folder:
        home = factories.new_home(home_folder)
        key = factories.make_key(home, "anna")
        spoken = ", ".join(f'"{each}"' for each in LANGUAGES)
        organisation = f"languages = [{spoken}]"
        path = factories.write_config(folder, {DESK: [key]}, organisation=organisation, courier="enabled = true")
        factories.publish_keys(home, folder / "keys", [key])
        memory, passes = cost
        stack.enter_context(
            mock.patch.object(KdfParameters, "new", return_value=KdfParameters(secrets.token_bytes(16), memory, passes))
        )
        drop = Drop.open(config.load(path))
        try:
            yield _furnished(path, drop, key, crowd)
        finally:
            drop.store.close()


def _furnished(path: Path, drop: Drop, key: Fingerprint, crowd: int) -> Place:
    app = create_app(drop)
    drop.store.courier.add(INVESTIGATOR, [DESK], "A" * 52)
    live, ended = (_report(Browser(app.test_client())) for _ in range(2))
    case = drop.derivation.derive(parse(live)).case
    writing = Member(drop.store, key, DESK).writing(case)
    drop.store.part_path(writing.item).write_bytes(b"body")
    Member(drop.store, key, DESK).answer(today(), writings=[writing])
    gone = drop.derivation.derive(parse(ended)).case
    with drop.store._database.write() as connection:
        paths = retention.end_case(connection, gone, LineState.WITHDRAWN, drop.store._blobs, drop.store._mark)
    drop.store._blobs.erase(paths)
    for _ in range(crowd):
        _lodger(drop)
    return Place(path, live, ended, writing.item, drop)


def _lodger(drop: Drop) -> None:
    Reporter(drop.store, (DESK,)).send(today())


def _report(browser: Browser) -> str:
    form = browser.get("/report").form("message", "mandate")
    page = browser.submit(form, {"desk": [DESK], "message": "Something happened.", "mandate": "listen"}, [])
    return page.codename


@dataclass
class Asker:
    """One connection that stays open, and the cookies that each request brings as it is told to."""

    port: int
    courier_port: int = 0
    visit: str = ""
    _connection: http.client.HTTPConnection | None = field(default=None, repr=False)

    def ask(
        self, method: str, path: str, fields: Mapping[str, str] | None = None, session: str | None = None
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Return an answer's status, headers and body."""
        cookies = [f"visit={self.visit}"] if self.visit else []
        cookies += [f"session={session}"] if session is not None else []
        headers = {"Accept-Language": "en", "Sec-Fetch-Site": "same-origin"}
        headers |= {"Cookie": "; ".join(cookies)} if cookies else {}
        body = None
        if fields is not None:
            body = urllib.parse.urlencode(fields).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.will_close:
            self._connection.close()
            self._connection = None
        return answer.status, answer.getheaders(), content

    def token(self, language: str = "en") -> str:
        """Open the form of the seven words, keep its visit, and return its token."""
        _status, headers, body = self.ask("GET", f"/return?l={language}")
        self.visit = cookie_of(headers, "visit") or self.visit
        return Page(200, "/return", {}, body).form("codename").hidden["token"]

    def sign_in(self, words: str) -> str:
        """Come back with a codename and return the session's cookie."""
        fields = {"codename": words, "token": self.token()}
        status, headers, _body = self.ask("POST", "/return", fields)
        cookie = cookie_of(headers, "session")
        if status != 303 or cookie is None:
            raise RuntimeError(f"signing in was answered with {status}")
        return cookie

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


def cookie_of(headers: list[tuple[str, str]], name: str) -> str | None:
    set_ones = (text.partition(";")[0] for key, text in headers if key.lower() == "set-cookie")
    return next((text.partition("=")[2] for text in set_ones if text.startswith(f"{name}=")), None)


@contextmanager
def asked(where: Place) -> Iterator[Asker]:
    """Serve the drop with the real program and give somebody who asks it."""
    courier = free_port()
    with DropProcess(where.config, None, "--local-courier", f"127.0.0.1:{courier}") as served:
        asker = Asker(served.port, courier)
        try:
            yield asker
        finally:
            asker.close()
