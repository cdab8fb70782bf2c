"""The courier's client keys on their way to tor: read from a folder that a taken-over drop could fill with anything.

tor opens a service to everybody when it finds no client key at all, so one that belongs to nobody is written before
anything is taken away, and stays.
"""

import base64
import os
import re
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

MAX_CLIENTS = 500
MAX_ENTRIES = 5000
MAX_FILE_BYTES = 128
NOBODY = "nobody.auth"
_FILE = re.compile(r"[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?\.auth")
_KEY = re.compile(rb"descriptor:x25519:([A-Z2-7]{52})\n?")
_ADDRESS = re.compile(r"[a-z2-7]{56}\.onion")


def read_clients(folder: Path) -> dict[str, str]:
    """Return name -> key line of every well-formed client file; whatever else lies there is passed over."""
    found: dict[str, str] = {}
    try:
        place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return found
    try:
        for name in sorted(os.listdir(place)[:MAX_ENTRIES]):  # noqa: PTH208  (a descriptor, not a path)
            line = _line_of(place, name) if _FILE.fullmatch(name) and name != NOBODY else None
            if line is not None and len(found) < MAX_CLIENTS:
                found[name] = line
    finally:
        os.close(place)
    return found


def checked_clients(answer: object) -> dict[str, str]:
    """Judge what came from a process of the drop's user again; ValueError for anything but client keys."""
    if not isinstance(answer, dict) or len(answer) > MAX_CLIENTS:
        raise ValueError
    for name, line in answer.items():
        if not (isinstance(line, str) and _FILE.fullmatch(name) and name != NOBODY and _KEY.fullmatch(line.encode())):
            raise ValueError
    return dict(answer)


def write_clients(folder: Path, wanted: Mapping[str, str]) -> bool:
    """Make tor's folder hold exactly these clients and nobody's; return whether anything was changed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    there = {path.name: path for path in folder.iterdir()}
    changed = False
    if not _is_client(folder / NOBODY):
        _write(folder / NOBODY, nobodys_line())
        changed = True
    for name, line in wanted.items():
        if name not in there or _text(there[name]) != line:
            _write(folder / name, line)
            changed = True
    for name, path in there.items():
        if name not in wanted and name != NOBODY:
            path.unlink(missing_ok=True)
            changed = True
    return changed


def loses_a_client(folder: Path, wanted: Mapping[str, str]) -> bool:
    """Tell whether somebody whom tor lets in now is to be let in no longer, or has another key."""
    if not folder.is_dir():
        return False
    here = {path.name: _text(path) for path in folder.iterdir() if _FILE.fullmatch(path.name) and path.name != NOBODY}
    return any(wanted.get(name) != line for name, line in here.items())


def nobodys_line() -> str:
    """Return a client key that nobody has: random bytes, whose private half never was."""
    return f"descriptor:x25519:{base64.b32encode(secrets.token_bytes(32)).decode().rstrip('=')}"


def read_address(service: Path) -> str | None:
    """Return the onion address that tor made for a service, if it has."""
    try:
        address = (service / "hostname").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    return address if _ADDRESS.fullmatch(address) else None


def checked_address(address: object) -> str | None:
    return address if isinstance(address, str) and _ADDRESS.fullmatch(address) else None


def write_addresses(folder: Path, addresses: Mapping[str, str | None]) -> None:
    """Write the addresses that are known into the drop's folder, where they differ from what is there."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, address in addresses.items():
        if address is not None and _text(folder / name) != address:
            _write(folder / name, address)


def _line_of(place: int, name: str) -> str | None:
    """Return a client file's line; None for a link, a device, something large or anything but a client key."""
    try:
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=place)
    except OSError:
        return None
    try:
        data = os.read(file, MAX_FILE_BYTES + 1) if stat.S_ISREG(os.fstat(file).st_mode) else b""
    finally:
        os.close(file)
    return data.decode().rstrip("\n") if len(data) <= MAX_FILE_BYTES and _KEY.fullmatch(data) else None


def _is_client(path: Path) -> bool:
    text = _text(path)
    return text is not None and _KEY.fullmatch(text.encode()) is not None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None


def _write(path: Path, line: str) -> None:
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(file, "w", encoding="ascii") as stream:
        stream.write(line + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    part.rename(path)
