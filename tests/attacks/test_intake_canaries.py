"""A case opened at the table, through real processes: its codename and keys are in no file, whoever wrote it.

The words leave the workstation on standard output alone, once; the person brings them back to the real server.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dropbox import config
from dropbox.codename import CodenameKeys, parse
from dropbox.server.drop import Drop
from tests.attacks.test_whole_canaries import spellings
from tests.attacks.whole import files_with, new_world
from tests.journeys.world import World, come_back

CANARY = "Kanarie9Tafel"


@dataclass
class Told:
    world: World
    words: str
    keys: CodenameKeys
    said: Path
    temp: Path
    shown: str

    @property
    def places(self) -> list[Path]:
        """Everything that any process of the story can have written to."""
        own = [member.home for member in self.world.members.values()]
        return [self.world.root, self.temp, *own]


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    with new_world() as world, pytest.MonkeyPatch.context() as patch:
        temp = world.root.parent / "temp"
        temp.mkdir()
        patch.setenv("TMPDIR", str(temp))
        patch.setenv("HOME", str(temp))
        with world.drop:
            yield _tell(world, temp)


def _tell(world: World, temp: Path) -> Told:
    anna = world.members["anna"]
    said = world.root.parent / "said.txt"
    said.write_text(f"{CANARY} in the conversation.\n" * 100)
    world.fetch("anna", "bob")
    made = anna.json("intake", "--mandate", "investigate", "--text-file", said)
    words = " ".join(made["slip"]["words"])
    (world.root.parent / "empty.txt").write_text("")
    anna.run("intake", "--text-file", world.root.parent / "empty.txt", code=1)
    world.bring("anna")
    visitor = world.drop.visitor()
    page = come_back(visitor, words)
    visitor.submit(page.form("message", "mandate"), {"message": f"{CANARY} from home"})
    world.fetch("anna", "bob")
    world.bring("anna", "bob")
    shown = world.members["bob"].run("read", made["case"])
    with Drop.open(config.load(world.drop.config), beside_server=True) as drop:
        keys = drop.derivation.derive(parse(words))
    assert keys.case == made["case"]
    return Told(world, words, keys, said, temp, shown)


def test_a_colleague_could_read_what_is_looked_for(told: Told) -> None:
    assert f"{CANARY} in the conversation." in told.shown
    assert f"{CANARY} from home" in told.shown


def test_no_file_of_any_machine_holds_the_codename_or_the_conversation(told: Told) -> None:
    assert files_with([CANARY.encode(), *spellings(told.words)], *told.places) == []
    assert len([path for folder in told.places for path in folder.rglob("*") if path.is_file()]) > 30


def test_no_file_of_any_machine_holds_a_key_that_the_codename_yields(told: Told) -> None:
    keys = told.keys
    secrets = (keys.root, keys.lookup_id, bytes(keys.reply_key), bytes(keys.case_key))
    forms = [form for key in secrets for form in (key, key.hex().encode(), base64.b64encode(key))]
    files = [path for folder in told.places for path in folder.rglob("*") if path.is_file()]
    assert [path for path in files if any(form in path.read_bytes() for form in forms)] == []


def test_the_casebooks_hold_neither_words_nor_keys_even_unsealed(told: Told) -> None:
    keys = told.keys
    for member in told.world.members.values():
        plain = member.unseal(member.vault / "casebook.pgp")
        assert plain is not None
        assert b'"cases"' in plain
        for secret in (*spellings(told.words), keys.root.hex().encode(), keys.lookup_id.hex().encode()):
            assert secret not in plain
        for private in (bytes(keys.reply_key), bytes(keys.case_key)):
            assert private.hex().encode() not in plain


def test_what_the_drop_was_told_is_forgotten_once_it_has_confirmed_it(told: Told) -> None:
    plain = told.world.members["anna"].unseal(told.world.members["anna"].vault / "casebook.pgp")
    assert plain is not None
    assert b'"intakes":{}' in plain


def test_a_seized_server_shows_of_such_a_case_no_more_than_of_others(told: Told) -> None:
    """Nothing in the store says who opened the case, or that it was not opened over the site."""
    store = b"".join(path.read_bytes() for path in (told.world.root / "data").glob("store.sqlite*"))
    assert told.keys.case.encode() in store
    for telling in (b"investigate", b"intake", CANARY.encode()):
        assert telling not in store
