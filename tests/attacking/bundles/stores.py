"""Whole imports into a real drop, and whole restores of its backups: what is bent, its signer signed.

What is refused leaves every table and file as it was; what is accepted is there whole, and again it changes nothing.
"""

from __future__ import annotations

import base64
import io
import json
import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from nacl.signing import SigningKey

from dropbox.gpg import Gpg
from dropbox.models import today
from dropbox.server.main import main
from tests import factories
from tests.attacking.bundles import bending, tar_lies, tars
from tests.attacking.bundles.kept import BACKUP_LINE, NAMES
from tests.attacking.bundles.samples import ARMOUR
from tests.attacking.bundles.tar_lies import Parts
from tests.attacking.bundles.target import bent, hashed
from tests.attacking.bundles.whole import Done, WholeTally, differences, forked, tree
from tests.backup_room import DESK, KeptDrop, kept_drop

ANSWER_LINE = b"onion-dropbox answer 1\n"
VAULT = "b0" * 16


@dataclass
class StoreRoom:
    """A drop with a few cases; `kept`: its folder as it was; `good`: an answer bundle that nobody bent."""

    drop: KeptDrop
    member: str
    kept: Path
    folder: Path
    good: Path
    usual: float = 0.0
    reference: Any = None

    @classmethod
    def make(cls, drop: KeptDrop, folder: Path, chances: Random) -> StoreRoom:
        with drop.open() as opened:
            member = str(opened.store.rosters()[DESK][0].fingerprint)
        room = cls(drop, member, folder / "kept", folder, folder / "good.tar")
        shutil.copytree(drop.root, room.kept)
        parts = room.parts(chances)
        room.good.write_bytes(room.signed(parts, bending.dump(parts.manifest)))
        done = room.take(room.good)
        assert done.code == 0, done.err
        room.usual, room.reference = done.seconds, room.state()
        return room

    def again(self) -> None:
        shutil.rmtree(self.drop.root)
        shutil.copytree(self.kept, self.drop.root)

    def rows(self) -> dict[str, list[str]]:
        """Return every row of every table."""
        with closing(sqlite3.connect(f"file:{self.drop.root / 'data/store.sqlite'}?mode=ro", uri=True)) as database:
            names = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
            return {name: sorted(map(repr, database.execute(f"select * from {name}"))) for name in names}

    def state(self) -> tuple[dict[str, list[str]], dict[str, str]]:
        return self.rows(), tree(self.drop.root / "data/items")

    def outside(self) -> dict[str, str]:
        return tree(self.drop.root, without=(self.drop.root / "data",))

    def take(self, bundle: Path) -> Done:
        return forked(lambda: _told(["import", str(bundle), "--config", str(self.drop.config)]))

    def parts(self, chances: Random) -> Parts:
        """Return a valid answer: a reply, two notes (one proposes an erasure), receipts, read marks, a canary."""
        with closing(sqlite3.connect(self.drop.root / "data/store.sqlite")) as database:
            found = [
                (str(item), str(case), str(sha))
                for item, case, sha in database.execute("select item_id, case_id, sha256 from items")
            ]
            (drop,) = database.execute("select drop_key from drop_meta").fetchone()
        items: list[tuple[str, bytes]] = []
        entries: list[dict[str, Any]] = []
        for kind in ("reply", "note", "note"):
            item, data = chances.randbytes(16).hex(), chances.randbytes(chances.choice((1, 600, 70_000)))
            name = f"items/{item}.reply"
            entry: dict[str, Any] = {
                "kind": kind,
                "case": found[0][1],
                "item": item,
                "desk": DESK,
                "file": name,
                "sha256": hashed(data),
                "bytes": len(data),
            }
            entries.append(entry | ({"lock": base64.b64encode(bytes(80)).decode()} if kind == "reply" else {}))
            items.append((name, data))
        step = {"case": found[0][1], "desk": DESK, "item": entries[1]["item"], "step": "propose", "number": 1}
        manifest: dict[str, Any] = {
            "format": 1,
            "type": "answer",
            "drop": drop,
            "author": self.member,
            "vault": VAULT,
            "desk": DESK,
            "sequence": 1,
            "previous": None,
            "day": today().isoformat(),
            "entries": entries,
            "erasures": [step],
            "receipts": [{"item": item, "desk": DESK, "sha256": sha} for item, _, sha in found],
            "read": [{"item": item, "desk": DESK} for item, _, _ in found[:1]],
            "canaries": ["5" * 64],
        }
        return Parts(manifest, items)

    def signed(
        self, parts: Parts, manifest: bytes, bend: Callable[[bytes], bytes] = lambda signature: signature
    ) -> bytes:
        signature = Gpg(self.drop.home, agent=True).sign_detached(ANSWER_LINE + manifest, self.member)  # type: ignore[arg-type]
        return tars.assemble(tars.entries_of(parts.members(manifest, bend(signature))))


