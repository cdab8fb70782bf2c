"""keys/ -> rosters: the public keys that the drop seals to, pinned by full fingerprint and read again each time.

A key that is missing, expired, revoked or unfit stops its desks. No secret key may lie here, and none is imported.
"""

import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from threading import Lock

from dropbox.disk import is_full
from dropbox.errors import GpgError, KeyUnavailable, SecretKeyFound, StoreFull, TargetUnusable
from dropbox.gpg import Gpg, KeyInfo
from dropbox.models import DeskId, Fingerprint, Recipient, today
from dropbox.settings import Desk

MAX_KEY_FILE_BYTES = 1024 * 1024
OLD_HOME_SECONDS = 3600  # another process may still be about to seal with one that was replaced just now
RETRY_SECONDS = 30.0  # until a key that was not there is looked for again in files that have not changed
_HOME_BYTES = 256 * 1024

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class KeyReport:
    """One member's key on one desk; `problem` is None, missing, secret, revoked, expired or cannot_encrypt."""

    desk: DeskId
    fingerprint: Fingerprint
    expires: date | None
    problem: str | None


@dataclass(frozen=True)
class Seats:
    """A desk's members of a day, and who is proposed to become one: nothing is sealed to these."""

    members: frozenset[Fingerprint]
    proposed: frozenset[Fingerprint] = frozenset()


Seating = Callable[[date], Mapping[DeskId, Seats]]


class Keyring:
    """The desks' keys. Cheap to ask: the files are read and hashed each time, gpg runs only when they have changed."""

    def __init__(self, keys_dir: Path, desks: Sequence[Desk], home_root: Path) -> None:
        self._keys_dir = keys_dir
        self._desks = {desk.id: desk for desk in desks}
        configured = {desk.id: Seats(frozenset(desk.fingerprints)) for desk in desks}
        self._seating: Seating = lambda _day: configured
        self._configured = frozenset(fingerprint for desk in desks for fingerprint in desk.fingerprints)
        self._home_root = home_root
        self._lock = Lock()
        self._last: _Snapshot | None = None

    def seat(self, seating: Seating) -> None:
        """Seal to whom this says from now on; until then the configuration's word is taken for it."""
        self._seating = seating

    def recipients(self, desks: Sequence[DeskId], day: date | None = None) -> tuple[Gpg, tuple[Recipient, ...]]:
        """Return all members of these desks, by fingerprint, and the home to seal with; raises KeyUnavailable(desk).

        A member's key id shows when one of these desks wants it shown: their card could not open the item otherwise.
        """
        seats = self._seating(day or today())
        snapshot = self._snapshot(seats)
        hidden: dict[Fingerprint, bool] = {}
        for name in desks:
            desk = self._desks.get(name)
            members = seats[name].members if name in seats else frozenset()
            if desk is None or not members or any(snapshot.problem(fingerprint) for fingerprint in members):
                raise KeyUnavailable(name)
            for fingerprint in members:
                hidden[fingerprint] = hidden.get(fingerprint, True) and desk.hidden_recipients
        return snapshot.gpg, tuple(Recipient(fingerprint, hidden[fingerprint]) for fingerprint in sorted(hidden))

    def members(self) -> Mapping[DeskId, Mapping[Fingerprint, bytes]]:
        """Return the keys of each desk's members that are there, armoured, usable or not."""
        seats = self._seating(today())
        exported = self._snapshot(seats).exported
        return {
            name: {fingerprint: exported[fingerprint] for fingerprint in self._seated(name, seats) & exported.keys()}
            for name in self._desks
        }

    def exported(self) -> Mapping[Fingerprint, bytes]:
        """Return every key that is there of members, present or proposed, armoured, usable or not: to be kept."""
        return self._snapshot().exported

    def report(self) -> tuple[KeyReport, ...]:
        """Tell of each desk's members, whose keys stop it when they cannot be used."""
        seats = self._seating(today())
        snapshot = self._snapshot(seats)
        return tuple(
            KeyReport(name, fingerprint, snapshot.expires(fingerprint), snapshot.problem(fingerprint))
            for name in self._desks
            for fingerprint in sorted(self._seated(name, seats))
        )

    def problem(self, fingerprint: Fingerprint) -> str | None:
        """Tell why a key cannot be sealed to: None, missing, secret, revoked, expired or cannot_encrypt."""
        return self._snapshot().problem(fingerprint)

    def expires(self, fingerprint: Fingerprint) -> date | None:
        return self._snapshot().expires(fingerprint)

    @staticmethod
    def _seated(name: DeskId, seats: Mapping[DeskId, Seats]) -> frozenset[Fingerprint]:
        return seats[name].members if name in seats else frozenset()

    def strangers(self) -> tuple[str, ...]:
        """Return the names of files with a public key of no desk, or with a member's key hung under another."""
        return self._snapshot().strange_files

    def refuse_secret_keys(self) -> None:
        """Raise SecretKeyFound with the file's name."""
        for name in self._snapshot().secret_files:
            raise SecretKeyFound(name)

    def _snapshot(self, seats: Mapping[DeskId, Seats] | None = None) -> "_Snapshot":
        seated = (self._seating(today()) if seats is None else seats).values()
        pinned = self._configured.union(*(each.members | each.proposed for each in seated))
        files = _read(self._keys_dir)
        digest = _digest(files, pinned)
        with self._lock:
            if self._last is None or self._last.digest != digest or self._last.is_stale(pinned):
                self._last = self._build(files, pinned, digest)
            return self._last

    def _build(self, files: Files, pinned: frozenset[Fingerprint], digest: str) -> "_Snapshot":
        """Sort the files, and open the home that belongs to exactly these contents; build it when need be."""
        with suppress(OSError):
            self._home_root.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with tempfile.TemporaryDirectory(prefix="new-", dir=self._home_root) as scratch:
                _require_room(Path(scratch), files)
                sorting = _Sorting(Gpg(Path(scratch)), files, pinned)
                _require_room(Path(scratch), files)
                gpg = _open_home(self._home_root / digest, sorting, files)
                _remove_old_homes(self._home_root, digest)
        except OSError as error:
            raise (StoreFull if is_full(error) else TargetUnusable) from None
        return _Snapshot(digest, gpg, sorting)


