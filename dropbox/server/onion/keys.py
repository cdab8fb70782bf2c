"""The onion keys themselves: what the addresses are made of, in tor's files or in a file for its control port.

Whoever has a copy can answer in the service's place. Made here or by tor, they leave the data folder only sealed.
"""

import base64
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha3_256, sha512
from pathlib import Path

from nacl.bindings import crypto_scalarmult_ed25519_base_noclamp

from dropbox.disk import replace_private, sync_folder
from dropbox.errors import OnionKeyAway, OnionKeyDamaged
from dropbox.server.onion.places import courier_dir, known_address, onion_dir, tor_dir
from dropbox.settings import OnionMode

SECRET_NAME = "hs_ed25519_secret_key"  # noqa: S105  # nosec B105  # a file's name
PUBLIC_NAME = "hs_ed25519_public_key"
ADDRESS_NAME = "hostname"
AWAY_NAME = "taken-out"

_SECRET_HEAD = b"== ed25519v1-secret: type0 ==\0\0\0"
_PUBLIC_HEAD = b"== ed25519v1-public: type0 ==\0\0\0"
_CONTROL_PREFIX = "ED25519-V3:"
_EXPANDED_BYTES = 64
_VERSION = b"\x03"


class Service(StrEnum):
    REPORTERS = "reporters"
    COURIER = "courier"


_IN_ONE_FILE = {
    Service.REPORTERS: ("onion.key", "address"),
    Service.COURIER: ("courier.key", "courier-address"),
}
_IN_A_FOLDER = {Service.REPORTERS: onion_dir, Service.COURIER: courier_dir}

KEY_FILES = (
    *(f"tor/{folder}/{name}" for folder in ("onion", "courier") for name in (SECRET_NAME, PUBLIC_NAME, ADDRESS_NAME)),
    *(f"tor/{name}" for names in _IN_ONE_FILE.values() for name in names),
    f"tor/{AWAY_NAME}",
)
"""Every name below the data folder under which something of an onion key may lie, or word that it was taken out."""


@dataclass(frozen=True, repr=False)
class OnionKey:
    """An Ed25519 key as tor keeps it: the expanded secret, 64 bytes."""

    expanded: bytes

    @classmethod
    def new(cls) -> "OnionKey":
        hashed = bytearray(sha512(secrets.token_bytes(32)).digest())
        hashed[0] &= 248
        hashed[31] = hashed[31] & 63 | 64
        return cls(bytes(hashed))

    @classmethod
    def from_file(cls, data: bytes) -> "OnionKey":
        """Read tor's own file. Raises OnionKeyDamaged."""
        if not data.startswith(_SECRET_HEAD):
            raise OnionKeyDamaged
        return cls._of(data.removeprefix(_SECRET_HEAD))

    @classmethod
    def from_control(cls, text: str) -> "OnionKey":
        """Read a key as ADD_ONION gives and takes it. Raises OnionKeyDamaged."""
        try:
            data = base64.b64decode(text.strip().removeprefix(_CONTROL_PREFIX), validate=True)
        except ValueError:
            raise OnionKeyDamaged from None
        return cls._of(data if text.startswith(_CONTROL_PREFIX) else b"")

    @classmethod
    def _of(cls, data: bytes) -> "OnionKey":
        if len(data) != _EXPANDED_BYTES or data[0] & 7 or data[31] & 192 != 64:
            raise OnionKeyDamaged
        return cls(data)

    @property
    def for_control(self) -> str:
        return _CONTROL_PREFIX + base64.b64encode(self.expanded).decode("ascii")

    @property
    def public(self) -> bytes:
        return crypto_scalarmult_ed25519_base_noclamp(self.expanded[:32])

    @property
    def address(self) -> str:
        """Return the onion address, with its ending."""
        check = sha3_256(b".onion checksum" + self.public + _VERSION).digest()[:2]
        return base64.b32encode(self.public + check + _VERSION).decode("ascii").lower() + ".onion"

    def __reduce__(self) -> str:
        raise TypeError("secrets are not pickled")


def key_files(data_dir: Path) -> Mapping[str, Path]:
    """Return what there is of onion keys: by its name below the data folder, for a backup."""
    return {name: data_dir / name for name in KEY_FILES if (data_dir / name).is_file()}


