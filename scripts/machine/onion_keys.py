"""The onion keys of a drop whose tor is Debian's: lent to a backup while it is written, given to tor after a restore.

They lie in tor's folders, which the drop's user cannot read, and no server ever sees them. Each side is read and
written by its own user; only files of exactly tor's form pass.
"""

import base64
import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from .as_user import as_user
from .carry import TOR_USER, carry, is_systemd
from .clients import read_address
from .places import Places, Refused

SECRET = "hs_ed25519_secret_key"  # nosec B105  # a file's name
PUBLIC = "hs_ed25519_public_key"
ADDRESS = "hostname"
_FORMS = {
    SECRET: re.compile(rb"== ed25519v1-secret: type0 ==\0\0\0.{64}", re.DOTALL),
    PUBLIC: re.compile(rb"== ed25519v1-public: type0 ==\0\0\0.{32}", re.DOTALL),
    ADDRESS: re.compile(rb"[a-z2-7]{56}\.onion\n?"),
}
_MAX_BYTES = 128
WAIT_SECONDS = 60.0

Keys = dict[str, str]
"""The files of one service's key, in base64."""


def lend(places: Places) -> None:
    """Put copies into the drop's folder, for a backup; `take_back` must follow."""
    keys = checked(as_user(TOR_USER, lambda: [read_keys(places.onion), read_keys(places.courier_onion)]))
    as_user(places.user, lambda: write_all(_lent(places), keys))


def take_back(places: Places) -> None:
    def remove() -> None:
        for folder in _lent(places):
            remove_keys(folder)

    as_user(places.user, remove)


def give_to_tor(places: Places) -> bool:
    """Give tor the keys that a restore put into the drop's folder; return whether there were any."""
    keys = checked(as_user(places.user, lambda: [read_keys(folder) for folder in _lent(places)]))
    if not any(keys):
        return False
    stop_tor()
    as_user(TOR_USER, lambda: write_all((places.onion, places.courier_onion), keys))
    start_tor()
    take_back(places)
    return True


def rotate_courier(places: Places) -> str | None:
    """Have tor make the courier's key anew; return the new address once there is one."""
    stop_tor()
    as_user(TOR_USER, lambda: remove_keys(places.courier_onion, folder_too=False))
    start_tor()
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        address = as_user(TOR_USER, lambda: read_address(places.courier_onion))
        if isinstance(address, str):
            carry(places)
            return address
        time.sleep(0.5)
    return None


def read_keys(folder: Path) -> Keys:
    """Return the files of a key, all of them and each in tor's form; nothing otherwise."""
    found = {name: _read(folder / name) for name in _FORMS}
    if not all(data is not None and _FORMS[name].fullmatch(data) for name, data in found.items()):
        return {}
    return {name: base64.b64encode(data or b"").decode() for name, data in found.items()}


def checked(answer: object) -> list[Keys]:
    """Judge again what came from another user's process. Refused for anything but two keys or gaps."""
    if not isinstance(answer, list) or len(answer) != 2 or not all(_is_key(one) for one in answer):
        raise Refused("what was read is no onion key")
    return answer


def write_all(folders: Sequence[Path], keys: Sequence[Keys]) -> None:
    for folder, one in zip(folders, keys, strict=True):
        if one:
            write_keys(folder, one)


def write_keys(folder: Path, keys: Mapping[str, str]) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, text in keys.items():
        part = folder / f".{name}.part"
        part.unlink(missing_ok=True)
        file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(file, "wb") as stream:
            stream.write(base64.b64decode(text))
            stream.flush()
            os.fsync(stream.fileno())
        part.rename(folder / name)


def remove_keys(folder: Path, *, folder_too: bool = True) -> None:
    for name in _FORMS:
        (folder / name).unlink(missing_ok=True)
    if folder_too and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def stop_tor() -> None:
    if is_systemd():
        subprocess.run(["systemctl", "stop", "tor@default.service"], check=True, stdin=subprocess.DEVNULL)
    else:
        print("tor must be stopped before and started after this by hand", file=sys.stderr)


def start_tor() -> None:
    if is_systemd():
        subprocess.run(["systemctl", "start", "tor@default.service"], check=True, stdin=subprocess.DEVNULL)


def _lent(places: Places) -> tuple[Path, Path]:
    return places.data / "tor/onion", places.data / "tor/courier"


def _is_key(one: object) -> bool:
    if not isinstance(one, dict) or not (set(one) == set(_FORMS) or not one):
        return False
    try:
        return all(_FORMS[name].fullmatch(base64.b64decode(text, validate=True)) for name, text in one.items())
    except (TypeError, ValueError):
        return False


def _read(path: Path) -> bytes | None:
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return os.read(file, _MAX_BYTES + 1) if stat.S_ISREG(os.fstat(file).st_mode) else None
    finally:
        os.close(file)
