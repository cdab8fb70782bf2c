"""A data folder of the first released program is opened by today's: its codename, reply and bundles go on as before."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dropbox.server.store.migrations import HEAD
from tests.drop_process import DropProcess, command
from tests.journeys.world import Person, come_back

ROOT = Path(__file__).parents[2]
FIRST = ROOT / "tests" / "vectors" / "data-0.1.0"
FIRST_PROGRAM = "567c8a4"
"""The commit that made the folder."""


@dataclass
class Old:
    folder: Path
    about: dict[str, Any]

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def store(self) -> Path:
        return self.folder / "data" / "store.sqlite"


def unpacked(folder: Path) -> Old:
    """Copy the folder, with the modes that a data folder has, and the two keys that the repository does not hold."""
    shutil.copytree(FIRST, folder)
    data = folder / "data"
    for name in ("secret.key", "signing.key"):
        told = f"onion-dropbox test vector {FIRST.name} {name}".encode()
        (data / name).write_bytes(hashlib.blake2b(told, digest_size=32).digest())
    for path in (data, *data.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return Old(folder, json.loads((FIRST / "about.json").read_text()))


@pytest.fixture
def old(tmp_path: Path) -> Old:
    return unpacked(tmp_path / "first")


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Old, DropProcess]]:
    """Today's program, serving the folder."""
    old = unpacked(tmp_path_factory.mktemp("upgraded") / "first")
    with DropProcess(old.config) as drop:
        yield old, drop


def test_the_folder_holds_no_secret_key() -> None:
    assert not list(FIRST.rglob("*.key"))
    listed = command("gpg", "--list-packets", FIRST / "keys" / "anna.asc")
    assert "secret" not in listed


def test_a_codename_of_before_opens_its_case_and_its_reply(upgraded: tuple[Old, DropProcess]) -> None:
    old, drop = upgraded
    page = come_back(drop.visitor(), old.about["codename"])
    assert page.path.split("?")[0] == "/case"
    assert any(old.about["reply"] in reply for reply in page.replies)


def test_a_case_of_before_takes_a_follow_up(upgraded: tuple[Old, DropProcess]) -> None:
    old, drop = upgraded
    before = drop.server_json("status")["items"]
    visitor = drop.visitor()
    page = come_back(visitor, old.about["codename"])
    assert visitor.submit(page.form("message", "mandate"), {"message": "After the upgrade."}).status == 200
    assert drop.server_json("status")["items"] == before + 1


def test_the_drop_of_before_is_the_same_drop(upgraded: tuple[Old, DropProcess]) -> None:
    old, drop = upgraded
    assert drop.server_json("status")["drop_key"] == old.about["drop_words"]


def test_a_bundle_of_an_upgraded_drop_is_taken_by_a_vault(
    upgraded: tuple[Old, DropProcess], people: dict[str, Person], tmp_path: Path
) -> None:
    """The vault is another's than its readers': what it cannot open it keeps sealed, and the chain it can verify."""
    old, drop = upgraded
    bundle, vault = tmp_path / "pickup.tar", tmp_path / "vault"
    drop.server("export", "--desk", "advisers", bundle)
    env = {"GNUPGHOME": str(people["anna"].home)}
    key = people["anna"].fingerprint
    words = old.about["drop_words"]
    command("dropbox-workstation", "init", "--key", key, "--drop-key", words, "--vault", vault, env=env)
    told = command("dropbox-workstation", "import", bundle, "--vault", vault, env=env)
    assert "not for you" in told
    assert list((vault / "items").glob("*.pgp"))


def test_the_first_program_refuses_what_todays_has_opened(old: Old, tmp_path: Path) -> None:
    """Going back would take members from the configuration again, whom nobody signed for."""
    shown = subprocess.run(["git", "-C", ROOT, "archive", FIRST_PROGRAM, "dropbox"], capture_output=True, check=False)
    if shown.returncode:
        pytest.skip("the history is not at hand")
    first = tmp_path / "program"
    first.mkdir()
    subprocess.run(["tar", "-x", "-C", first], input=shown.stdout, check=True)
    program = [sys.executable, "-m", "dropbox.server.main", "status", "--config", str(old.config)]
    env = {**os.environ, "PYTHONPATH": str(first), "LC_ALL": "C.UTF-8"}

    def status_by_the_first() -> subprocess.CompletedProcess[str]:
        return subprocess.run(program, cwd=first, env=env, capture_output=True, text=True, check=False)

    before = status_by_the_first()
    assert before.returncode == 0, before.stderr
    command("dropbox-server", "status", "--config", old.config)
    after = status_by_the_first()
    assert after.returncode == 1
    assert "format 2" in after.stderr


def test_a_folder_of_a_newer_program_is_refused_and_not_changed(old: Old) -> None:
    command("dropbox-server", "status", "--config", old.config)
    with closing(sqlite3.connect(old.store, isolation_level=None)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9.0.0'")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    held = old.store.read_bytes()
    done = subprocess.run(
        [Path(sys.executable).parent / "dropbox-server", "status", "--config", old.config],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "newer program" in done.stderr
    assert "hint:" in done.stderr
    assert old.store.read_bytes() == held


def test_what_was_there_before_is_kept_beside_it(old: Old) -> None:
    command("dropbox-server", "status", "--config", old.config)
    copy = old.store.with_name(f"store-before-{HEAD}.sqlite")
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(f"file:{copy}?mode=ro&immutable=1", uri=True)) as database:
        assert database.execute("SELECT count(*) FROM items").fetchone() == (3,)
