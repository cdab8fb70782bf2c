"""The file with the private half of a client key: written once, read strictly, for its owner only."""

import os
import re
import stat
from base64 import b32decode
from collections.abc import Mapping
from hashlib import sha3_256
from pathlib import Path

from dropbox.client_key import ClientKey
from dropbox.disk import private_file
from dropbox.errors import (
    ClientKeyExists,
    ClientKeyOpen,
    ClientKeyUnreadable,
    ClientKeyUnwritable,
    InvalidValue,
    NotAnAddress,
)

_FIRST_LINE = "onion-dropbox client key 1"
_MAX_BYTES = 200
_ADDRESS = re.compile(r"([a-z2-7]{56})\.onion")
_VERSION = b"\x03"


def usual_place(environment: Mapping[str, str], home: Path) -> Path:
    """Return where the key lies unless somebody says otherwise; on Tails where it outlasts the night."""
    kept = home / "Persistent"
    data = kept if kept.is_dir() else Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
    return data / "onion-dropbox" / "courier.key"


def make(path: Path) -> ClientKey:
    """Write a new key into a file that did not exist. Raises ClientKeyExists, ClientKeyUnwritable."""
    key = ClientKey.new()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with private_file(path) as file:
            file.write(f"{_FIRST_LINE}\n{key.private}\n".encode("ascii"))
    except FileExistsError:
        raise ClientKeyExists from None
    except OSError:
        raise ClientKeyUnwritable from None
    return key


def read(path: Path) -> ClientKey:
    """Return the key in a file. Raises ClientKeyUnreadable, ClientKeyOpen."""
    try:
        with path.open("rb") as file:
            mode, data = os.fstat(file.fileno()).st_mode, file.read(_MAX_BYTES + 1)
        first, private, end = data.decode("ascii").split("\n")
        key = ClientKey.from_private(private)
    except (OSError, ValueError, InvalidValue):
        raise ClientKeyUnreadable from None
    if first != _FIRST_LINE or end or len(data) > _MAX_BYTES:
        raise ClientKeyUnreadable
    if stat.S_IMODE(mode) & 0o077:
        raise ClientKeyOpen
    return key


def auth_private(key: ClientKey, address: str) -> str:
    """Return the line with which a tor may reach this address. Raises NotAnAddress, also for a slip in one letter."""
    found = _ADDRESS.fullmatch(address.strip().lower().removeprefix("http://").rstrip("/"))
    if found is None:
        raise NotAnAddress
    decoded = b32decode(found[1].upper())
    public, check, version = decoded[:32], decoded[32:34], decoded[34:]
    if version != _VERSION or sha3_256(b".onion checksum" + public + version).digest()[:2] != check:
        raise NotAnAddress
    return f"{found[1]}:descriptor:x25519:{key.private}"
