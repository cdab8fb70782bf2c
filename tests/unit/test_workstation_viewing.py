"""Looking at a file by command: pictures into a folder, text onto the screen, seals only when that was asked for."""

import io
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from dropbox.models import Kind
from dropbox.workstation import sandbox, viewing
from dropbox.workstation.seals import dearmored
from tests import factories, hostile_files
from tests.envelopes import Case, File
from tests.factories_bundles import World


def begun(here: World, *files: File) -> Case:
    case = Case()
    here.start()
    here.drop.send(case, "With files.", files)
    here.anna.ok("import", here.drop.pickup())
    return case


def sealed(here: World, data: bytes, *more: str) -> bytes:
    """Seal to anna, as a reporter does who has her public key alone."""
    home = here.folder / "reporter"
    if not home.exists():
        factories.make_key(home, "reporter")
        factories.run_gpg(home, "--import", data=factories.export_public(here.anna.home, here.anna.key))
    return hostile_files.sealed(home, here.anna.key, data, *more)


def view(here: World, case: Case, *arguments: str | Path) -> dict[str, object]:
    document = here.anna.ok("view", case.id, *arguments)
    assert isinstance(document, dict)
    return document


def pixels(path: Path) -> tuple[tuple[int, int], object]:
    with Image.open(path, formats=["PNG"]) as image:
        return image.size, image.convert("RGB").getpixel((1, 1))


def test_a_pdf_becomes_pictures_in_a_folder_and_nothing_else(here: World) -> None:
    case = begun(here, ("letter.pdf", "application/pdf", hostile_files.pdf(pages=3)))
    target = here.folder / "deep" / "out"
    document = view(here, case, "1", "--to", target)
    names = ["01-01-page-001.png", "01-01-page-002.png", "01-01-page-003.png"]
    assert sorted(path.name for path in target.iterdir()) == names
    assert document["files"] == [str(target / name) for name in names]
    assert (document["total"], document["first_page"], document["cut"]) == (3, 1, False)
    assert pixels(target / names[0]) == ((1200, 1600), (255, 255, 255))
    assert {path.stat().st_mode & 0o777 for path in target.iterdir()} == {0o600}
    assert "copies may be used" in str(document["notice"])
    told = here.anna.ok("read", case.id)
    assert told["items"][0]["attachments"][0]["sha256"] == document["sha256"]


def test_viewing_again_writes_nothing_and_overwrites_nothing(here: World) -> None:
    case = begun(here, ("a.png", "image/png", hostile_files.picture()))
    target = here.folder / "out"
    view(here, case, "1", "--to", target)
    first = target / "01-01-page-001.png"
    stamp = first.stat().st_mtime_ns
    view(here, case, "1", "--to", target)
    assert (list(target.iterdir()), first.stat().st_mtime_ns) == ([first], stamp)
    first.write_bytes(b"mine")
    view(here, case, "1", "--to", target)
    assert first.read_bytes() == b"mine"
    assert pixels(target / "01-01-page-001-2.png")[0] == (40, 30)


def test_nothing_of_the_files_own_bytes_is_in_its_picture(here: World) -> None:
    hidden = Image.Exif()
    hidden[0x9286] = "SECRET-COMMENT"
    case = begun(here, ("a.jpg", "image/jpeg", hostile_files.picture("JPEG", exif=hidden) + b"TRAILING-SECRET"))
    target = here.folder / "out"
    view(here, case, "1", "--to", target)
    packed = next(target.iterdir()).read_bytes()
    assert b"SECRET" not in packed
    assert Image.open(io.BytesIO(packed)).info == {}


def test_a_text_is_shown_and_not_obeyed(here: World) -> None:
    text = "It began.\n\x1b]0;owned\x07\x1b[2J \u202egnirts\n" + "x" * 500
    case = begun(here, ("a.txt", "text/plain", text.encode()))
    shown = here.anna.run("view", case.id, "1").out
    assert "It began.\n\\x1b]0;owned\\x07\\x1b[2J \\u202egnirts\n" in shown
    assert not set(shown) & set("\x1b\x07\u202e")


def test_a_long_text_is_cut_and_says_so(here: World) -> None:
    case = begun(here, ("a.txt", "text/plain", b"word " * 200_000))
    document = view(here, case, "1")
    assert len(str(document["text"])) == viewing.MAX_TEXT_BYTES
    assert document["cut"] is True
    assert "There is more" in here.anna.run("view", case.id, "1").out


def test_an_archive_is_listed_and_never_unpacked(here: World) -> None:
    case = begun(here, ("a.zip", "application/zip", hostile_files.zip_of(**{"../../x\x1b": b"12", "b": b""})))
    document = view(here, case, "1")
    assert document["names"] == [{"name": "../../x\x1b", "bytes": 2}, {"name": "b", "bytes": 0}]
    shown = here.anna.run("view", case.id, "1").out
    assert "../../x\\x1b" in shown
    assert not list(here.folder.rglob("x*"))


