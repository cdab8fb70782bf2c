"""The client keys that tor is told of: never nobody, never somebody who was revoked, never a key that is none."""

import stat
from pathlib import Path

import pytest

from dropbox.client_key import parse_public
from dropbox.errors import InvalidValue, StartRefused
from dropbox.models import DeskId
from dropbox.server.courier import clients
from dropbox.server.onion.places import registry_dir
from dropbox.server.store.investigators import Investigator

ONE, OTHER = "MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43UOV3HO6DZPIQWCYTDMRSQ", "AB" * 25 + "AQ"


def someone(name: str, key: str = ONE) -> Investigator:
    return Investigator(name, (DeskId("board"),), key, "00" * 16)


def written(data_dir: Path, *people: Investigator) -> dict[str, str]:
    clients.write(data_dir, people)
    return {path.name: path.read_text() for path in registry_dir(data_dir).iterdir()}


def test_with_nobody_there_is_still_a_key_so_that_tor_does_not_open_it_to_all(tmp_path: Path) -> None:
    first = written(tmp_path)
    assert list(first) == ["nobody.auth"]
    assert parse_public(first["nobody.auth"])
    assert written(tmp_path) == first
    assert written(tmp_path / "other") != first


def test_a_revoked_key_is_in_no_file(tmp_path: Path) -> None:
    both = written(tmp_path, someone("ann"), someone("bob", OTHER))
    assert set(both) == {"ann.auth", "bob.auth", "nobody.auth"}
    assert both["ann.auth"] == f"descriptor:x25519:{ONE}\n"
    left = written(tmp_path, someone("bob", OTHER))
    assert set(left) == {"bob.auth", "nobody.auth"}
    assert ONE not in "".join(left.values())
    assert ONE not in written(tmp_path, someone("bob", OTHER))["bob.auth"]
    assert written(tmp_path, someone("bob", ONE))["bob.auth"].split(":")[2].strip() == ONE


def test_what_was_put_there_or_changed_by_others_does_not_stay(tmp_path: Path) -> None:
    written(tmp_path, someone("ann"))
    folder = registry_dir(tmp_path)
    (folder / "mallory.auth").write_text(f"descriptor:x25519:{OTHER}\n")
    (folder / "ann.auth").write_text(f"descriptor:x25519:{OTHER}\n")
    (folder / "torn.1234abcd").write_text("descriptor:")
    (folder / "nobody.auth").write_text("")
    after = written(tmp_path, someone("ann"))
    assert set(after) == {"ann.auth", "nobody.auth"}
    assert ONE in after["ann.auth"]
    assert after["nobody.auth"].startswith("descriptor:x25519:")


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    written(tmp_path, someone("ann"))
    folder = registry_dir(tmp_path)
    assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    folder.chmod(0o755)
    with pytest.raises(StartRefused):
        written(tmp_path, someone("ann"))


@pytest.mark.parametrize("text", [ONE, ONE.lower(), f"descriptor:x25519:{ONE}", f"  descriptor:x25519:{ONE}\n"])
def test_a_key_is_read_alone_or_from_its_line(text: str) -> None:
    assert parse_public(text) == ONE


@pytest.mark.parametrize(
    "text",
    ["", ONE[:-1], ONE + "A", ONE[:-1] + "1", ONE[:-1] + "B", "A" * 52, f"descriptor:ed25519:{ONE}",
     f"{'a' * 56}:descriptor:x25519:{ONE}", f"descriptor:x25519:{ONE}\ndescriptor:x25519:{OTHER}", "é" * 52],
)  # fmt: skip
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_public(text)
