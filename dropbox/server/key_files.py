"""A member's public key as a file: read with suspicion, and put into the keys folder under its fingerprint's name."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory, mkstemp

from dropbox.disk import read_up_to, sync_folder
from dropbox.errors import (
    ConfigUnwritable,
    GpgError,
    KeyCannotEncrypt,
    KeyCannotSign,
    KeyExpired,
    KeyFileOfSeveral,
    KeyFileSecret,
    KeyFileUnusable,
    KeyRevoked,
)
from dropbox.gpg import Gpg, KeyInfo
from dropbox.keyring import MAX_KEY_FILE_BYTES

KEY_MODE = 0o644


def read_key(path: Path) -> tuple[KeyInfo, bytes]:
    """Return the one public key that a file holds, and its armoured copy. Raises for any that no desk can use."""
    data = read_up_to(path, MAX_KEY_FILE_BYTES)
    with TemporaryDirectory(prefix="onion-dropbox-") as folder:
        gpg = Gpg(Path(folder) / "gnupg")
        info = _only_key(gpg, data)
        _require_fit(info)
        try:
            gpg.import_keys(data)
            return info, gpg.export_key(info.fingerprint)
        except GpgError:
            raise KeyFileUnusable from None


def publish_key(keys_dir: Path, info: KeyInfo, armoured: bytes) -> None:
    """Put a key into the keys folder, in place of an older copy of it under the same name."""
    new = None
    try:
        descriptor, made = mkstemp(prefix=".new-", dir=keys_dir)
        new = Path(made)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(armoured)
            stream.flush()
            os.fsync(stream.fileno())
        new.chmod(KEY_MODE)
        new.replace(keys_dir / f"{info.fingerprint}.asc")
        sync_folder(keys_dir)
    except OSError:
        raise ConfigUnwritable from None
    finally:
        if new is not None:
            new.unlink(missing_ok=True)


def _only_key(gpg: Gpg, data: bytes) -> KeyInfo:
    if b"BEGIN PGP PRIVATE KEY" in data:
        raise KeyFileSecret
    try:
        keys = gpg.inspect_keys(data) if len(data) <= MAX_KEY_FILE_BYTES else ()
    except GpgError:
        raise KeyFileUnusable from None
    if any(key.secret for key in keys):
        raise KeyFileSecret
    if len(keys) > 1:
        raise KeyFileOfSeveral
    if not keys:
        raise KeyFileUnusable
    return keys[0]


def _require_fit(info: KeyInfo) -> None:
    if info.revoked:
        raise KeyRevoked
    if info.expired:
        raise KeyExpired
    if not info.can_encrypt:
        raise KeyCannotEncrypt
    if not info.can_sign:
        raise KeyCannotSign
