"""Whole imports into a real vault: bundles that the drop signed and that lie, with envelopes that their case signed.

What is refused leaves the vault byte for byte; what is accepted is there whole; nothing else around it changes; and the
bundle that nobody bent is taken in afterwards as if nothing had been.
"""

from __future__ import annotations

import base64
import copy
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from dropbox.errors import DropboxError
from dropbox.models import Kind, Recipient, SealedKind, new_item_id
from dropbox.records import to_json
from dropbox.workstation.casebook import Casebook, State
from dropbox.workstation.vault import look_into
from tests import factories_bundles
from tests.attacking.bundles import bending, tar_lies, tars, zips
from tests.attacking.bundles.envelopes import Submissions
from tests.attacking.bundles.samples import ARMOUR
from tests.attacking.bundles.tar_bundles import PICKUP_LINE
from tests.attacking.bundles.tar_lies import Parts
from tests.attacking.bundles.target import Lie, bent, hashed
from tests.attacking.bundles.whole import Done, WholeTally, differences, forked, tree
from tests.envelopes import Case
from tests.factories_bundles import DESK, Held, Investigator, World, write_as
from tests.stated import SignedDesk
from tests.zip_forge import forge

BENT_ITEMS = 12
KEPT = (
    "binding",
    "items",
    "cases",
    "logs",
    "rosters",
    "statements",
    "canaries",
    "conflicts",
    "kdf",
    "exports",
    "restores",
    "keys",
    "drop_keys",
    "proposal",
    "erased",
)
"""What a casebook knows from bundles: of two vaults that took the same in, it is the same."""


@dataclass
class VaultRoom:
    """Anna's vault after a first bundle, a second one that nobody bent, and what the vault is after that."""

    here: World
    kept: Path
    good: Path
    usual: float = 0.0
    reference: Any = None

    @property
    def anna(self) -> Investigator:
        return self.here.anna

    @classmethod
    def make(cls, here: World, kept: Path) -> VaultRoom:
        drop, case = here.drop, Case()
        SignedDesk(here)
        drop.send(case, "The report.", [("a.txt", "text/plain", b"attached")])
        write_as(drop, here.bram, case, text="We have read it.")
        here.start()
        here.anna.ok("import", drop.pickup())
        here.next_day()
        drop.send(case, "And then.")
        drop.send(Case(), "Another report.")
        write_as(drop, here.bram, case, Kind.NOTE, text="A note.")
        backup = drop.back_up()
        drop.restore(backup)
        drop.send(Case(), "After the restore.")
        good = drop.pickup()
        room = cls(here, kept, good)
        shutil.copytree(here.anna.vault, kept, ignore=shutil.ignore_patterns("S.*"))
        done = room.take(good)
        assert done.code == 0, done.err
        room.usual, room.reference = done.seconds, room.meaning()
        return room

    def again(self) -> None:
        shutil.rmtree(self.anna.vault)
        shutil.copytree(self.kept, self.anna.vault)

    def take(self, bundle: Path) -> Done:
        def run() -> tuple[int, str, str]:
            done = self.anna.run("import", bundle, "--json")
            return done.code, done.out, done.err

        return forked(run)

    def casebook(self) -> Casebook:
        with mock.patch.dict(os.environ, {"GNUPGHOME": str(self.anna.home)}):
            return look_into(self.anna.vault).casebook

    def meaning(self) -> Any:
        """Return what the casebook says, without what is drawn anew each time."""
        value = to_json(self.casebook())
        return {name: value[name] for name in KEPT if name in value}

    def outside(self) -> dict[str, str]:
        return tree(self.here.folder, without=(self.anna.vault, self.here.folder / "mutant.tar"))


def attack(folder: Path, chances: Random, count: int) -> WholeTally:
    """Import so many mutants."""
    tally = WholeTally()
    with factories_bundles.people() as people, factories_bundles.world(people) as here:
        room = VaultRoom.make(here, folder / "kept")
        parts = Parts(*_taken_apart(room.good))
        for number in range(count):
            made = _bundle if number % 2 else _envelopes
            made(room, parts.copy(), chances, tally, number)
    return tally


