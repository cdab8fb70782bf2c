"""Attachments in a folder: every one of them, under names that are only names, over nothing that is there."""

import os
import unicodedata
from pathlib import Path

import pytest

from dropbox.workstation import opening
from dropbox.workstation.extracting import MAX_NAME_BYTES, safe_name
from tests.envelopes import Case, File
from tests.factories_bundles import World

HOSTILE = {
    "../../etc/passwd": "_._etc_passwd",
    "/etc/passwd": "_etc_passwd",
    "..": "file",
    ".bashrc": "bashrc",
    "-rf": "rf",
    "": "file",
    "a\x00b\nc": "a b c",
    "\x1b[2J.txt": "[2J.txt",
    "invoice\u202efdp.exe": "invoice fdp.exe",
    "C:\\Windows\\x.txt": "C__Windows_x.txt",
    "wat?*|<>.pdf": "wat_____.pdf",
    "e\u0301te\u0301.txt": "\u00e9t\u00e9.txt",
    "trailing. . .": "trailing",
    "photo.jpg ": "photo.jpg",
    "\u2028\u2029": "file",
    "\ue000.doc": "doc",
}


@pytest.mark.parametrize(("true_name", "expected"), HOSTILE.items())
def test_a_hostile_name_becomes_only_a_name(true_name: str, expected: str) -> None:
    assert safe_name(true_name) == expected


def test_no_name_of_any_character_can_hurt() -> None:
    for number in [*range(0x3000), *range(0xFE00, 0xFFFF), *range(0xE0000, 0xE0080)]:
        name = safe_name(f"{chr(number)}a{chr(number)}.b{chr(number)}")
        assert not set(name) & set('/\\\0:*?"<>|')
        assert all(unicodedata.category(character)[0] != "C" for character in name)
        assert name[0] not in ".-"


@pytest.mark.parametrize("name", ["x" * 255, "\u20ac" * 85, "x." + "y" * 250, "." * 255, "a" * 200 + ".jpeg"])
def test_a_long_name_is_bounded_in_bytes_and_keeps_its_ending(name: str) -> None:
    safe = safe_name(name)
    assert 0 < len(safe.encode()) <= MAX_NAME_BYTES
    assert safe.endswith(".jpeg") == name.endswith(".jpeg")


def begun(here: World, *files: File) -> Case:
    case = Case()
    here.start()
    here.drop.send(case, "With files.", files)
    here.anna.ok("import", here.drop.pickup())
    return case


def test_every_attachment_of_every_item_comes_out_whole(here: World) -> None:
    case = begun(here, ("a.txt", "text/plain", b"one"), ("empty.txt", "text/plain", b""))
    here.next_day()
    here.drop.send(case, "More.", [("a.txt", "text/plain", b"two")])
    here.anna.ok("import", here.drop.pickup())
    attached = here.folder / "own.bin"
    attached.write_bytes(os.urandom(200_000))
    here.anna.ok("reply", case.id, "--text-file", here.text(), "--attach", attached)
    target = here.folder / "deep" / "out"
    files = here.anna.ok("extract", case.id, "--to", target)["files"]
    found = {path.name: path.read_bytes() for path in target.iterdir()}
    assert found == {
        "01-01-a.txt": b"one",
        "01-02-empty.txt": b"",
        "02-01-a.txt": b"two",
        "03-01-own.bin": attached.read_bytes(),
    }
    assert [Path(each["path"]).name for each in files] == sorted(found)
    assert target.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in target.iterdir()} == {0o600}


def test_a_hostile_name_writes_nowhere_else(here: World) -> None:
    names = ["../../escaped", "/tmp/escaped", "..", "a/../../escaped", "\x1b]0;x\x07", "-rf", "con.txt", "~"]
    case = begun(here, *((name, "text/plain", b"x") for name in names))
    target = here.folder / "out"
    here.anna.ok("extract", case.id, "--to", target)
    assert len(list(target.iterdir())) == len(names)
    assert not list(here.folder.rglob("escaped"))
    assert all(path.is_file() and path.name[0].isdigit() for path in target.iterdir())


def test_extracting_again_writes_nothing_and_overwrites_nothing(here: World) -> None:
    case = begun(here, ("a.txt", "text/plain", b"one"))
    target = here.folder / "out"
    here.anna.ok("extract", case.id, "--to", target)
    first = target / "01-01-a.txt"
    stamp = first.stat().st_mtime_ns
    here.anna.ok("extract", case.id, "--to", target)
    assert [path.name for path in target.iterdir()] == ["01-01-a.txt"]
    assert first.stat().st_mtime_ns == stamp
    first.write_bytes(b"mine")
    here.anna.ok("extract", case.id, "--to", target)
    assert first.read_bytes() == b"mine"
    assert (target / "01-01-a-2.txt").read_bytes() == b"one"


def test_a_link_in_the_folder_is_not_followed(here: World) -> None:
    case = begun(here, ("a.txt", "text/plain", b"one"))
    target, elsewhere = here.folder / "out", here.folder / "elsewhere"
    target.mkdir()
    (target / "01-01-a.txt").symlink_to(elsewhere)
    here.anna.ok("extract", case.id, "--to", target)
    assert not elsewhere.exists()
    assert (target / "01-01-a-2.txt").read_bytes() == b"one"


def test_a_link_to_the_same_bytes_is_no_copy(here: World) -> None:
    case = begun(here, ("a.txt", "text/plain", b"one"))
    target, elsewhere = here.folder / "out", here.folder / "elsewhere"
    target.mkdir()
    elsewhere.write_bytes(b"one")
    (target / "01-01-a.txt").symlink_to(elsewhere)
    here.anna.ok("extract", case.id, "--to", target)
    assert (target / "01-01-a-2.txt").read_bytes() == b"one"


def test_a_large_item_is_read_and_extracted_without_keeping_it_in_memory(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "MAX_MEMORY_BYTES", 1024)
    content = os.urandom(700_000)
    case = begun(here, ("a.bin", "", content), ("b.txt", "text/plain", b"after it"))
    assert here.anna.ok("read", case.id)["items"][0]["text"] == "With files."
    here.anna.ok("extract", case.id, "--to", here.folder / "out")
    assert (here.folder / "out" / "01-01-a.bin").read_bytes() == content
    assert (here.folder / "out" / "01-02-b.txt").read_bytes() == b"after it"
    cut = next((here.anna.vault / "items").iterdir())
    cut.write_bytes(cut.read_bytes()[:-100])
    here.anna.refused("extract", case.id, "--to", here.folder / "again")
    assert list((here.folder / "again").iterdir()) == []


def test_a_target_that_is_a_file_is_refused(here: World) -> None:
    case = begun(here, ("a.txt", "text/plain", b"one"))
    assert "cannot be written" in here.anna.refused("extract", case.id, "--to", here.text())


def test_a_damaged_item_leaves_no_file_and_does_not_hide_the_others(here: World) -> None:
    case = begun(here, ("a.txt", "text/plain", b"one"))
    held = here.drop.send(case, "More.", [("b.txt", "text/plain", b"two")])
    here.anna.ok("import", here.drop.pickup())
    path = here.anna.vault / "items" / f"{held.item}.pgp"
    path.write_bytes(path.read_bytes()[:-50])
    target = here.folder / "out"
    assert "damaged or gone" in here.anna.refused("extract", case.id, "--to", target)
    assert [path.name for path in target.iterdir()] == ["01-01-a.txt"]
