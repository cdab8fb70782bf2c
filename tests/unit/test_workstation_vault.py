"""The vault: private, one command at a time, its casebook whole at any moment, and opened by its own key alone."""

import fcntl
import os
from dataclasses import replace
from pathlib import Path

import pytest

from dropbox.errors import TargetUnusable
from tests import factories
from tests.envelopes import Case
from tests.factories_bundles import Investigator, World


def with_home(person: Investigator, home: Path, vault: Path) -> Investigator:
    return replace(person, home=home, vault=vault)


def test_nobody_else_may_enter_the_vault(here: World) -> None:
    here.start()
    here.drop.send(Case())
    here.anna.ok("import", here.drop.pickup())
    for path in (here.anna.vault, *here.anna.vault.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0 or path.parent.name == "gnupg", path
    assert (here.anna.vault / "gnupg").stat().st_mode & 0o077 == 0


def test_two_commands_never_run_at_once(here: World) -> None:
    here.start()
    with (here.anna.vault / "lock").open("r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        assert "Another command" in here.anna.refused("cases")
        assert "Another command" in here.anna.refused("init")
    here.anna.ok("cases")


def test_starting_again_with_the_same_key_is_harmless(here: World) -> None:
    here.start()
    case = Case()
    here.drop.send(case)
    here.anna.ok("import", here.drop.pickup())
    first = here.anna.ok("init")
    assert here.anna.ok("init", "--key", here.anna.key) == first
    assert [line["case"] for line in here.anna.ok("cases")] == [case.id]


def test_a_vault_of_another_key_is_left_alone(here: World) -> None:
    here.start()
    before = (here.anna.vault / "casebook.pgp").read_bytes()
    replace(here.bram, vault=here.anna.vault).refused("init")
    assert (here.anna.vault / "casebook.pgp").read_bytes() == before


def test_a_folder_with_other_things_in_it_does_not_become_a_vault(here: World) -> None:
    here.anna.vault.mkdir()
    (here.anna.vault / "letter.txt").write_text("mine")
    assert "other things" in here.anna.refused("init")
    assert [path.name for path in here.anna.vault.iterdir()] == ["letter.txt"]


def test_a_half_made_vault_is_finished(here: World) -> None:
    here.start()
    (here.anna.vault / "casebook.pgp").unlink()
    assert "init" in here.anna.run("cases").err
    here.start()
    here.anna.ok("cases")


def test_several_keys_and_no_terminal_need_a_choice(here: World) -> None:
    home = here.folder / "two"
    keys = [factories.make_key(home, name) for name in ("one", "two")]
    person = with_home(here.anna, home, here.folder / "v")
    assert "not exactly one secret key" in person.refused("init")
    assert "no such secret key" in person.refused("init", "--key", here.bram.key)
    assert "wrong form" in person.refused("init", "--key", "12AB")
    assert person.ok("init", "--key", keys[1].lower())["key"] == keys[1]
    assert "belongs to another key" in person.refused("init", "--key", keys[0])
    assert person.ok("init", "--key", keys[1])["key"] == keys[1]


def test_no_key_and_one_that_cannot_be_sealed_to_are_refused(here: World) -> None:
    home = here.folder / "none"
    home.mkdir(mode=0o700)
    person = with_home(here.anna, home, here.folder / "v")
    assert "no such secret key" in person.refused("init")
    factories.make_key(home, "signs-only", encrypt=False)
    assert "no such secret key" in person.refused("init")
    assert not person.vault.exists()


def test_a_gnupg_home_that_is_not_there_is_told_as_such_and_not_made(here: World) -> None:
    here.start()
    lost = replace(here.anna, home=here.folder / "typo")
    assert "secret key" in lost.refused("cases")
    assert "secret key" in replace(lost, vault=here.folder / "v").refused("init")
    assert "GNUPGHOME" in lost.run("cases").err
    assert not lost.home.exists()


def test_a_vault_that_is_not_there_says_how_to_start_one(here: World) -> None:
    for command in ("cases", "read", "export"):
        arguments = {"read": ["abcd"], "export": [str(here.folder / "x")]}.get(command, [])
        result = here.anna.run(command, *arguments)
        assert (result.code, result.out) == (1, "")
        assert "dropbox-workstation init" in result.err


@pytest.mark.parametrize("name", ["casebook.pgp", "vault.json"])
@pytest.mark.parametrize("data", [b"", b"nonsense", b"{}\n", b'{"format":1,"key":"x","vault":"y"}\n'])
def test_a_damaged_vault_is_refused_in_a_line(here: World, name: str, data: bytes) -> None:
    here.start()
    (here.anna.vault / name).write_bytes(data)
    assert "casebook" in here.anna.refused("cases").lower()


def test_a_full_disk_leaves_the_old_casebook(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    here.start()
    here.drop.send(Case())
    bundle = here.drop.pickup()
    before = (here.anna.vault / "casebook.pgp").read_bytes()
    synced = os.fsync

    def full(descriptor: int) -> None:
        if "casebook" in str(Path(f"/proc/self/fd/{descriptor}").readlink()):
            raise OSError(28, "No space left on device")
        synced(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert TargetUnusable.message in here.anna.refused("import", bundle)
    assert (here.anna.vault / "casebook.pgp").read_bytes() == before
    assert not list(here.anna.vault.glob("*.part"))
    assert here.anna.ok("import", bundle)["new"] == 1
