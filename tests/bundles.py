"""Bundles made without a server, a store or gpg, and bundles bent out of shape, for the tests of several rooms."""

import io
import secrets
import tarfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from pathlib import Path

from nacl.signing import SigningKey

from dropbox.bundle import (
    FIRST_HEAD,
    AnswerEntry,
    AnswerManifest,
    LineState,
    LogLine,
    PickupItem,
    PickupManifest,
    head_after,
    write_answer,
    write_pickup,
)
from dropbox.bundle.tar import TarWriter
from dropbox.codename import KdfParameters
from dropbox.errors import SignatureInvalid
from dropbox.models import CaseId, DeskId, Fingerprint, ItemId, Membership, SealedKind, VaultId, new_item_id

DESK = DeskId("integrity")
DAY = date(2026, 3, 4)
ALICE = Fingerprint("A1" * 20)
BOB = Fingerprint("B0" * 20)
SECRET = b"a shared secret that stands in for a PGP key"

Members = list[tuple[str, bytes]]


def hashed(data: bytes) -> str:
    return sha256(data).hexdigest()


@dataclass
class PickupMaker:
    """One desk's bundles, as its drop would write them: every item that is added gets the next number."""

    folder: Path
    desk: DeskId = DESK
    key: SigningKey = field(default_factory=SigningKey.generate)
    epoch: str = field(default_factory=lambda: secrets.token_hex(16))
    trial: bool = False
    items: list[PickupItem] = field(default_factory=list)
    log: list[LogLine] = field(default_factory=list)
    keys: dict[Fingerprint, bytes] = field(default_factory=lambda: {ALICE: b"key of alice", BOB: b"key of bob"})
    confirmed: dict[VaultId, tuple[int, ...]] = field(default_factory=dict)

    @property
    def drop(self) -> str:
        return self.key.verify_key.encode().hex()

    def add(self, data: bytes, kind: SealedKind = SealedKind.SUBMISSION, case: str = "c" * 32) -> PickupItem:
        entry = PickupItem(new_item_id(), CaseId(case), len(self.log) + 1, kind, DAY, len(data), hashed(data))
        self.path(entry).write_bytes(data)
        self.take(entry)
        return entry

    def take(self, entry: PickupItem) -> None:
        self.items.append(entry)
        self.log.append(LogLine(entry.n, entry.sha256, LineState.HERE))

    def drop_item(self, entry: PickupItem, state: LineState) -> None:
        """Let an item go, as the store does after all receipts or a withdrawal."""
        self.items.remove(entry)
        self.log[entry.n - 1] = replace(self.log[entry.n - 1], state=state)

    def path(self, entry: PickupItem) -> Path:
        return self.folder / f"{entry.item}{entry.kind.suffix}"

    def manifest(self) -> PickupManifest:
        return PickupManifest(
            drop=self.drop,
            trial=self.trial,
            desk=self.desk,
            epoch=self.epoch,
            day=DAY,
            kdf=KdfParameters(bytes(16)),
            rosters={self.desk: (Membership(ALICE, DAY), Membership(BOB, DAY, DAY))},
            first=1,
            last=len(self.log),
            before=FIRST_HEAD,
            after=head_after(FIRST_HEAD, self.epoch, self.log),
            items=tuple(self.items),
            confirmed=self.confirmed,
        )

    def write(self, target: Path) -> PickupManifest:
        manifest = self.manifest()
        write_pickup(target, manifest, self.log, self.keys, self.path, self.key)
        return manifest


def sign_as(author: Fingerprint) -> Callable[[bytes], bytes]:
    return lambda data: hashed(SECRET + author.encode() + data).encode()


def verify_as_signed(data: bytes, signature: bytes, author: Fingerprint) -> None:
    if signature != sign_as(author)(data):
        raise SignatureInvalid


def answer_manifest(drop: str, entries: Iterable[AnswerEntry] = ()) -> AnswerManifest:
    return AnswerManifest(drop, ALICE, VaultId("e" * 32), DESK, 1, None, DAY, tuple(entries), (), ())


def reply_entry(folder: Path, data: bytes, kind: SealedKind = SealedKind.REPLY) -> AnswerEntry:
    """Return an entry whose file lies in the folder under its item's id."""
    entry = AnswerEntry(
        kind=kind,
        case=CaseId("c" * 32),
        item=new_item_id(),
        desk=DESK,
        sha256=hashed(data),
        bytes=len(data),
        lock=bytes(80) if kind is SealedKind.REPLY else None,
    )
    (folder / entry.item).write_bytes(data)
    return entry


def write_answer_as(author: Fingerprint, target: Path, manifest: AnswerManifest, folder: Path) -> str:
    return write_answer(target, manifest, lambda entry: folder / entry.item, sign_as(author))


def read_members(path: Path) -> Members:
    """Return a bundle's members as the standard library sees them: a second opinion on the format."""
    with tarfile.open(path, "r:") as tar:
        return [(entry.name, _content(tar, entry)) for entry in tar.getmembers()]


def _content(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    stream = tar.extractfile(entry)
    assert stream is not None
    return stream.read()


def write_members(path: Path, members: Members) -> Path:
    """Write a tar of the right form with whatever members."""
    stream = io.BytesIO()
    tar = TarWriter(stream)
    for name, data in members:
        tar.add(name, data, len(data))
    tar.finish()
    path.write_bytes(stream.getvalue())
    return path


def without(members: Members, name: str) -> Members:
    return [(other, data) for other, data in members if other != name]


def changed(members: Members, name: str, data: bytes) -> Members:
    return [(other, data if other == name else old) for other, old in members]


def item_names(members: Members) -> list[str]:
    return [name for name, _ in members if name.startswith("items/")]


def item_of(name: str) -> ItemId:
    return ItemId(name.removeprefix("items/").split(".")[0])
