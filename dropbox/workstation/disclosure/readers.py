"""Who reads a pack, and with which keys the annex is sealed to them: keys whose whole fingerprints somebody compared.

An outside reader's key comes in a file and is used for this pack alone. It never enters the vault's keyring, where only
members' keys are, and it counts only when it is, digit for digit, the one that the plan names.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from dropbox.envelope import Reader
from dropbox.errors import DropboxError, GpgError, InvalidValue, ReaderKeyDiffers, ReaderKeyMissing, ReaderUnreadable
from dropbox.gpg import Gpg
from dropbox.models import Fingerprint, Recipient, parse_fingerprint
from dropbox.workstation.vault import Vault

MAX_KEY_BYTES = 256 * 1024


def reader(name: str, typed: str = "") -> Reader:
    """Return a reader by name and, for the annex, by fingerprint as it was typed. Raises ReaderUnreadable."""
    try:
        fingerprint = parse_fingerprint("".join(typed.split()).upper()) if typed.strip() else None
        return Reader(" ".join(name.split()), fingerprint)
    except InvalidValue:
        raise ReaderUnreadable from None


def require_key(data: bytes, fingerprint: Fingerprint) -> None:
    """Check that a file holds this one public key, and that something can be sealed to it.

    Raises ReaderKeyDiffers or ReaderKeyMissing.
    """
    if len(data) > MAX_KEY_BYTES:
        raise ReaderKeyDiffers
    with TemporaryDirectory() as folder:
        keyring = Gpg(Path(folder))
        try:
            found = keyring.import_keys(data)
        except DropboxError:
            raise ReaderKeyDiffers from None
        if found != (fingerprint,):
            raise ReaderKeyDiffers
        if not keyring.known()[fingerprint].can_encrypt:
            raise ReaderKeyMissing


def key_of_member(vault: Vault, fingerprint: Fingerprint) -> bytes | None:
    """Return the key of a member of a desk of this drop, which came in a bundle; None for anybody else."""
    try:
        return vault.members.export_key(fingerprint)
    except GpgError:
        return None


def require_keys(vault: Vault, readers: Iterable[Reader], given: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return the keys of everybody who opens the annex, from files or from the vault. Raises ReaderKeyMissing."""
    wanted = [each.fingerprint for each in readers if each.fingerprint is not None]
    offered = list(given)
    keys = []
    for fingerprint in wanted:
        fitting = next((each for each in offered if _is_key(each, fingerprint)), None)
        key = fitting or key_of_member(vault, fingerprint)
        if key is None:
            raise ReaderKeyMissing
        keys.append(key)
    return tuple(keys)


def seal(data: bytes, readers: Sequence[Reader], keys: Sequence[bytes]) -> bytes:
    """Seal to exactly these readers, with their keys in the same order. Raises ReaderKeyMissing, ReaderKeyDiffers."""
    with TemporaryDirectory() as folder:
        keyring = Gpg(Path(folder))
        wanted = tuple(each.fingerprint for each in readers if each.fingerprint is not None)
        try:
            imported = tuple(fingerprint for key in keys for fingerprint in keyring.import_keys(key))
            if imported != wanted:
                raise ReaderKeyDiffers
            # the cover sheet names them, and a card's owner would otherwise have to try each of their keys
            return keyring.seal_bytes(data, [Recipient(each, hidden=False) for each in wanted])
        except GpgError:
            raise ReaderKeyMissing from None


def _is_key(data: bytes, fingerprint: Fingerprint) -> bool:
    try:
        require_key(data, fingerprint)
    except ReaderKeyDiffers:
        return False
    return True
