"""What of the data folder must be its owner's alone, and what is open to others: looked at before anything is read.

Nothing is mended here: whoever opened a folder may have read it already, so that somebody must hear of it. New folders
are made for their owner only.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dropbox.errors import StartRefused

_FOLDER_MODE = 0o700
_FILE_MODE = 0o600
_ENTERED = ("", "tor", "tor/onion", "tor/courier", "courier")
"""Where secrets lie, and below which every folder's own files are looked at; others are only looked at from outside."""
_NO_SECRETS = frozenset({"hostname", "address", "courier-address", "tor.log", "torrc", "torrc-defaults"})
"""Files that tor or the package's helper writes, which hold what is public or was configured."""
_NO_SECRET_SUFFIXES = (".part", ".lock", "_public_key")


@dataclass(frozen=True)
class Opened:
    """Something that others than its owner may reach; `mend`: the command that puts it right."""

    path: Path
    subject: str
    finding: str
    mend: str


def make_folder(folder: Path, subject: str) -> None:
    """Make a folder that only its owner may enter. StartRefused when there is something in it and others may."""
    folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    found = _looked_at(folder, subject)
    if found is not None and not any(folder.iterdir()):
        folder.chmod(_FOLDER_MODE)  # there was nothing to read yet
        found = _looked_at(folder, subject)
    refuse(found)


def refuse_opened(data_dir: Path) -> None:
    """Raise StartRefused for the first thing in the data folder that others may reach."""
    for found in opened(data_dir):
        refuse(found)


def opened(data_dir: Path) -> Iterator[Opened]:
    """Give what others may reach: the data folder itself, the folders in it, and the files that hold secrets."""
    for place in _ENTERED:
        folder = data_dir / place
        if folder.is_dir():
            yield from _in_folder(folder, place or "the data folder", data_dir)


def refuse(found: Opened | None) -> None:
    if found is not None:
        hint = f"Whoever else uses this machine may have read it: think about that first. Then run: {found.mend}"
        raise StartRefused(f"{found.subject}: {found.finding}", hint)


def _in_folder(folder: Path, subject: str, data_dir: Path) -> Iterator[Opened]:
    own = _looked_at(folder, subject)
    if own is not None:
        yield own
    for path in sorted(folder.iterdir()):
        name = path.relative_to(data_dir).as_posix()
        if name not in _ENTERED and (found := _looked_at(path, name)) is not None:
            yield found


def _looked_at(path: Path, subject: str) -> Opened | None:
    """Return what is wrong with a folder's or a file's mode; sockets are there to be connected to."""
    try:
        status = path.stat()
    except OSError:  # gone in between, as what is being written is
        return None
    if stat.S_ISDIR(status.st_mode):
        allowed, word = _FOLDER_MODE, "others can read or enter it"
    elif stat.S_ISREG(status.st_mode) and not _is_public(path.name):
        allowed, word = _FILE_MODE, "may be read by others"
    else:
        return None
    if status.st_uid != os.geteuid() and os.geteuid() != 0:
        return Opened(path, subject, "belongs to another user", f"chown {os.geteuid()} {path.resolve()}")
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        return Opened(path, subject, word, f"chmod {mode & allowed:o} {path.resolve()}")
    return None


def _is_public(name: str) -> bool:
    return name in _NO_SECRETS or name.endswith(_NO_SECRET_SUFFIXES)
