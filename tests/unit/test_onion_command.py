"""dropbox-server onion: a saved key comes back, to its own drop only, and not in the place of another unasked."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dropbox import config
from dropbox.models import Fingerprint
from dropbox.server import main, onion
from dropbox.server.commands.serve import only_server
from dropbox.server.drop import Drop
from dropbox.server.onion import OnionKey, Service, key_files, read_key, saved_keys, write_key
from dropbox.settings import OnionMode, Settings
from tests import factories
from tests.conftest import Members


@dataclass(frozen=True)
class Operator:
    home: Path
    fingerprint: Fingerprint
    public: bytes


@pytest.fixture(scope="module")
def operator() -> Iterator[Operator]:
    with factories.short_dir() as folder:
        home = factories.new_home(folder)
        fingerprint = factories.make_key(home, "operator")
        yield Operator(home, fingerprint, factories.export_public(home, fingerprint))


@dataclass
class Here:
    """A drop with both onion keys, and its operator at the keyboard."""

    settings: Settings
    config: Path
    folder: Path
    capsys: pytest.CaptureFixture[str]
    keys: dict[Service, OnionKey]

    @property
    def data_dir(self) -> Path:
        return self.settings.server.data_dir

    def run(self, *words: str | Path, code: int = 0) -> Any:
        """Run `onion WORDS` and return its document, or its error when `code` is not 0."""
        found = main.main(["onion", *map(str, words), "--config", str(self.config), "--json"])
        out = self.capsys.readouterr()
        assert found == code, out.err
        return json.loads(out.out) if code == 0 else out.err

    def held(self) -> dict[str, bytes]:
        return {name: path.read_bytes() for name, path in key_files(self.data_dir).items()}


def make_drop(
    folder: Path, operator: Operator, members: Members, capsys: pytest.CaptureFixture[str], mode: str = "launch"
) -> Here:
    folder.mkdir(exist_ok=True)
    tables = {"courier": "enabled = true", "operator": f'key = "{operator.fingerprint}"'}
    path = factories.write_config(folder, {"desk": [members.anna]}, onion=f'mode = "{mode}"', **tables)
    factories.publish_keys(members.home, folder / "keys", [members.anna])
    (folder / "keys" / "operator.asc").write_bytes(operator.public)
    settings = config.load(path)
    assert main.main(["init", "--config", str(path)]) == 0
    capsys.readouterr()
    made = {service: OnionKey.new() for service in Service}
    for service, key in made.items():
        write_key(settings.server.data_dir, settings.onion.mode, service, key)
    return Here(settings, path, folder, capsys, made)


@pytest.fixture
def here(
    tmp_path: Path,
    operator: Operator,
    members: Members,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Here:
    monkeypatch.setenv("GNUPGHOME", str(operator.home))
    return make_drop(tmp_path / "drop", operator, members, capsys)


@pytest.fixture
def saved(here: Here, tmp_path: Path) -> Path:
    here.run("save", tmp_path / "onion.gpg")
    return tmp_path / "onion.gpg"


def test_a_saved_key_is_in_no_file_but_sealed_and_gpg_alone_opens_it(
    here: Here, saved: Path, operator: Operator
) -> None:
    assert saved.stat().st_mode & 0o777 == 0o600
    opened = subprocess.run(
        ["gpg", "--batch", "--homedir", operator.home, "--decrypt", saved], capture_output=True, check=True
    ).stdout
    for key in here.keys.values():
        assert key.for_control.encode() in opened
        assert key.for_control.encode() not in saved.read_bytes()


def test_nothing_is_overwritten_by_a_save(here: Here, saved: Path) -> None:
    before = saved.read_bytes()
    here.run("save", saved, code=1)
    assert saved.read_bytes() == before


def test_keys_taken_out_come_back_as_they_were(here: Here, saved: Path) -> None:
    before = here.held()
    here.run("take-out", saved)
    assert "onion restore" in here.run("save", saved.with_name("again"), code=1)
    assert read_key(here.data_dir, "launch", Service.REPORTERS) is None
    assert here.run("restore", saved) == {"restored": ["reporters", "courier"], "same": [], "kept": []}
    assert here.held() == before
    assert here.run("restore", saved) == {"restored": [], "same": ["reporters", "courier"], "kept": []}


def test_a_key_comes_back_in_the_form_of_the_mode_that_is_set_now(here: Here, saved: Path) -> None:
    here.run("take-out", saved)
    here.config.write_text(here.config.read_text().replace('mode = "launch"', 'mode = "control"'))
    here.run("restore", saved)
    assert read_key(here.data_dir, "control", Service.REPORTERS) == here.keys[Service.REPORTERS]
    assert onion.known_address(here.data_dir) == here.keys[Service.REPORTERS].address


@pytest.mark.parametrize("verb", ["restore", "take-out"])
def test_a_drop_that_is_being_served_keeps_its_keys(here: Here, saved: Path, verb: str) -> None:
    before = here.held()
    with only_server(here.data_dir):
        assert "Stop it first" in here.run(verb, saved, code=1)
    assert here.held() == before


def test_a_key_that_is_not_in_the_file_is_not_taken_out(here: Here, saved: Path) -> None:
    here.run("rotate-courier")
    before = here.held()
    assert "Save them first" in here.run("take-out", saved, code=1)
    assert here.held() == before


def test_a_file_that_does_not_open_here_takes_nothing_out(
    here: Here, saved: Path, members: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = here.held()
    monkeypatch.setenv("GNUPGHOME", str(members.home))
    assert "GNUPGHOME" in here.run("take-out", saved, code=1)
    assert here.held() == before


@pytest.mark.parametrize(
    "spoil", [lambda data: data[:-40], lambda data: b"", lambda data: b"hello", lambda data: data * 900]
)
def test_a_torn_file_puts_nothing_back(here: Here, saved: Path, spoil: Any) -> None:
    here.run("take-out", saved)
    saved.write_bytes(spoil(saved.read_bytes()))
    here.run("restore", saved, code=1)
    assert read_key(here.data_dir, "launch", Service.REPORTERS) is None


@pytest.mark.parametrize(
    "text",
    [
        b"{}\n",
        b'{"drop":"x","format":1,"keys":{},"kind":"onion keys"}\n',
        b'{"kind":"onion keys","keys":[1]}\n',
        b"hello",
    ],
)
def test_a_sealed_file_that_holds_no_keys_puts_nothing_back(
    here: Here, tmp_path: Path, operator: Operator, text: bytes
) -> None:
    file = tmp_path / "other.gpg"
    file.write_bytes(
        factories.run_gpg(operator.home, "--trust-model", "always", "--encrypt", "-r", operator.fingerprint, data=text)
    )
    before = here.held()
    assert "no saved onion keys" in here.run("restore", file, "--replace", code=1)
    assert here.held() == before


def test_another_drops_keys_are_refused_even_when_told_to_replace(
    here: Here, saved: Path, tmp_path: Path, operator: Operator, members: Members
) -> None:
    other = make_drop(tmp_path / "other", operator, members, here.capsys)
    before = other.held()
    assert "another drop" in other.run("restore", saved, "--replace", code=1)
    assert other.held() == before


def test_another_address_is_taken_only_when_told_to_replace(here: Here, saved: Path) -> None:
    new = OnionKey.new()
    write_key(here.data_dir, "launch", Service.REPORTERS, new)
    assert "--replace" in here.run("restore", saved, code=1)
    assert onion.known_address(here.data_dir) == new.address
    assert here.run("restore", saved, "--replace")["restored"] == ["reporters"]
    assert onion.known_address(here.data_dir) == here.keys[Service.REPORTERS].address


@pytest.mark.parametrize("whose", list(Service))
def test_a_strangers_sealed_file_gives_a_drop_without_its_keys_no_other_address(
    here: Here, saved: Path, tmp_path: Path, operator: Operator, whose: Service
) -> None:
    here.run("take-out", saved)
    with Drop.open(here.settings, beside_server=True) as drop:
        theirs = saved_keys.pack(drop.identity.drop, here.keys | {whose: OnionKey.new()})
    file = tmp_path / "theirs.gpg"
    always = ("--trust-model", "always", "--encrypt", "-r", operator.fingerprint)
    file.write_bytes(factories.run_gpg(operator.home, *always, data=theirs))
    before = here.held()
    assert "--replace" in here.run("restore", file, code=1)
    assert here.held() == before
    assert here.run("restore", saved)["restored"] == ["reporters", "courier"]


def test_a_couriers_key_that_was_made_anew_is_not_silently_made_old(here: Here, saved: Path) -> None:
    new = here.run("rotate-courier")["address"]
    found = here.run("restore", saved)
    assert found == {"restored": [], "same": ["reporters"], "kept": ["courier"]}
    assert onion.courier_address(here.data_dir) == new


@pytest.mark.parametrize("mode", ["launch", "control"])
def test_a_new_couriers_key_leaves_nothing_of_the_old_one(
    tmp_path: Path, operator: Operator, members: Members, capsys: pytest.CaptureFixture[str], mode: OnionMode
) -> None:
    drop = make_drop(tmp_path / "drop", operator, members, capsys, mode)
    found = drop.run("rotate-courier")
    assert found["at_once"] is False
    assert found["address"] == onion.courier_address(drop.data_dir) != drop.keys[Service.COURIER].address
    new = read_key(drop.data_dir, mode, Service.COURIER)
    assert new is not None
    assert new.address == found["address"]
    assert drop.keys[Service.COURIER].expanded not in b"".join(drop.held().values())
    assert read_key(drop.data_dir, mode, Service.REPORTERS) == drop.keys[Service.REPORTERS]


def test_where_tors_own_folders_hold_the_keys_that_is_said(
    tmp_path: Path, operator: Operator, members: Members, capsys: pytest.CaptureFixture[str]
) -> None:
    drop = make_drop(tmp_path / "drop", operator, members, capsys, "external")
    for words in (
        ["save", tmp_path / "x"],
        ["restore", tmp_path / "x"],
        ["rotate-courier"],
        ["take-out", tmp_path / "x"],
    ):
        assert "HiddenServiceDir" in drop.run(*words, code=1)