def _told(arguments: list[str]) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(arguments)
    return code, out.getvalue(), err.getvalue()


def attack(folder: Path, chances: Random, count: int) -> WholeTally:
    """Import mutants of an answer, and restore mutants of a backup: one in four."""
    restores = count // 4
    answers = count - restores
    tally = WholeTally()
    (folder / "drop").mkdir()
    with kept_drop(folder / "drop", reports=3) as drop:
        room = StoreRoom.make(drop, folder, chances)
        for number in range(answers):
            _answer(room, chances, tally, number)
        room.again()
        backup = _backup(room)
        for number in range(restores):
            _restore(room, backup, chances, tally, number)
    return tally


# --- answers ------------------------------------------------------------------------------------------------------


def _answer(room: StoreRoom, chances: Random, tally: WholeTally, number: int) -> None:
    room.again()
    parts, how = room.parts(chances), [""]
    pick = chances.random()
    if pick < 0.35:
        data = room.signed(parts, bent(parts.manifest, chances, how))
    elif pick < 0.5:
        said, bend = chances.choice(_SIGNATURES)
        how.append(f"signature: {said}")
        data = room.signed(parts, bending.dump(parts.manifest), bend)
    else:
        for _ in range(chances.choice((1, 1, 2))):
            how.append(chances.choice(_LIES)(parts, chances))
        data = room.signed(parts, bending.dump(parts.manifest))
    path = room.folder / "mutant.tar"
    path.write_bytes(data)
    before, outside = room.state(), room.outside()
    done = room.take(path)
    findings = [f"outside the data folder {name} changed" for name in differences(outside, room.outside())]
    findings += _files(room)
    if done.code == 1:
        findings += ["refused, and the store changed"] if room.state() != before else []
        if chances.random() < 0.3:
            findings += _good_afterwards(room)
    elif done.code == 0:
        after = room.state()
        again = room.take(path)
        findings += [f"the same again: {again.strange or again.err}"] if again.code else []
        findings += ["the same again changed the store"] if room.state() != after else []
    tally.add(done, room.usual, findings, f"store {number} ({'; '.join(how)[:300]})")


def _good_afterwards(room: StoreRoom) -> list[str]:
    done = room.take(room.good)
    if done.code:
        return [f"after a refusal the good bundle was refused, too: {done.err.strip()[:100]}"]
    return [] if room.state() == room.reference else ["after a refusal the good bundle left another store"]


def _files(room: StoreRoom) -> list[str]:
    """Each row's file is there under its hash, and there is no file without a row."""
    with closing(sqlite3.connect(f"file:{room.drop.root / 'data/store.sqlite'}?mode=ro", uri=True)) as database:
        known = {str(item): str(sha) for item, sha in database.execute("select item_id, sha256 from items")}
    files = {path.stem: hashed(path.read_bytes()) for path in (room.drop.root / "data/items").iterdir()}
    found = [f"a file {name} without a row" for name in files.keys() - known.keys()]
    found += [f"a row {name} without its file" for name in known.keys() - files.keys()]
    return found + [f"{name} has another hash" for name in known.keys() & files.keys() if known[name] != files[name]]


