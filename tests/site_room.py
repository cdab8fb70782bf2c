"""A drop of one's own behind Flask's test client: real store, real gpg, real forms read out of the pages."""

import html
import io
import json
import re
import secrets
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest import mock

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dropbox import config, writing
from dropbox.bundle import ReadMark, Receipt
from dropbox.codename import CodenameKeys, KdfParameters, parse
from dropbox.envelope import Header
from dropbox.models import (
    DeskId,
    Fingerprint,
    ItemId,
    Kind,
    Plaintext,
    Recipient,
    SealedKind,
    VaultId,
    new_item_id,
    today,
)
from dropbox.server.app import create_app
from dropbox.server.drop import Drop
from dropbox.server.plain_page import TRANSLATIONS
from dropbox.server.store import NewAnswer, NewWriting
from tests import factories
from tests.conftest import Members
from tests.visitor import File, Form, Page, multipart

CONFIDANT, COMMITTEE, CLOSED = DeskId("confidant"), DeskId("committee"), DeskId("closed")
LIGHT_KDF = 8 * 1024 * 1024

_CONFIG = """\
keys_dir = "keys"
[organisation]
name = "Voorbeeldpartij"
languages = ["en", "nl"]
[server]
data_dir = "data"
max_upload_mib = 5
max_files = 3
{server}
[onion]
mode = "off"
{top}
[[question]]
id = "when"
text.nl = "Wanneer en waar gebeurde het?"
text.en = "When and where did it happen?"
[[desk]]
id = "confidant"
name.nl = "Vertrouwenspersoon"
name.en = "Confidential adviser"
about.nl = "Luistert en denkt met je mee. Werkt niet voor de partij."
about.en = "Listens and thinks along with you. Does not work for the party."
fingerprints = ["{anna}", "{bram}"]
[[desk]]
id = "committee"
name.nl = "Commissie Integriteit"
name.en = "Integrity committee"
about.nl = "Drie leden die een melding kunnen onderzoeken."
about.en = "Three members who can investigate a report."
fingerprints = ["{cora}"]
[[desk]]
id = "closed"
name.en = "Old office"
fingerprints = ["{cora}"]
closed = true
"""


@cache
def compile_catalogues() -> None:
    """Make the .mo files, which are not kept in the repository, from the .po files."""
    sources = list(TRANSLATIONS.glob("*/LC_MESSAGES/*.po"))
    made = {each.with_suffix(".mo"): each.stat().st_mtime_ns for each in sources}
    if all(each.exists() and each.stat().st_mtime_ns >= newest for each, newest in made.items()):
        return  # another process may be reading them
    domains = ["-D", " ".join({each.stem for each in sources}), "-d", str(TRANSLATIONS)]
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "compile", *domains]
    subprocess.run(command, check=True, capture_output=True)


@dataclass
class Browser:
    """One reporter's browser: cookies, forms as they stand in the page, redirects followed."""

    client: FlaskClient
    language: str = "en"
    always: Mapping[str, str] = field(default_factory=dict)
    """Headers of every request, as this browser sends them."""
    trail: list[TestResponse] = field(default_factory=list)

    def get(self, path: str, **headers: str) -> Page:
        return self._follow(path, self.client.get(path, headers=self._headers(headers)))

    def submit(
        self,
        form: Form,
        values: Mapping[str, str | Sequence[str]] | None = None,
        files: Sequence[File] | None = None,
        **headers: str,
    ) -> Page:
        """Send a form with what stands in it, changed by `values`; urlencoded unless `files` are given."""
        given = dict(values or {})
        fields = [(name, value) for name, value in form.fields if name not in given]
        for name, value in given.items():
            fields += [(name, each) for each in ([value] if isinstance(value, str) else value)]
        return self.post(form.action, fields, files, **headers)

    def post(
        self, path: str, fields: Sequence[tuple[str, str]], files: Sequence[File] | None = None, **headers: str
    ) -> Page:
        body, kind = multipart(fields, files or ())
        sent = {"Sec-Fetch-Site": "same-origin", **self._headers(headers)}
        return self._follow(path, self.client.post(path, data=body, content_type=kind, headers=sent))

    def cookie(self, name: str) -> str | None:
        found = self.client.get_cookie(name, self._host)
        return found.value if found else None

    def forget(self, name: str) -> None:
        self.client.delete_cookie(name, domain=self._host)

    @property
    def _host(self) -> str:
        return self.always.get("Host", "localhost")

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        given = {name.replace("_", "-"): text for name, text in headers.items()}
        return {"Accept-Language": self.language, **self.always, **given}

    def _follow(self, path: str, response: TestResponse) -> Page:
        self.trail.append(response)
        if response.status_code == 303:
            return self.get(response.headers["Location"])
        headers = {name.lower(): value for name, value in response.headers}
        return Page(response.status_code, path, headers, response.data, list(response.headers))