class _Snapshot:
    """keys/ as it was when last read, and the GnuPG home that belongs to it."""

    def __init__(self, digest: str, gpg: Gpg, sorting: "_Sorting") -> None:
        self.digest = digest
        self.gpg = gpg
        self.secret_files = tuple(sorting.secret)
        self.strange_files = sorting.strange_files
        self._secret = frozenset[Fingerprint]().union(*sorting.secret.values())
        self._found = _known(gpg)
        self._wanted = sorting.expected
        self._made = time.monotonic()

    def is_stale(self, pinned: frozenset[Fingerprint]) -> bool:
        """Tell whether it must be made again though the files are the same: its home was lost, or gpg may have failed.

        When a disk is full or breaks, gpg finds no key in a good file; that must not outlast the disk's trouble.
        """
        if _known(self.gpg) != self._found:
            return True
        is_whole = self._found == self._wanted and pinned <= self._wanted
        return not is_whole and time.monotonic() - self._made > RETRY_SECONDS

    @cached_property
    def exported(self) -> Mapping[Fingerprint, bytes]:
        return {name: self.gpg.export_key(name) for name in self.gpg.known() if name not in self._secret}

    def expires(self, fingerprint: Fingerprint) -> date | None:
        key = self.gpg.known().get(fingerprint)
        return key.expires if key else None

    def problem(self, fingerprint: Fingerprint) -> str | None:
        if fingerprint in self._secret:
            return "secret"
        key = self.gpg.known().get(fingerprint)
        return _problem(key) if key else "missing"


