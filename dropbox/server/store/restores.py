"""A store as one whole: taken as it is in a moment, and brought back under a new epoch. For backups alone.

An epoch is a stretch of every desk's log. A restored store goes on from the numbers of its backup, under a new epoch
that the drop signs, so that no vault takes what is numbered next for another history of what it was shown before.
"""

import base64
import os
import secrets
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select, update

from dropbox.bundle import FIRST_HEAD, EpochStart, LineState, LogLine, head_after
from dropbox.bundle.drop_statement import MAX_EPOCHS, read_epochs
from dropbox.canonical import dump, load
from dropbox.errors import InvalidValue, StartRefused, StoreError
from dropbox.models import DeskId, ItemId, SealedKind
from dropbox.server.identity import Identity
from dropbox.server.store.blobs import Blobs, translated
from dropbox.server.store.connection import Database
from dropbox.server.store.opening import check_value
from dropbox.server.store.records import DropMeta
from dropbox.server.store.schema import desk_log, drop_meta, epochs

_MAX_STATEMENT_BYTES = 1 << 20
_RESTORE = "Restore the whole data folder (store, items and both keys) from one backup."


@dataclass(frozen=True)
class KeptItem:
    """A sealed file by the name that it has in the items folder; `path`: the link by which it stays."""

    name: str
    path: Path
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Snapshot:
    """A store in one moment. `database`: its file, whole. `missing`: items whose file is gone."""

    database: bytes
    items: tuple[KeptItem, ...]
    missing: tuple[str, ...]


class Restores:
    def __init__(self, database: Database, blobs: Blobs, meta: DropMeta) -> None:
        self._database = database
        self._blobs = blobs
        self._meta = meta

    def starts(self) -> tuple[EpochStart, ...]:
        """Return every restore of this drop, oldest first; StartRefused where a row was changed by a strange hand."""
        with self._database.read() as connection:
            rows = connection.execute(select(epochs).order_by(epochs.c.number)).all()
        try:
            return read_epochs([_spelled(row.statement, row.signature) for row in rows], self._meta.drop)
        except InvalidValue:
            raise StartRefused("store.sqlite: what it says of its restores was changed", _RESTORE) from None

    def snapshot(self, folder: Path) -> Snapshot:
        """Copy the database into memory and link every sealed file into a folder. Hold the transfer lock.

        Nobody waits for it but who would empty the write-ahead log; while the lock is held no file is let go.
        """
        database, rows = _copy(self._database.path)
        kept, missing = [], []
        with translated():
            for row in rows:
                path = self._blobs.path(ItemId(row["item_id"]), SealedKind(row["kind"]))
                try:
                    os.link(path, folder / path.name)
                except FileNotFoundError:
                    missing.append(str(row["item_id"]))
                    continue
                kept.append(KeptItem(path.name, folder / path.name, row["bytes"], row["sha256"]))
        return Snapshot(database, tuple(kept), tuple(missing))

    def begin(self, identity: Identity, day: date, backup: date) -> EpochStart:
        """Begin a new epoch, signed by the drop's key of today. Whoever opened this store opens it anew."""
        chain = self.starts()
        if len(chain) >= MAX_EPOCHS:
            raise StartRefused(f"store.sqlite: was restored {MAX_EPOCHS} times, and can be no more")
        before = self._meta
        with self._database.write() as connection:
            start = EpochStart(
                drop=before.drop,
                number=len(chain) + 1,
                day=day,
                backup=backup,
                epoch=secrets.token_hex(16),
                previous=before.epoch,
                logs=_ends(connection, before.epoch),
            ).signed_by(identity.signing_key)
            row = {"number": start.number, "statement": dump(_stated(start)), "signature": start.signature}
            connection.execute(insert(epochs), row)
            after = DropMeta(before.drop, start.epoch, before.kdf, before.trial)
            changed = {"epoch": after.epoch, "check_value": check_value(identity, after)}
            connection.execute(update(drop_meta).values(**changed))
        return start


def _ends(connection: Connection, epoch: str) -> dict[DeskId, tuple[int, str]]:
    """Return each desk's last number and its head."""
    rows = connection.execute(select(desk_log).order_by(desk_log.c.desk_id, desk_log.c.n))
    lines: dict[DeskId, list[LogLine]] = {}
    for row in rows:
        lines.setdefault(DeskId(row.desk_id), []).append(LogLine(row.n, row.sha256, LineState.HERE))
    return {desk: (len(each), head_after(FIRST_HEAD, epoch, each).hex()) for desk, each in lines.items()}


def _copy(path: Path) -> tuple[bytes, list[sqlite3.Row]]:
    """Return the database's file as of one commit, and the items that it names."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("BEGIN")
            rows = connection.execute("SELECT item_id, kind, bytes, sha256 FROM items ORDER BY item_id").fetchall()
            return connection.serialize(), rows
    except sqlite3.Error:
        raise StoreError from None


def _stated(start: EpochStart) -> dict[str, Any]:
    return {key: value for key, value in start.as_json().items() if key != "signature"}


def _spelled(statement: bytes, signature: bytes) -> dict[str, Any]:
    return {**load(statement, _MAX_STATEMENT_BYTES), "signature": base64.b64encode(signature).decode()}