def _other_case(parts: Parts, chances: Random) -> str:
    for entry in parts.manifest["entries"]:
        entry["case"] = "ab" * 16
    if chances.random() < 0.7:
        parts.manifest["erasures"] = []
        del parts.manifest["erasures"]
    return "a case that there is not"


def _other_receipts(parts: Parts, chances: Random) -> str:
    for receipt in parts.manifest["receipts"]:
        receipt[chances.choice(("item", "sha256"))] = chances.randbytes(16).hex() * (1 if chances.random() < 0.5 else 2)
    return "receipts for what is not there"


def _known_item(parts: Parts, chances: Random) -> str:
    """Take the id of an item that the drop holds for a writing of one's own."""
    item = parts.manifest["receipts"][0]["item"]
    entry = parts.manifest["entries"][0]
    entry |= {"item": item, "file": f"items/{item}.reply"}
    parts.items[0] = (entry["file"], parts.items[0][1])
    return "the id of an item that is held"


def _sequence(parts: Parts, chances: Random) -> str:
    parts.manifest["sequence"] = chances.choice((2, 2**53 - 1, 10**6))
    return "another sequence"


def _votes(parts: Parts, chances: Random) -> str:
    parts.manifest["votes"] = [{"desk": chances.choice((DESK, "other")), "sha256": "7" * 64, "signature": ARMOUR}]
    return "a vote for what nobody proposed"


def _many(parts: Parts, chances: Random) -> str:
    parts.manifest["receipts"] += [
        {"item": chances.randbytes(16).hex(), "desk": DESK, "sha256": "2" * 64}
        for _ in range(chances.choice((1000, 5000)))
    ]
    return "thousands of receipts"


def _erasure(parts: Parts, chances: Random) -> str:
    step = parts.manifest["erasures"][0]
    made = (
        {"number": 1_000_000},
        {"step": "second", "about": [step["item"]]},
        {"step": "oppose", "about": ["8" * 32]},
        {"step": "lay"},
    )
    step |= chances.choice(made)
    if step["step"] != "propose":
        del step["number"]
    return f"an erasure: {step['step']}"


_LIES = (
    tar_lies.other_bytes,
    tar_lies.other_bytes_and_hash,
    tar_lies.items_exchanged,
    tar_lies.hashes_exchanged,
    tar_lies.item_renamed,
    tar_lies.another_kind,
    tar_lies.item_twice,
    tar_lies.item_left_out,
    _other_case,
    _other_receipts,
    _known_item,
    _sequence,
    _votes,
    _many,
    _erasure,
)
_SIGNATURES: tuple[tuple[str, Callable[[bytes], bytes]], ...] = (
    ("twice", lambda signature: signature * 2),
    ("cut", lambda signature: signature[:-40]),
    ("something behind it", lambda signature: signature + b"planted\n"),
    ("something before it", lambda signature: b"planted\n" + signature),
    ("nothing", lambda _signature: b""),
    ("a bit flipped", lambda signature: signature[:120] + b"A" + signature[121:]),
    ("a key in its place", lambda signature: signature.replace(b"SIGNATURE", b"PUBLIC KEY BLOCK")),
    ("a comment in it", lambda signature: signature.replace(b"\n\n", b"\nComment: planted\n\n", 1)),
)


# --- backups ------------------------------------------------------------------------------------------------------


def _backup(room: StoreRoom) -> Parts:
    """Return a real backup's manifest and files, as gpg gives them."""
    file = room.folder / "one.backup"
    room.drop.back_up(file)
    members = tars.members(factories.run_gpg(room.drop.home, "--decrypt", data=file.read_bytes()))
    return Parts(json.loads(members[0][1]), members[2:])


