"""Files that are made to harm whoever looks at them: each ends in a line, within its bounds, and the page goes on."""

import gzip
import io
import resource
import tarfile
import time
import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from dropbox.canonical import dump
from dropbox.errors import (
    DropboxError,
    FileNotShown,
    FileOutOfBounds,
    FileTooLargeToView,
    KindNotShown,
    OwnItemInside,
    SealNotOpened,
    SealsTooDeep,
)
from dropbox.gpg import Gpg
from dropbox.models import Recipient
from dropbox.records import to_json
from dropbox.reply_box import write_container
from dropbox.workstation import viewing
from dropbox.workstation.reading import read_case
from dropbox.workstation.sandbox_frames import LIMITS
from dropbox.workstation.vault import Vault, open_vault
from dropbox.workstation.viewing import Shown, look
from tests import factories, hostile_files
from tests.conftest import Members
from tests.desk_page import enter, text_of
from tests.envelopes import Case, pack
from tests.factories_bundles import World

QUICK = replace(LIMITS, wall_seconds=30, page_seconds=1, cpu_seconds=3, content_bytes=8 << 20)
SECONDS = 40


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewing, "LIMITS", QUICK)
    monkeypatch.setattr(viewing, "SEAL_CPU_SECONDS", 1)
    monkeypatch.setattr(viewing, "MAX_SEALED_BYTES", 8 << 20)


def looked_at(here: World, monkeypatch: pytest.MonkeyPatch, data: bytes, *, seals: int = 0, name: str = "a") -> Shown:
    """Send a file, import it, and look at it in this process."""
    case = Case()
    here.start()
    here.drop.send(case, "", [(name, "application/octet-stream", data)])
    here.anna.ok("import", here.drop.pickup())
    monkeypatch.setenv("GNUPGHOME", str(here.anna.home))
    with open_vault(here.anna.vault) as vault:
        return _look(vault, case, seals)


def _look(vault: Vault, case: Case, seals: int) -> Shown:
    opened = read_case(vault, vault.casebook.find_case(case.id)).opened[0]
    assert opened is not None
    return look(vault, opened, opened.envelope.index.attachments[0], seals=seals)


def tar_bomb() -> bytes:
    """A packed tar whose first file claims 64 GiB, and goes on for a good part of one."""
    entry = tarfile.TarInfo("zeros")
    entry.size = 1 << 36
    packer = zlib.compressobj(1, wbits=31)
    zeros = bytes(1 << 20)
    return packer.compress(entry.tobuf()) + b"".join(packer.compress(zeros) for _ in range(600)) + packer.flush()


BOMBS: dict[str, tuple[Callable[[], bytes], type[DropboxError]]] = {
    "a picture of 3,600 megapixels": (hostile_files.pixel_bomb, FileOutOfBounds),
    "a PDF of pages without end": (hostile_files.endless_pdf, FileNotShown),
    "a PDF that takes minutes to draw": (hostile_files.slow_pdf, FileOutOfBounds),
    "a PNG that is cut off": (lambda: hostile_files.picture()[:60], FileNotShown),
    "a PDF of nothing": (lambda: b"%PDF-1.7\n", FileNotShown),
    "a ZIP of nothing": (lambda: b"PK\x03\x04" + bytes(26), FileNotShown),
    "a file that is too large": (lambda: b"%PDF-" + bytes(9 << 20), FileTooLargeToView),
    "a packed file that is no archive": (lambda: gzip.compress(b"x" * 999), KindNotShown),
}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_bomb_ends_in_a_line_within_its_time(
    here: World, monkeypatch: pytest.MonkeyPatch, bomb: tuple[Callable[[], bytes], type[DropboxError]]
) -> None:
    make, expected = bomb
    if make is hostile_files.slow_pdf:
        monkeypatch.setattr(viewing, "LIMITS", replace(QUICK, content_bytes=16 << 20))
    data = make()
    before, start = _own_memory(), time.monotonic()
    with pytest.raises(expected):
        looked_at(here, monkeypatch, data)
    assert time.monotonic() - start < SECONDS
    assert _own_memory() - before < 400 << 20


def _own_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("box", ["0 0 1e9 1e9", "0 0 1 14400", "-1e6 -1e6 1e6 1e6", "0 0 0.001 0.001"])
def test_a_giant_page_is_no_larger_than_any_other(here: World, monkeypatch: pytest.MonkeyPatch, box: str) -> None:
    try:
        shown = looked_at(here, monkeypatch, hostile_files.pdf(box))
    except (FileOutOfBounds, FileNotShown):
        return
    assert all(max(page.width, page.height) <= QUICK.page_side_pixels for page in shown.pages)


