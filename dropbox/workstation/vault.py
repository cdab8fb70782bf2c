"""The vault: a folder with sealed items, the members' public keys and the sealed casebook. One command at a time.

    vault.json     whose vault this is (its id and the investigator's fingerprint), in clear
    casebook.pgp   what the vault knows, sealed to the investigator's key and signed with it, replaced as a whole
    items/         sealed items, exactly as they came
    gnupg/         the members' public keys; the investigator's own GnuPG home stays where it is
    lock           held while a command runs

Nothing unsealed may enter this folder except the names of its files.
"""

import copy
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from dropbox import canonical
from dropbox.disk import read_up_to, sync_folder
from dropbox.errors import (
    CasebookClosed,
    CasebookDamaged,
    CasebookFull,
    FileUnreadable,
    GpgError,
    InvalidValue,
    KeyChoiceNeeded,
    NoSecretKey,
    SignatureInvalid,
    TargetUnusable,
    UnsealError,
    VaultBusy,
    VaultError,
    VaultExists,
    VaultFolderTaken,
    VaultKeyMissing,
    VaultMissing,
)
from dropbox.gpg import Gpg, KeyInfo
from dropbox.models import FORMAT, Fingerprint, ItemId, SealedKind, VaultId, parse_fingerprint, parse_vault_id
from dropbox.records import apart, from_json, to_json
from dropbox.workstation.casebook import Casebook, ItemRecord

MAX_CASEBOOK_BYTES = 256 * 1024 * 1024
Stamp = tuple[int, int, int]
_MAX_NAMEPLATE_BYTES = 1024
_NAMEPLATE = "vault.json"
_CASEBOOK = "casebook.pgp"


class Vault:
    """An opened vault, its lock held. `own` is the investigator's GnuPG home, `members` the one inside the vault."""

    def __init__(self, folder: Path, casebook: Casebook) -> None:
        self.folder = folder
        self.casebook = casebook
        self.own = _own_home(casebook.key)
        self.members = Gpg(folder / "gnupg")

    def with_own_casebook(self) -> "Vault":
        """Return the same vault with a copy of its casebook, which may be changed while others read this one."""
        other = copy.copy(self)
        other.casebook = apart(self.casebook)
        return other

    def item_path(self, item: ItemId, kind: SealedKind) -> Path:
        return self.folder / "items" / f"{item}{kind.suffix}"

    def path_of(self, record: ItemRecord) -> Path:
        return self.item_path(record.item, record.kind)

    def save(self) -> None:
        """Replace the casebook: after a crash at any moment the old one or the new one is there, whole."""
        data = self.own.seal_signed_bytes(canonical.dump(to_json(self.casebook)), self.casebook.key)
        if len(data) > MAX_CASEBOOK_BYTES:  # sealed is larger than plain, so what fits here can be opened again
            raise CasebookFull
        _replace(self.folder / _CASEBOOK, data)


@contextmanager
def open_vault(folder: Path) -> Iterator[Vault]:
    """Open the vault for one command. Raises VaultMissing, VaultBusy, CasebookDamaged or what gpg says."""
    if not (folder / _CASEBOOK).is_file():
        raise VaultMissing
    with hold_lock(folder):
        yield look_into(folder)


def casebook_stamp(folder: Path) -> Stamp | None:
    """Return what changes whenever the casebook is replaced, or None when there is no vault."""
    try:
        found = (folder / _CASEBOOK).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


@contextmanager
def create_vault(folder: Path, key: Fingerprint) -> Iterator[Vault]:
    """Make a vault for this key, or open the one that is there already when it is the same key's.

    A new casebook is in memory only until the caller saves it. Raises VaultExists for another key's vault,
    VaultFolderTaken, VaultBusy, TargetUnusable.
    """
    _make_folder(folder)
    with hold_lock(folder):
        if (folder / _CASEBOOK).exists():
            vault = look_into(folder)
            if vault.casebook.key != key:
                raise VaultExists
        else:
            vault = Vault(folder, Casebook.new(VaultId(token_hex(16)), key))
            nameplate = {"format": FORMAT, "vault": vault.casebook.vault, "key": key}
            _replace(folder / _NAMEPLATE, canonical.dump(nameplate))
        yield vault


