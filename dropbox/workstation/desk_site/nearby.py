"""Bundles that lie where people carry them: on mounted sticks, in the home folder, among the downloads.

Only looks, a bounded number of files deep; what a file claims to be is verified when it is imported, not here.
"""

import os
import re
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

MAX_FOLDERS = 50
MAX_ENTRIES = 2000
MAX_BUNDLES = 20
_MOUNTS = (Path("/media"), Path("/run/media"), Path("/mnt"))
_TAIL_BYTES = 256
_SIZE = re.compile(rb"[0-7]{11}\0")
_FIRST = b"manifest.json\0"
_DOWNLOADS = re.compile(r'^XDG_DOWNLOAD_DIR="(\$HOME/)?([^"]+)"', re.MULTILINE)


@dataclass(frozen=True)
class Nearby:
    """A file that says it is a bundle; `day` is when it was last written."""

    path: Path
    size: int
    day: date


def sticks() -> list[Path]:
    """Return the folders of what is plugged in: sticks and disks, as desktops and Tails mount them."""
    found = [inner for mount in _MOUNTS for inner in _folders(mount)]
    # /media/USER/STICK on most desktops, /media/STICK on some; /mnt itself may be one
    deeper = [stick for folder in found if not _is_mount(folder) for stick in _folders(folder) if _is_mount(stick)]
    return sorted([*filter(_is_mount, found), *deeper])[:MAX_FOLDERS]


def usual_folders() -> list[Path]:
    """Return where a bundle may lie, sticks first."""
    home = Path.home()
    folders = [*sticks(), _downloads(home), home / "Persistent", home]
    return [folder for folder in dict.fromkeys(folders) if folder.is_dir()]


def bundles(kind: str = "pickup") -> list[Nearby]:
    """Return the bundles of this type that are found, the newest first."""
    found = [bundle for folder in usual_folders() for bundle in _in_folder(folder, kind)]
    newest = sorted(found, key=lambda bundle: (bundle.day, bundle.path.name), reverse=True)
    return newest[:MAX_BUNDLES]


def _in_folder(folder: Path, kind: str) -> Iterator[Nearby]:
    with suppress(OSError), os.scandir(folder) as entries:
        for _, entry in zip(range(MAX_ENTRIES), entries, strict=False):
            if _is_text(entry.name) and entry.is_file(follow_symlinks=False) and _says_it_is(Path(entry.path), kind):
                found = entry.stat(follow_symlinks=False)
                yield Nearby(Path(entry.path), found.st_size, _day(found.st_mtime))


def _day(moment: float) -> date:
    """Return the reader's own day of a moment; a stick's file may bear one that no calendar has."""
    try:
        return date.fromtimestamp(moment)  # noqa: DTZ012
    except (ValueError, OverflowError, OSError):
        return date.min


def _says_it_is(path: Path, kind: str) -> bool:
    """Tell by the tar's first header and the end of its manifest, so that no file is read whole."""
    try:
        with path.open("rb") as stream:
            header = stream.read(tarfile.BLOCKSIZE)
            # the size is the file's own word: a negative one would read it whole
            if not header.startswith(_FIRST) or not _SIZE.fullmatch(header[124:136]):
                return False
            size = int(header[124:135], 8)
            stream.seek(tarfile.BLOCKSIZE + max(0, size - _TAIL_BYTES))
            return f'"type":"{kind}"'.encode() in stream.read(min(size, _TAIL_BYTES))
    except (OSError, ValueError):
        return False


def _downloads(home: Path) -> Path:
    """Return the folder that the desktop calls downloads, in whatever language."""
    try:
        listed = (home / ".config/user-dirs.dirs").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return home / "Downloads"
    found = _DOWNLOADS.search(listed)
    if found is None:
        return home / "Downloads"
    return home / found[2] if found[1] else Path(found[2])


def _folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            named = [entry for _, entry in zip(range(MAX_FOLDERS), entries, strict=False)]
            return [Path(entry.path) for entry in named if _is_text(entry.name) and entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _is_text(name: str) -> bool:
    """Whether a name can stand in a page, and come back from it; others can still be picked in the browser."""
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False


def _is_mount(folder: Path) -> bool:
    try:
        return folder.is_mount()
    except OSError:
        return False
