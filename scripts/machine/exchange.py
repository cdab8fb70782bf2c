"""Files between an operator and a drop's user: root carries them through a room of its own.

The drop's user can read neither an operator's folders nor a stick, and root follows no path that the drop's user can
change: a file goes in before they get the room, and comes out after the room was taken back.
"""

import os
import pwd
import re
import secrets
import shutil
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .places import Places, Refused

CHUNK_BYTES = 1 << 20
NAMED_BY_US = re.compile(r"drop-[0-9a-f]{8}-[0-9]{4}-[0-9]{2}-[0-9]{2}(?:-[1-9][0-9]{0,3})?\.backup")
DIRECTIONS = {
    ("export", "file"): "out",
    ("import", "file"): "in",
    ("backup", "file"): "out",
    ("restore", "file"): "in",
    ("restore", "data"): "never",
    ("keys add", "file"): "in",
    ("keys replace", "file"): "in",
    ("onion save", "file"): "out",
    ("onion restore", "file"): "in",
    ("onion take-out", "file"): "in",
}
"""For each command and its argument that is a file: whether it is written or read. A test compares the parser."""


@dataclass(frozen=True)
class Carried:
    """A file under the operator's name, on its way through the exchange."""

    given: Path
    inside: Path
    direction: str

    @property
    def outside(self) -> Path:
        return self.given.absolute()


def plan(words: Sequence[str], name: str, file: Path, room: Path) -> Carried:
    """Say which way a file goes. Refused where that is not known, or where a word could mean two things."""
    direction = next((way for (command, key), way in DIRECTIONS.items() if key == name and _is(command, words)), None)
    if direction == "never":
        raise Refused(f"--{name} has no place here", "A drop's folders are its own; leave it out.")
    if direction is None:
        raise Refused("this command's files are not known here", "Please report it; run it with --help.")
    if sum(_names(word, file) for word in words) != 1:
        raise Refused("one word here is both a file and something else", "Write the file with its folder: ./FILE")
    place = room / secrets.token_hex(8)
    return Carried(file, place if direction == "out" and file.is_dir() else place / file.name, direction)


def replaced(words: Sequence[str], carried: Sequence[Carried]) -> list[str]:
    """Return the words with every file under its name in the exchange."""
    found = list(words)
    for one in carried:
        for place, word in enumerate(words):
            if _names(word, one.given):
                found[place] = str(one.inside) if Path(word) == one.given else f"{word.split('=', 1)[0]}={one.inside}"
    return found


def prepare(one: Carried, places: Places) -> None:
    """Copy in what is to be read; look at once whether what is to be written has a place."""
    if one.direction == "out":
        refuse_no_place(one)
        (one.inside if one.outside.is_dir() else one.inside.parent).mkdir(mode=0o700)
        return
    one.inside.parent.mkdir(mode=0o700)
    with one.outside.open("rb") as source:
        if not stat.S_ISREG(os.fstat(source.fileno()).st_mode):
            raise Refused(f"{one.outside} is no file")
        with one.inside.open("xb") as target:
            shutil.copyfileobj(source, target, CHUNK_BYTES)
    shutil.chown(one.inside, places.user, places.user)
    one.inside.chmod(0o600)


def refuse_no_place(one: Carried) -> None:
    if one.outside.is_dir():
        return
    if one.outside.exists() or one.outside.is_symlink():
        raise Refused(f"{one.outside} is there already", "Nothing is ever overwritten: take another name.")
    if not one.outside.parent.is_dir():
        raise Refused(f"there is no folder {one.outside.parent}", "Make it, or plug the stick in.")


def give(room: Path, places: Places) -> None:
    """Let the drop's user have the room, its folders first and itself last."""
    for folder in (*room.iterdir(), room):
        shutil.chown(folder, places.user, places.user)


def take(room: Path) -> None:
    """Take the room back, so that nobody changes what is copied out of it.

    The room first: what is in it is looked at when nobody else can put a link in its place any more.
    """
    os.chown(room, 0, 0)
    room.chmod(0o700)
    for folder in [path for path in room.iterdir() if path.is_dir() and not path.is_symlink()]:
        os.chown(folder, 0, 0)
        folder.chmod(0o700)


def bring_out(one: Carried, places: Places) -> None:
    """Copy what the command wrote to where the operator wanted it, as new files of root's.

    Into a folder only under a name that a backup gets by itself: the folder may be one where other names do something.
    """
    if one.direction != "out":
        return
    if one.inside.is_dir() and not one.inside.is_symlink():
        found = sorted(one.inside.iterdir())
        if not all(NAMED_BY_US.fullmatch(path.name) for path in found):
            raise Refused("what the command wrote has no name of ours")
        for path in found:
            bring_file_out(path, one.outside / path.name, places)
    elif one.inside.exists():
        bring_file_out(one.inside, one.outside, places)


def bring_file_out(inside: Path, outside: Path, places: Places) -> None:
    """Copy one file of the drop's user to a new name. Refused for a link, a device or somebody else's file."""
    file = os.open(inside, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(file, "rb") as source:
        status = os.fstat(source.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_uid != pwd.getpwnam(places.user).pw_uid:
            raise Refused("what the command wrote is no file of the drop's user")
        new = os.open(outside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(new, "wb") as target:
            try:
                shutil.copyfileobj(source, target, CHUNK_BYTES)
                target.flush()
                os.fsync(target.fileno())
            except OSError:
                outside.unlink(missing_ok=True)  # half a bundle helps nobody
                raise
    print(f"It is in {outside}.", file=sys.stderr)


@contextmanager
def exchange(places: Places) -> Iterator[Path]:
    """Make a room of root's own under the exchange, and clear it away with all that is in it."""
    places.exchange.mkdir(mode=0o711, exist_ok=True)
    room = places.exchange / f"{places.name}-{secrets.token_hex(8)}"
    room.mkdir(mode=0o700)
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _is(command: str, words: Sequence[str]) -> bool:
    wanted = command.split()
    return [word for word in words if not word.startswith("-")][: len(wanted)] == wanted


def _names(word: str, file: Path) -> bool:
    """Tell whether a word of the command line is this file, by itself or after an option and `=`."""
    return Path(word) == file or (word.startswith("--") and "=" in word and Path(word.split("=", 1)[1]) == file)