def _taken_apart(path: Path) -> tuple[dict[str, Any], list[tuple[str, bytes]], list[tuple[str, bytes]]]:
    members = tars.members(path.read_bytes())
    items = [each for each in members if each[0].startswith("items/")]
    return json.loads(members[0][1]), items, members[2 + len(items) :]


# --- bundles that lie ---------------------------------------------------------------------------------------------


def _signed(room: VaultRoom, parts: Parts, manifest: bytes) -> bytes:
    signature = room.here.drop.signing_key.sign(PICKUP_LINE + manifest).signature
    return tars.assemble(tars.entries_of(parts.members(manifest, bytes(signature))))


def _bundle(room: VaultRoom, parts: Parts, chances: Random, tally: WholeTally, number: int) -> None:
    how: list[str] = []
    if chances.random() < 0.35:
        manifest = bent(parts.manifest, chances, how)
    else:
        for _ in range(chances.choice((1, 1, 2))):
            how.append(chances.choice(_LIES)(room, parts, chances))
        manifest = bending.dump(parts.manifest)
    path = room.here.folder / "mutant.tar"
    path.write_bytes(_signed(room, parts, manifest))
    _judged(room, path, tally, f"vault {number} ({'; '.join(how)[:300]})", manifest, chances)


def _judged(
    room: VaultRoom,
    path: Path,
    tally: WholeTally,
    how: str,
    manifest: bytes,
    chances: Random,
    expect: Callable[[Casebook], list[str]] = lambda _book: [],
) -> None:
    room.again()
    before, outside = tree(room.anna.vault), room.outside()
    meant = room.meaning()
    done = room.take(path)
    findings = [f"outside the vault {name} changed" for name in differences(outside, room.outside())]
    if done.code == 1:
        findings += _refused(room, before, meant)
        if chances.random() < 0.5:
            findings += _good_afterwards(room)
    elif done.code == 0:
        book = room.casebook()
        findings += [*_accepted(room, book, manifest), *expect(book)]
        again = room.take(room.good)
        findings += [f"the good bundle afterwards: {again.strange}"] if again.strange else []
    tally.add(done, room.usual, findings, how)


def _refused(room: VaultRoom, before: dict[str, str], meant: Any) -> list[str]:
    """Nothing may have changed; of a key that people must compare first, the casebook keeps that it was offered."""
    changed = differences(before, tree(room.anna.vault))
    if not changed:
        return []
    now = room.meaning()
    for each in (now, meant):
        each["drop_keys"] = {**each["drop_keys"], "offered": None}
    others = [name for name in changed if not name.endswith("/casebook.pgp")]
    return [f"refused, and {name} changed" for name in others] + (
        ["refused, and the casebook says more"] if now != meant else []
    )


def _good_afterwards(room: VaultRoom) -> list[str]:
    done = room.take(room.good)
    if done.code:
        return [f"after a refusal the good bundle was refused, too: {done.err.strip()[:100]}"]
    now = room.meaning()
    return [
        f"after a refusal the good bundle gave other {name}"
        for name in KEPT
        if _plain(now, name) != _plain(room.reference, name)
    ]


def _plain(value: Any, name: str) -> Any:
    """Return a part of a casebook without the offered keys, which a refusal may leave."""
    part = value.get(name)
    return {**part, "offered": None} if name == "drop_keys" and isinstance(part, dict) else part


def _accepted(room: VaultRoom, book: Casebook, manifest: bytes) -> list[str]:
    """Compare the vault with what the manifest said: all of it is there, under its own hash, and no file beside it."""
    found = []
    folder = room.anna.vault / "items"
    known = {f"{record.item}{record.kind.suffix}" for record in book.items.values()}
    known |= {f"{item}.pgp" for item in book.canaries}
    found += [
        f"a file {name} that the casebook does not know" for name in {each.name for each in folder.iterdir()} - known
    ]
    for entry in json.loads(manifest)["items"]:
        record = book.items.get(entry["item"])
        if record is None and entry["item"] not in book.canaries and entry["sha256"] not in book.conflicts:
            found.append("an item of an accepted bundle is nowhere")
        elif record is not None and record.sha256 == entry["sha256"]:
            data = (folder / f"{record.item}{record.kind.suffix}").read_bytes()
            found += (
                [] if hashed(data) == entry["sha256"] else ["an item was kept with another hash than the manifest's"]
            )
    return found