@dataclass
class Site:
    """A drop with two open desks and a closed one, and the secret keys of its three members."""

    folder: Path
    drop: Drop
    app: Flask
    members: Members

    def browser(self, language: str = "en") -> Browser:
        return Browser(self.app.test_client(), language)

    def report(
        self,
        browser: Browser,
        message: str = "Something happened.",
        desks: Sequence[str] = ("confidant",),
        files: Sequence[File] | None = None,
        mandate: str = "listen",
    ) -> str:
        """Send a first report and return its codename; the browser is then signed in."""
        form = browser.get("/report").form("message", "mandate")
        page = browser.submit(form, {"desk": list(desks), "message": message, "mandate": mandate}, files)
        return page.codename

    def sign_in(self, browser: Browser, codename: str) -> Page:
        return browser.submit(browser.get("/return").form("codename"), {"codename": codename})

    def keys(self, codename: str) -> CodenameKeys:
        return self.drop.derivation.derive(parse(codename))

    def reopen(self) -> "Site":
        """Stop and start again: another process's memory on the same folder."""
        self.drop.close()
        return _site(self.folder, self.members)

    def reply(
        self,
        codename: str,
        text: str = "We have read it.",
        files: Mapping[str, bytes] | None = None,
        *,
        author: Fingerprint | None = None,
        signer: Fingerprint | None = None,
        desk: DeskId = CONFIDANT,
        day: date | None = None,
        **header: Any,
    ) -> ItemId:
        """Put a reply into the store as an import would; `author` and `signer` may be strangers."""
        keys = self.keys(codename)
        author = author or self.members.anna
        item = new_item_id()
        values: dict[str, Any] = {"drop": self.drop.identity.drop, "case": keys.case, "item": item, "kind": Kind.REPLY}
        values |= {"desks": self.drop.store.case(keys.case).desks, "desk": desk, "author": author, "day": today()}
        target = self.drop.store.part_path(item)
        lock = writing.write(
            target,
            Header(**(values | header)),
            Plaintext(text),
            self._files(files or {}),
            sign=lambda data: self.members.gpg.sign_detached(data, signer or author),
            seal_lock=lambda key: self.members.gpg.seal_bytes(key, [Recipient(self.members.anna)]),
            reply_public=keys.reply_public,
        )
        data = target.read_bytes()
        new = NewWriting(item, keys.case, SealedKind.REPLY, desk, len(data), sha256(data).hexdigest(), lock)
        self.answer((new,), desk=desk, day=day)
        return item

    def answer(
        self,
        writings: Sequence[NewWriting] = (),
        *,
        received: Sequence[ItemId] = (),
        read: Sequence[ItemId] = (),
        desk: DeskId = CONFIDANT,
        day: date | None = None,
    ) -> None:
        """Bring an answer of a fresh vault of the desk's first member, in the name of that desk."""
        store = self.drop.store
        store.apply_answer(
            NewAnswer(
                author=self.members.cora if desk == COMMITTEE else self.members.anna,
                vault=VaultId(new_item_id()),
                desk=desk,
                sequence=1,
                sha256=sha256(new_item_id().encode()).hexdigest(),
                day=day or today(),
                writings=tuple(writings),
                receipts=tuple(Receipt(item, desk, store.has_item(item) or "") for item in received),
                read=tuple(ReadMark(item, desk) for item in read),
            )
        )

    def fetch(self, desk: DeskId = CONFIDANT) -> list[ItemId]:
        """Export a desk's items and receive them all."""
        items = [held.item for held in self.drop.store.pickup(desk, today()).items]
        self.drop.store.record_fetch(desk, today())
        self.answer(received=items, desk=desk)
        return items

    def items(self) -> list[Path]:
        return sorted((self.drop.settings.server.data_dir / "items").glob("*.pgp"))

    def opened(self, number: int = -1) -> dict[str, Any]:
        """Return what a member reads in an item, by age: `kind`, `mandate`, `message` and so on."""
        paths = sorted(self.items(), key=lambda path: path.stat().st_ctime_ns)
        with self.members.gpg.unseal(paths[number]) as stream:
            whole = zipfile.ZipFile(io.BytesIO(stream.read()))
        header = json.loads(whole.read("envelope.json"))
        return {**header, "message": whole.read("message.txt").decode(), "names": whole.namelist()}

    def _files(self, files: Mapping[str, bytes]) -> list[Path]:
        folder = self.folder / "attachments"
        folder.mkdir(exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
        return [folder / name for name in files]


@contextmanager
def new_site(members: Members, text: str = "", *, trial: bool = False, **changes: str) -> Iterator[Site]:
    """Give a site on a new data folder; `changes` are further lines of the configuration, `text` is a whole other."""
    compile_catalogues()
    with factories.short_dir() as folder:
        factories.publish_keys(members.home, folder / "keys", (members.anna, members.bram, members.cora))
        listed = {"anna": members.anna, "bram": members.bram, "cora": members.cora}
        lines = {"server": "", "top": "", **changes}
        (folder / "config.toml").write_text(text or _CONFIG.format(**listed, **lines))
        site = _site(folder, members, trial=trial)
        try:
            yield site
        finally:
            site.drop.close()


def _site(folder: Path, members: Members, *, trial: bool = False) -> Site:
    light = KdfParameters(secrets.token_bytes(16), LIGHT_KDF, 1)
    with mock.patch.object(KdfParameters, "new", return_value=light):
        drop = Drop.open(config.load(folder / "config.toml", trial=trial))
    return Site(folder, drop, create_app(drop), members)


def text_of(page: Page) -> str:
    """Return what a reader sees of a page, in one line."""
    body = re.sub(r"(?s)<head>.*?</head>", " ", page.text)
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", body).split()))