class _Sorting:
    """What each file in keys/ holds: pinned public keys, secret ones, or nothing that concerns the drop."""

    def __init__(self, gpg: Gpg, files: Files, pinned: frozenset[Fingerprint]) -> None:
        self.pinned: dict[bytes, frozenset[Fingerprint]] = {}
        self.secret: dict[str, frozenset[Fingerprint]] = {}
        strange = []
        for name, data in files.items():
            keys = _inspect(gpg, data)
            found = frozenset(key.fingerprint for key in keys)
            if any(key.secret for key in keys) or b"BEGIN PGP PRIVATE KEY" in data:
                self.secret[name] = found
            elif found & pinned and not _claims(keys, pinned):
                self.pinned[data] = found
                if found - pinned:
                    strange.append(name)
            elif found:
                strange.append(name)
        self.strange_files = tuple(strange)

    @property
    def expected(self) -> frozenset[Fingerprint]:
        return frozenset[Fingerprint]().union(*self.pinned.values())


def _claims(keys: Sequence[KeyInfo], pinned: frozenset[Fingerprint]) -> bool:
    """Whether a key has another member's key hung under it: imported first, it would keep that one out."""
    return any(part.fingerprint in pinned for key in keys for part in key.subkeys)


def _inspect(gpg: Gpg, data: bytes) -> tuple[KeyInfo, ...]:
    try:
        return gpg.inspect_keys(data)
    except GpgError:
        return ()


def _known(gpg: Gpg) -> frozenset[Fingerprint]:
    try:
        return frozenset(gpg.known())
    except GpgError:
        return frozenset()


def _require_room(folder: Path, files: Files) -> None:
    """Raise OSError unless a home for these files fits here: on a full disk gpg says of each key that there is none."""
    probe = folder / "room"
    try:
        probe.write_bytes(bytes(_HOME_BYTES + 2 * sum(map(len, files.values()))))
    finally:
        probe.unlink(missing_ok=True)


def _open_home(home: Path, sorting: _Sorting, files: Files) -> Gpg:
    if home.is_dir():
        gpg = Gpg(home)
        if set(gpg.known()) == sorting.expected:
            return gpg
        shutil.rmtree(home)
    building = Path(tempfile.mkdtemp(prefix="new-", dir=home.parent))
    importer = Gpg(building)
    for data in sorting.pinned:
        try:
            importer.import_keys(data)
        except GpgError:  # what gpg does not take stays missing, and stops its desks
            _require_room(building, files)
    with suppress(OSError):  # another process was faster, with the same files
        building.rename(home)
    return Gpg(home)


def _remove_old_homes(root: Path, current: str) -> None:
    for home in root.iterdir():
        if home.name != current and home.stat().st_mtime < time.time() - OLD_HOME_SECONDS:
            shutil.rmtree(home, ignore_errors=True)


def _problem(key: KeyInfo) -> str | None:
    if key.revoked:
        return "revoked"
    if key.expired:
        return "expired"
    return None if key.can_encrypt else "cannot_encrypt"


def _read(keys_dir: Path) -> Files:
    """Read every file of the folder, whatever its name; what cannot be read counts as not there."""
    files = {}
    with suppress(OSError):
        for path in sorted(keys_dir.iterdir()):
            with suppress(OSError):
                if path.is_file() and path.stat().st_size <= MAX_KEY_FILE_BYTES:
                    files[path.name] = path.read_bytes()
    return files


def _digest(files: Files, pinned: frozenset[Fingerprint]) -> str:
    """Return a name for exactly these files and pins; each part is hashed by itself, so none runs into another."""
    parts = [*sorted(pinned), *(part for name, data in files.items() for part in (name, data))]
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        state.update(
            hashlib.blake2b(part if isinstance(part, bytes) else part.encode("utf-8", "surrogateescape")).digest()
        )
    return state.hexdigest()