# --- lies, and keys that are none ---------------------------------------------------------------------------------


def _lie(of: Callable[[Parts, Random], str]) -> Callable[[VaultRoom, Parts, Random], str]:
    return lambda _room, parts, chances: of(parts, chances)


def _key_of_another(room: VaultRoom, parts: Parts, chances: Random) -> str:
    """Put another person's key, two keys, or a key with something behind it under a member's name."""
    bram = f"keys/{room.here.bram.key}.asc"
    ours, theirs = (
        room.here.drop.public.export_key(room.here.bram.key),
        room.here.drop.public.export_key(room.here.dirk.key),
    )
    made = {
        "another's": theirs,
        "two": ours + theirs,
        "cut": ours[: len(ours) // 2],
        "followed by noise": ours + b"\n\0planted",
    }
    said = chances.choice(sorted(made))
    parts.rest = [(name, made[said] if name == bram else data) for name, data in parts.rest]
    parts.manifest["files"][bram] = hashed(made[said])
    return f"bram's key: {said}"


def _days(_room: VaultRoom, parts: Parts, chances: Random) -> str:
    for entry in parts.manifest["items"]:
        entry["day"] = chances.choice(("0001-01-01", "9999-12-31", entry["day"]))
    parts.manifest["day"] = chances.choice(("0001-01-01", "9999-12-31", parts.manifest["day"]))
    return "days at the ends of time"


def _roster(room: VaultRoom, parts: Parts, chances: Random) -> str:
    made = [
        {"fingerprint": room.here.dirk.key, "from": "2020-01-01", "until": None},
        {"fingerprint": room.anna.key, "from": "9999-12-31", "until": "0001-01-01"},
    ]
    parts.manifest["rosters"][DESK] = [*parts.manifest["rosters"][DESK], chances.choice(made)][
        -chances.choice((1, 2, 3)) :
    ]
    return "another roster"


def _cases(_room: VaultRoom, parts: Parts, chances: Random) -> str:
    entries = parts.manifest["items"]
    one, two = chances.choice(entries), chances.choice(entries)
    one["case"], two["case"] = two["case"], one["case"]
    return "items in one another's cases"


def _epochs(room: VaultRoom, parts: Parts, chances: Random) -> str:
    """Bend the restore, and have the drop sign it anew or not."""
    each = parts.manifest["epochs"][-1]
    said = chances.choice(("day", "backup", "previous", "logs", "signature", "nothing"))
    other = {
        "day": "9999-12-31",
        "backup": "0001-01-01",
        "previous": "ab" * 16,
        "logs": {},
        "signature": each["signature"][::-1],
    }
    each |= {said: other[said]} if said in other else {}
    if said == "nothing":
        del parts.manifest["epochs"]
    elif said != "signature" and chances.random() < 0.7:
        unsigned = {name: value for name, value in each.items() if name != "signature"}
        signed = room.here.drop.signing_key.sign(b"onion-dropbox epoch 1\n" + bending.dump(unsigned)).signature
        each["signature"] = base64.b64encode(signed).decode()
    return f"the restore: {said}"


def _statements(_room: VaultRoom, parts: Parts, chances: Random) -> str:
    chain = parts.manifest["statements"][DESK]
    said = chances.choice(("a stranger", "another signature", "none"))
    if said == "none":
        del parts.manifest["statements"]
    elif said == "a stranger":
        chain[0]["statement"]["members"] = [{"fingerprint": "EE" * 20, "until": None}]
    else:
        chain.append(
            {
                "statement": chain[-1]["statement"]
                | {"number": len(chain) + 1, "previous": hashed(bending.dump(chain[-1]["statement"]))},
                "signature": ARMOUR,
            }
        )
    return f"statements: {said}"


_LIES: tuple[Callable[[VaultRoom, Parts, Random], str], ...] = (
    *map(_lie, (tar_lies.other_bytes_and_hash, tar_lies.items_exchanged, tar_lies.item_renamed, tar_lies.another_kind)),
    *map(
        _lie, (tar_lies.log_bent, tar_lies.epoch_exchanged, tar_lies.log_moved, tar_lies.many_keys, tar_lies.empty_item)
    ),
    _key_of_another,
    _key_of_another,
    _days,
    _roster,
    _cases,
    _epochs,
    _statements,
)


# --- envelopes that lie, in a bundle that does not ----------------------------------------------------------------


class VaultEnvelopes(Submissions):
    """First reports of one case each, for this drop and desk, bent and signed by their own case."""

    def __init__(self, room: VaultRoom, chances: Random) -> None:
        super().__init__(chances)
        drop = room.here.drop
        self._recipients: list[str] = [str(key) for key in drop.recipients([DESK])]
        ours = {
            "drop": drop.drop,
            "epoch": drop.epoch,
            "desks": [DESK],
            "day": drop.day.isoformat(),
            "item": new_item_id(),
        }
        self.headers = [each | ours | {"kind": "report"} for each in self.headers[:2]]

    def index(self, header: dict[str, Any], parts: zips.Parts, files: Any) -> dict[str, Any]:
        value = super().index(header, parts, files)
        return value | {"number": 1, "previous": None, "recipients": self._recipients}


def _envelopes(room: VaultRoom, _parts: Parts, chances: Random, tally: WholeTally, number: int) -> None:
    """Let the drop hand out many bent envelopes at once, each sealed as it should be, and one that is right."""
    drop = room.here.drop
    kept = {name: value for name, value in vars(drop).items() if name in {"items", "logs"}}
    saved = {name: copy.deepcopy(value) for name, value in kept.items()}
    made: dict[str, tuple[VaultEnvelopes, bytes, str]] = {}
    for at in range(BENT_ITEMS + 1):
        target, how = VaultEnvelopes(room, chances), ["nothing"] if at == BENT_ITEMS else []
        right = forge(zips.archive(target.whole(target.headers[0], how, chances)))
        data = right if at == BENT_ITEMS else target.mutant(chances, how)
        sealed = drop.public.seal_bytes(data, [Recipient(key) for key in drop.recipients([DESK])])
        item = target.headers[0]["item"]
        case = Case(target.case_key)
        drop.hold(_held(item, case, target.headers[0]["case"], drop.day, sealed))
        made[item] = target, data, "; ".join(how)
    path = room.here.folder / "mutant.tar"
    shutil.move(drop.pickup(), path)
    vars(drop).update(saved)
    tally.items += len(made)

    def expect(book: Casebook) -> list[str]:
        return [
            fault
            for item, (target, data, how) in made.items()
            if (fault := _fault(room, book, item, target, data, how))
        ]

    manifest = _taken_apart(path)[0]
    _judged(room, path, tally, f"vault {number} (bent envelopes)", bending.dump(manifest), chances, expect)


def _held(item: Any, case: Case, case_id: str, day: Any, sealed: bytes) -> Held:
    class Named(Case):
        id = property(lambda _self: case_id)  # the header's, whatever its keys are

    return Held(item, Named(case.case_key), SealedKind.SUBMISSION, day, sealed, (DESK,))


def _fault(room: VaultRoom, book: Casebook, item: Any, target: VaultEnvelopes, data: bytes, how: str) -> str:
    """Say what is wrong with what became of an envelope: verified although it lies, or refused although it does not."""
    record = book.items.get(item)
    if record is None:
        return f"an item is nowhere ({how})"
    if record.state is not State.VERIFIED:
        return f"an item that nobody bent was not taken: {record.reason}" if how == "nothing" else ""
    try:
        accepted = target.read(data, room.here.folder)
        target.judge(data, accepted)
    except (DropboxError, Lie) as error:
        return f"verified, although {error} ({how})"
    header = accepted.envelope.header
    ours = (room.here.drop.drop, record.item, record.case, record.day)
    return "" if (header.drop, header.item, header.case, header.day) == ours else f"verified in another's place ({how})"
