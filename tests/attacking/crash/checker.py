"""A data folder held against the ledger: what was acknowledged is there and unseals; nothing is half, lost or double.

It reads the folder with SQLite, gpg and unzip alone, as anybody could in twenty years: none of the product's code.
"""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
import time
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.attacking.crash.ledger import Ledger, Sent, mark_of, sha256

Unseal = Callable[[Path], bytes | None]
SUFFIXES = {"submission": ".pgp", "reply": ".reply", "note": ".reply"}
SETTLE_SECONDS = 15.0
"""How long the server may still be busy with a form whose sender has hung up."""
AT_ONCE = 2


@dataclass(frozen=True)
class Row:
    item: str
    case: str
    kind: str
    bytes: int
    sha256: str
    desks: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.item + SUFFIXES[self.kind]


@dataclass(frozen=True)
class Opened:
    """What a submission turned out to hold. `index`: its index's SHA-256; `previous`: that of the one before."""

    mark: str
    number: int
    index: str
    previous: str | None
    files: Sequence[str]


@dataclass
class Checker:
    """`unseal` by desk: with the key of one of its members. What was opened is not opened again unless it changed."""

    data_dir: Path
    ledger: Ledger
    unseal: Mapping[str, Unseal]
    opened: dict[tuple[str, str], Opened] = field(default_factory=dict)
    unsealed: int = 0

    def faults(self) -> list[str]:
        """Return what is wrong now. Nobody may be sending meanwhile."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while self._untidy(rows := self._rows()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return [*self._untidy(rows), *self._changed(rows), *self._contents(rows)]

    def _rows(self) -> list[Row]:
        connection = sqlite3.connect(f"file:{self.data_dir / 'store.sqlite'}?mode=ro", uri=True, timeout=20)
        try:
            desks: dict[str, list[str]] = {}
            for item, desk in connection.execute("SELECT item_id, desk_id FROM item_desks ORDER BY desk_id"):
                desks.setdefault(item, []).append(desk)
            found = connection.execute("SELECT item_id, case_id, kind, bytes, sha256 FROM items").fetchall()
        finally:
            connection.close()
        return [
            Row(item, case, kind, size, digest, tuple(desks.get(item, ()))) for item, case, kind, size, digest in found
        ]

    def _untidy(self, rows: Iterable[Row]) -> list[str]:
        wanted = {row.name for row in rows}
        there = {path.name for path in (self.data_dir / "items").iterdir()}
        halves = {name for name in there if name.endswith(".part")}
        return [
            *(f"half item: {name}" for name in sorted(halves)),
            *(f"orphan: {name} has no row" for name in sorted(there - wanted - halves)),
            *(f"lost: row {name} has no file" for name in sorted(wanted - there)),
        ]

    def _changed(self, rows: Iterable[Row]) -> list[str]:
        wrong = []
        for row in rows:
            path = self.data_dir / "items" / row.name
            if path.exists() and (path.stat().st_size, file_sha256(path)) != (row.bytes, row.sha256):
                wrong.append(f"changed: {row.name} is not what its row says")
        return wrong

    def _contents(self, rows: list[Row]) -> list[str]:
        submissions = [row for row in rows if row.kind == "submission"]
        wrong = self._open_new(submissions)
        whole = [(row, self.opened[row.item, row.sha256]) for row in submissions if self._is_open(row)]
        return [*wrong, *self._acknowledged(whole), *_chains(whole)]

    def _is_open(self, row: Row) -> bool:
        return (row.item, row.sha256) in self.opened

    def _open_new(self, submissions: Iterable[Row]) -> list[str]:
        new = [row for row in submissions if not self._is_open(row)]
        wrong: list[str] = []
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for row, plain in zip(new, pool.map(self._plain, new), strict=True):
                self.unsealed += 1
                try:
                    self.opened[row.item, row.sha256] = read_item(plain or b"")
                except (ValueError, KeyError, zipfile.BadZipFile):
                    wrong.append(f"does not unseal: {row.name}")
        return wrong

    def _plain(self, row: Row) -> bytes | None:
        path = self.data_dir / "items" / row.name
        return self.unseal[row.desks[0]](path) if row.desks and path.exists() else None

    def _acknowledged(self, whole: list[tuple[Row, Opened]]) -> list[str]:
        held: dict[str, list[tuple[Row, Opened]]] = {}
        for row, opened in whole:
            held.setdefault(opened.mark, []).append((row, opened))
        known: set[str] = set()
        wrong: list[str] = []
        cases: dict[int, set[str]] = {}
        for case, sent in self.ledger.all_sent():
            known.add(sent.mark)
            there = held.get(sent.mark, [])
            wrong += _about(sent, there)
            cases.setdefault(id(case), set()).update(row.case for row, _ in there)
            if len(cases[id(case)]) > 1:
                wrong.append(f"another case: {sent.mark} is not with the rest of its case")
        wrong += [f"unknown: {mark or 'an item without a mark'}" for mark in sorted(set(held) - known)]
        return wrong


def read_item(plain: bytes) -> Opened:
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        index = archive.read("index.json")
        said = json.loads(index)
        text = archive.read("message.txt").decode()
        files = []
        for entry in said["entries"]:
            if sha256(archive.read(entry["path"])) != entry["sha256"]:
                raise ValueError(entry["path"])
            if entry["path"].startswith("attachments/"):
                files.append(entry["sha256"])
    return Opened(mark_of(text), said["number"], sha256(index), said.get("previous"), sorted(files))


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _about(sent: Sent, there: list[tuple[Row, Opened]]) -> list[str]:
    if not there:
        return [f"lost: {sent.mark} was acknowledged"] if sent.acknowledged else []
    wrong = [f"twice: {sent.mark} is there {len(there)} times"] if len(there) > 1 else []
    for row, opened in there:
        if sorted(opened.files) != sorted(sent.files):
            wrong.append(f"half: {sent.mark} has not the files that were sent")
        if row.desks != tuple(sorted(sent.desks)):
            wrong.append(f"wrong desks: {sent.mark} is for {', '.join(row.desks)}")
    return wrong


def _chains(whole: Iterable[tuple[Row, Opened]]) -> list[str]:
    cases: dict[str, list[Opened]] = {}
    for row, opened in whole:
        cases.setdefault(row.case, []).append(opened)
    wrong = []
    for items in cases.values():
        items.sort(key=lambda opened: opened.number)
        links = [None, *(opened.index for opened in items)]
        if [opened.number for opened in items] != list(range(1, len(items) + 1)):
            wrong.append(f"broken chain: {items[0].mark} has numbers {[opened.number for opened in items]}")
        elif any(opened.previous != link for opened, link in zip(items, links, strict=False)):
            wrong.append(f"broken chain: {items[0].mark} has a link that leads elsewhere")
    return wrong
