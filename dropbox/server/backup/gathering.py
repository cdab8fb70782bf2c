"""What goes into a backup: the store in one moment, every sealed file, the keys and the configuration.

Sealed files stay where they are and get a second name in DATA/backup.part until they are written; the rest is small and
read into memory. Only what is named here is kept: whatever the drop can make anew is not worth a copy.
"""

import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from nacl.signing import SigningKey

from dropbox.bundle.tar import file_chunks
from dropbox.canonical import sha256_hex
from dropbox.disk import read_up_to
from dropbox.errors import (
    BackupRunning,
    BundleItemMismatch,
    FileUnreadable,
    StoreBusy,
    StoredItemDamaged,
)
from dropbox.server import onion
from dropbox.server.backup.manifest import CONFIG_FILE, DATA, KEYS, LOGO, STORE, KeptFile
from dropbox.server.backup.places import places_in
from dropbox.server.drop import Drop
from dropbox.server.store import KeptItem, Snapshot
from dropbox.server.store.blobs import translated
from dropbox.server.store.exclusive import exclusive

LINKS = "backup.part"
LOCK = "backup.lock"
DONE = "restore.done"
"""What a restore leaves when it dies after everything was done."""
KEPT = (
    "secret.key",
    "signing.key",
    "courier/authorized_clients/*.auth",
)
"""What of the data folder is kept beside the store, its items and the onion keys, as patterns."""
_MAX_SMALL_BYTES = 1 << 20
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,79}")


@dataclass(frozen=True)
class Part:
    """A file of the backup, and how to read it."""

    file: KeptFile
    chunks: Callable[[], Iterable[bytes]]


@dataclass(frozen=True, repr=False)
class Gathered:
    """A drop in one moment. `key`: the one that signed for it then."""

    snapshot: Snapshot
    parts: tuple[Part, ...]
    key: SigningKey


@contextmanager
def links_folder(data_dir: Path) -> Iterator[Path]:
    """Give an empty folder for the sealed files' second names; whatever happens, it is gone afterwards.

    Raises BackupRunning while another one is there. While it is, a file that is let go keeps its bytes.
    """
    folder = data_dir / LINKS
    with ExitStack() as held:
        try:
            held.enter_context(exclusive(data_dir / LOCK, 0))
        except StoreBusy:
            raise BackupRunning from None
        held.callback(shutil.rmtree, folder, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        with translated():
            folder.mkdir(mode=0o700)
        yield folder


def sweep(data_dir: Path) -> None:
    """Remove what a killed backup or restore left; a backup that is being made is left alone. At the server's start."""
    shutil.rmtree(data_dir / DONE, ignore_errors=True)
    try:
        with exclusive(data_dir / LOCK, 0):
            shutil.rmtree(data_dir / LINKS, ignore_errors=True)
    except StoreBusy:
        return


def gather(drop: Drop, config: Path, folder: Path) -> Gathered:
    """Take the drop as it is now, while it goes on serving. Exports and imports wait for a moment.

    Raises StoreBusy, StoreError, FileUnreadable.
    """
    with drop.store.transfer_lock():
        snapshot = drop.store.restores.snapshot(folder)
        small = _small_files(drop, config)
        key = drop.identity.signing_key
    # a restore learns from the configuration where the rest goes, so it comes first
    first = {CONFIG_FILE: small.pop(CONFIG_FILE), STORE: snapshot.database}
    in_memory = [_in_memory(*each) for each in (first | small).items()]
    return Gathered(snapshot, (*in_memory, *map(_linked, snapshot.items)), key)


def _small_files(drop: Drop, config: Path) -> dict[str, bytes]:
    settings = drop.settings
    data_dir = settings.server.data_dir
    found = {*onion.key_files(data_dir).values(), *(path for pattern in KEPT for path in data_dir.glob(pattern))}
    kept = sorted(path for path in found if _is_file(path))
    files: dict[str, bytes] = {f"{DATA}/{path.relative_to(data_dir).as_posix()}": _read(path) for path in kept}
    files[CONFIG_FILE] = _read(config)
    files |= _named(KEYS, (path for path in settings.keys_dir.iterdir() if _is_file(path)))
    return files | _named(LOGO, _logo(drop, config))


def _named(folder: str, paths: Iterable[Path]) -> dict[str, bytes]:
    """Return files under their names. One with a name that no other machine may know gets a plain one."""
    found: dict[str, bytes] = {}
    for number, path in enumerate(sorted(paths), 1):
        name = path.name if _PLAIN.fullmatch(path.name) else f"file-{number}{_ending(path)}"
        found[f"{folder}/{name}" if f"{folder}/{name}" not in found else f"{folder}/{number}-{name[:60]}"] = _read(path)
    return found


def _ending(path: Path) -> str:
    return path.suffix if _PLAIN.fullmatch(path.suffix[1:]) else ""


def _logo(drop: Drop, config: Path) -> list[Path]:
    """Return the logo's file as the configuration names it now."""
    if drop.settings.organisation.logo is None:
        return []
    logo = places_in(_read(config), config.absolute().parent).logo
    return [] if logo is None else [logo]


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _read(path: Path) -> bytes:
    data = read_up_to(path, _MAX_SMALL_BYTES)
    if len(data) > _MAX_SMALL_BYTES:
        raise FileUnreadable
    return data


def _in_memory(name: str, data: bytes) -> Part:
    return Part(KeptFile(name, len(data), sha256_hex(data)), lambda: (data,))


def _linked(item: KeptItem) -> Part:
    return Part(KeptFile(f"{DATA}/items/{item.name}", item.bytes, item.sha256), lambda: _item_chunks(item))


def _item_chunks(item: KeptItem) -> Iterator[bytes]:
    try:
        yield from file_chunks(item.path, item.bytes, item.sha256)
    except BundleItemMismatch:
        raise StoredItemDamaged(item.path.stem) from None
