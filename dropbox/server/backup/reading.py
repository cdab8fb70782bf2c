"""A backup opened: by a secret key at hand or by its shares, checked byte by byte on its way into a folder of its own.

The manifest is the drop's own word, verified before anything behind it is written; each file is hashed on its way, and
the seal has its verdict at the end. Only when this room returns is any of it to be believed.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Literal

from dropbox.disk import is_full, private_file, sync_folder
from dropbox.errors import (
    BackupForeign,
    BackupTorn,
    FileUnreadable,
    NoSecretKey,
    NotForYou,
    StoreFull,
    TargetUnusable,
    UnsealError,
)
from dropbox.gpg import Gpg, count_sealed_ways
from dropbox.models import Passphrase
from dropbox.server.backup.manifest import (
    MANIFEST,
    MAX_CONFIG_BYTES,
    MAX_MANIFEST_BYTES,
    SIGNATURE,
    SIGNATURE_BYTES,
    BackupManifest,
    KeptFile,
    read_manifest,
)
from dropbox.server.backup.tar import TarStream
from dropbox.shares import Collection

UNSEALED: Literal["unsealed"] = "unsealed"
Opener = Collection | Literal["unsealed"] | None
"""By what a backup is opened: shares, gpg with a secret key at hand (None), or by somebody else before."""

Choose = Callable[[BackupManifest, bytes], Path]
"""Looks at a verified manifest and configuration before anything is written; returns the empty folder to write into, or
raises what stands against it.
"""


@contextmanager
def opened(path: Path, by: Opener) -> Iterator[BinaryIO]:
    """Give the tar inside as a stream; the read that meets its end raises unless the whole was sound.

    Without shares the user's own GnuPG home (GNUPGHOME) opens it, whose agent asks where it must. UNSEALED: gpg did it
    already, on the machine of whoever has the key; what it gave is read from the file, or standard input for `-`.
    Raises FileUnreadable, BackupTorn, NoSecretKey, NotForYou, SharesTooFew, ShareForeign.
    """
    if by is UNSEALED:
        with _plain(path) as stream:
            yield stream
        return
    try:
        count_sealed_ways(path)
    except UnsealError:
        raise BackupTorn from None
    if not isinstance(by, Collection):
        own = Gpg(None, agent=True)
        if not own.secret_keys():
            raise NoSecretKey
        with own.unseal_either(path, None) as stream:
            yield stream
        return
    with TemporaryDirectory() as empty, Gpg(Path(empty)).unseal_either(path, _passphrase(by)) as stream:
        yield stream


def extract(path: Path, by: Opener, choose: Choose) -> BackupManifest:
    """Write a backup's files into an empty folder, every one on the disk, and return its verified manifest.

    Raises what `opened` and `choose` raise, BackupTorn, BackupForeign for other shares, StoreFull or TargetUnusable.
    """
    begun = False
    try:
        with opened(path, by) as stream:
            tar = TarStream(stream)
            signed = tar.read(MANIFEST, MAX_MANIFEST_BYTES)
            begun = True
            manifest = read_manifest(signed, tar.read(SIGNATURE, SIGNATURE_BYTES))
            first, *others = manifest.files
            config = BytesIO()
            if first.bytes > MAX_CONFIG_BYTES:
                raise BackupTorn
            tar.copy(first.name, first.bytes, first.sha256, config.write)
            folder = choose(manifest, config.getvalue())
            _write(folder, first, lambda write: write(config.getvalue()))
            for file in others:
                _write(folder, file, partial(tar.copy, file.name, file.bytes, file.sha256))
            _sync_folders(folder)
            tar.finish()
    except NotForYou:
        raise
    except UnsealError:
        # whatever else is wrong, gpg gives out nothing of a message that a passphrase does not open
        raise (BackupForeign if isinstance(by, Collection) and not begun else BackupTorn) from None
    except OSError as error:
        raise (StoreFull if is_full(error) else TargetUnusable) from None
    return manifest


@contextmanager
def _plain(path: Path) -> Iterator[BinaryIO]:
    if str(path) == "-":
        yield sys.stdin.buffer
        return
    try:
        stream = path.open("rb")
    except OSError:
        raise FileUnreadable from None
    with stream:
        yield stream


def _write(folder: Path, file: KeptFile, copy: Callable[[Callable[[bytes], object]], object]) -> None:
    target = folder / file.name
    for place in reversed(Path(file.name).parents):  # `parents=True` would make those above by the umask
        (folder / place).mkdir(mode=0o700, exist_ok=True)
    with private_file(target) as stream:
        copy(stream.write)


def _sync_folders(folder: Path) -> None:
    for place in sorted({folder, *(path for path in folder.rglob("*") if path.is_dir())}):
        sync_folder(place)


def _passphrase(shares: Collection) -> Passphrase:
    return Passphrase(shares.key().hex())