def choose_key(own: Gpg, wanted: Fingerprint | None) -> Fingerprint:
    """Return the wanted secret key, or the only one there is. Raises NoSecretKey or KeyChoiceNeeded."""
    usable: list[Fingerprint] = [key.fingerprint for key in usable_keys(own)]
    if wanted is not None:
        usable = [fingerprint for fingerprint in usable if fingerprint == wanted]
    if not usable:
        raise NoSecretKey
    if len(usable) > 1:
        raise KeyChoiceNeeded
    return usable[0]


def usable_keys(own: Gpg) -> tuple[KeyInfo, ...]:
    """Return the secret keys that a vault could belong to: they can seal and sign, here or on a card."""
    return tuple(key for key in _secret_keys(own) if key.can_encrypt and key.can_sign and key.can_work)


def default_folder() -> Path:
    data = os.environ.get("XDG_DATA_HOME", "")
    return (Path(data) if data.startswith("/") else Path.home() / ".local/share") / "onion-dropbox/vault"


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        names = {path.name for path in folder.iterdir()}
        if names and not names & {_NAMEPLATE, "lock"}:
            raise VaultFolderTaken
        for inner in (folder, folder / "items", folder / "gnupg"):
            inner.mkdir(mode=0o700, exist_ok=True)
            inner.chmod(0o700)
    except OSError:
        raise TargetUnusable from None


@contextmanager
def hold_lock(folder: Path) -> Iterator[None]:
    """Hold the vault's lock, which only one command or page can. Raises VaultBusy at once, or VaultError."""
    try:
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError:
        raise VaultError from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise VaultBusy from None
    finally:
        os.close(descriptor)


def _own_home(key: Fingerprint) -> Gpg:
    # hidden recipients are tried with this key only, so that gpg does not ask for the passphrases of all the others
    return Gpg(None, agent=True, secret_key=key)


def _secret_keys(own: Gpg) -> tuple[KeyInfo, ...]:
    """List the user's secret keys: a GnuPG home that is not there has none, and gpg does not make it by itself."""
    try:
        return own.secret_keys()
    except GpgError:
        if Path(os.environ.get("GNUPGHOME") or Path.home() / ".gnupg").is_dir():
            raise
        return ()


def look_into(folder: Path) -> Vault:
    """Return the vault as it stands, without its lock: for reading, and whole even while a command replaces it.

    The casebook must be signed by the key on the nameplate, and that key must be the user's own.
    """
    try:
        nameplate = canonical.load(read_up_to(folder / _NAMEPLATE, _MAX_NAMEPLATE_BYTES), _MAX_NAMEPLATE_BYTES)
        key, vault = parse_fingerprint(nameplate.get("key")), parse_vault_id(nameplate.get("vault"))
        own = _own_home(key)
        if key not in {info.fingerprint for info in _secret_keys(own)}:
            raise VaultKeyMissing
        sealed = read_up_to(folder / _CASEBOOK, MAX_CASEBOOK_BYTES)
        value = canonical.load(own.unseal_signed_bytes(sealed, key, MAX_CASEBOOK_BYTES), MAX_CASEBOOK_BYTES)
        casebook = from_json(Casebook, value)
    except UnsealError:
        raise CasebookClosed from None
    except (InvalidValue, SignatureInvalid, FileUnreadable):
        raise CasebookDamaged from None
    if (casebook.format, casebook.key, casebook.vault) != (FORMAT, key, vault):
        raise CasebookDamaged
    return Vault(folder, casebook)


def _replace(path: Path, data: bytes) -> None:
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
        sync_folder(path.parent)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise TargetUnusable from None
