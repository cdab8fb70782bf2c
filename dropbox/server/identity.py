"""The drop's two secrets, which are made once and then only read: one to derive with, one to sign bundles with.

Nothing else may write these files. Losing them is losing the drop, so a store without them refuses to start.
"""

import os
import secrets
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from nacl.signing import SigningKey

from dropbox import trust_words
from dropbox.disk import sync_folder
from dropbox.errors import StartRefused

SECRET_BYTES = 32
SECRET_FILE = "secret.key"  # noqa: S105  # nosec B105  # a file's name
SIGNING_FILE = "signing.key"
STORE_FILE = "store.sqlite"
ITEMS_FOLDER = "items"
AUTHORS_FOLDER = "gnupg-authors"

_RESTORE = "Put the file back from the backup that the store belongs to."


def make_private_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter, also when it is there and open to others."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        folder.chmod(0o700)


@dataclass(frozen=True, repr=False, eq=False)
class Identity:
    secret: bytes
    signing_key: SigningKey

    @classmethod
    def load_or_create(cls, data_dir: Path) -> "Identity":
        """Read the secrets; make them, and the folder, when there is no store yet. StartRefused for anything odd."""
        try:
            make_private_folder(data_dir)
            new = not (data_dir / STORE_FILE).exists() and not _has_entries(data_dir / ITEMS_FOLDER)
            return cls(_secret(data_dir / SECRET_FILE, new), SigningKey(_secret(data_dir / SIGNING_FILE, new)))
        except OSError:
            raise StartRefused("the data folder: cannot be read or written by this user") from None

    @property
    def drop(self) -> str:
        """The drop's public key, 64 lower hex digits: its name in every envelope and bundle."""
        return bytes(self.signing_key.verify_key).hex()

    def subkey(self, person: bytes) -> bytes:
        """Return a 32-byte key for one use, named by `person` (1 to 16 bytes)."""
        return blake2b(key=self.secret, person=person, digest_size=32).digest()

    def drop_words(self) -> str:
        """Return the ten words by which people compare the drop's key."""
        return trust_words.drop_words(self.drop)

    def __repr__(self) -> str:
        return "<identity>"

    def __reduce__(self) -> str:
        raise TypeError("secrets are not pickled")


def _has_entries(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def _secret(path: Path, may_create: bool) -> bytes:
    if not path.exists():
        if not may_create:
            raise StartRefused(f"{path.name}: is missing beside an existing store", _RESTORE)
        _create(path)
    _refuse_open_to_others(path)
    data = path.read_bytes()
    if len(data) != SECRET_BYTES:
        raise StartRefused(f"{path.name}: must be {SECRET_BYTES} bytes", _RESTORE)
    return data


def _create(path: Path) -> None:
    """Write a new secret under a passing name and link it: two processes that start at once end with the same one."""
    passing = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(passing)
        except FileExistsError:
            return
    finally:
        passing.unlink(missing_ok=True)
    sync_folder(path.parent)


def _refuse_open_to_others(path: Path) -> None:
    if path.stat().st_mode & 0o077:
        raise StartRefused(f"{path.name}: may be read by others", f"Run: chmod 600 {path.name} (in the data folder)")
