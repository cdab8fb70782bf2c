"""The kinds of vault that the desk page is looked at on: what reporters, members and the drop did before it opened."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path

from PIL import Image

from dropbox.bundle import Called, PickupManifest
from dropbox.envelope import Moved
from dropbox.envelope.account import Account, LogAct, LogLine, LogPart, details_digest
from dropbox.models import Kind as Sent
from dropbox.models import Mandate, Recipient, VaultId, today
from tests.envelopes import Case, File
from tests.factories_bundles import DESK, OTHER_DESK, World, joined, left, write_as
from tests.pages.room import STORY
from tests.stated import SignedDesk

HOSTILE = "</p><script>alert(1)</script><img src=//x.example onerror=alert(1)>\u202egnp.exe\x1b[31m{{ 7*7 }}%s"
"""What somebody may write who wants a page to do more than show it."""

NOTES = "Monday: no shift."
SEALED = "For your eyes."
MORE = ("minutes.zip", "sealed.pgp", "mail.gpg", "more.gpg")
ANSWER = "In spring.\nIn the car."
WRITTEN = " ".join((SEALED, *MORE, ANSWER))
LONG_WORD = "https://example.org/" + "0123456789" * 12


@dataclass(frozen=True)
class Kind:
    """One kind of vault: `make` gives anna's vault its past and returns the cases by name."""

    make: Callable[[World], Mapping[str, Case]]
    trial: bool = False
    home: Callable[[World], Path] = lambda here: here.anna.home


def picture(form: str = "PNG", pages: int = 1) -> bytes:
    """Return a small picture, or a PDF of such pictures."""
    made = BytesIO()
    first, *rest = (Image.new("RGB", (240, 320), (40 * number % 255, 90, 120)) for number in range(1, pages + 1))
    more = {"save_all": True, "append_images": rest} if rest else {}
    first.save(made, form, **more)
    return made.getvalue()


FILES: tuple[File, ...] = (
    ("photo.png", "image/png", picture()),
    ("rota.pdf", "application/pdf", picture("PDF", 3)),
    ("notes.txt", "text/plain", f"{NOTES}\n{HOSTILE}\n".encode()),
    ("holiday.jpg", "image/jpeg", picture("PDF")),
    (f"{LONG_WORD}.pdf", "application/pdf", b"%PDF-1.4 nothing"),
    ("empty.txt", "text/plain", b""),
)


def _sealed_files(here: World) -> list[File]:
    """An archive, a file that the reporter sealed themselves, and an item of the drop that somebody slipped in."""
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("minutes/2026-03.txt", "Minutes.")
        packed.writestr(f"../{HOSTILE}", "x")
    own = here.drop.send(Case(), "Taken from the drop.")
    sealed, hidden = (
        here.drop.public.seal_bytes(content, [Recipient(here.anna.key)]) for content in (SEALED.encode(), own.data)
    )
    contents = (archive.getvalue(), sealed, own.data, hidden)
    return [(name, "application/octet-stream", content) for name, content in zip(MORE, contents, strict=True)]


def nothing(_here: World) -> Mapping[str, Case]:
    """No vault: somebody starts for the first time."""
    return {}


def fresh(here: World) -> Mapping[str, Case]:
    """A vault that no bundle came to yet."""
    here.start()
    return {}


def usual(here: World) -> Mapping[str, Case]:
    """A desk at work: every mandate, every kind of item, a late case, a withdrawn one, one that means harm."""
    here.start()
    names = ("listen", "advise", "investigate", "narrowed", "withdrawn", "hostile", "late", "both", "long")
    cases = {name: Case() for name in names}
    drop, both = here.drop, (DESK, OTHER_DESK)
    drop.day = today() - timedelta(days=120)
    drop.send(cases["late"], STORY, mandate=Mandate.INVESTIGATE)
    drop.day = today() - timedelta(days=6)
    drop.send(cases["listen"], STORY, mandate=Mandate.LISTEN)
    drop.send(cases["advise"], STORY, FILES, mandate=Mandate.ADVISE, answers={"answer-when": ANSWER})
    drop.send(cases["investigate"], STORY, [FILES[0], *_sealed_files(here)], mandate=Mandate.INVESTIGATE)
    drop.send(cases["narrowed"], STORY, mandate=Mandate.INVESTIGATE)
    drop.send(cases["withdrawn"], STORY)
    drop.send(cases["hostile"], HOSTILE, [(HOSTILE, "text/html", HOSTILE.encode())], answers={HOSTILE: HOSTILE})
    drop.send(cases["both"], STORY, mandate=Mandate.INVESTIGATE, desks=both)
    drop.send(cases["long"], f"{LONG_WORD * 3}\n\n" * 3, mandate=Mandate.ADVISE)
    here.anna.ok("import", drop.pickup())
    for name in ("advise", "investigate", "narrowed"):
        here.anna.ok("reply", cases[name].id, "--text-file", here.text("Thank you. We have read it."))
        here.anna.ok("note", cases[name].id, "--text-file", here.text("I know this department."))
    drop.day = today()
    write_as(drop, here.bram, cases["advise"], text="I answer at the same time.")
    drop.send(cases["advise"], "One thing more.", FILES[2:3])
    drop.send(cases["narrowed"], "I would rather not.", kind=Sent.MANDATE, mandate=Mandate.LISTEN)
    drop.send(cases["withdrawn"], "", kind=Sent.WITHDRAWAL)
    here.anna.ok("import", drop.pickup())
    return cases


