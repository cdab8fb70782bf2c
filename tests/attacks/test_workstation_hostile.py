"""Hostile envelopes through the real import and the real pages: refused whole, or shown as the text that they are."""

from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from dropbox.models import ItemId, Kind, Recipient, SealedKind, new_item_id
from dropbox.workstation.vault import open_vault
from tests import hostile_files
from tests.desk_page import enter, text_of
from tests.envelopes import Case, File, pack
from tests.factories_bundles import DESK, Held, World, joined

Bend = Callable[[bytes], bytes]
CENTRAL = b"PK\x01\x02"
END = b"PK\x05\x06"


def at_entry(data: bytes, number: int, offset: int, new: bytes) -> bytes:
    """Write over bytes of a central directory entry."""
    at = -1
    for _ in range(number):
        at = data.index(CENTRAL, at + 1)
    return data[: at + offset] + new + data[at + offset + len(new) :]


def swapped(old: bytes, new: bytes) -> Bend:
    def bend(data: bytes) -> bytes:
        assert old in data
        assert len(old) == len(new)
        return data.replace(old, new)

    return bend


BENT: dict[str, Bend] = {
    "bytes before it": lambda data: b"x" + data,
    "bytes behind it": lambda data: data + b"x",
    "a comment": lambda data: data[:-2] + b"\5\0hello",
    "a second end": lambda data: data + data[data.rindex(END) :],
    "cut in half": lambda data: data[: len(data) // 2],
    "without its directory": lambda data: data[: data.index(CENTRAL)],
    "zeros": lambda data: bytes(len(data)),
    "nothing": lambda _data: b"",
    "an entry that climbs": swapped(b"attachments/0001.txt", b"../../../../../x.txt"),
    "an absolute entry": swapped(b"attachments/0001.txt", b"/////////tmp/x00.txt"),
    "an entry that runs": swapped(b"attachments/0001.txt", b"attachments/0001.exe"),
    "an entry of another name": swapped(b"message.txt", b"passwd.conf"),
    "a larger size than there is": lambda data: at_entry(data, 3, 24, b"\xff\xff\xff\x7f"),
    "a smaller size than there is": lambda data: at_entry(data, 3, 24, b"\1\0\0\0"),
    "another checksum": lambda data: at_entry(data, 3, 16, b"\0\0\0\0"),
    "an entry that says it is packed": lambda data: at_entry(data, 3, 10, b"\x08\0"),
    "an entry that says it is locked": lambda data: at_entry(data, 3, 8, b"\x09\0"),
    "an entry that is a link": lambda data: at_entry(data, 3, 38, b"\0\0\xff\xa1"),
    "an entry that lies elsewhere": lambda data: at_entry(data, 3, 42, b"\0\0\0\0"),
    "an altered text": swapped(b"PLANTED text", b"PLANTED tex!"),
    "an altered name": swapped(b'"planted.txt"', b'"plantee.txt"'),
    "padding that is none": lambda data: data[: data.index(CENTRAL) - 20] + b"\1" + data[data.index(CENTRAL) - 19 :],
}


def plant(here: World, case: Case, bend: Bend, **odd: Any) -> ItemId:
    """Have the drop hand out an envelope that was bent after it was signed, in a seal that is right."""
    item = new_item_id()
    readers = here.drop.recipients([DESK])
    header: dict[str, Any] = {
        "drop": here.drop.drop,
        "epoch": here.drop.epoch,
        "item": item,
        "desks": (DESK,),
        "day": here.drop.day,
    }
    files: list[File] = [("planted.txt", "text/plain", b"PLANTED file")]
    data = bend(pack(case, "PLANTED text", files, recipients=readers, **(header | odd)))
    sealed = here.drop.public.seal_bytes(data, [Recipient(key) for key in readers])
    return here.drop.hold(Held(item, case, SealedKind.SUBMISSION, here.drop.day, sealed, (DESK,))).item


def test_every_bent_envelope_is_quarantined_and_shown_nowhere(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One import holds them all, with one that is right among them; the one that is not bent opens."""
    monkeypatch.setenv("GNUPGHOME", str(here.anna.home))
    here.start()
    right = plant(here, Case(), lambda data: data)
    planted = {plant(here, Case(), bend): name for name, bend in BENT.items()}
    report = here.anna.ok("import", here.drop.pickup())
    assert {planted.get(item, item) for item in report["quarantined"]} == set(BENT)
    assert report["new"] == 1
    page = enter(here.anna)
    table = page.get("/")
    assert table.count('href="/case/') == 1
    assert "PLANTED" not in table
    with open_vault(here.anna.vault) as vault:
        assert vault.casebook.items[right].case in table
    for item in planted:
        page.get(f"/case/{here.drop.items[item].case.id}", 404)
    outside = {path.name for path in Path("/tmp").glob("x*.txt")} | {path.name for path in here.folder.rglob("x*.txt")}
    assert not outside


def test_a_swapped_reply_key_gets_no_answer(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who can write to the server's disk and knows a case cannot have its replies locked for another."""
    monkeypatch.setenv("GNUPGHOME", str(here.anna.home))
    case, thief = Case(), Case()
    here.start()
    here.drop.send(case, "The true report.")
    here.anna.ok("import", here.drop.pickup())
    here.next_day()
    swapped_key = here.drop.send(case, "PLANTED", reply_key=thief.reply_public.hex())
    foreign = here.drop.send(case, "PLANTED", case=thief.id)
    report = here.anna.ok("import", here.drop.pickup())
    assert set(report["quarantined"]) == {swapped_key.item, foreign.item}
    shown = enter(here.anna).get(f"/case/{case.id}")
    assert "The true report." in shown
    assert "PLANTED" not in shown
    with open_vault(here.anna.vault) as vault:
        assert vault.casebook.cases[case.id].reply_key == case.reply_public.hex()
        assert thief.id not in vault.casebook.cases


HTML = "</p></textarea></script><script>alert(1)</script><img src=//x onerror=alert(1)><a href='javascript:x'>{{7*7}}"
NAMES = (
    HTML,
    "../../../../tmp/escaped.txt",
    "/etc/passwd",
    "..\\..\\win.ini",
    "\x1b]0;owned\x07\x1b[2J.pdf",
    "invoice\u202efdp.exe",
    "\u2066\u2069\u200b.txt",
    "a\nb\r\nc\x00d.txt",
    "x" * 255,
    "\u20ac" * 85,
    "' onmouseover='alert(1).png",
    '" autofocus onfocus="alert(1).png',
    "",
    "{% include '/etc/passwd' %}",
    "-rf",
    "con.txt",
)


class Bones(HTMLParser):
    """What a page is made of beside its text: tags with the names of their attributes, and where its links lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags |= {f"{tag} {name}" for name, _ in attrs} | {tag}
        self.links |= {value or "" for name, value in attrs if name in ("href", "src", "action")}


def hostile_case(here: World, *names: str) -> Case:
    case = Case()
    files: list[File] = [(name, "text/html", b"x") for name in names]
    answers = {HTML[:60]: HTML, "\x1b[2J\u202e": "\x1b[2J\u202e", "{{7*7}}": "{% raw %}"}
    here.drop.send(case, f"{HTML}\n\x1b[2J\u202e{{{{config}}}}", files, answers=answers)
    here.next_day()
    here.drop.send(case, HTML, kind=Kind.WITHDRAWAL)
    here.drop.send(case, HTML, kind=Kind.WITHDRAWAL, undo=True)
    here.anna.ok("import", here.drop.pickup())
    return case


def test_hostile_words_in_every_field_are_words(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GNUPGHOME", str(here.anna.home))
    here.start()
    calm = Case()
    files: list[File] = [(f"{number}.pdf", "application/pdf", b"x") for number in range(2)]
    here.drop.send(calm, "Calm.", files, answers={"a": "b"})
    here.drop.send(calm, "Calm.", kind=Kind.WITHDRAWAL)
    here.drop.send(calm, "Calm.", kind=Kind.WITHDRAWAL, undo=True)
    case = hostile_case(here, *NAMES)
    page = enter(here.anna)
    shown = page.get(f"/case/{case.id}")
    known = Bones(page.get(f"/case/{calm.id}"))
    assert Bones(shown).tags <= known.tags | {"p class", "span class"}
    strange = {link for link in Bones(shown).links if not link.startswith(("/", "#", "?"))}
    assert not strange
    assert not set(shown) & set("\x1b\x07\x00\u202e\u2066\u2069\u200b")
    assert "49" not in text_of(shown).replace(case.id, "").split()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "{{config}}" in shown
    links = sorted(link for link in Bones(shown).links if "/view/" in link)
    assert len(links) == len(NAMES)
    for link in (links[0], links[len(links) // 2]):
        seen = page.get(link)
        assert not {tag for tag in Bones(seen).tags if tag.startswith(("script", "img", "a onmouseover"))}
        assert not set(seen) & set("\x1b\x07\x00\u202e\u2066\u2069\u200b")


def test_hostile_names_are_saved_under_harmless_ones(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GNUPGHOME", str(here.anna.home))
    here.start()
    case = hostile_case(here, *NAMES)
    page, target = enter(here.anna), here.folder / "out"
    page.post(f"/case/{case.id}/save", page=f"/case/{case.id}", folder=str(target), which="all")
    saved = sorted(path.name for path in target.iterdir())
    assert len(saved) == len(NAMES)
    assert all(name[:6] == f"01-{number:02d}-" for number, name in enumerate(saved, start=1))
    assert not set("".join(saved)) & set('/\\:*?"<>|\x00\x1b\n\r\u202e')
    assert not list(here.folder.rglob("escaped*"))
    assert not Path("/tmp/escaped.txt").exists()


def test_hostile_files_are_viewed_from_the_page_or_end_in_a_line(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GNUPGHOME", str(here.anna.home))
    here.start()
    case = Case()
    files: list[File] = [
        ("bomb.png", "image/png", hostile_files.pixel_bomb()),
        ("endless.pdf", "application/pdf", hostile_files.endless_pdf()),
        ("bomb.zip", "application/zip", hostile_files.zip_bomb()),
        ("giant.pdf", "application/pdf", hostile_files.pdf("0 0 1e9 1e9")),
        ("seal.pgp", "", hostile_files.sealed(here.anna.home, here.anna.key, bytes(80 << 20), "-z", "9")),
    ]
    here.drop.send(case, "", files)
    here.anna.ok("import", here.drop.pickup())
    page = enter(here.anna)
    links = sorted(link for link in Bones(page.get(f"/case/{case.id}")).links if "/view/" in link)
    assert len(links) == len(files)
    told = [text_of(page.answer(link).text) for link in links]
    assert "more time or memory than one file may have" in told[0]
    assert "is damaged, locked with a password" in told[1]
    assert "19.zip" in told[2]
    assert "As pictures" in told[3] or "more time or memory" in told[3]
    assert "Open the seal" in told[4]
    assert "does not open whole" in page.post(f"{links[4]}/unseal", 400, page=links[4]).text
    assert "Cases" in page.get("/"), "the desk page goes on"


def test_a_bundle_that_is_refused_for_one_key_leaves_no_other(here: World) -> None:
    """Who holds the drop's key puts a colleague's changed key beside a file with two; the vault keeps its own."""
    here.start()
    here.anna.ok("import", here.drop.pickup())
    ring = here.anna.vault / "gnupg" / "pubring.kbx"
    before = ring.read_bytes()
    drop, dirk = here.drop, here.dirk.key
    drop.rosters[DESK] = joined(drop.rosters[DESK], dirk, drop.day)
    export = drop.public.export_key
    theirs = {key: export(key) for key in (here.anna.key, here.bram.key, here.cora.key, dirk)}
    last = max(here.anna.key, here.bram.key, dirk)
    for bad in (theirs[last] + theirs[here.cora.key], theirs[here.cora.key], b"no key"):
        with mock.patch.object(
            drop.public, "export_key", lambda key, bad=bad: bad if key == last else theirs[key] + b"\n"
        ):
            bundle = drop.pickup()
        assert "not what the manifest says" in here.anna.refused("import", bundle)
        assert ring.read_bytes() == before
    here.anna.ok("import", drop.pickup())
    assert ring.read_bytes() != before


def test_an_item_that_comes_again_as_another_kind_leaves_no_file(here: World) -> None:
    here.start()
    held = here.drop.send(Case())
    here.anna.ok("import", here.drop.pickup())
    before = sorted(path.name for path in (here.anna.vault / "items").iterdir())
    here.drop.items[held.item] = replace(held, kind=SealedKind.NOTE)
    assert list(here.anna.ok("import", here.drop.pickup())["quarantined"]) == [held.item]
    assert sorted(path.name for path in (here.anna.vault / "items").iterdir()) == before
    assert here.anna.ok("cases")[0]["submissions"] == 1
