"""The ceremony: a key of one's own is made or picked, proved, written down for the operator, and kept alive.

Passphrases come in, go to gpg and are not kept. What was already done is remembered beside the key, in the GnuPG home:
days and numbers only, so that a browser may be closed at any step. Nothing is asked or shown here.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from dropbox import canonical
from dropbox.errors import (
    FingerprintMistyped,
    GpgError,
    HomeMissing,
    HomePathTooLong,
    InvalidValue,
    KeyNameUnusable,
    TargetUnusable,
)
from dropbox.gpg import Gpg, KeyInfo
from dropbox.models import FORMAT, Fingerprint, Passphrase, parse_fingerprint
from dropbox.records import from_json, to_json
from dropbox.target import new_file
from dropbox.workstation.vault import usable_keys

YEARS = 2
"""How long a new key lasts, and how far it is extended: short enough that a lost key ends by itself."""
MAX_NAME_CHARACTERS = 60
WARN_DAYS = 60
"""This long before a key's end its owner is told."""

_SOCKET_BYTES = 107  # sun_path less its closing zero (unix(7))
_NOT_IN_NAMES = frozenset("<>()@")
_RECORD = "onion-dropbox-keys.json"
_MAX_RECORD_BYTES = 64 * 1024


@dataclass(frozen=True)
class BackupState:
    """One backup: when, how many shares, how many open it, and the day on which restoring it was tried."""

    day: date
    shares: int
    needed: int
    tried: date | None = None


@dataclass(frozen=True)
class KeyState:
    """What was done for one key, each with its day. `expires` is the end that the operator was given the key with."""

    saved: date | None = None
    expires: date | None = None
    backup: BackupState | None = None


@dataclass(frozen=True)
class _KeyRecord:
    format: int = FORMAT
    keys: dict[Fingerprint, KeyState] = field(default_factory=dict)


@dataclass(frozen=True)
class SavedFiles:
    """Where the files of a key were put: the public one is for the operator, the other one for the worst day."""

    public: Path
    revocation: Path


def own_home() -> Path:
    """Return the investigator's GnuPG home, as gpg itself would find it."""
    named = os.environ.get("GNUPGHOME", "")
    return Path(named) if named else Path(os.path.expanduser("~")) / ".gnupg"  # noqa: PTH111 -- an empty HOME raises nothing


def prepare_home() -> Gpg:
    """Return the own GnuPG home, made when it is not there. Raises HomeMissing, HomePathTooLong."""
    home = own_home()
    try:
        home.mkdir(mode=0o700, parents=bool(os.environ.get("GNUPGHOME")), exist_ok=True)
    except OSError:
        raise HomeMissing from None
    return find_home()


def find_home() -> Gpg:
    """Return the own GnuPG home as it is, there or not. Raises HomeMissing, HomePathTooLong."""
    home = own_home()
    reached = home if home.is_dir() else home.parent
    if not os.environ.get("GNUPGHOME") and not os.access(reached, os.R_OK | os.W_OK | os.X_OK):
        raise HomeMissing
    own = Gpg(None, agent=True)
    if len(os.fsencode(own.agent_socket())) > _SOCKET_BYTES:
        raise HomePathTooLong
    return own


def named_key(text: str) -> Fingerprint:
    """Return a fingerprint that somebody typed; raises FingerprintMistyped."""
    try:
        return parse_fingerprint(text)
    except InvalidValue:
        raise FingerprintMistyped from None


def key_name(typed: str) -> str:
    """Return a name that can stand on a key: one visible line, no e-mail address. Raises KeyNameUnusable."""
    name = " ".join(typed.split())
    if not 0 < len(name) <= MAX_NAME_CHARACTERS or not name.isprintable() or _NOT_IN_NAMES.intersection(name):
        raise KeyNameUnusable
    return name


def make_key(own: Gpg, name: str, passphrase: Passphrase) -> KeyInfo:
    """Make a key that lasts two years, and prove it. Raises KeyNameUnusable or GpgError."""
    fingerprint = own.make_key(key_name(name), passphrase, YEARS)
    own.prove(fingerprint, passphrase)
    return find_key(own, fingerprint)


