"""Where a canary might have been left: what was written to files, what lies in folders, what the swap holds."""

from __future__ import annotations

import os
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.attacking.hunt.needles import Found, Needles, unescaped

CALLS = (
    "write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendfile,copy_file_range,splice,vmsplice,%file,ftruncate,"
    "setxattr,fsetxattr"
)
TEMPORARY = ("/tmp", "/var/tmp", "/dev/shm")  # looked into, not written to
MOST_BYTES = 8 << 20
_LINE = re.compile(r"\d+ +(\w+)\((?:(?:AT_FDCWD|\d+)<([^>]*)>)?(.*)")
_ELSEWHERE = (b"pipe:", b"socket:", b"anon_inode:", b"TCP", b"UNIX")


@dataclass
class Looked:
    """What was found, where, and how much was looked at."""

    found: Found = field(default_factory=Counter)
    where: list[str] = field(default_factory=list)
    files: int = 0
    size: int = 0

    def at(self, place: str, data: bytes, needles: Needles) -> None:
        self.files += 1
        self.size += len(data)
        found = needles.found(data)
        if found:
            self.found += found
            self.where.append(f"{place}: {', '.join(sorted({kind for kind, _ in found}))}")

    @property
    def times(self) -> int:
        return sum(self.found.values())


def written(trace: Iterable[str], needles: Needles) -> tuple[Looked, int]:
    """Search what strace (-f -y -xx) saw go into files, and every path; also return how many writes it saw.

    What goes into a pipe or a socket goes to gpg or to a browser, and is left out.
    """
    into: dict[str, bytearray] = {}
    writes = 0
    for line in trace:
        seen = _LINE.match(line)
        if seen is None:
            continue
        call, target, rest = seen[1], seen[2] or "", seen[3]
        place = unescaped(target) if target.startswith("\\x") else target.encode()
        if place.startswith(_ELSEWHERE) and not call.startswith("open"):
            continue
        is_write = "write" in call or call.startswith("send")
        writes += is_write
        name = os.fsdecode(place) if is_write else f"the arguments of {call}"
        into.setdefault(name, bytearray()).extend(unescaped(rest) + (b"" if is_write else b"\n"))
    looked = Looked()
    for name, data in into.items():
        looked.at(name, bytes(data), needles)
    return looked, writes


def folders(needles: Needles, *tops: Path, apart: Iterable[Path] = ()) -> Looked:
    """Search every file under these folders, and its name; databases as they lie there, free pages and all."""
    looked = Looked()
    for path in _files(tops, set(apart)):
        looked.at(str(path), os.fsencode(path) + b"\0" + _content(path), needles)
    return looked


def temporary(needles: Needles, since: float, own: Path) -> tuple[Looked, bool]:
    """Search what appeared in the folders for temporary files; whether all of it was read is the second part."""
    looked = Looked()
    places = dict.fromkeys((*TEMPORARY, os.environ.get("TMPDIR", "/tmp")))
    new = [path for place in places for path in _changed(Path(place), since) if path not in (own, *own.parents)]
    for path in (*new, *_files(new, set())):
        try:
            if path.stat().st_mtime < since or path.stat().st_size > MOST_BYTES:
                continue
        except OSError:  # somebody else's, and gone by now
            continue
        if looked.size > MOST_BYTES:
            return looked, False
        looked.at(str(path), os.fsencode(path) + b"\0" + _content(path), needles)
    return looked, True


def swap(needles: Needles, swaps: Path = Path("/proc/swaps")) -> tuple[Looked | None, str]:
    """Search the swap where it may be read; None and why where it was not."""
    areas = [Path(line.split()[0]) for line in swaps.read_text().splitlines()[1:] if line.strip()]
    if not areas:
        return None, "No swap was in use, so there was none to search."
    looked = Looked()
    for area in areas:
        try:
            with area.open("rb") as stream:
                while piece := stream.read(16 << 20):
                    looked.at(str(area), piece, needles)
        except OSError:
            return None, f"The swap at {area} may not be read by this user, so it was not searched."
    return looked, ""


def free_pages(data_dir: Path) -> int:
    """Return how many pages of the databases in a folder hold nothing any more."""
    pages = 0
    for path in data_dir.rglob("*"):
        if path.is_file() and _content(path)[:15] == b"SQLite format 3":
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
                pages += int(connection.execute("PRAGMA freelist_count").fetchone()[0])
            connection.close()
    return pages


def _changed(folder: Path, since: float) -> Iterator[Path]:
    """Yield what stands in a folder and was made or changed since; deeper in older ones other people work."""
    for path in folder.iterdir() if folder.is_dir() else ():
        try:
            if path.lstat().st_ctime >= since:
                yield path
        except OSError:  # somebody else's, and gone by now
            continue


def _files(tops: Iterable[Path], apart: set[Path]) -> Iterator[Path]:
    for top in tops:
        for folder, names, files in os.walk(top):
            names[:] = [name for name in names if Path(folder, name) not in apart]
            yield from (Path(folder, file) for file in files if Path(folder, file) not in apart)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.is_file() and not path.is_symlink() else b""
    except OSError:  # gone by now, or not for this user
        return b""