def _restore(room: StoreRoom, backup: Parts, chances: Random, tally: WholeTally, number: int) -> None:
    parts, how = backup.copy(), [""]
    pick = chances.random()
    if pick < 0.3:
        manifest = bent(parts.manifest, chances, how)
    else:
        how.append((_store_bent if pick < 0.7 else _file_put_in)(parts, chances))
        manifest = bending.dump(parts.manifest)
    key = (
        SigningKey((room.drop.root / "data/signing.key").read_bytes()[:32])
        if chances.random() < 0.8
        else SigningKey.generate()
    )
    path, target = room.folder / "mutant.tar", room.folder / f"restored-{number}"
    path.write_bytes(
        tars.assemble(tars.entries_of(parts.members(manifest, bytes(key.sign(BACKUP_LINE + manifest).signature))))
    )
    target.mkdir()
    outside = tree(room.folder, without=(target,))
    options = ["--config", str(target / "config.toml"), "--data", str(target / "data"), "--unsealed", "--though-old"]
    done = forked(lambda: _told(["restore", str(path), *options]))
    findings = [
        f"outside its folder {name} changed" for name in differences(outside, tree(room.folder, without=(target,)))
    ]
    left = [name for name in tree(target) if "/data/" in name and not name.endswith(".lock")]
    findings += [f"refused, and {left[0]} is there"] if done.code == 1 and left else []
    tally.add(done, 1.0, findings, f"restore {number} ({'; '.join(how)[:300]})")
    shutil.rmtree(target)


def _store_bent(parts: Parts, chances: Random) -> str:
    """Bend the database itself, which the drop's own key has signed for."""
    at = next(place for place, (name, _) in enumerate(parts.items) if name.endswith("store.sqlite"))
    data = bytearray(parts.items[at][1])
    pick = chances.randrange(5)
    if pick == 0:
        for _ in range(chances.choice((1, 20, 400))):
            data[chances.randrange(len(data))] ^= 1 << chances.randrange(8)
    elif pick == 1:
        del data[chances.randrange(len(data)) :]
    elif pick == 2:
        page = chances.randrange(len(data) // 4096) * 4096
        data[page : page + 4096] = chances.randbytes(4096)
    elif pick == 3:
        data[:100] = chances.randbytes(100)
    else:
        data = bytearray(_with_a_trap(bytes(data), chances))
    parts.items[at] = (parts.items[at][0], bytes(data))
    parts.manifest["files"][at] |= {"bytes": len(data), "sha256": hashed(bytes(data))}
    return f"the database bent ({pick})"


def _with_a_trap(data: bytes, chances: Random) -> bytes:
    """Put triggers and views into a database, or rows that no drop writes."""
    path = Path("/dev/shm") / f"trap-{os.getpid()}-{secrets.token_hex(4)}"
    path.write_bytes(data)
    statement = chances.choice(
        (
            "create trigger planted after insert on happenings begin delete from items; end",
            "create trigger planted after update on drop_meta begin delete from items; end",
            "update items set item_id = '../../planted'",
            "update items set sha256 = 'x'",
            "update items set bytes = -1",
            "delete from drop_meta",
            "update cases set case_id = '../x'",
            "create table planted (x)",
            "update drop_meta set epoch = 'x'",
            "drop table items",
        )
    )
    try:
        with closing(sqlite3.connect(path)) as database:
            database.execute(statement)
            database.commit()
            database.execute("pragma wal_checkpoint(truncate)")
        return path.read_bytes()
    except sqlite3.Error:
        return data[:-1]
    finally:
        for each in path.parent.glob(path.name + "*"):
            each.unlink()


def _file_put_in(parts: Parts, chances: Random) -> str:
    name = chances.choice(NAMES)
    parts.items.append((name, b"planted"))
    parts.manifest["files"].append({"name": name, "bytes": 7, "sha256": hashed(b"planted")})
    return f"a file {name!r} put in"