def find_key(own: Gpg, fingerprint: Fingerprint) -> KeyInfo:
    for key in usable_keys(own):
        if key.fingerprint == fingerprint:
            return key
    raise GpgError


def save_files(own: Gpg, key: KeyInfo, folder: Path, passphrase: Passphrase | None) -> SavedFiles:
    """Write the public key and a revocation certificate into a folder, which is made when it is not there.

    Raises TargetExists, TargetUnusable, PassphraseRefused or another GpgError; nothing is overwritten.
    """
    short = key.fingerprint[-16:]
    names = SavedFiles(folder / f"key-{short}.asc", folder / f"revocation-{short}.asc")
    revocation = own.revocation(key.fingerprint, passphrase)
    make_folder(folder)
    with _whole_or_not(names.revocation, revocation), _whole_or_not(names.public, own.export_key(key.fingerprint)):
        pass
    note_state(key.fingerprint, saved=today(), expires=key.expires)
    return names


def save_public(own: Gpg, key: KeyInfo, folder: Path) -> Path:
    """Write the public key into a folder again, under a name with its last day, for the operator."""
    until = f"-until-{key.expires}" if key.expires else ""
    path = free_name(make_folder(folder), f"key-{key.fingerprint[-16:]}{until}", ".asc")
    with new_file(path) as stream:
        stream.write(own.export_key(key.fingerprint))
    note_state(key.fingerprint, expires=key.expires)
    return path


def extend(own: Gpg, fingerprint: Fingerprint, passphrase: Passphrase | None) -> KeyInfo:
    """Let a key last two years from today; the operator needs its public file again. Raises GpgError."""
    own.extend_key(fingerprint, YEARS, passphrase)
    return find_key(own, fingerprint)


def groups(fingerprint: Fingerprint) -> list[str]:
    """Return a fingerprint's ten groups of four, to be read out and compared."""
    return [fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4)]


def ends_soon(key: KeyInfo, now: date | None = None) -> bool:
    return key.expires is not None and (key.expires - (now or today())).days <= WARN_DAYS


def today() -> date:
    return datetime.now(UTC).date()


def free_name(folder: Path, stem: str, suffix: str) -> Path:
    """Return a path in this folder that is not taken yet, with a number where it must have one."""
    number = 1
    while os.path.lexists(path := folder / f"{stem}{'' if number == 1 else f'-{number}'}{suffix}"):
        number += 1
    return path


def make_folder(folder: Path) -> Path:
    """Make a folder where it is not there, and return it; raises TargetUnusable when nothing can be put there."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        raise TargetUnusable from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise TargetUnusable
    return folder


def state_of(fingerprint: Fingerprint) -> KeyState:
    """Return what was done for a key on this machine; what cannot be read was not done."""
    return _states().get(fingerprint, KeyState())


def note_state(
    fingerprint: Fingerprint,
    *,
    saved: date | None = None,
    expires: date | None = None,
    backup: BackupState | None = None,
) -> None:
    """Remember what was done for a key. Not being able to is no reason to stop: then it is asked for again."""
    states = _states()
    known = states.get(fingerprint, KeyState())
    states[fingerprint] = KeyState(saved or known.saved, expires or known.expires, backup or known.backup)
    data = canonical.dump(to_json(_KeyRecord(keys=states)))
    path = own_home() / _RECORD
    part = path.with_name(_RECORD + ".part")
    with suppress(OSError):
        part.write_bytes(data)
        part.replace(path)


def _states() -> dict[Fingerprint, KeyState]:
    try:
        data = (own_home() / _RECORD).read_bytes()
        return dict(from_json(_KeyRecord, canonical.load(data, _MAX_RECORD_BYTES)).keys)
    except (OSError, InvalidValue):
        return {}


@contextmanager
def _whole_or_not(path: Path, data: bytes) -> Iterator[None]:
    with new_file(path) as stream:
        stream.write(data)
        yield
