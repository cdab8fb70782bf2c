"""The first start as pages: every step works without a vault, can be left and taken up, and gives no secret away."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dropbox.models import Fingerprint
from dropbox.words import WORDS
from dropbox.workstation import ceremony
from dropbox.workstation.desk_site import Desk, create_site
from dropbox.workstation.vault import open_vault, usable_keys
from tests import factories
from tests.ceremonies import PASSPHRASE, leave_stubs, quick_home

HOST = "127.0.0.1:4711"
BASE = f"http://{HOST}"
SECRET = PASSPHRASE.reveal()


@dataclass
class Start:
    """A browser at a desk page that knows nothing yet."""

    client: FlaskClient
    desk: Desk
    folder: Path

    @property
    def files(self) -> Path:
        return self.folder / "stick"

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, base_url=BASE, follow_redirects=True)

    def post(self, path: str, **fields: str) -> TestResponse:
        """Send a form as its page would, and follow where it leads."""
        token = re.search(r'name="token" value="([^"]+)"', self.get("/key/unlock").text)
        assert token is not None
        return self.client.post(path, base_url=BASE, data={"token": token[1], **fields}, follow_redirects=True)

    def make_key(self) -> TestResponse:
        return self.post("/start/key", name="Anna de Wit", passphrase=SECRET, again=SECRET)


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, short_dir: Path) -> Iterator[Start]:
    monkeypatch.setenv("GNUPGHOME", str(quick_home(short_dir)))
    desk = Desk(short_dir / "vault")
    site = create_site(desk)
    site.config["HOST"] = HOST
    with site.test_client() as client:
        client.get(f"/enter/{desk.door.link}", base_url=BASE)
        yield Start(client, desk, short_dir)


def words_of(page: TestResponse) -> str:
    return " ".join(re.findall(r"<li>([a-z]+)</li>", page.text))


def heading(page: TestResponse) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page.text)
    assert found is not None
    return found[1]


def test_a_start_from_nothing_is_not_stuck_at_any_step(start: Start) -> None:
    assert start.get("/").request.path == "/start"
    assert "Step 1 of 5" in start.get("/start/key").text

    made = start.make_key()
    assert made.request.path == "/start/files"
    (key,) = [each.fingerprint for each in usable_keys(ceremony.find_home())]
    assert " ".join(ceremony.groups(key)) in made.text
    assert start.get(f"/key/{key}.svg").mimetype == "image/svg+xml"

    saved = start.post("/start/files", folder=str(start.files), passphrase=SECRET)
    assert saved.request.path == "/start/backup"
    assert len(list(start.files.iterdir())) == 2

    page = start.post("/start/backup", folder=str(start.files), passphrase=SECRET, shares="3", needed="2")
    sheets = []
    for number in (1, 2, 3):
        assert heading(page) == f"Share {number} of 3"
        sheets.append(words_of(page))
        assert start.get("/start/backup/share").text.count("<li>") == page.text.count("<li>")
        page = start.post("/start/backup/share", number=str(number))
    assert page.request.path == "/start/backup/try"
    assert sheets[0].split()[-1] not in re.sub(r"\s+", " ", start.get("/start/backup/try").text).split()

    start.post("/start/backup/try", share=sheets[2])
    assert "given already" in start.post("/start/backup/try", share=sheets[2]).text
    start.post("/start/backup/try", share=sheets[0])
    refused = start.post("/start/backup/proof", passphrase="gravel sixpence")
    assert refused.status_code == 400
    tried = start.post("/start/backup/proof", passphrase=SECRET)
    assert tried.request.path == "/start/folder"
    assert "The backup works" in tried.text
    assert start.get("/start/backup/share").request.path == "/start/backup"

    vault = start.folder / "elsewhere"
    made = start.post("/start/folder", folder=str(vault), passphrase=SECRET)
    assert made.request.path == "/start/words"
    assert f"open --vault {vault}" in made.text
    assert start.desk.folder == vault

    assert "word 1 is not on it" in start.post("/start/words", words="onze woorden").text
    assert "Everything is set up" in start.post("/start/words", words=" ".join(WORDS[:10])).text
    with open_vault(vault) as opened:
        assert opened.casebook.key == key
        assert opened.casebook.expected_words == " ".join(WORDS[:10])
    assert "2 of 3 shares bring it back" in start.get("/key").text


def test_a_refused_key_loses_neither_name_nor_offered_words_and_shows_no_passphrase(start: Start) -> None:
    offered = words_of(start.get("/start/key"))
    assert len(offered.split()) == 6
    page = start.client.get("/start/key", base_url=BASE)
    token = re.search(r'name="token" value="([^"]+)"', page.text)
    assert token is not None
    data = {"token": token[1], "name": "Anna", "passphrase": "a secret too short", "again": "a secret too short"}
    refused = start.client.post("/start/key", base_url=BASE, data=data)
    assert refused.status_code == 400
    assert "<title>Error:" in refused.text
    assert 'value="Anna"' in refused.text
    assert words_of(refused) == words_of(page)
    assert "a secret too short" not in refused.text
    assert "too short: it needs 20" in refused.text
    assert len(words_of(start.get("/start/key?words=7")).split()) == 7


def test_secrets_stand_in_no_cookie_no_address_and_no_cache(start: Start) -> None:
    for page in (start.get("/start/key"), start.make_key(), start.get("/key")):
        assert page.headers["Cache-Control"] == "no-store"
        assert SECRET not in page.text + str(page.headers) + page.request.url
        for field in re.findall(r'<input type="password"[^>]*>', page.text):
            assert 'autocomplete="off"' in field
            assert "value=" not in field
    assert SECRET not in str(start.client._cookies)


def test_a_folder_that_cannot_be_is_said_beside_its_field(start: Start) -> None:
    start.make_key()
    for folder in ("", "relative/folder", "/proc/nowhere", "~nobody-of-that-name/x"):
        refused = start.post("/start/files", folder=folder, passphrase=SECRET)
        assert refused.status_code == 400
        assert 'id="folder-error"' in refused.text
    assert ceremony.state_of(usable_keys(ceremony.find_home())[0].fingerprint).saved is None


def test_a_split_that_makes_no_sense_is_not_made(start: Start) -> None:
    start.make_key()
    for shares, needed in (("3", "1"), ("2", "3"), ("17", "2"), ("", ""), ("x", "2"), ("-3", "2")):
        page = start.post("/start/backup", folder=str(start.files), passphrase=SECRET, shares=shares, needed=needed)
        assert page.status_code == 400
        assert 'id="shares-error"' in page.text
    assert not list(start.files.iterdir())


def test_a_share_sent_twice_does_not_skip_one(start: Start) -> None:
    start.make_key()
    start.post("/start/backup", folder=str(start.files), passphrase=SECRET, shares="3", needed="2")
    start.post("/start/backup/share", number="1")
    assert heading(start.post("/start/backup/share", number="1")) == "Share 2 of 3"
    assert heading(start.post("/start/backup/share", number="3")) == "Share 2 of 3"


def test_a_backup_that_was_broken_off_is_not_called_one(start: Start) -> None:
    start.make_key()
    start.post("/start/backup", folder=str(start.files), passphrase=SECRET, shares="2", needed="2")
    assert "never tried" in start.get("/key").text
    assert start.post("/start/backup/proof", passphrase=SECRET).request.path == "/start/backup/try"
    start.post("/start/files", folder=str(start.files), passphrase=SECRET)
    assert "Go on: A backup" in start.get("/start").text


def test_a_key_comes_back_on_the_page_from_its_file_and_papers(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    start.make_key()
    page = start.post("/start/backup", folder=str(start.files), passphrase=SECRET, shares="2", needed="2")
    sheets = [words_of(page), words_of(start.post("/start/backup/share", number="1"))]
    (file,) = start.files.iterdir()
    monkeypatch.setenv("GNUPGHOME", str(quick_home(start.folder, "new")))
    assert "Make a key" in start.get("/start/key").text
    first = start.post("/start/restore", file=str(file), share=sheets[0])
    assert "1 of the 2 shares that are needed were taken" in re.sub(r"\s+", " ", first.text)
    assert " ".join(sheets[0].split()[-3:]) not in first.text
    wrong = start.post("/start/restore", file=str(file), share=sheets[0])
    assert "given already" in wrong.text
    back = start.post("/start/restore", file=str(file), share=sheets[1])
    assert back.request.path == "/start"
    assert "The key is back" in back.text
    assert len(usable_keys(ceremony.find_home())) == 1


def test_what_is_no_backup_is_said_beside_the_file(start: Start) -> None:
    other = start.folder / "other.backup"
    other.write_bytes(b"something else")
    for file in (str(other), str(start.folder / "nothing"), "relative"):
        refused = start.post("/start/restore", file=file, share="acid " * 33)
        assert refused.status_code == 400
        assert 'id="file-error"' in refused.text
        assert "acid acid" in refused.text


def test_several_keys_are_not_chosen_among_by_the_program(start: Start) -> None:
    home = ceremony.own_home()
    one, two = (factories.make_key(home, name) for name in ("one", "two"))
    page = start.get("/start/files")
    assert page.request.path == "/start/key"
    assert one[:4] in page.text
    chosen = start.post("/start/key/pick", key=two)
    assert chosen.request.path == "/start/files"
    assert " ".join(ceremony.groups(two)) in chosen.text
    assert start.post("/start/key/pick", key=Fingerprint("0" * 40)).status_code == 400


def test_a_card_is_taken_and_not_asked_for_its_secret(start: Start) -> None:
    start.make_key()
    home = ceremony.own_home()
    leave_stubs(home, usable_keys(ceremony.find_home())[0].fingerprint)
    page = start.get("/start/backup")
    assert "on a card" in page.text
    assert "<form" not in page.text.split("<main")[1]
    refused = start.post("/start/backup", folder=str(start.files), passphrase=SECRET, shares="3", needed="2")
    assert "never gives a secret key away" in refused.text
    locked = start.post("/start/folder", folder=str(start.folder / "vault"), passphrase="")
    assert "The card is not in its reader" in locked.text
    assert not start.desk.has_vault


def test_an_extended_keys_file_is_not_forgotten(start: Start) -> None:
    start.make_key()
    ceremony.find_home().end_agent()
    refused = start.post("/key/extend", folder=str(start.files), passphrase="gravel sixpence")
    page = start.post("/key/extend", folder=str(start.files), passphrase=SECRET)
    assert page.request.path == "/key"
    assert "Carry this file to the operator" in page.text
    assert len(list(start.files.iterdir())) == 1
    assert refused.status_code == 400
    assert "not the passphrase of this key" in refused.text


def test_a_locked_key_is_opened_from_a_page(start: Start) -> None:
    start.make_key()
    (ceremony.own_home() / "gpg-agent.conf").write_text("s2k-count 65536\npinentry-program /bin/false\n")
    ceremony.find_home().end_agent()
    assert start.post("/key/unlock", passphrase="gravel sixpence").status_code == 400
    assert start.post("/key/unlock", passphrase=SECRET).request.path == "/start"
    (key,) = usable_keys(ceremony.find_home())
    ceremony.find_home().prove(key.fingerprint, None)


def test_a_casebook_that_waits_for_a_passphrase_is_not_a_dead_end(start: Start) -> None:
    start.make_key()
    start.post("/start/folder", folder=str(start.folder / "vault"), passphrase=SECRET)
    (ceremony.own_home() / "gpg-agent.conf").write_text("s2k-count 65536\npinentry-program /bin/false\n")
    ceremony.find_home().end_agent()
    os.utime(start.folder / "vault" / "casebook.pgp")  # as if another command had written it: it is read again
    closed = start.get("/")
    assert closed.status_code == 500
    assert 'href="/key/unlock"' in closed.text
    assert start.get("/key/unlock").status_code == 200
    opened = start.post("/key/unlock", passphrase=SECRET)
    assert (opened.request.path, opened.status_code) == ("/", 200)


@pytest.mark.parametrize("path", ["/start/backup/share", "/start/backup/try", "/start/words", "/start/folder", "/key"])
def test_a_step_out_of_turn_leads_to_the_one_that_is_due(start: Start, path: str) -> None:
    assert start.get(path).status_code == 200
    assert start.get(path).request.path == "/start/key"


@pytest.mark.parametrize("path", ["/key/0123.svg", "/key/..%2f.svg", "/start/nothing"])
def test_a_picture_of_no_key_is_not_made(start: Start, path: str) -> None:
    assert start.get(path).status_code == 404
