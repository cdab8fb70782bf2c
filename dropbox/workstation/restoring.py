"""A key's backup made, tried and brought back. The trial happens in a GnuPG home in memory, which is gone afterwards.

Shares and the random key behind them stay in this process's memory. What leaves it is the backup file, and, at a real
restore, the secret key into the investigator's own GnuPG home, still under its passphrase.
"""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

from dropbox.errors import BackupDamaged, FileUnreadable, GpgError, KeyOnCard, NoSecretKey
from dropbox.gpg import Gpg
from dropbox.in_memory import memory_folder
from dropbox.models import Fingerprint, Passphrase
from dropbox.shares import Collection
from dropbox.target import new_file
from dropbox.workstation.backup import MAX_BACKUP_BYTES, SUFFIX, Backup, make_backup, read_head, unpack
from dropbox.workstation.ceremony import BackupState, free_name, make_folder, note_state, today


def back_up(own: Gpg, fingerprint: Fingerprint, passphrase: Passphrase | None, needed: int, shares: int) -> Backup:
    """Export a secret key and box it. Raises KeyOnCard, SharesUnusable, PassphraseRefused or another GpgError."""
    secret_key = own.export_secret(fingerprint, passphrase)
    # an export makes gpg's agent forget the passphrase, which the next page may need where there is no pinentry
    own.prove(fingerprint, passphrase)
    return make_backup(secret_key, fingerprint, needed, shares, today())


def save_backup(backup: Backup, folder: Path) -> Path:
    """Write the file under a name that is not taken yet; raises TargetUnusable."""
    stem = f"key-{backup.head.fingerprint[-16:]}-{backup.head.day}"
    path = free_name(make_folder(folder), stem, SUFFIX)
    with new_file(path) as stream:
        stream.write(backup.file)
    head = backup.head
    note_state(head.fingerprint, backup=BackupState(head.day, head.shares, head.needed))
    return path


def read_backup(path: Path) -> bytes:
    """Return a backup file's bytes. Raises FileUnreadable, BackupDamaged."""
    try:
        # without O_NONBLOCK a named pipe on a stick would hold the whole page up until somebody writes to it
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FileUnreadable
            file = stream.read(MAX_BACKUP_BYTES + 1)
    except OSError:
        raise FileUnreadable from None
    read_head(file)
    return file


def try_backup(file: bytes, shares: Collection, passphrase: Passphrase | None) -> None:
    """Restore a backup into a GnuPG home in memory, unseal and sign something there, and end it all.

    Raises MemoryFolderMissing, SharesTooFew, BackupForeign, BackupDamaged, PassphraseRefused, KeyNotProved.
    """
    head = read_head(file)
    secret_key = unpack(file, shares.key())
    with _home_in_memory() as home:
        _import(home, secret_key, head.fingerprint)
        home.prove(head.fingerprint, passphrase)
    note_state(head.fingerprint, backup=BackupState(head.day, head.shares, head.needed, today()))


def needs_passphrase(file: bytes, shares: Collection) -> bool:
    """Tell whether the key in a backup is under a passphrase at all: one that nobody has does not open it then."""
    secret_key = unpack(file, shares.key())
    with _home_in_memory() as home:
        _import(home, secret_key, read_head(file).fingerprint)
        try:
            home.prove(read_head(file).fingerprint, Passphrase("\N{SNOWMAN}" * 8))
        except GpgError:
            return True
    return False


def restore(own: Gpg, file: bytes, shares: Collection) -> Fingerprint:
    """Bring a key back into the own GnuPG home; where it is already, nothing changes. Raises as `try_backup` does."""
    head = read_head(file)
    _import(own, unpack(file, shares.key()), head.fingerprint)
    note_state(head.fingerprint, backup=BackupState(head.day, head.shares, head.needed, today()))
    return head.fingerprint


def _import(home: Gpg, secret_key: bytes, expected: Fingerprint) -> None:
    if [key.fingerprint for key in home.inspect_keys(secret_key)] != [expected]:
        raise BackupDamaged
    home.import_secret(secret_key)


def refuse_card(own: Gpg, fingerprint: Fingerprint) -> None:
    """Raise KeyOnCard before anything is asked, and NoSecretKey where there is no such key."""
    for key in own.secret_keys():
        if key.fingerprint == fingerprint:
            if key.on_card:
                raise KeyOnCard
            return
    raise NoSecretKey


@contextmanager
def _home_in_memory() -> Iterator[Gpg]:
    """Give an empty GnuPG home that never touches a disk; its agent ends with it. Raises MemoryFolderMissing."""
    folder = Path(mkdtemp(prefix="k", dir=memory_folder()))
    # else the agent measures this machine for a second or two; the copy that it protects is gone as soon
    (folder / "gpg-agent.conf").write_text("s2k-count 1048576\n")
    home = Gpg(folder, agent=True)
    try:
        yield home
    finally:
        with suppress(GpgError):
            home.end_agent()
        shutil.rmtree(folder, ignore_errors=True)
