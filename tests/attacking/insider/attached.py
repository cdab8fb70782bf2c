"""A stolen sealed item attached to a report of one's own, in every wrapping, to have it opened, saved or sent on.

The thief has the data folder and no key that opens it: what is sealed stays as it is, and they wrap it.
"""

from __future__ import annotations

import base64
import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random

from dropbox.models import Kind, Recipient
from tests import hostile_files
from tests.attacking.insider.desk import Story
from tests.attacking.insider.grounds import Grounds
from tests.attacking.insider.rows import CANARY, Row, Seen
from tests.envelopes import Case
from tests.factories_bundles import write_as

ALARM = "ALARM"
Wrap = Callable[[Story, bytes, Random], bytes]


# --- what is stolen -----------------------------------------------------------------------------------------------


def _stolen(story: Story, chance: Random) -> bytes:
    """Something of the drop's own that anna's key opens, with planted words in it."""
    here = story.here
    readers = [Recipient(key) for key in here.drop.recipients([chance.choice(story.sent).desks[0]])]
    how = chance.randrange(5)
    if how == 0:
        # another desk's report that its members' keys open is opened by no key of this desk: so it is this desk's own
        return here.drop.send(Case(), f"{CANARY} of another").data
    if how == 1:
        return here.drop.public.seal_bytes(chance.randbytes(32), readers)
    if how == 2:
        reply = write_as(here.drop, here.bram, story.cases[0], Kind.REPLY, text=f"{CANARY} to another")
        return here.drop.public.seal_bytes(reply.data, readers)
    if how == 3:
        return here.drop.public.seal_bytes(here.drop.pickup().read_bytes(), readers)
    return (here.anna.vault / "casebook.pgp").read_bytes()


# --- how it is wrapped --------------------------------------------------------------------------------------------


def bare(_story: Story, data: bytes, _chance: Random) -> bytes:
    return data


def armoured(_story: Story, data: bytes, chance: Random) -> bytes:
    encoded = base64.b64encode(data)
    lines = [encoded[at : at + 64] for at in range(0, len(encoded), 64)]
    comment = b"Comment: the minutes\n" if chance.random() < 0.5 else b""
    return b"-----BEGIN PGP MESSAGE-----\n" + comment + b"\n" + b"\n".join(lines) + b"\n-----END PGP MESSAGE-----\n"


def with_heads_written_anew(_story: Story, data: bytes, _chance: Random) -> bytes:
    """The same packets in the other form of header: other bytes, other hash, the same message."""
    if data[0] != 0x84 or data[1] >= 192:
        return data
    return b"\xc1" + data[1:]


def sealed_once_more(story: Story, data: bytes, chance: Random) -> bytes:
    for _ in range(chance.randrange(1, 3)):
        packed = ("-z", str(chance.choice([0, 9])))
        armour = ("--armor",) if chance.random() < 0.5 else ()
        data = hostile_files.sealed(story.here.anna.home, story.here.anna.key, data, *packed, *armour)
    return data


def in_a_zip(_story: Story, data: bytes, chance: Random) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", chance.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as archive:
        archive.writestr("minutes.pgp", data)
    return target.getvalue()


def in_a_tar(_story: Story, data: bytes, chance: Random) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        entry = tarfile.TarInfo("minutes.pgp")
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(target.getvalue()) if chance.random() < 0.5 else target.getvalue()


SEALS: tuple[Wrap, ...] = (bare, armoured, with_heads_written_anew, sealed_once_more)
PACKS: tuple[Wrap, ...] = (in_a_zip, in_a_tar)
NAMES = ("minutes.pdf", "x.pgp", "photo.jpg", "a.gpg", "no ending", "envelope.zip")


def _attach(story: Story, data: bytes, chance: Random) -> tuple[Case, int]:
    """Send it with a report of one's own, true files around it; return the case and the file's number."""
    around = [("a.txt", "text/plain", b"true, one"), ("b.txt", "text/plain", b"true, two")][: chance.randrange(3)]
    place = chance.randrange(len(around) + 1)
    files = [*around[:place], (chance.choice(NAMES), "application/pdf", data), *around[place:]]
    case = Case()
    story.true[case.id] = ["Please look at this."]
    story.here.drop.send(case, "Please look at this.", files)
    story.fetch()
    return case, place + 1


