"""A backup written: one pass from the drop into gpg and from gpg into the file, in bounded memory but for the database.

Nothing of the plaintext tar ever lies on a disk. The passphrase, where there is one, is a random key of which only
shares leave this process, to whoever asked for them.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from pathlib import Path

from dropbox.errors import TargetExists
from dropbox.models import Passphrase, ShareWords, today
from dropbox.server.backup import ageing
from dropbox.server.backup.gathering import Gathered, gather, links_folder
from dropbox.server.backup.manifest import (
    MANIFEST,
    SIGNATURE,
    BackupManifest,
)
from dropbox.server.backup.operator import operator_recipient
from dropbox.server.backup.tar import tar_pieces
from dropbox.server.drop import Drop
from dropbox.shares import KEY_BYTES, split
from dropbox.target import new_file

HAPPENING = "backup"
_SYNC_BYTES = 4 << 20
_DISTRIBUTION = "onion-dropbox"


@dataclass(frozen=True, repr=False)
class Written:
    """A backup that is there. `until`: the last day on which it may still be restored, and lie about."""

    path: Path
    day: date
    until: date
    bytes: int
    items: int
    missing: tuple[str, ...]
    shares: tuple[ShareWords, ...]


@dataclass(frozen=True)
class Split:
    """How many shares there are to be, and how many of them open the backup."""

    shares: int
    needed: int


def back_up(drop: Drop, config: Path, target: Path, wanted: Split | None) -> Written:
    """Write a backup of a drop, which may be serving; `target`: a new file, or a folder to name it in.

    Raises ConfigError, OperatorKeyUnusable or SecretKeyFound for the operator's key, SharesUnusable, TargetExists,
    TargetUnusable, BackupRunning, StoreBusy, StoredItemDamaged, SealError.
    """
    gpg, recipient = operator_recipient(drop.settings)
    day = today()
    path = ageing.free_name(target, drop.store.meta.drop, day) if target.is_dir() else target
    if os.path.lexists(path):
        raise TargetExists
    passphrase, shares = _passphrase(wanted)
    with links_folder(drop.settings.server.data_dir) as folder:
        gathered = gather(drop, config, folder)
        with new_file(path) as stream:
            source = _Source(_tar(drop, gathered, day), stream.fileno())
            gpg.seal_into(source, [recipient], stream.fileno(), passphrase)
    drop.store.happenings.set(HAPPENING, day.isoformat())
    until = day + timedelta(days=drop.settings.backup.max_age_days)
    snapshot = gathered.snapshot
    return Written(path, day, until, path.stat().st_size, len(snapshot.items), snapshot.missing, shares)


def _passphrase(wanted: Split | None) -> tuple[Passphrase | None, tuple[ShareWords, ...]]:
    if wanted is None:
        return None, ()
    key = secrets.token_bytes(KEY_BYTES)
    return Passphrase(key.hex()), split(key, wanted.needed, wanted.shares)


def _tar(drop: Drop, gathered: Gathered, day: date) -> Iterator[bytes]:
    """Give the tar piece by piece."""
    manifest = BackupManifest(
        drop=drop.store.meta.drop,
        key=bytes(gathered.key.verify_key).hex(),
        trial=drop.store.meta.trial,
        epoch=drop.store.meta.epoch,
        day=day,
        version=_version(),
        files=tuple(part.file for part in gathered.parts),
        missing=gathered.snapshot.missing,
    )
    signed, signature = manifest.signed_by(gathered.key)
    told = ((MANIFEST, len(signed), (signed,)), (SIGNATURE, len(signature), (signature,)))
    return tar_pieces(chain(told, ((part.file.name, part.file.bytes, part.chunks()) for part in gathered.parts)))


def _version() -> str:
    try:
        return version(_DISTRIBUTION)
    except PackageNotFoundError:
        return ""


class _Source:
    """Reads from pieces. On the way it has the disk write what is sealed so far: thousands of megabytes that wait in
    memory would hold up the fsync of a report behind them.
    """

    def __init__(self, pieces: Iterator[bytes], target: int) -> None:
        self._pieces = pieces
        self._target = target
        self._waiting = memoryview(b"")
        self._unsynced = 0

    def read(self, size: int, /) -> bytes:
        while not self._waiting:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._waiting = memoryview(piece)
        data, self._waiting = bytes(self._waiting[:size]), self._waiting[size:]
        self._sync(len(data))
        return data

    def _sync(self, size: int) -> None:
        self._unsynced += size
        if self._unsynced >= _SYNC_BYTES:
            self._unsynced = 0
            with suppress(OSError):  # the fsync at the end says what is wrong
                os.fdatasync(self._target)