def put_key_files(data_dir: Path, files: Mapping[str, bytes]) -> None:
    """Write what `key_files` gave, into a data folder that is not being served. ValueError for any other name."""
    if not set(files) <= set(KEY_FILES):
        raise ValueError("not a name of an onion key's file")
    for name in sorted(files):
        _make_folder(data_dir, (data_dir / name).parent)
        write_private(data_dir / name, files[name])


def refuse_away(data_dir: Path) -> None:
    """Raise OnionKeyAway when the keys were taken out, or an address has lost its key: tor would make another one."""
    has_key = any(read(data_dir, Service.REPORTERS) for read in (_from_folder, _from_file))
    if (tor_dir(data_dir) / AWAY_NAME).exists() or (known_address(data_dir) is not None and not has_key):
        raise OnionKeyAway


def read_key(data_dir: Path, mode: OnionMode, service: Service) -> OnionKey | None:
    """Return the key as this mode keeps it, or else as another mode left it. Raises OnionKeyDamaged."""
    in_folder, in_file = _from_folder(data_dir, service), _from_file(data_dir, service)
    return (in_file or in_folder) if mode == "control" else (in_folder or in_file)


def write_key(data_dir: Path, mode: OnionMode, service: Service, key: OnionKey) -> None:
    """Put a key where this mode looks for it, its address last; the other form, which would tell another, goes."""
    if mode == "control":
        name, address = _one_file(data_dir, service)
        _make_folder(data_dir, name.parent)
        write_private(name, f"{key.for_control}\n".encode("ascii"))
        write_private(address, f"{key.address}\n".encode("ascii"))
        _remove(_folder_files(data_dir, service))
        return
    secret, public, address = _folder_files(data_dir, service)
    _make_folder(data_dir, secret.parent)
    _remove((public,))  # tor makes one that is missing, and does not start with one that is another key's
    write_private(secret, _SECRET_HEAD + key.expanded)
    write_private(public, _PUBLIC_HEAD + key.public)
    write_private(address, f"{key.address}\n".encode("ascii"))
    _remove(_one_file(data_dir, service))


def carry_over(data_dir: Path, mode: OnionMode) -> None:
    """Keep the addresses when the mode was changed: put the keys where this one looks. Raises OnionKeyDamaged."""
    for service in Service:
        here, there = _from_folder, _from_file
        if mode == "control":
            here, there = there, here
        key = there(data_dir, service)
        if key is not None and here(data_dir, service) is None:
            write_key(data_dir, mode, service, key)


def take_out(data_dir: Path) -> None:
    """Remove the secret halves and leave word of it; addresses stay. They must be safe elsewhere."""
    write_private(tor_dir(data_dir) / AWAY_NAME, b"")
    for service in Service:
        _remove((_folder_files(data_dir, service)[0], _one_file(data_dir, service)[0]))


def end_away(data_dir: Path) -> None:
    """Let the drop start again with the keys that are there."""
    _remove((tor_dir(data_dir) / AWAY_NAME,))


def write_private(path: Path, data: bytes) -> None:
    """Write a file for its owner only, whole or not at all."""
    part = path.with_name(path.name + ".part")
    replace_private(path, part, data)


def _make_folder(data_dir: Path, folder: Path) -> None:
    for one in (data_dir, tor_dir(data_dir), folder):
        one.mkdir(mode=0o700, exist_ok=True)


def _from_folder(data_dir: Path, service: Service) -> OnionKey | None:
    try:
        return OnionKey.from_file(_folder_files(data_dir, service)[0].read_bytes())
    except FileNotFoundError:
        return None


def _from_file(data_dir: Path, service: Service) -> OnionKey | None:
    try:
        return OnionKey.from_control(_one_file(data_dir, service)[0].read_text(encoding="ascii"))
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise OnionKeyDamaged from None


def _folder_files(data_dir: Path, service: Service) -> tuple[Path, Path, Path]:
    """Return where tor's own three files of a service lie: secret, public, address."""
    folder = _IN_A_FOLDER[service](data_dir)
    return folder / SECRET_NAME, folder / PUBLIC_NAME, folder / ADDRESS_NAME


def _one_file(data_dir: Path, service: Service) -> tuple[Path, Path]:
    """Return where the key for the control port and its address lie."""
    name, address = _IN_ONE_FILE[service]
    return tor_dir(data_dir) / name, tor_dir(data_dir) / address


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        if path.is_file():
            path.unlink()
            sync_folder(path.parent)
