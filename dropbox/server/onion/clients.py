"""Who may reach the courier's service: the registry's public keys, and the folder that a tor of our own reads.

tor opens a service to everybody when it is told of no client that it understands. So each key is looked at here before
tor sees it, and one is always there that nobody holds.
"""

from collections.abc import Iterable, Set
from pathlib import Path

from dropbox.client_key import auth_line, nobody, parse_public
from dropbox.disk import replace_private, sync_folder
from dropbox.errors import CourierNotClosed, InvalidValue
from dropbox.server.onion.places import courier_dir, registry_dir

_SUFFIX = ".auth"
_NOBODYS_FILE = "nobody.auth"
_MAX_FILE_BYTES = 200
_NAME_LETTERS = 20

NOBODY = nobody()
"""This process's own key that nobody holds: its private half is gone already."""


def registered(data_dir: Path) -> frozenset[str]:
    """Return people's keys in the registry. A file that holds none lets nobody in; OSError when the folder refuses."""
    folder = registry_dir(data_dir)
    if not folder.is_dir():
        return frozenset()
    found = (_key(path) for path in folder.iterdir() if path.suffix == _SUFFIX and path.name != _NOBODYS_FILE)
    return frozenset(key for key in found if key is not None)


def with_nobody(keys: Iterable[str]) -> frozenset[str]:
    """Return the keys that tor is told of: never none."""
    return frozenset({*keys, NOBODY})


def refuse_open(keys: Set[str]) -> None:
    """Raise CourierNotClosed unless each is a key that tor understands, and there is one."""
    try:
        sound = bool(keys) and all(parse_public(key) == key for key in keys)
    except InvalidValue:
        sound = False
    if not sound:
        raise CourierNotClosed


def write_folder(data_dir: Path, keys: Set[str]) -> None:
    """Make the folder that tor reads hold exactly these keys, then look whether it does. Raises CourierNotClosed.

    Files are named after keys, not after people. New ones are there before old ones go: it is never empty.
    """
    refuse_open(keys)
    service = courier_dir(data_dir)
    folder = service / "authorized_clients"
    wanted = {key[:_NAME_LETTERS].lower() + _SUFFIX: key for key in keys}
    try:
        for one in (service, folder):
            one.mkdir(mode=0o700, parents=True, exist_ok=True)
            one.chmod(0o700)
        for name, key in wanted.items():
            _put(folder / name, auth_line(key))
        for path in list(folder.iterdir()):
            if path.name not in wanted:
                path.unlink()
        sync_folder(folder)
        there = {path.name: _key(path) for path in folder.iterdir()}
    except OSError as error:
        raise CourierNotClosed from error
    if there != wanted:
        raise CourierNotClosed


def _put(path: Path, text: str) -> None:
    replace_private(path, path.with_suffix(".part"), text.encode("ascii"))


def _key(path: Path) -> str | None:
    """Return a file's key; None for what is none, or was taken away just now."""
    try:
        if path.is_symlink() or path.stat().st_size > _MAX_FILE_BYTES:
            return None
        return parse_public(path.read_text(encoding="ascii"))
    except (FileNotFoundError, InvalidValue, UnicodeDecodeError):
        return None
