"""The backup file of a secret key: the key as gpg exports it, still under its passphrase, in a box with a random key.

The random key is what the shares on paper hold (shares.py); this room knows the file's bytes. No gpg, no disk.

Bytes, format 1: the line `onion-dropbox key backup 1`; a line of canonical JSON (day, fingerprint, format, needed, set,
shares), at most 1 KiB; then nonce (24) and box (XSalsa20-Poly1305, libsodium's secretbox) to the end. The box's key is
BLAKE2b-256 of both lines, keyed with the random key, person `drop1-keybackup`: no line can be changed, and no other use
of the same random key opens it. `set` is SLIP-39's identifier, which tells whose shares these are.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from dropbox import canonical
from dropbox.errors import BackupDamaged, BackupForeign, InvalidValue
from dropbox.models import FORMAT, Fingerprint, ShareWords, parse_day, parse_fingerprint
from dropbox.shares import KEY_BYTES, MAX_SHARES, MIN_NEEDED, read_share, split

SUFFIX = ".backup"
MAX_BACKUP_BYTES = 1024 * 1024
_MAGIC = b"onion-dropbox key backup 1\n"
_MAX_HEAD_BYTES = 1024
_PERSON = b"drop1-keybackup"
_FIELDS = frozenset({"day", "fingerprint", "format", "needed", "set", "shares"})


@dataclass(frozen=True)
class BackupHead:
    """What a backup file says in clear: whose key, since when, and which shares open it."""

    fingerprint: Fingerprint
    day: date
    needed: int
    shares: int
    set_id: int

    def as_json(self) -> dict[str, str | int]:
        return {
            "day": self.day.isoformat(),
            "fingerprint": self.fingerprint,
            "format": FORMAT,
            "needed": self.needed,
            "set": self.set_id,
            "shares": self.shares,
        }


@dataclass(frozen=True, repr=False)
class Backup:
    """A new backup: the file's bytes, and the shares, which exist nowhere else."""

    head: BackupHead
    file: bytes
    shares: tuple[ShareWords, ...]


def make_backup(secret_key: bytes, fingerprint: Fingerprint, needed: int, shares: int, day: date) -> Backup:
    """Box an exported secret key under a new random key, and split that. Raises SharesUnusable."""
    wrapping = secrets.token_bytes(KEY_BYTES)
    words = split(wrapping, needed, shares)
    head = BackupHead(fingerprint, day, needed, shares, read_share(words[0].reveal()).set_id)
    return Backup(head, pack(secret_key, head, wrapping, secrets.token_bytes(SecretBox.NONCE_SIZE)), words)


def pack(secret_key: bytes, head: BackupHead, wrapping: bytes, nonce: bytes) -> bytes:
    """Return a backup file's bytes. A nonce belongs to one file; it is named only so that a sample can be frozen."""
    lines = _MAGIC + canonical.dump(head.as_json())
    return lines + bytes(_box(lines, wrapping).encrypt(secret_key, nonce))


def read_head(file: bytes) -> BackupHead:
    """Return what the file says in clear; nothing of it is to be believed before the file was opened.

    Raises BackupDamaged.
    """
    return _read(file)[0]


def unpack(file: bytes, wrapping: bytes) -> bytes:
    """Return the exported secret key. Raises BackupDamaged, BackupForeign when it is not this key that opens it."""
    _head, lines, box = _read(file)
    try:
        return bytes(_box(lines, wrapping).decrypt(box))
    except CryptoError:
        raise BackupForeign from None


def _box(lines: bytes, wrapping: bytes) -> SecretBox:
    return SecretBox(blake2b(lines, digest_size=SecretBox.KEY_SIZE, key=wrapping, person=_PERSON).digest())


def _read(file: bytes) -> tuple[BackupHead, bytes, bytes]:
    end = file.find(b"\n", len(_MAGIC), len(_MAGIC) + _MAX_HEAD_BYTES) + 1
    if not file.startswith(_MAGIC) or not end or not end < len(file) <= MAX_BACKUP_BYTES:
        raise BackupDamaged
    try:
        head = _head(canonical.load(file[len(_MAGIC) : end], _MAX_HEAD_BYTES))
        # whatever the fields forgive (a fingerprint in groups, `true` for 1) is not format 1
        if canonical.dump(head.as_json()) != file[len(_MAGIC) : end]:
            raise InvalidValue
    except (InvalidValue, TypeError):
        raise BackupDamaged from None
    return head, file[:end], file[end:]


def _head(value: Mapping[str, object]) -> BackupHead:
    numbers = [value.get(name) for name in ("needed", "shares", "set")]
    if set(value) != _FIELDS or value["format"] != FORMAT or not all(type(number) is int for number in numbers):
        raise InvalidValue
    needed, shares, set_id = (number for number in numbers if isinstance(number, int))
    if not MIN_NEEDED <= needed <= shares <= MAX_SHARES or not 0 <= set_id < 1 << 15:
        raise InvalidValue
    return BackupHead(parse_fingerprint(value["fingerprint"]), parse_day(value["day"]), needed, shares, set_id)