def _left(story: Story, case: Case, told: str, *, alarmed: bool) -> Seen:
    """What is left of it: an alarm in the list and in the log, and no word anywhere."""
    anna = story.here.anna
    listed = anna.run("cases").out
    told += listed + anna.run("read", case.id).out
    log = anna.ok("log", case.id)["lines"]
    kept = ALARM in listed and any(line["details"].get("refused") for line in log)
    return Seen(not alarmed or kept, told.count(CANARY))


def opened(story: Story, chance: Random) -> Seen:
    """A member asks for it to be opened: without asking nothing is, and with asking it is refused."""
    data = chance.choice(SEALS)(story, _stolen(story, chance), chance)
    case, number = _attach(story, data, chance)
    where = ("view", case.id, "1", str(number), "--to", story.here.folder / "out")
    anna = story.here.anna
    first = anna.run(*where)
    asked = anna.run(*where, "--unseal")
    told = first.out + first.err + asked.out + asked.err
    refused = first.code == 1 and asked.code == 1 and ALARM in asked.err
    written = b"".join(_bytes_of(story.here.folder / "out"))
    seen = _left(story, case, told, alarmed=True)
    return Seen(refused and seen.noticed, seen.shown + written.count(CANARY.encode()))


def packed(story: Story, chance: Random) -> Seen:
    """In an archive, sealed or not: nothing of it is unpacked, so there is a list of names and no more."""
    data = chance.choice(PACKS)(story, _stolen(story, chance), chance)
    if chance.random() < 0.5:
        data = sealed_once_more(story, data, chance)
    case, number = _attach(story, data, chance)
    shown = story.here.anna.run("view", case.id, "1", str(number), "--unseal")
    seen = _left(story, case, shown.out + shown.err, alarmed=False)
    return Seen("Nothing of it was unpacked" in shown.out, seen.shown)


def saved(story: Story, chance: Random) -> Seen:
    """Saving a case's files leaves out what is an item of this desk, and saves what lies beside it."""
    data = story.here.drop.send(Case(), f"{CANARY} of another").data
    return _saved(story, data, chance, ())


def saved_without_its_seals(story: Story, chance: Random) -> Seen:
    """Saving what is in the reporter's own seals never writes what is in a stolen one."""
    data = chance.choice(SEALS)(story, _stolen(story, chance), chance)
    return _saved(story, data, chance, ("--unseal",))


def _saved(story: Story, data: bytes, chance: Random, how: tuple[str, ...]) -> Seen:
    case, _number = _attach(story, data, chance)
    result = story.here.anna.run("extract", case.id, "--to", story.here.folder / "out", *how)
    written = _bytes_of(story.here.folder / "out")
    seen = _left(story, case, result.out + result.err, alarmed=True)
    shown = seen.shown + b"".join(written).count(CANARY.encode())
    return Seen(result.code == 1 and seen.noticed and (bool(how) or data not in written), shown)


def sent_on(story: Story, chance: Random) -> Seen:
    """By mistake, to a reporter: an item that lies where the member's own files should be."""
    case = chance.choice(story.cases)
    data = chance.choice([chance.choice(story.sent).data, story.here.drop.pickup().read_bytes()])
    target = story.here.folder / chance.choice(NAMES)
    target.write_bytes(data)
    before = len(list((story.here.anna.vault / "items").iterdir()))
    kind = chance.choice(["reply", "reply"])
    result = story.here.anna.run(kind, case.id, "--text-file", story.here.text(), "--attach", target)
    same = before == len(list((story.here.anna.vault / "items").iterdir()))
    return Seen(result.code == 1 and same and "Nothing was sealed" in result.err)


def _bytes_of(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob("*"))] if folder.is_dir() else []


def _on(deed: Callable[[Story, Random], Seen]) -> Callable[[Grounds, Random], Seen]:
    return lambda grounds, chance: deed(grounds.desk.again(chance), chance)


ROWS = (
    Row("A stolen sealed item attached", {
        "to be opened": _on(opened),
        "in an archive": _on(packed),
        "to be saved": _on(saved),
        "to be saved without its seals": _on(saved_without_its_seals),
        "to a reply, by mistake": _on(sent_on),
    }),
)  # fmt: skip
