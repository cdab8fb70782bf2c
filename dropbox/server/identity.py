"""The drop's two secrets: one to derive with, made once and then only read, and one to sign bundles with.

Nothing else may write these files. Losing them is losing the drop, so a store without them refuses to start. The
signing key may have a successor: which key is the right one the store says, and the drop's name stays its first key.
"""

import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

from nacl.signing import SigningKey

from dropbox import trust_words
from dropbox.disk import private_file, sync_folder
from dropbox.errors import StartRefused
from dropbox.server import private

SECRET_BYTES = 32
SECRET_FILE = "secret.key"  # noqa: S105  # nosec B105  # a file's name
SIGNING_FILE = "signing.key"
NEXT_FILE = "signing.key.next"
"""There only while the signing key's successor takes its place, and what a crash then left."""
STORE_FILE = "store.sqlite"
ITEMS_FOLDER = "items"
AUTHORS_FOLDER = "gnupg-authors"
RESTORE_FOLDER = "restore.part"
"""There only while a drop is brought back: until that is done, what lies beside it is no drop."""

_RESTORE = "Put the file back from the backup that the store belongs to."
_UNREADABLE = "the data folder: cannot be read or written by this user"


@dataclass(frozen=True, repr=False, eq=False)
class Identity:
    """The secrets of one data folder. `name`: the drop's first key, once its store has said it."""

    secret: bytes
    data_dir: Path
    name: str | None = None

    @classmethod
    def load_or_create(cls, data_dir: Path, *, without_signing_key: bool = False) -> "Identity":
        """Read the secrets; make them, and the folder, when there is no store yet. StartRefused for anything odd.

        without_signing_key: for a drop that lost it, and is about to make another one.
        """
        try:
            if (data_dir / RESTORE_FOLDER).exists():
                raise StartRefused("the data folder: a restore into it was not finished", "Run the same restore again.")
            private.make_folder(data_dir, "the data folder")
            private.refuse_opened(data_dir)
            new = not (data_dir / STORE_FILE).exists() and not _has_entries(data_dir / ITEMS_FOLDER)
            secret = _secret(data_dir / SECRET_FILE, new)
            if not without_signing_key:
                _secret(data_dir / SIGNING_FILE, new)
            return cls(secret, data_dir)
        except OSError:
            raise StartRefused(_UNREADABLE) from None

    @property
    def signing_key(self) -> SigningKey:
        """The key that signs today, read anew each time: while the site is served a successor may have come."""
        try:
            return SigningKey(_secret(self.data_dir / SIGNING_FILE, may_create=False))
        except OSError:
            raise StartRefused(_UNREADABLE) from None

    @property
    def current(self) -> str:
        """The public half of the key that signs today, 64 lower hex digits."""
        return bytes(self.signing_key.verify_key).hex()

    @property
    def drop(self) -> str:
        """The drop's first public key, 64 lower hex digits: its name in every envelope and bundle for ever."""
        return self.name or self.current

    def named(self, drop: str) -> "Identity":
        """Return it with the name that the store holds."""
        return replace(self, name=drop)

    def next_key(self) -> str | None:
        """Return the public half of a successor that waits for its place."""
        try:
            data = (self.data_dir / NEXT_FILE).read_bytes()
        except FileNotFoundError:  # also when another process gave it its place just now
            return None
        except OSError:
            raise StartRefused(_UNREADABLE) from None
        return bytes(SigningKey(data).verify_key).hex() if len(data) == SECRET_BYTES else None

    def make_next(self) -> str:
        """Make the signing key's successor, which signs nothing before `take_next`; return its public half.

        Whoever makes it holds the transfer lock: one that lies there already is what a crash left, and was never named.
        """
        path = self.data_dir / NEXT_FILE
        path.unlink(missing_ok=True)
        _create(path)
        return bytes(SigningKey(_secret(path, may_create=False)).verify_key).hex()

    def take_next(self) -> None:
        """Put the successor into the signing key's place; nothing happens when another process just did."""
        with suppress(FileNotFoundError):
            (self.data_dir / NEXT_FILE).replace(self.data_dir / SIGNING_FILE)
        sync_folder(self.data_dir)

    def subkey(self, person: bytes) -> bytes:
        """Return a 32-byte key for one use, named by `person` (1 to 16 bytes)."""
        return blake2b(key=self.secret, person=person, digest_size=32).digest()

    def drop_words(self) -> str:
        """Return the ten words by which people compare the key that signs today."""
        return trust_words.drop_words(self.current)

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
    data = path.read_bytes()
    if len(data) != SECRET_BYTES:
        raise StartRefused(f"{path.name}: must be {SECRET_BYTES} bytes", _RESTORE)
    return data


def _create(path: Path) -> None:
    """Write a new secret under a passing name and link it: two processes that start at once end with the same one."""
    passing = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with private_file(passing) as file:
            file.write(secrets.token_bytes(SECRET_BYTES))
        try:
            path.hardlink_to(passing)
        except FileExistsError:
            return
    finally:
        passing.unlink(missing_ok=True)
    sync_folder(path.parent)