def test_a_file_of_several_is_named_by_number(here: World) -> None:
    case = begun(here, ("a.txt", "", b"first"), ("b.txt", "", b"second"))
    item = here.anna.ok("read", case.id)["items"][0]["item"]
    assert view(here, case, "1", "2")["text"] == "second"
    assert view(here, case, item[:8], "1")["text"] == "first"
    for wrong in (["1"], ["1", "3"], ["1", "0"], ["1", "-1"]):
        assert "no such file" in here.anna.refused("view", case.id, *wrong)
    for wrong in (["2", "1"], ["0", "1"], ["ffffffff", "1"], ["", "1"], ["1x", "1"]):
        assert "no such item" in here.anna.refused("view", case.id, *wrong)


def test_pictures_without_a_folder_are_not_put_anywhere(here: World) -> None:
    case = begun(here, ("a.png", "image/png", hostile_files.picture()))
    assert "they need a folder" in here.anna.refused("view", case.id, "1")


# --- seals of the reporter's own ----------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [(), ("--armor",), ("--sign",), ("--throw-keyids", "--textmode")], ids=str)
def test_a_seal_is_not_opened_until_that_is_asked_for(here: World, more: Sequence[str]) -> None:
    here_text = b"Only for you: it was the treasurer.\n"
    case = begun(here, ("a.txt.asc", "", sealed(here, here_text, *more)))
    assert "only when you ask" in here.anna.refused("view", case.id, "1")
    document = view(here, case, "1", "--unseal")
    assert (document["text"], document["seals"]) == (here_text.decode(), 1)


def test_a_seal_in_a_seal_is_opened_and_a_fourth_is_not(here: World) -> None:
    data = b"At last."
    layers = [data := sealed(here, data) for _ in range(viewing.MAX_SEALS + 1)]
    case = begun(here, ("three.pgp", "", layers[-2]), ("four.pgp", "", layers[-1]))
    assert view(here, case, "1", "1", "--unseal")["seals"] == viewing.MAX_SEALS
    assert "seal within seal" in here.anna.refused("view", case.id, "1", "2", "--unseal")


def test_what_is_in_a_seal_is_viewed_by_the_same_rules(here: World) -> None:
    case = begun(
        here,
        ("a.pdf.pgp", "", sealed(here, hostile_files.pdf())),
        ("b.pdf.pgp", "", sealed(here, b"MZ\x90\x00" + bytes(99))),
    )
    target = here.folder / "out"
    assert view(here, case, "1", "1", "--unseal", "--to", target)["total"] == 1
    assert "a program" in here.anna.refused("view", case.id, "1", "2", "--unseal")
    assert not list(here.anna.vault.rglob("*.pdf"))


def test_a_seal_to_somebody_else_ends_in_a_line(here: World) -> None:
    stranger = here.folder / "stranger"
    key = factories.make_key(stranger, "stranger")
    case = begun(
        here,
        ("a.pgp", "", hostile_files.sealed(stranger, key, b"x")),
        ("b.asc", "", b"-----BEGIN PGP MESSAGE-----\n\n????\n"),
        ("c.pgp", "", sealed(here, b"x")[:-9]),
    )
    for number in ("1", "2", "3"):
        assert "does not open whole" in here.anna.refused("view", case.id, "1", number, "--unseal")


def test_armour_comes_off_as_gpg_takes_it_off(here: World) -> None:
    binary = os.urandom(1000)
    armoured = factories.run_gpg(here.anna.home, "--enarmor", data=binary).replace(b"ARMORED FILE", b"MESSAGE")
    assert dearmored(armoured) == binary
    assert dearmored(armoured.replace(b"\n", b"\r\n")) == binary
    assert dearmored(b"\n" + armoured) == binary
    assert dearmored(binary) == binary


# --- without what it needs ----------------------------------------------------------------------------------------


def test_without_the_sandbox_nothing_is_shown(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case = begun(here, ("a.png", "image/png", hostile_files.picture()))
    monkeypatch.setattr(sandbox, "_which", lambda _name: None)
    assert "bubblewrap" in here.anna.refused("view", case.id, "1", "--to", here.folder / "out")
    assert not (here.folder / "out").exists()


def test_without_libreoffice_an_office_file_gets_a_line(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case = begun(here, ("a.rtf", "application/rtf", rb"{\rtf1 hello}"))
    monkeypatch.setattr(sandbox, "_office_folder", lambda: None)
    assert "LibreOffice, which is not installed" in here.anna.refused("view", case.id, "1", "--to", here.folder / "out")


def test_a_withdrawn_case_can_be_looked_at_but_not_copied(here: World) -> None:
    case = begun(here, ("a.txt", "", b"read me"), ("a.png", "", hostile_files.picture()))
    here.next_day()
    here.drop.send(case, "", kind=Kind.WITHDRAWAL)
    here.anna.ok("import", here.drop.pickup())
    assert view(here, case, "1", "1")["text"] == "read me"
    for refused in (("view", case.id, "1", "2", "--to"), ("extract", case.id, "--to")):
        assert "withdrawn this case" in here.anna.refused(*refused, here.folder / "out")
    assert not (here.folder / "out").exists()
