"""The folder of client keys that tor is told of: who may reach the courier's onion service at all.

Made anew from the registry in one place. tor opens a service to everybody when nobody is named, so there is always one
key more, whose private half was never kept. Public keys only; no passphrase enters.
"""

import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from dropbox.client_key import auth_line, nobody, parse_public
from dropbox.disk import replace_private
from dropbox.errors import InvalidValue
from dropbox.server.courier import places
from dropbox.server.onion.places import registry_dir
from dropbox.server.store.investigators import Investigator

NOBODY = "nobody"
_SUFFIX = ".auth"


def write(data_dir: Path, investigators: Iterable[Investigator]) -> None:
    """Make the folder hold exactly one file for each investigator, and nobody's; what is right already stays as it is.

    A key goes before a new one comes, and a file gets its name when it is whole: tor may read at any moment.
    """
    folder = places.make(data_dir, registry_dir(data_dir).name)
    wanted = {one.name: one.client_key for one in investigators} | {NOBODY: _nobodys(folder)}
    for path in folder.iterdir():
        if path.suffix != _SUFFIX or path.stem not in wanted:
            path.unlink()
    for name in _changed(folder, wanted):
        _put(folder / (name + _SUFFIX), wanted[name])


def _changed(folder: Path, wanted: Mapping[str, str]) -> list[str]:
    return [name for name, key in wanted.items() if _read(folder / (name + _SUFFIX)) != key]


def _nobodys(folder: Path) -> str:
    return _read(folder / (NOBODY + _SUFFIX)) or nobody()


def _read(path: Path) -> str | None:
    try:
        if path.is_symlink() or path.stat().st_mode & 0o077:
            return None
        return parse_public(path.read_text("ascii"))
    except (OSError, InvalidValue, UnicodeDecodeError):
        return None


def _put(path: Path, letters: str) -> None:
    passing = path.with_suffix(f".{secrets.token_hex(4)}")
    replace_private(path, passing, auth_line(letters).encode("ascii"))
