"""onion-dropbox NAME COMMAND…: dropbox-server's command as the drop's own user, with its configuration.

A file that the operator names may lie where that user cannot go, such as on a stick. Root carries it: into a folder of
its own before, or out of it after, and never over a file that is there.
"""

import json
import os
import pwd
import secrets
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import onion_keys
from .carry import carry, reload_tor
from .places import Places, Refused, places_of
from .saying import in_plain_words

PROGRAM = Path("/usr/lib/onion-dropbox/bin/dropbox-server")
PARSER = Path("/usr/lib/onion-dropbox/bin/dropbox-files")
USAGE = "usage: onion-dropbox NAME COMMAND… (as root; see onion-dropbox NAME --help)"
CHUNK_BYTES = 1 << 20
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


def main(arguments: Sequence[str] | None = None) -> int:
    return in_plain_words(_main, sys.argv[1:] if arguments is None else arguments)


def _main(arguments: Sequence[str]) -> int:
    if len(arguments) < 2 or arguments[0].startswith("-"):
        raise Refused(
            USAGE, f"The drops here: {' '.join(known_drops()) or 'none yet; make one with onion-dropbox-add'}"
        )
    places, words = places_of(arguments[0]), list(arguments[1:])
    if os.geteuid() != 0:
        raise Refused("this needs root, to become the drop's own user", "Put sudo before it.")
    if not places.config.is_file():
        raise Refused(f"there is no drop {places.name}", f"The drops here: {' '.join(known_drops()) or 'none'}")
    refuse_what_is_not_for_here(words, places)
    make_socket_folder(places)
    if words[:2] == ["onion", "rotate-courier"] and len(words) == 2:
        return rotate(places)
    carry_both_ways(places)
    with lent_keys(places, words):
        code = run(places, words)
    if words[0] == "restore" and code == 0 and onion_keys.give_to_tor(places):
        say("tor has the onion keys of the backup, and the drop its address.")
    carry_both_ways(places)
    return code


def carry_both_ways(places: Places) -> None:
    """Let tor know of client keys at once, and the drop of its addresses; a unit does the same by itself."""
    if (places.data / "store.sqlite").exists() and carry(places):
        reload_tor()


@contextmanager
def lent_keys(places: Places, words: Sequence[str]) -> Iterator[None]:
    """Lend a backup the onion keys, which lie in tor's folders, for as long as it takes."""
    if words[0] != "backup" or "--help" in words or "-h" in words:
        yield
        return
    onion_keys.lend(places)
    try:
        yield
    finally:
        onion_keys.take_back(places)


def rotate(places: Places) -> int:
    address = onion_keys.rotate_courier(places)
    if address is None:
        raise Refused("tor has made no new key yet", "See: systemctl status tor@default")
    print(f"The courier's new address: {address}")
    print("The old address leads nowhere any more. Give every investigator the new one; their client keys stay good.")
    return 0


def say(line: str) -> None:
    print(line, file=sys.stderr)


def known_drops(root: Path = Path("/")) -> list[str]:
    folder = root / "etc/onion-dropbox"
    return sorted(path.parent.name for path in folder.glob("*/config.toml"))


def refuse_what_is_not_for_here(words: Sequence[str], places: Places) -> None:
    if words[0] == "serve":
        raise Refused("the server is started by systemd", f"systemctl start onion-dropbox@{places.name}")
    if any(word == "--config" or word.startswith(("--config=", "--conf")) for word in words):
        raise Refused("the configuration of a drop is its own", f"It is {places.config}; leave --config out.")


def make_socket_folder(places: Places) -> None:
    """Make the folder of the sockets, as the unit does: the configuration names it, and after a boot it is gone."""
    if places.sockets.is_dir():
        return
    places.sockets.parent.mkdir(mode=0o711, exist_ok=True)
    command = ["install", "-d", "-m", "2710", "-o", places.user, "-g", "debian-tor", str(places.sockets)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def run(places: Places, words: list[str]) -> int:
    """Run the command with its files carried, and return its exit code."""
    if "-h" in words or "--help" in words:
        return _as_drop(places, [str(PROGRAM), *words]).returncode
    asked = _as_drop(places, [str(PARSER), *words], capture=True)
    if asked.returncode:
        return asked.returncode
    files = [(name, Path(file)) for name, file in json.loads(asked.stdout)]
    files = [(name, file) for name, file in files if not file.absolute().is_relative_to(places.spool)]
    config = ["--config", str(places.config)]
    with exchange(places) as room:
        carried = [plan(words, name, file, room) for name, file in files]
        for one in carried:
            prepare(one, places)
        give(room, places)
        done = _as_drop(places, [str(PROGRAM), *replaced(words, carried), *config])
        take(room)
        if done.returncode == 0:
            for one in carried:
                bring_out(one, places)
    return done.returncode


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
    """Take the room back, so that nobody changes what is copied out of it."""
    for folder in (room, *(path for path in room.iterdir() if path.is_dir() and not path.is_symlink())):
        os.chown(folder, 0, 0, follow_symlinks=False)
        folder.chmod(0o700)


def bring_out(one: Carried, places: Places) -> None:
    """Copy what the command wrote to where the operator wanted it, as new files of root's."""
    if one.direction != "out":
        return
    if one.inside.is_dir():
        for path in sorted(one.inside.iterdir()):
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
    say(f"It is in {outside}.")


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


def _as_drop(places: Places, command: Sequence[str], *, capture: bool = False) -> subprocess.CompletedProcess[bytes]:
    """Run a program as the drop's user, without rights, without root's environment and without a network of its own."""
    account = pwd.getpwnam(places.user)
    kept = {name: os.environ[name] for name in ("TERM", "COLUMNS", "NO_COLOR") if name in os.environ}
    environment = {
        **kept,
        "PATH": "/usr/bin:/bin",
        "HOME": str(places.data),
        "LC_ALL": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    ids = (f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups")
    less = ("--no-new-privs", "--bounding-set=-all", "--inh-caps=-all")
    return subprocess.run(
        ["unshare", "--net", "--", "setpriv", *ids, *less, "--", *command],
        check=False,
        env=environment,
        cwd=places.data,
        umask=0o077,
        stdout=subprocess.PIPE if capture else None,
    )


def _is(command: str, words: Sequence[str]) -> bool:
    wanted = command.split()
    return [word for word in words if not word.startswith("-")][: len(wanted)] == wanted


def _names(word: str, file: Path) -> bool:
    """Tell whether a word of the command line is this file, by itself or after an option and `=`."""
    return Path(word) == file or (word.startswith("--") and "=" in word and Path(word.split("=", 1)[1]) == file)