@pytest.mark.usefixtures("quick")
def test_a_zip_bomb_is_a_list_of_names(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = looked_at(here, monkeypatch, hostile_files.zip_bomb())
    assert [name.name for name in shown.names] == [f"{number}.zip" for number in range(20)]


@pytest.mark.slow
def test_a_packed_tar_is_not_unpacked_to_its_end(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewing, "LIMITS", replace(QUICK, cpu_seconds=1))
    shown = looked_at(here, monkeypatch, tar_bomb())
    assert ([name.size for name in shown.names], shown.cut) == ([1 << 36], True)


def test_an_archive_with_too_many_names_is_cut(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = looked_at(here, monkeypatch, hostile_files.zip_of(**{str(number): b"" for number in range(1200)}))
    assert (len(shown.names), shown.total, shown.cut) == (LIMITS.names, 1200, True)


def test_a_tar_of_links_and_devices_is_a_list_of_names(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, kind in (("/etc/passwd", tarfile.SYMTYPE), ("../../x", tarfile.LNKTYPE), ("null", tarfile.CHRTYPE)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/shadow"
            archive.addfile(entry)
    shown = looked_at(here, monkeypatch, packed.getvalue())
    assert [(name.name, name.size) for name in shown.names] == [("/etc/passwd", 0), ("../../x", 0), ("null", 0)]


# --- seals --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
def test_a_seal_that_grows_without_end_ends_in_a_line(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    data = hostile_files.sealed(here.anna.home, here.anna.key, bytes(64 << 20), "-z", "9")
    assert len(data) < 1 << 20
    with pytest.raises(SealNotOpened):
        looked_at(here, monkeypatch, data, seals=1)


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_a_seal_that_keeps_gpg_busy_ends_in_a_line(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    data = hostile_files.busy_seal(here.anna.home, here.anna.key)
    assert len(data) < 100_000
    start = time.monotonic()
    with pytest.raises(SealNotOpened):
        looked_at(here, monkeypatch, data, seals=1)
    assert time.monotonic() - start < SECONDS


def test_seals_within_each_other_without_end_are_not_followed(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"deep"
    for _ in range(8):
        data = hostile_files.sealed(here.anna.home, here.anna.key, data, "-z", "0")
    with pytest.raises(SealsTooDeep):
        looked_at(here, monkeypatch, data, seals=viewing.MAX_SEALS)


# --- the investigator as somebody else's key ----------------------------------------------------------------------


def own_item(here: World) -> bytes:
    """Another reporter's sealed report, taken off the server and attached to one's own."""
    return here.drop.send(Case(), "SECRET OF ANOTHER").data


def own_item_cut_of_its_head(here: World) -> bytes:
    """The same session keys and body with the packets written anew, so that no hash gives it away."""
    home = here.folder / "taker"
    factories.make_key(home, "taker")
    inside = pack(Case(), "SECRET OF ANOTHER")
    return here.drop.public.seal_bytes(inside, [Recipient(here.anna.key)])


def desk_lock(here: World) -> bytes:
    return here.drop.public.seal_bytes(bytes(range(200, 232)), [Recipient(here.anna.key)])


def reply(here: World) -> bytes:
    target = io.BytesIO()
    write_container(target, desk_lock(here), bytes(32), [b"x"])
    return here.drop.public.seal_bytes(target.getvalue(), [Recipient(here.anna.key)])


def casebook(here: World) -> bytes:
    """The casebook of the investigator's own vault: signed by the same key that opens it."""
    return (here.anna.vault / "casebook.pgp").read_bytes()


def casebook_sealed_anew(here: World) -> bytes:
    with open_vault(here.anna.vault) as vault:
        data = dump(to_json(vault.casebook))
    return here.drop.public.seal_bytes(data, [Recipient(here.anna.key)])


def bundle(here: World) -> bytes:
    return here.drop.public.seal_bytes(here.drop.pickup().read_bytes(), [Recipient(here.anna.key)])


def secret_key(here: World) -> bytes:
    data = factories.export_secret(here.anna.home, here.anna.key)
    return here.drop.public.seal_bytes(data, [Recipient(here.anna.key)])


def in_a_second_seal(here: World) -> bytes:
    return hostile_files.sealed(here.anna.home, here.anna.key, own_item_cut_of_its_head(here), "--armor")


OWN: dict[str, Callable[[World], bytes]] = {
    "another report": own_item,
    "another report, sealed anew": own_item_cut_of_its_head,
    "the key of a reply": desk_lock,
    "a reply": reply,
    "the casebook": casebook,
    "the casebook, sealed anew": casebook_sealed_anew,
    "a pickup bundle": bundle,
    "a secret key": secret_key,
    "another report in a second seal": in_a_second_seal,
}


@pytest.mark.parametrize("make", OWN.values(), ids=OWN)
def test_nothing_of_the_drops_own_is_opened_for_a_stranger(
    here: World, monkeypatch: pytest.MonkeyPatch, make: Callable[[World], bytes]
) -> None:
    monkeypatch.setenv("GNUPGHOME", str(here.anna.home))
    here.start()
    case = Case()
    here.drop.send(case, "", [("mine.pgp", "application/pgp-encrypted", make(here))])
    here.anna.ok("import", here.drop.pickup())
    with open_vault(here.anna.vault) as vault, pytest.raises(OwnItemInside):
        _look(vault, case, viewing.MAX_SEALS)
    refused = here.anna.run("view", case.id, "1", "--unseal")
    assert refused.code == 1
    assert "ALARM" in refused.err
    assert "SECRET" not in refused.out + refused.err


def test_a_text_of_the_length_of_a_key_is_no_alarm(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "Een getuige, gisteren. <b>x</b>\n"
    data = here.drop.public.seal_bytes(text.encode(), [Recipient(here.anna.key)])
    assert looked_at(here, monkeypatch, data, seals=1).text == text


def test_gpg_gives_nothing_back_before_it_has_found_the_whole_true(members: Members) -> None:
    own = Gpg(members.home, agent=True)
    data = hostile_files.sealed(members.home, members.anna, b"x" * 100_000, "-z", "0")
    for damaged in (data[:-1], data[:-40] + bytes(40), data + data):
        with pytest.raises(DropboxError):
            own.unseal_foreign_bytes(damaged, 1 << 20, 5)


def test_no_copy_of_a_viewed_file_is_left_on_disk(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = looked_at(here, monkeypatch, hostile_files.pdf(content=b"% CANARY-IN-A-PDF\n0 0 9 9 re f"))
    assert shown.pages
    left = [path for path in here.folder.rglob("*") if path.is_file()]
    assert not [path for path in left if b"CANARY-IN-A-PDF" in path.read_bytes() or path.suffix == ".png"]


# --- what is left of an alarm ---------------------------------------------------------------------------------------


def annex(here: World) -> bytes:
    return here.drop.public.seal_bytes(
        hostile_files.zip_of(**{"letters.txt": b"A: SECRET"}), [Recipient(here.anna.key)]
    )


def _attach(here: World, data: bytes) -> Case:
    case = Case()
    here.drop.send(case, "Mine.", [("a.txt", "text/plain", b"mine"), ("x.pgp", "application/octet-stream", data)])
    here.anna.ok("import", here.drop.pickup())
    return case


@pytest.mark.parametrize("make", [own_item, own_item_cut_of_its_head, annex], ids=["stolen", "sealed anew", "an annex"])
def test_an_alarm_stays_until_it_is_explained_and_is_in_the_log(here: World, make: Callable[[World], bytes]) -> None:
    here.start()
    case = _attach(here, make(here))
    assert "ALARM" not in here.anna.run("cases").out
    for _again in range(2):
        assert "ALARM" in here.anna.refused("view", case.id, "1", "2", "--unseal")
    for told in (here.anna.run("cases").out, here.anna.run("read", case.id).out):
        assert told.count("ALARM") == 1
    log = [line for line in here.anna.ok("log", case.id)["lines"] if line["details"].get("refused")]
    assert [(line["act"], line["details"]["file"]) for line in log] == [("viewed", "2")]
    here.anna.ok("log", case.id, "--because", "It was taken off the server.")
    assert "ALARM" not in here.anna.run("cases").out


def test_an_item_that_was_attached_is_not_saved_and_what_lies_beside_it_is(here: World) -> None:
    here.start()
    case = _attach(here, own_item(here))
    here.drop.send(Case())
    result = here.anna.run("extract", case.id, "--to", here.folder / "out")
    assert (result.code, "ALARM" in result.err) == (1, True)
    assert [path.read_bytes() for path in (here.folder / "out").iterdir()] == [b"mine"]
    assert "ALARM" in here.anna.run("cases").out


@pytest.mark.parametrize("make", [own_item, bundle], ids=["an item", "a bundle"])
def test_what_is_the_drops_own_is_not_sent_to_a_reporter(here: World, make: Callable[[World], bytes]) -> None:
    here.start()
    case = _attach(here, b"mine too")
    data = make(here) if make is own_item else here.drop.pickup().read_bytes()
    here.anna.ok("import", here.drop.pickup())
    wrong = here.folder / "notes.pdf"
    wrong.write_bytes(data)
    told = here.anna.refused("reply", case.id, "--text-file", here.text(), "--attach", wrong)
    assert "Nothing was sealed" in told
    assert here.anna.ok("cases")[0]["replies"] == 0


def test_the_desk_page_keeps_the_alarm_too(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GNUPGHOME", str(here.anna.home))
    here.start()
    case = _attach(here, own_item_cut_of_its_head(here))
    item = next(iter(held.item for held in here.drop.items.values() if held.case is case))
    page = enter(here.anna)
    here_is = f"/case/{case.id}/view/{item}/2"
    assert "It is opened only when you ask for it" in page.get(here_is)
    assert "ALARM" not in page.get("/")
    refused = page.post(f"{here_is}/unseal", 400, page=here_is)
    assert "ALARM" in refused.text
    assert "SECRET" not in refused.text
    assert "What was attached in the case" in page.get("/")
    page.post(f"/case/{case.id}/log/explain", because="Taken off the server.", page=f"/case/{case.id}/log")
    assert "ALARM" not in text_of(page.get("/"))
    assert here.anna.ok("log", case.id)["lines"][-1]["act"] == "explained"


def _sealed_by_the_reporter(here: World) -> bytes:
    return hostile_files.sealed(here.anna.home, here.anna.key, b"the minutes", "--armor")


def test_what_a_reporter_sealed_is_saved_when_that_is_asked_and_a_stolen_item_is_not(here: World) -> None:
    here.start()
    case = Case()
    stolen = in_a_second_seal(here)
    files = [("minutes.pdf.pgp", _sealed_by_the_reporter(here)), ("other.pgp", stolen), ("broken.pgp", stolen[:-200])]
    here.drop.send(case, "", [(name, "application/pgp-encrypted", data) for name, data in files])
    here.anna.ok("import", here.drop.pickup())
    here.anna.ok("extract", case.id, "--to", here.folder / "as-it-came")
    assert b"the minutes" not in b"".join(path.read_bytes() for path in (here.folder / "as-it-came").iterdir())
    target = here.folder / "opened"
    for _again in range(2):
        result = here.anna.run("extract", case.id, "--to", target, "--unseal", columns=200)
        assert (result.code, "ALARM" in result.err) == (1, True)
        assert "File 3 of item 1: The reporter sealed this file themselves, and it does not open whole" in result.out
        assert (target / "01-01-minutes-opened.pdf").read_bytes() == b"the minutes"
        assert len(list(target.iterdir())) == 4
    assert b"SECRET" not in b"".join(path.read_bytes() for path in target.iterdir())
    assert here.anna.run("cases").out.count("ALARM") == 1


def test_the_desk_page_saves_what_is_in_a_seal_when_that_is_asked(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GNUPGHOME", str(here.anna.home))
    here.start()
    case = _attach(here, _sealed_by_the_reporter(here))
    page = enter(here.anna)
    assert 'name="unseal"' in page.get(f"/case/{case.id}")
    save, out = f"/case/{case.id}/save", str(here.folder / "out")
    for asked, count in (("", 2), ("1", 3)):
        page.post(save, folder=out, which="all", unseal=asked, page=f"/case/{case.id}")
        assert len(list((here.folder / "out").iterdir())) == count
    assert "Opened with your key and saved" in text_of(page.get(f"/case/{case.id}"))
    stolen = _attach(here, own_item_cut_of_its_head(here))
    where, no = f"/case/{stolen.id}", str(here.folder / "no")
    refused = page.post(f"{where}/save", 400, folder=no, which="all", unseal="1", page=where)
    assert "ALARM" in refused.text
    assert b"SECRET" not in b"".join(path.read_bytes() for path in (here.folder / "no").iterdir())


@pytest.mark.parametrize("make", [own_item, in_a_second_seal, desk_lock, casebook], ids=lambda make: str(make.__name__))
def test_no_item_that_never_came_here_is_sent_to_a_reporter_either(here: World, make: Callable[[World], bytes]) -> None:
    """No hash is known of it; but this member's key opens it."""
    here.start()
    case = _attach(here, b"mine too")
    wrong = here.folder / "notes.pdf"
    wrong.write_bytes(make(here))
    told = here.anna.refused("reply", case.id, "--text-file", here.text(), "--attach", wrong)
    assert "Nothing was sealed" in told
    wrong.write_bytes(here.drop.public.seal_bytes(b"for somebody else", [Recipient(here.cora.key)]))
    here.anna.ok("reply", case.id, "--text-file", here.text(), "--attach", wrong)
    wrong.write_bytes(_sealed_by_the_reporter(here))
    here.anna.ok("note", case.id, "--text-file", here.text())
    here.anna.ok("reply", case.id, "--text-file", here.text(), "--attach", wrong)
