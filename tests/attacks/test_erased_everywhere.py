"""After an erasure every byte of three vaults and of the server is searched: for sealed items, names, words and texts.

A real server and three members of one desk; one of them comes late. Days go by in the drop's own functions.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from unittest import mock

import pytest

from dropbox import config
from dropbox.models import CaseId, DeskId, today
from dropbox.server.drop import Drop
from dropbox.server.transfer import export_desk, exporting, import_answer, importing
from dropbox.workstation.keeping import erasing
from dropbox.workstation.vault import look_into
from tests import factories
from tests.attacks.whole import ALLOW, files_with
from tests.factories_bundles import Investigator
from tests.journeys.world import Person, World, come_back, send_report

DESK = DeskId("advisers")
TRIO = ("anna", "bob", "carla")
CANARY = "Kanarie9Fluit"
FILES = [(f"{CANARY}-naam.txt", "text/plain", f"{CANARY} in the file\n".encode() * 5000)]
WHY = "The reporter asked for it."
DELAY = timedelta(days=14)
PIECE_BYTES = 48
STEP_BYTES = 2048


@dataclass
class Hunt:
    """What was there before, and where everybody's files are."""

    world: World
    vaults: dict[str, Investigator]
    case: str = ""
    codename: str = ""
    day: date = field(default_factory=today)
    sealed: dict[str, bytes] = field(default_factory=dict)
    bundles: list[Path] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.world.root / "data"

    @contextmanager
    def drop(self) -> Iterator[Drop]:
        """Open the drop as its commands do, on this story's day."""
        with ExitStack() as held:
            for room in (exporting, importing):
                held.enter_context(mock.patch.object(room, "today", return_value=self.day))
            yield held.enter_context(Drop.open(config.load(self.world.drop.config), beside_server=True))

    def bring(self, *names: str) -> None:
        for name in names:
            target = self.world.root / f"answer-{len(list(self.world.root.glob('answer-*')))}.tar"
            self.vaults[name].ok("export", target)
            with self.drop() as drop:
                import_answer(drop, target)

    def fetch(self, *names: str) -> None:
        target = self.world.root / f"pickup-{len(self.bundles)}.tar"
        with self.drop() as drop:
            export_desk(drop, DESK, target)
        self.bundles.append(target)
        with mock.patch.object(erasing, "today", return_value=self.day):
            for name in names:
                assert self.vaults[name].ok("import", target)["quarantined"] == {}

    def let_go(self) -> None:
        with self.drop() as drop:
            drop.store.retire(self.day)

    def remember(self) -> None:
        """Keep pieces of every sealed item that is held anywhere, for the search."""
        for folder in (self.data / "items", *(vault.vault / "items" for vault in self.vaults.values())):
            for path in folder.iterdir():
                self.sealed[path.stem] = path.read_bytes()

    def pieces(self) -> list[bytes]:
        """Every second KiB of each sealed item, but what each of its kind begins with."""
        return [
            data[at : at + PIECE_BYTES]
            for data in self.sealed.values()
            for at in range(STEP_BYTES // 2, len(data) - PIECE_BYTES, STEP_BYTES)
        ]

    def casebook_text(self, name: str) -> str:
        person = self.vaults[name]
        with mock.patch.dict(os.environ, {"GNUPGHOME": str(person.home)}):
            vault = look_into(person.vault)
            sealed = (person.vault / "casebook.pgp").read_bytes()
            return vault.own.unseal_signed_bytes(sealed, person.key, 1 << 28).decode()


def found_in(folder: Path, pieces: list[bytes]) -> list[str]:
    wanted = re.compile(b"|".join(map(re.escape, pieces)))
    return [str(path) for path in folder.rglob("*") if path.is_file() and wanted.search(path.read_bytes())]


@pytest.fixture(scope="module")
def hunt() -> Iterator[Hunt]:
    with factories.short_dir() as folder:
        homes = {name: factories.new_home(folder, f"gpg-{name}") for name in TRIO}
        people = {name: Person(home, factories.make_key(home, name)) for name, home in homes.items()}
        root = folder / "root"
        root.mkdir()
        world = World.make(root, people, dict.fromkeys(TRIO, DESK), server=ALLOW)
        world.drop.server("init")
        words = world.drop.server_json("status")["drop_key"]
        vaults = {m.name: Investigator(m.name, m.home, m.fingerprint, m.vault) for m in world.members.values()}
        for vault in vaults.values():
            vault.ok("init", "--key", vault.key, "--drop-key", words)
        told = Hunt(world, vaults)
        with world.drop:
            _tell(told)
        yield told


def _tell(told: Hunt) -> None:
    """Have a case come, be worked on by three, and two of them agree to erase it."""
    world, anna, bob = told.world, told.vaults["anna"], told.vaults["bob"]
    told.codename = send_report(world.drop.visitor(), f"{CANARY} happened.", [DESK], "investigate", FILES).codename
    send_report(world.drop.visitor(), "Somebody else's.", [DESK], "listen")
    told.fetch(*TRIO)
    told.case = next(line["case"] for line in anna.ok("cases") if line["mandate"] == "investigate")
    text = world.root / "text.txt"
    text.write_text(f"We have read about {CANARY}.")
    anna.ok("reply", told.case, "--text-file", text)
    bob.ok("note", told.case, "--text-file", text)
    anna.ok("tag", told.case, f"+{CANARY}")
    told.bring(*TRIO)
    text.unlink()
    told.fetch(*TRIO)
    anna.ok("erase", told.case, "--propose", "--because", WHY)
    told.bring("anna")
    told.fetch("anna", "bob")
    bob.ok("erase", told.case, "--second")
    told.bring("anna", "bob")
    told.remember()


def test_the_search_finds_what_is_there(hunt: Hunt) -> None:
    """Else it would find nothing afterwards either."""
    assert found_in(hunt.data, hunt.pieces())
    for name, vault in hunt.vaults.items():
        assert found_in(vault.vault, hunt.pieces())
        assert CANARY in hunt.casebook_text(name) or name == "carla"


def test_no_byte_of_it_is_left_anywhere(hunt: Hunt) -> None:
    with hunt.drop() as drop:
        other = {item.item for item in drop.store.pickup(DESK, hunt.day).items} & hunt.sealed.keys()
    theirs = {item["item"] for item in hunt.vaults["anna"].ok("read", hunt.case)["items"]}
    for item in other - theirs:
        del hunt.sealed[item]
    hunt.sealed = {item: data for item, data in hunt.sealed.items() if item in theirs}
    assert len(hunt.sealed) >= 5
    hunt.day += DELAY
    hunt.let_go()
    page = come_back_page(hunt)
    hunt.fetch("anna", "bob")
    for name in ("anna", "bob"):
        _nothing_left(hunt, name)
    # carla comes late, first of all with a bundle from before
    hunt.vaults["carla"].ok("import", hunt.bundles[1])
    hunt.fetch("carla")
    _nothing_left(hunt, "carla")
    hunt.bring(*TRIO)
    hunt.let_go()
    assert not found_in(hunt.data, hunt.pieces())
    assert not files_with([hunt.case.encode(), bytes.fromhex(hunt.case)], hunt.data)
    assert "article" not in page


def come_back_page(hunt: Hunt) -> str:
    """Return what the reporter's seven words open now."""
    with hunt.world.drop:
        return come_back(hunt.world.drop.visitor(), hunt.codename).text


def _nothing_left(hunt: Hunt, name: str) -> None:
    vault = hunt.vaults[name]
    assert hunt.case not in {line["case"] for line in vault.ok("cases")}
    assert not found_in(vault.vault, hunt.pieces())
    assert not [path for path in vault.vault.rglob("*") if path.stem in hunt.sealed]
    assert CANARY not in hunt.casebook_text(name)
    assert not files_with([CANARY.encode()], vault.vault)
    assert [left["because"] for left in vault.ok("erase", "--list")] == [WHY]


def test_no_bundle_from_before_brings_any_of_it_back(hunt: Hunt) -> None:
    for name, vault in hunt.vaults.items():
        for bundle in hunt.bundles:
            vault.ok("import", bundle)
        _nothing_left(hunt, name)
    answers = sorted(hunt.world.root.glob("answer-*.tar"))
    with hunt.drop() as drop:
        for answer in answers:
            import_answer(drop, answer)
    assert not found_in(hunt.data, hunt.pieces())


def test_what_is_left_names_every_item_by_its_hash(hunt: Hunt) -> None:
    for name in TRIO:
        person = hunt.vaults[name]
        with mock.patch.dict(os.environ, {"GNUPGHOME": str(person.home)}):
            casebook = look_into(person.vault).casebook
        assert hunt.sealed.keys() <= casebook.erased[CaseId(hunt.case)].items.keys()