def unconfirmed(here: World) -> Mapping[str, Case]:
    """The first bundle came, and nobody has compared a word yet."""
    here.anna.ok("init")
    case = Case()
    here.drop.send(case, STORY)
    here.anna.ok("import", here.drop.pickup())
    return {"one": case}


def alarmed(here: World) -> Mapping[str, Case]:
    """Everything that a banner can tell of, at once."""
    here.start()
    drop, case = here.drop, Case()
    drop.send(case, STORY)
    here.anna.ok("import", drop.pickup())
    lost, odd = drop.send(Case(), "Never came."), drop.send(Case(), "Bent.", signer=Case().case_key)
    drop.let_go(lost)
    drop.let_go(drop.send(Case(), "Nor did this."))
    drop.rosters[DESK] = joined(left(drop.rosters[DESK], here.bram.key, drop.day), here.dirk.key, drop.day)
    here.anna.ok("import", drop.pickup())
    held = drop.items[odd.item]
    drop.hold(replace(held, data=held.data + b"x"))
    here.anna.run("import", drop.pickup())
    return {"one": case}


def broken(here: World) -> Mapping[str, Case]:
    """A colleague's log that means harm and does not hold, in a vault that is an older copy of itself."""
    here.start()
    drop, case, vault = here.drop, Case(), VaultId("e" * 32)
    drop.send(case, STORY)
    told = (("salt", "0" * 32), ("tags", HOSTILE[:200]))
    line = LogLine(1, "0" * 64, today(), here.bram.key, LogAct.TAGGED, Mandate.ADVISE, 1, details_digest(told), told)
    account = Account(log=LogPart(vault, (line,), alone=True))
    write_as(drop, here.bram, case, Sent.NOTE, text="", account=account)
    copy = here.folder / "copy"
    shutil.copytree(here.anna.vault, copy)
    for name in ("1.tar", "2.tar"):
        here.anna.ok("import", drop.pickup())
        here.anna.ok("export", here.folder / name)
        drop.take(here.folder / name, case)
    shutil.rmtree(here.anna.vault)
    copy.rename(here.anna.vault)
    here.anna.ok("import", drop.pickup())
    return {"one": case}


def moved(here: World) -> Mapping[str, Case]:
    """One case that the desk handed over, one that was handed to it, and what is asked in a third."""
    here.start()
    cases, drop = {name: Case() for name in ("left", "came", "asked")}, here.drop
    drop.send(cases["left"], STORY)
    drop.send(cases["asked"], STORY, mandate=Mandate.LISTEN)
    drop.send(cases["came"], STORY, desks=(OTHER_DESK,))
    drop.send(Case(), STORY, desks=(DESK, OTHER_DESK))
    here.anna.ok("import", drop.pickup(bend=_named))
    for name in ("left", "asked"):
        here.anna.ok("handover", cases[name].id, "--to", OTHER_DESK, "--ask")
    ask = here.anna.ok("consent", cases["left"].id)["asks"][0]["ask"]
    for name, way in (("left", Moved(ask, DESK, OTHER_DESK)), ("came", Moved("ab" * 16, OTHER_DESK, DESK))):
        said = {f"consent-{way.ask}": "yes"}
        drop.send(cases[name], "Yes.", desks=(DESK, OTHER_DESK), kind=Sent.MESSAGE, moved=way, answers=said)
    here.anna.ok("import", drop.pickup(bend=_named))
    return cases


def _named(manifest: PickupManifest) -> PickupManifest:
    desks = {DESK: {"en": "Integrity committee", "nl": "Commissie integriteit"}}
    desks |= {OTHER_DESK: {"en": "Outside bureau", "nl": "Extern bureau"}}
    return replace(manifest, called=Called("Voorbeeldpartij", desks))


def stated(here: World) -> Mapping[str, Case]:
    """A desk whose members sign: a change that counts, and a proposal that waits."""
    desk = SignedDesk(here)
    here.start()
    here.drop.send(Case(), STORY)
    here.anna.ok("import", here.drop.pickup())
    here.next_day()
    until = here.drop.day + timedelta(days=40)
    desk.take(desk.signed(desk.next(here.anna, here.bram, bram=until), here.bram))
    desk.propose(here.anna, here.dirk)
    here.anna.ok("import", here.drop.pickup())
    return {}


def forked(here: World) -> Mapping[str, Case]:
    """A desk whose history is another one than before, and a drop with a key that nobody signed for."""
    desk = SignedDesk(here)
    here.start()
    desk.take(desk.signed(desk.next(here.anna, here.bram, here.dirk), here.bram))
    here.anna.ok("import", here.drop.pickup())
    here.next_day()
    desk.chain.pop()
    desk.take(desk.signed(desk.next(here.anna), here.anna))
    here.anna.ok("import", here.drop.pickup())
    here.drop.succeed(lost=True)
    here.anna.run("import", here.drop.pickup())
    return {}


KINDS: dict[str, Kind] = {
    "none": Kind(nothing),
    "fresh": Kind(fresh),
    "usual": Kind(usual),
    "unconfirmed": Kind(unconfirmed),
    "alarmed": Kind(alarmed),
    "broken": Kind(broken),
    "moved": Kind(moved),
    "stated": Kind(stated),
    "forked": Kind(forked),
    "trial": Kind(unconfirmed, trial=True),
    "no-key": Kind(nothing, home=lambda here: here.folder / "empty"),
}
